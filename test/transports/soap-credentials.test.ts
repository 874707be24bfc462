import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { printsNothing } from './prints-nothing.ts';

const CANARY = 'canary &+ü 77a3';
const WSDL = readFileSync(join(import.meta.dirname, '../certify/bills.wsdl'));
const ANSWER =
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><CloseSessionResponse xmlns="urn:acme:bills"><CloseSessionResult>ok</CloseSessionResult></CloseSessionResponse></s:Body></s:Envelope>';

printsNothing();

/** A gateway before a SOAP service: who may pass is what a test says; the WSDL is behind it too. */
let mayPass: (request: IncomingMessage) => boolean;
let tokens = 0;
let server: Server;
let secure: Server;
let folder: string;
let client: { private: string; cert: string };
const listener: RequestListener = (request, response) => {
  void (async () => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const url = new URL(request.url!, 'http://localhost');
    if (url.pathname === '/token') {
      const form = new URLSearchParams(Buffer.concat(parts).toString());
      const basic = request.headers.authorization === `Basic ${Buffer.from(`town:${encodeURIComponent(CANARY)}`).toString('base64')}`;
      const post = form.get('client_id') === 'town' && form.get('client_secret') === CANARY;
      response.writeHead(basic || post ? 200 : 400, { 'content-type': 'application/json' });
      response.end(JSON.stringify(basic || post ? { access_token: `t-${++tokens}` } : { error: 'invalid_client', form: form.toString() }));
    } else if (!mayPass(request)) response.writeHead(401).end(`who are you, ${request.url} ${JSON.stringify(request.headers)}?`);
    else response.writeHead(200, { 'content-type': 'text/xml' }).end(url.searchParams.has('wsdl') ? WSDL : ANSWER);
  })();
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'interlocal-soap-'));
  const make = (name: string) =>
    generate([{ name: 'commonName', value: name }], {
      keyType: 'ec',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
  const own = await make('127.0.0.1');
  client = await make('interlocal');
  await writeFile(join(folder, 'ca.pem'), own.cert);
  await writeFile(join(folder, 'client.pem'), client.cert);
  server = createServer(listener).listen(0, '127.0.0.1');
  secure = createHttpsServer(
    { key: own.private, cert: own.cert, requestCert: true, rejectUnauthorized: true, ca: client.cert },
    listener,
  ).listen(0, '127.0.0.1');
  await Promise.all([server, secure].map((s) => new Promise((resolve) => (s.listening ? resolve(0) : s.once('listening', resolve)))));
});
beforeEach(() => (mayPass = () => true));
afterAll(async () => {
  for (const s of [server, secure]) s.close().closeAllConnections();
  await rm(folder, { recursive: true });
});

const at = (s: Server, scheme = 'http'): string => `${scheme}://127.0.0.1:${(s.address() as AddressInfo).port}`;

async function asked(options: Record<string, unknown>, endpoint = `${at(server)}/bills`): Promise<unknown> {
  const transport = (await transports.soap.open(
    { endpoint, timeout: '5s', ...options },
    { connection: 'bills', projectFolder: folder },
  )) as RequestTransport;
  try {
    return (await transport.request({ operation: 'CloseSession', body: { SessionId: 's' } })).value;
  } finally {
    await transport.close();
  }
}

async function refusedWithout(options: Record<string, unknown>): Promise<void> {
  const error = (await asked(options).then(
    () => new Error('did not fail'),
    (e: unknown) => e,
  )) as Error & { code?: string };
  expect(error.code).toBe('AUTH_FAILED');
  const all = `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause ?? '')}`;
  for (const secret of ['canary', encodeURIComponent(CANARY)]) expect(all).not.toContain(secret);
}

const ok = { CloseSessionResult: 'ok' };
const oauth = (client_authentication: string, client_secret = CANARY) => ({
  auth: { oauth2_client_credentials: { token_url: `${at(server)}/token`, client_id: 'town', client_secret, client_authentication } },
});

test('a service that wants no login is asked without one', async () => {
  mayPass = (request) => request.headers.authorization === undefined;
  expect(await asked({})).toEqual(ok);
});

test('a user and password, a token, or a key in a header or the address let us pass, to the WSDL as well', async () => {
  const ways: [Record<string, unknown>, (request: IncomingMessage) => boolean][] = [
    [
      { basic: { username: 'clerk', password: CANARY } },
      (r) => r.headers.authorization === `Basic ${Buffer.from(`clerk:${CANARY}`).toString('base64')}`,
    ],
    [{ auth: { bearer: { token: 'canary-77a3' } } }, (r) => r.headers.authorization === 'Bearer canary-77a3'],
    [{ auth: { api_key: { name: 'X-Key', value: 'canary-77a3' } } }, (r) => r.headers['x-key'] === 'canary-77a3'],
    [
      { auth: { api_key: { in: 'query', name: 'key', value: CANARY } } },
      (r) => new URL(r.url!, 'http://localhost').searchParams.get('key') === CANARY,
    ],
  ];
  for (const [options, passes] of ways) {
    mayPass = passes;
    expect(await asked(options)).toEqual(ok);
    await refusedWithout({});
    mayPass = () => false;
    await refusedWithout(options);
  }
});

test.each(['basic', 'post'])('an OAuth token (client_secret_%s) is fetched, and again when it is no longer taken', async (way) => {
  const first = tokens + 1;
  mayPass = (request) => request.headers.authorization === `Bearer t-${first + 1}`;
  expect(await asked(oauth(way))).toEqual(ok);
  expect(tokens).toBe(first + 1);
  await refusedWithout(oauth(way, `${CANARY} old`));
});

test('a client certificate is shown where one is wanted', async () => {
  const endpoint = `${at(secure, 'https')}/bills`;
  await expect(asked({ ca_file: 'ca.pem' }, endpoint)).rejects.toThrow();
  expect(await asked({ ca_file: 'ca.pem', cert_file: 'client.pem', cert_key: client.private }, endpoint)).toEqual(ok);
});
