import { ConfigError, FatalError, InterlocalError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { certificateCheck } from '../certificate.ts';
import { basicHeader } from '../web/credentials.ts';
import { signingClient } from '../web/signing-client.ts';
import { statusError } from '../web/status.ts';
import { clientCertificateCheck, webClient } from '../web/web-client.ts';
import type { WebAnswer } from '../web/web-client.ts';
import { readOptions } from '../options.ts';
import { ownWords, redactor } from '../redact.ts';
import type { CheckResult, RequestAnswer, RequestSpec, RequestTransport, TransportContext } from '../transport.ts';
import { legacyTlsCheck } from '../weaknesses.ts';
import { elementValue } from './answer-values.ts';
import { decodeXml } from './decode-xml.ts';
import { wsdlDocuments } from './documents.ts';
import { faultError } from './fault.ts';
import { soapSettings } from './options.ts';
import { ENVELOPES, requestEnvelope } from './request-envelope.ts';
import { readService } from './service.ts';
import type { ElementDeclaration } from './schema.ts';
import type { Operation, Service } from './service.ts';
import { securityHeader } from './ws-security.ts';
import type { Signer } from './x509-signature.ts';
import { childrenNamed, parseXml, XmlProblem } from '../xml.ts';
import type { XmlElement } from '../xml.ts';

/** The element in the body of an answer, and those in its header. */
interface AnswerParts {
  result?: XmlElement | undefined;
  headers?: readonly XmlElement[] | undefined;
  /** What came where an element should have come. */
  nothing?: string | undefined;
}

/** Operations of a SOAP service. Its WSDL is read with the first request. Throws ConfigError for wrong options. */
export function openSoap(options: Record<string, unknown>, context: TransportContext): RequestTransport {
  const system = context.connection;
  const settings = readOptions(soapSettings, options, system);
  const endpoint = new URL(settings.endpoint);
  const { client, secrets } = signingClient(webClient(settings, context), { auth: settings.auth, headers: {} }, system, endpoint);
  const basic = settings.basic && basicHeader(settings.basic.username, settings.basic.password);
  const redact = redactor(() => [
    ...secrets(),
    settings.username_token?.password,
    settings.x509?.key,
    settings.x509?.passphrase,
    settings.basic?.password,
    basic?.slice(6),
  ]);
  let loading: Promise<Signer> | undefined;
  let reading: Promise<Service> | undefined;

  function service(): Promise<Service> {
    const mine = (reading ??= readWsdl());
    mine.catch(() => (reading = undefined));
    return mine;
  }

  async function signer(): Promise<Signer | undefined> {
    if (!settings.x509) return undefined;
    return (loading ??= (await import('./x509-signature.ts')).loadSigner(settings.x509, context));
  }

  async function readWsdl(): Promise<Service> {
    const location = settings.wsdl ?? `${settings.endpoint}${endpoint.search ? '&' : '?'}wsdl`;
    const headersFor = (url: URL) => (url.origin === endpoint.origin ? ownHeaders() : {});
    const documents = await wsdlDocuments(location, { system, projectFolder: context.projectFolder, client, headersFor });
    return usable(() => readService(documents, settings.version, system), wsdlUnreadable);
  }

  function wsdlUnreadable(what: string): ConfigError {
    return new ConfigError({
      code: 'WSDL_UNREADABLE',
      place: { system, path: 'wsdl' },
      message: `The WSDL ${what}.`,
      hint: 'Ask the vendor for a correct WSDL. Nothing was requested from the service.',
    });
  }

  function ownHeaders(): Record<string, string> {
    return { ...settings.headers, ...(basic ? { Authorization: basic } : {}) };
  }

  async function request(spec: RequestSpec): Promise<RequestAnswer> {
    if (!spec.operation)
      throw new ConfigError({
        code: 'OPERATION_UNKNOWN',
        place: { system, path: 'operation' },
        message: 'The request names no operation.',
        hint: 'Add operation, as the WSDL names it, to retriever.request in the connector.',
      });
    const { operation: find, schema } = await service();
    const operation = usable(() => find(spec.operation!), wsdlUnreadable);
    const signing = await signer();
    const security = securityHeader(settings, signing?.certificate.raw, new Date());
    const envelope = requestEnvelope(operation, spec, { version: settings.version, security }, system);
    const body = signing && security ? signing.sign(envelope, security.ids) : envelope;
    const answer = await client.send({
      method: 'POST',
      url: endpoint,
      headers: { ...ownHeaders(), ...spec.headers, ...contentHeaders(operation) },
      body,
    });
    const { result, headers = [], nothing } = await resultOf(answer, operation, signing);
    const valueOf = (element: XmlElement, declared: ElementDeclaration | undefined) =>
      usable(
        () => elementValue(element, declared?.type(), schema),
        (what) => notSoap('ANSWER_UNREADABLE', `The answer to ${operation.name} ${redact(what)}.`, 'Ask the owner of the service.'),
      );
    const value = result ? valueOf(result, operation.output) : null;
    const declaredAs = (name: string) => operation.headers.output.find((element) => element.name === name);
    return {
      status: answer.status,
      headers: answer.headers,
      ...(nothing === undefined ? {} : { nothing }),
      value: value !== null && typeof value === 'object' && !Array.isArray(value) ? value : value === null ? {} : { text: value },
      header: Object.fromEntries(headers.map((element) => [element.name, valueOf(element, declaredAs(element.name))])),
    };
  }

  function contentHeaders(operation: Operation): Record<string, string> {
    const action = operation.soapAction.replace(/["\\\r\n]/g, '');
    if (settings.version === '1.2')
      return {
        'Content-Type': `application/soap+xml; charset=utf-8${action ? `; action="${action}"` : ''}`,
        Accept: 'application/soap+xml',
      };
    return { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: `"${action}"`, Accept: 'text/xml' };
  }

  /** The element in the answer's body; undefined for an answer without any. Faults and everything that is not SOAP are thrown. */
  async function resultOf(answer: WebAnswer, operation: Operation, signing: Signer | undefined): Promise<AnswerParts> {
    const kind = answer.headers['content-type'] ?? '';
    if (kind.startsWith('multipart/')) {
      answer.discard();
      throw notSoap(
        'MTOM_UNSUPPORTED',
        `The service answered ${operation.name} with a message in several parts (MTOM or attachments), which is not supported.`,
        'Ask its owner to turn MTOM off for this client.',
      );
    }
    const text = await decodeXml(
      answer.bytes,
      { contentType: kind, encoding: settings.encoding },
      (what, hint = 'Ask the owner of the service.') => notSoap('ANSWER_UNREADABLE', `The answer to ${operation.name} ${what}.`, hint),
    );
    const failed = (words: string) => statusError(answer.status, answer.headers, words, { system, text: operation.name });
    if (text.trim() === '') {
      if (answer.status >= 300) throw failed('');
      return { nothing: operation.output && `an empty body, but its WSDL promises ${operation.output.name}` };
    }
    const envelope = parseAnswer(text, answer.status, operation);
    if (!envelope) throw failed(ownWords(text, redact));
    const body = envelope.children.find((child) => child.name === 'Body' && child.namespace === envelope.namespace);
    const fault = body && childrenNamed(body, envelope.namespace, 'Fault')[0];
    if (fault)
      throw faultError(fault, {
        system,
        operation: operation.name,
        status: answer.status,
        headers: answer.headers,
        redact,
        certificate: signing?.certificate,
      });
    if (answer.status >= 300) throw failed('');
    if (!body)
      throw notSoap('ANSWER_NOT_SOAP', `The answer to ${operation.name} is an envelope without a body.`, 'Ask the owner of the service.');
    const nothing =
      operation.output && !body.children[0] ? `an envelope with an empty body, but its WSDL promises ${operation.output.name}` : undefined;
    return { nothing, result: body.children[0], headers: childrenNamed(envelope, envelope.namespace, 'Header')[0]?.children };
  }

  /** The envelope, of either version; undefined when the status already says that it went wrong and no envelope came. */
  function parseAnswer(text: string, status: number, operation: Operation): XmlElement | undefined {
    try {
      const root = parseXml(text, settings.max_depth);
      if (root.name === 'Envelope' && Object.values(ENVELOPES).includes(root.namespace)) return root;
      if (status >= 300) return undefined;
      throw new XmlProblem(`is not SOAP: its root element is ${root.name}`);
    } catch (error) {
      if (!(error instanceof XmlProblem)) throw error;
      if (status >= 300) return undefined;
      const web = /^\s*(<!doctype html|<html)/i.test(text);
      throw notSoap(
        web ? 'ANSWER_NOT_SOAP' : 'ANSWER_UNREADABLE',
        web
          ? `The answer to ${operation.name} is a web page: ${ownWords(text, redact)}`
          : `The answer to ${operation.name} ${redact(error.message)}.`,
        web
          ? 'Check endpoint of the connection in config/connections.yaml: a login page or a proxy may have answered instead of the service.'
          : 'Ask the owner of the service.',
      );
    }
  }

  function notSoap(code: string, message: string, hint: string): FatalError {
    return new FatalError({ code, place: { system }, message, hint });
  }

  async function check(): Promise<CheckResult[]> {
    const results: CheckResult[] = [];
    const failed = (name: string, error: unknown): CheckResult => {
      const problem: Partial<Problem> =
        error instanceof InterlocalError ? error.problems[0]! : { message: `Interlocal failed: ${redact(String(error))}` };
      return {
        name: problem.code?.startsWith('TLS') ? 'TLS' : problem.code === 'AUTH_FAILED' ? 'credentials' : name,
        ok: false,
        ...(problem.code ? { code: problem.code } : {}),
        detail: problem.message!,
        hint: problem.hint,
      };
    };
    try {
      const what = 'The certificate that requests are signed with';
      const signing = await signer();
      if (signing) results.push(certificateCheck(signing.certificate, what, new Date()));
    } catch (error) {
      return [failed('certificate', error)];
    }
    results.push(...(await clientCertificateCheck(settings, context)));
    try {
      const answer = await client.send({ method: 'GET', url: endpoint, headers: ownHeaders() });
      answer.discard();
      if (answer.status === 401 || answer.status === 403)
        throw statusError(answer.status, answer.headers, '', { system, text: `GET ${endpoint.host}${endpoint.pathname}` });
    } catch (error) {
      if (!(error instanceof FatalError && error.code === 'REDIRECT_REFUSED')) return [...results, failed('reachable', error)];
    }
    results.push({ name: 'reachable', ok: true, detail: `${endpoint.host} answers.` });
    if (endpoint.protocol === 'https:') results.push({ name: 'TLS', ok: true, detail: 'Its certificate is trusted.' });
    else {
      const open = settings.basic ?? (settings.username_token?.type === 'text' ? settings.username_token : undefined);
      results.push({
        name: 'TLS',
        ok: true,
        warning: true,
        detail: `${endpoint.host} is contacted without encryption${open ? ', and the password with it' : ''}.`,
        hint: 'Ask the owner of the service whether it offers https; then change the address in config/connections.yaml.',
      });
    }
    results.push(...legacyTlsCheck(settings.allow_legacy));
    try {
      const { operationNames } = await service();
      results.push({ name: 'WSDL', ok: true, detail: `It describes ${operationNames.length} operations for SOAP ${settings.version}.` });
    } catch (error) {
      return [...results, failed('WSDL', error)];
    }
    if (settings.username_token ?? settings.x509)
      results.push({
        name: 'credentials',
        ok: true,
        detail: `The first request will prove the ${settings.username_token ? 'user name and password' : 'signature'}; SOAP has no test request.`,
      });
    return results;
  }

  async function checkRequest({ operation: named = '', ...given }: RequestSpec): Promise<CheckResult> {
    const name = `operation ${named}`;
    try {
      const { operation: find } = await service();
      requestEnvelope(
        usable(() => find(named), wsdlUnreadable),
        given,
        { version: settings.version, security: undefined },
        system,
      );
      return { name, ok: true, detail: `The WSDL has ${named}, with these parameters; nothing was sent.` };
    } catch (error) {
      if (!(error instanceof InterlocalError)) throw error;
      return { name, ok: false, detail: error.problems.map((p) => p.message).join(' '), hint: error.problems[0]!.hint };
    }
  }

  return { kind: 'request', ready: async () => void (await service()), request, check, checkRequest, close: async () => client.close() };
}

/** Names with prefixes are looked up late, long after the document was parsed. */
function usable<T>(work: () => T, refuse: (what: string) => Error): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof XmlProblem ? refuse(error.message) : error;
  }
}
