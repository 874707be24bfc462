import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { AbortedError, ConfigError, FatalError, InterlocalError } from '../../core/errors.ts';
import { certificateCheck, readCertificate } from '../certificate.ts';
import { tlsLimits } from '../legacy-tls.ts';
import { networkError } from '../network.ts';
import { milliseconds } from '../options.ts';
import { patience, tooSlow } from '../patience.ts';
import { sharedPace } from '../rate-limit.ts';
import type { CheckResult, TransportContext } from '../transport.ts';
import { readBody } from './body.ts';
import type { WebSettings } from './options.ts';
import { whyNotRead } from '../../core/file-error.ts';

export interface WebRequest {
  method: string;
  url: URL;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface WebAnswer {
  status: number;
  /** The address that answered, after redirects; may have a key in it. */
  url: URL;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Unpacked, at most max_bytes; to be read or thrown away with `discard`. */
  bytes: AsyncIterable<Uint8Array>;
  discard(): void;
}

export interface WebClient {
  /** One attempt; gives every status below 300 or from 400 up. Throws RetriableError and FatalError for what never became an answer. */
  send(request: WebRequest): Promise<WebAnswer>;
  close(): void;
}

const MAX_REDIRECTS = 5;

/**
 * Speaks HTTP with one system, and with no other: redirects to another host are refused, but for the `hosts` named, which get no
 * headers of ours. Proxies of the environment are not used.
 */
export function webClient(settings: WebSettings, context: TransportContext, hosts: ReadonlySet<string> = new Set()): WebClient {
  const system = context.connection;
  const timeout = milliseconds(settings.timeout);
  const pace = context.pace ?? (settings.rate_limit && sharedPace(`${context.projectFolder}\n${context.connection}`, settings.rate_limit));
  let agents: Promise<{ httpAgent: HttpAgent; httpsAgent: HttpsAgent }> | undefined;

  async function send(request: WebRequest): Promise<WebAnswer> {
    let { url, headers } = request;
    for (let redirects = 0; ; redirects++) {
      const answer = await once({ ...request, url, ...(headers ? { headers } : {}) });
      const target = answer.headers['location'];
      if (![301, 302, 303, 307, 308].includes(answer.status) || !target) return answer;
      answer.discard();
      const next = allowedRedirect(url, target, request.method, answer.status, redirects);
      if (next.origin !== url.origin && hosts.has(next.origin)) headers = { Accept: '*/*' };
      url = next;
    }
  }

  async function once({ method, url, headers, body }: WebRequest): Promise<WebAnswer> {
    const { default: axios } = await import('axios');
    await pace?.turn(context.signal);
    // What comes behind the end of an answer is told while it arrives, before anybody has the answer.
    let surplus = false;
    const watched = {
      request(given: RequestOptions, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
        const asked = url.protocol === 'https:' ? httpsRequest(given, onAnswer) : httpRequest(given, onAnswer);
        return asked.on('error', (error: NodeJS.ErrnoException) => (surplus ||= error.code?.startsWith('HPE_') === true));
      },
    };
    const late = new AbortController();
    // axios watches over silence until the answer begins; a line that gives a byte now and then is not silence.
    const waiting = patience({
      idleMs: timeout,
      totalMs: milliseconds(settings.total_timeout),
      silent: () => networkError({ code: 'ETIMEDOUT' }, { system, host: url.hostname, port: portOf(url) })!,
      slow: () => tooSlow(system, `The request to ${url.host}`, settings.total_timeout),
    });
    try {
      const asking = axios.request<Readable>({
        adapter: 'http',
        method,
        url: url.href,
        headers: { 'User-Agent': 'Interlocal', 'Accept-Encoding': 'gzip', ...headers },
        data: body === undefined ? undefined : Buffer.from(body),
        responseType: 'stream',
        decompress: false,
        maxRedirects: 0,
        transport: watched,
        maxBodyLength: Infinity,
        proxy: false,
        timeout,
        validateStatus: () => true,
        signal: context.signal ? AbortSignal.any([context.signal, late.signal]) : late.signal,
        ...(await (agents ??= makeAgents(settings, context))),
      });
      const response = await waiting.wait(asking, () => late.abort(), true);
      response.data.on('error', () => {}); // heard here, thrown where the body is read
      const answerHeaders = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), [value].flat().join(', ')]),
      );
      return {
        status: response.status,
        url,
        headers: answerHeaders,
        bytes: readBody(response.data, {
          system,
          url,
          waiting,
          maxBytes: settings.max_bytes,
          packing: answerHeaders['content-encoding'],
          signal: context.signal,
          surplus: () => surplus,
        }),
        discard: () => void response.data.destroy(),
      };
    } catch (error) {
      // Never passed on as a cause: an error of axios carries the request with its credentials.
      throw requestFailed(error, url);
    }
  }

  function requestFailed(error: unknown, url: URL): Error {
    if (error instanceof InterlocalError) return error;
    if (context.signal?.aborted) return new AbortedError({ code: 'ABORTED', place: { system }, message: 'Stopped on request.' });
    const code = (error as { code?: string }).code ?? '';
    return (
      networkError(error, { system, host: url.hostname, port: portOf(url) }) ??
      new FatalError({
        code: 'REQUEST_FAILED',
        place: { system },
        message: `A request to ${url.host} failed${code ? ` (${code})` : ''}.`,
        hint: `To see which step fails, run interlocal check ${system}.`,
      })
    );
  }

  function allowedRedirect(from: URL, location: string, method: string, status: number, before: number): URL {
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    const refuse = (why: string, hint: string) =>
      new FatalError(
        { code: 'REDIRECT_REFUSED', place: { system }, message: `${from.host} sends the request ${why}.`, hint },
        { cause: { status } },
      );
    if (to && hosts.has(to.origin) && !to.username && method === 'GET' && before < MAX_REDIRECTS) return to;
    if (!to || to.hostname !== from.hostname || (to.port !== from.port && to.protocol === from.protocol))
      throw refuse(
        `on to another address (${to ? to.origin : 'unreadable'})`,
        'If that is where the system is now, put the new address into config/connections.yaml; credentials are never carried to another host.',
      );
    if (!/^https?:$/.test(to.protocol) || (from.protocol === 'https:' && to.protocol === 'http:'))
      throw refuse(
        'on to an address without encryption, so it was not sent there',
        'Ask the owner of the system for an address that begins with https, and put it into config/connections.yaml.',
      );
    if (method !== 'GET' && status !== 307 && status !== 308)
      throw refuse(
        `on to ${to.pathname}, which would lose the data being sent`,
        `Put the address that it sends to into config/connections.yaml.`,
      );
    if (before >= MAX_REDIRECTS)
      throw refuse(
        'from one address to the next without end',
        'Ask the owner of the system which address is the right one, and put it into config/connections.yaml.',
      );
    return to;
  }

  return {
    send,
    close: () => void agents?.then(({ httpAgent, httpsAgent }) => (httpAgent.destroy(), httpsAgent.destroy())).catch(() => {}),
  };
}

/** How long the certificate is good that we show over TLS; nothing where there is none. */
export async function clientCertificateCheck(settings: WebSettings, context: TransportContext): Promise<CheckResult[]> {
  if (!settings.cert_file) return [];
  try {
    const certificate = await readCertificate(settings.cert_file, 'cert_file', context);
    return [certificateCheck(certificate, 'The client certificate', new Date())];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { code, message, hint } = error.problems[0]!;
    return [{ name: 'certificate', ok: false, code, detail: message, ...(hint ? { hint } : {}) }];
  }
}

export function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}

/** Why a certificate and its key cannot be shown to a server, where they cannot. The server would only see that none is shown. */
function whyNotUsed(
  cert: string | undefined,
  { cert_key: key, cert_passphrase: passphrase }: WebSettings,
): [why: string, hint: string] | undefined {
  try {
    if (cert === undefined || key === undefined) return undefined;
    const made = createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
    return new X509Certificate(cert).checkPrivateKey(made)
      ? undefined
      : [
          'cert_key is not the key of the certificate in cert_file',
          'Give the key that the certificate was requested with. If it is lost, request a new certificate.',
        ];
  } catch {
    if (key!.includes('ENCRYPTED'))
      return ['cert_passphrase does not open cert_key, or is missing', 'Give the passphrase of the key as cert_passphrase.'];
    return [
      'cert_file or cert_key is damaged, or not PEM',
      'Both must be text that begins with "-----BEGIN". Ask whoever issued the certificate for it in PEM.',
    ];
  }
}

async function makeAgents(settings: WebSettings, context: TransportContext): Promise<{ httpAgent: HttpAgent; httpsAgent: HttpsAgent }> {
  const file = async (path: string, option: string) =>
    readFile(resolve(context.projectFolder, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new ConfigError({
        code: 'OPTION_INVALID',
        place: { system: context.connection, path: option },
        message: `The file ${path} cannot be read: ${whyNotRead(error)}.`,
        hint: `Correct ${option} of this connection in config/connections.yaml, or put the file there.`,
      });
    });
  const cert = settings.cert_file === undefined ? undefined : await file(settings.cert_file, 'cert_file');
  const unusable = whyNotUsed(cert, settings);
  if (unusable)
    throw new ConfigError({
      code: 'OPTION_INVALID',
      place: { system: context.connection, path: 'cert_file' },
      message: `The client certificate of this connection cannot be used, so the system was not contacted: ${unusable[0]}.`,
      hint: `${unusable[1]} The options are in config/connections.yaml.`,
    });
  const httpsAgent = new HttpsAgent({
    keepAlive: true,
    ...tlsLimits(settings.allow_legacy),
    ...(settings.ca_file ? { ca: [...rootCertificates, await file(settings.ca_file, 'ca_file')] } : {}),
    ...(cert === undefined ? {} : { cert }),
    ...(settings.cert_key ? { key: settings.cert_key } : {}),
    ...(settings.cert_passphrase ? { passphrase: settings.cert_passphrase } : {}),
  });
  return { httpAgent: new HttpAgent({ keepAlive: true }), httpsAgent };
}
