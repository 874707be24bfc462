import { ConfigError, FatalError, InterlocalError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import type { Value } from '../../core/record.ts';
import { readOptions } from '../options.ts';
import { ownWords, redactor } from '../redact.ts';
import type { CheckResult, RequestAnswer, RequestSpec, RequestTransport, TransportContext } from '../transport.ts';
import { legacyTlsCheck } from '../weaknesses.ts';
import { beginningOf } from '../web/body.ts';
import { credentials } from '../web/credentials.ts';
import { httpSettings } from './options.ts';
import { statusError } from '../web/status.ts';
import { clientCertificateCheck, webClient } from '../web/web-client.ts';
import type { WebAnswer, WebRequest } from '../web/web-client.ts';

/** Requests to an HTTP interface below one address. Throws ConfigError for wrong options. */
export function openHttp(options: Record<string, unknown>, context: TransportContext): RequestTransport {
  const system = context.connection;
  const settings = readOptions(httpSettings, options, system);
  const hosts = new Set(settings.hosts.map((host) => new URL(host).origin));
  const client = webClient(settings, context, hosts);
  const login = credentials(settings, client, system, (path) => address(path));
  const redact = redactor(login.secrets);
  const base = new URL(settings.base_url);
  const folder = base.pathname.replace(/\/$/, '');

  /** A path below base_url, or, from a link in the answer before, an absolute address below it. */
  function address(path: string, query?: RequestSpec['query']): URL {
    const [bare = '', own] = path.split('?', 2);
    let url: URL;
    if (/^https?:\/\//i.test(path)) {
      if (!URL.canParse(path)) throw outside(path);
      url = new URL(path);
    } else {
      if (bare.startsWith('//') || bare.includes('\\')) throw outside(path);
      url = new URL(bare ? `${folder}/${bare.replace(/^\//, '')}` : base.pathname, base.origin);
      url.search = new URLSearchParams([...base.searchParams, ...new URLSearchParams(own ?? '')]).toString();
    }
    if (!isBelow(url)) throw outside(path);
    return withQuery(url, query);
  }

  function withQuery(url: URL, query: RequestSpec['query'] = {}): URL {
    for (const [name, value] of Object.entries(query)) {
      url.searchParams.delete(name);
      for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(name, one);
    }
    return url;
  }

  /** An address that an answer gave: below base_url, or at one of the hosts that the connection names. RFC 3986 section 5. */
  function linked(link: string): URL {
    const from = `${base.origin}${folder}/`;
    if (!URL.canParse(link, from)) throw outsideLink(link);
    const url = new URL(link, from);
    if (!isBelow(url) && !isNamed(url)) throw outsideLink(link);
    return url;
  }

  /** The URL has resolved every `..`, written plainly or as %2e%2e. */
  function isBelow(url: URL): boolean {
    return url.origin === base.origin && !url.username && (url.pathname === base.pathname || url.pathname.startsWith(`${folder}/`));
  }

  function isNamed(url: URL): boolean {
    return !url.username && hosts.has(url.origin);
  }

  function outside(path: string): ConfigError {
    return new ConfigError({
      code: 'PATH_OUTSIDE',
      place: { system, path: 'path' },
      message: `The path ${JSON.stringify(redact(path))} leads outside ${settings.base_url}, the base_url of the connection, so it was not requested.`,
      hint: 'Correct the path in the connector, or base_url in config/connections.yaml.',
    });
  }

  function outsideLink(link: string): ConfigError {
    return new ConfigError({
      code: 'PATH_OUTSIDE',
      place: { system, path: 'path' },
      message: `An answer of the system names ${JSON.stringify(redact(link))} as the address to go on with. It leads outside ${settings.base_url}, the base_url of the connection, so it was not requested.`,
      hint: 'Ask the vendor whether this address is theirs. If it is, add its host to hosts of the connection in config/connections.yaml; passwords are not sent there.',
    });
  }

  async function request(spec: RequestSpec): Promise<RequestAnswer> {
    const method = spec.method ?? 'GET';
    const url = spec.link === undefined ? address(spec.path ?? '', spec.query) : withQuery(linked(spec.link), spec.query);
    if (!isBelow(url)) return elsewhere(url);
    const headers: Record<string, string> = { Accept: 'application/json, */*;q=0.5', ...settings.headers, ...spec.headers };
    if (spec.encoded) headers['Content-Type'] = spec.encoded.type;
    const typed = typeOf(spec.headers) !== undefined;
    const body = spec.encoded?.bytes ?? (spec.body === undefined ? undefined : encodeBody(spec.body, headers, typed));
    const plain: WebRequest = { method, url, headers, ...(body === undefined ? {} : { body }) };
    let answer = await client.send(await login.sign(plain));
    if (answer.status === 401 && login.renew()) {
      answer.discard();
      answer = await client.send(await login.sign(plain));
    }
    return readable(answer, plain);
  }

  /** At a host of another, which gets neither credentials nor headers of ours: such addresses carry what they need. */
  async function elsewhere(url: URL): Promise<RequestAnswer> {
    const plain: WebRequest = { method: 'GET', url, headers: { Accept: '*/*' } };
    return readable(await client.send(plain), plain);
  }

  async function readable(answer: WebAnswer, { method, url }: WebRequest): Promise<RequestAnswer> {
    if (answer.status >= 300) {
      const words = ownWords(await beginningOf(answer.bytes, 4096), redact);
      throw statusError(answer.status, answer.headers, words, { system, text: `${method} ${url.host}${url.pathname}` });
    }
    return { status: answer.status, url: answer.url.href, headers: answer.headers, bytes: answer.bytes };
  }

  async function check(): Promise<CheckResult[]> {
    const results: CheckResult[] = [];
    const failed = (name: string, error: unknown): CheckResult[] => {
      const problem: Partial<Problem> =
        error instanceof InterlocalError ? error.problems[0]! : { message: `Interlocal failed: ${redact(String(error))}` };
      const step = problem.code?.startsWith('TLS')
        ? 'TLS'
        : problem.code === 'AUTH_FAILED' || problem.code === 'LOGIN_UNREADABLE'
          ? 'credentials'
          : name;
      return [
        ...results,
        { name: step, ok: false, ...(problem.code ? { code: problem.code } : {}), detail: problem.message!, hint: problem.hint },
      ];
    };
    results.push(...(await clientCertificateCheck(settings, context)));
    try {
      const answer = await client.send({ method: 'GET', url: base });
      answer.discard();
    } catch (error) {
      if (!(error instanceof FatalError && error.code === 'REDIRECT_REFUSED')) return failed('reachable', error);
    }
    results.push({ name: 'reachable', ok: true, detail: `${base.host} answers.` });
    if (base.protocol === 'https:') results.push({ name: 'TLS', ok: true, detail: 'Its certificate is trusted.' });
    else
      results.push({
        name: 'TLS',
        ok: true,
        warning: true,
        detail: `${base.host} is contacted without encryption.`,
        hint: 'Ask the owner of the system whether it offers https; then change the address in config/connections.yaml.',
      });
    results.push(...legacyTlsCheck(settings.allow_legacy));
    if (!settings.auth) return results;
    try {
      const answer = await client.send(await login.sign({ method: 'GET', url: base, headers: settings.headers }));
      answer.discard();
      if (answer.status === 401 || answer.status === 403)
        throw statusError(answer.status, answer.headers, '', { system, text: `GET ${base.host}${base.pathname}` });
      const detail = login.logsIn
        ? 'The login worked.'
        : `${base.pathname} answered ${answer.status}; the first request of a stream will prove the credentials.`;
      return [...results, { name: 'credentials', ok: true, detail }];
    } catch (error) {
      return failed('credentials', error);
    }
  }

  async function ready(): Promise<void> {
    if (login.logsIn) await login.sign({ method: 'GET', url: new URL(settings.base_url) });
  }

  async function checkRequest({ method, path, query }: RequestSpec): Promise<CheckResult> {
    const name = `request ${method ?? 'GET'} ${path ?? ''}`;
    try {
      const url = address(path ?? '', query);
      return { name, ok: true, detail: `It goes to ${url.host}${redact(url.pathname)}; nothing was sent.` };
    } catch (error) {
      if (!(error instanceof InterlocalError)) throw error;
      return { name, ok: false, detail: error.problems[0]!.message, hint: error.problems[0]!.hint };
    }
  }

  return { kind: 'request', ready, request, check, checkRequest, close: async () => client.close() };
}

function typeOf(headers: Record<string, string> | undefined): string | undefined {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
}

/** JSON, or a form where the content type says so; a text as it is where the request itself says its type. Sets the content type. */
function encodeBody(body: Value, headers: Record<string, string>, typed: boolean): string {
  const given = typeOf(headers);
  if (given?.startsWith('application/x-www-form-urlencoded') && body !== null && typeof body === 'object' && !Array.isArray(body))
    return new URLSearchParams(
      Object.entries(body).flatMap(([name, value]) =>
        [value].flat().map((one) => [name, one === null ? '' : String(one)] as [string, string]),
      ),
    ).toString();
  if (!given) headers['Content-Type'] = 'application/json';
  // Values were written into it for the type that the request says, and for no other.
  return typeof body === 'string' && typed ? body : JSON.stringify(body);
}
