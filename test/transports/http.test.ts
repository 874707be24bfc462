import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import express from 'express';
import type { Express } from 'express';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, FatalError, RetriableError } from '../../src/core/errors.ts';
import { answerFacts } from '../../src/transports/answer-facts.ts';
import type { RequestSpec, RequestTransport } from '../../src/transports/transport.ts';
import { paceOf } from '../../src/transports/rate-limit.ts';
import { transports } from '../../src/transports/transports.ts';
import { printsNothing } from './prints-nothing.ts';
import { allBytes } from './all-bytes.ts';

const CANARY = 'canary-91cc/+ü-secret';
const BASIC = Buffer.from(`clerk:${CANARY}`).toString('base64');

let server: Server;
let elsewhere: Server;
let base: string;
let seen: IncomingMessage[];
let busy = 0;
let loginsDone = 0;

beforeAll(async () => {
  seen = [];
  const other = express();
  other.use((request, response) => void (seen.push(request), response.json({ host: 'other' })));
  elsewhere = await listen(createHttpServer(other));
  const app = express();
  app.use((request, _response, next) => (seen.push(request), next()));
  routes(app);
  server = await listen(createHttpServer(app));
  base = `http://127.0.0.1:${portOf(server)}/api`;
});
afterAll(() => {
  server.close().closeAllConnections();
  elsewhere.close().closeAllConnections();
});

function routes(app: Express): void {
  app.use((q, r, next) => (q.path === '/api/text' ? next() : express.json()(q, r, next)));
  app.use(express.urlencoded());
  app.get('/api', (_q, r) => void r.json({ hello: true }));
  app.get('/api/rows', (q, r) => void r.json({ path: q.originalUrl, rows: [1, 2] }));
  app.post('/api/echo', (q, r) => void r.json({ type: q.headers['content-type'], body: q.body as unknown }));
  app.post(
    '/api/text',
    express.text({ type: () => true }),
    (q, r) => void r.json({ type: q.headers['content-type'], body: q.body as unknown }),
  );
  app.post('/api/moved-away', (_q, r) => void r.redirect(307, `http://127.0.0.1:${portOf(elsewhere)}/x`));
  app.get('/api/packed', (_q, r) => void r.set('Content-Encoding', 'gzip').send(gzipSync('x'.repeat(100_000))));
  app.get('/api/bomb', (_q, r) => void r.set('Content-Encoding', 'gzip').send(gzipSync(Buffer.alloc(50_000_000))));
  app.get('/api/cut', (_q, r) => void (r.set('Content-Length', '100000').write('half'), setTimeout(() => r.destroy(), 30)));
  app.get(
    '/api/cut-packed',
    (_q, r) => void (r.set('Content-Encoding', 'gzip').write(gzipSync('y'.repeat(1000)).subarray(0, 20)), setTimeout(() => r.end(), 30)),
  );
  app.get('/api/slow', () => {});
  app.get('/api/stalls', (_q, r) => void r.write('first part'));
  app.get(
    '/api/status/:status',
    (q, r) =>
      void r
        .status(Number(q.params.status))
        .set('Retry-After', '7')
        .send(`<h1>Sorry</h1> you sent ${q.headers.authorization ?? ''} and ${CANARY}`),
  );
  app.get('/api/moved', (_q, r) => void r.redirect('/api/rows'));
  app.post('/api/moved', (_q, r) => void r.redirect('/api/rows'));
  app.get('/api/elsewhere', (_q, r) => void r.redirect(`http://127.0.0.1:${portOf(elsewhere)}/x`));
  app.get('/api/circle', (_q, r) => void r.redirect('/api/circle'));
  app.get('/api/busy', (_q, r) => void (busy++ ? r.json({}) : r.status(503).end()));
  app.get('/api/basic', (q, r) => void r.status(q.headers.authorization === `Basic ${BASIC}` ? 200 : 401).json({}));
  app.get('/api/bearer', (q, r) => void r.status(q.headers.authorization === `Bearer ${CANARY}` ? 200 : 401).json({}));
  app.get(
    '/api/key',
    (q, r) => void r.status(q.headers['x-api-key'] === 'canary-key' || q.query['api_key'] === CANARY ? 200 : 401).json({}),
  );
  app.post('/oauth/token', (q, r) => {
    loginsDone++;
    const wanted = `Basic ${Buffer.from(`town:${encodeURIComponent(CANARY)}`).toString('base64')}`;
    const form = q.body as Record<string, string>;
    const known = q.headers.authorization === wanted || (form['client_id'] === 'town' && form['client_secret'] === CANARY);
    // RFC 6749 section 2.3: one way at a time.
    if (!known || (q.headers.authorization && form['client_secret']) || form['grant_type'] !== 'client_credentials')
      return void r
        .status(400)
        .json({ error: 'invalid_client', echoed: q.headers.authorization, form, raw: new URLSearchParams(form).toString() });
    r.json({ access_token: `token-${loginsDone}`, expires_in: 3600, scope: (q.body as Record<string, string>)['scope'] });
  });
  app.get('/api/oauth', (q, r) => void r.status(q.headers.authorization === `Bearer token-${loginsDone}` ? 200 : 401).json({}));
  app.post('/api/authenticate/login', (q, r) => {
    const { user, password } = q.body as Record<string, string>;
    if (user !== 'clerk' || password !== CANARY) return void r.json({ error: `bad password ${password}` });
    r.json({ session: { id: `s-${++loginsDone}` } });
  });
  app.get('/api/session', (q, r) => void r.status(q.headers['x-session'] === `s-${loginsDone}` ? 200 : 401).json({}));
  app.post('/api/answers/:text', (q, r) => void r.type('application/json').send(q.params.text));
}

async function listen<S extends Server>(s: S): Promise<S> {
  await new Promise<void>((resolve) => s.listen(0, '127.0.0.1', resolve));
  return s;
}
function portOf(s: Server): number {
  return (s.address() as AddressInfo).port;
}
printsNothing();

async function open(options: Record<string, unknown> = {}, projectFolder = '/nowhere', signal?: AbortSignal): Promise<RequestTransport> {
  return (await transports.http.open(
    { base_url: base, timeout: '2s', ...options },
    { connection: 'recreation', projectFolder, ...(signal ? { signal } : {}) },
  )) as RequestTransport;
}
async function text(transport: RequestTransport, spec: RequestSpec): Promise<string> {
  return (await allBytes((await transport.request(spec)).bytes!)).toString();
}
async function failure(work: Promise<unknown>): Promise<Error & { code?: string }> {
  const error = (await work.then(
    () => new Error('did not fail'),
    (e: unknown) => e,
  )) as Error;
  const all = `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause ?? '')}`;
  for (const secret of [CANARY, BASIC, 'canary-key', encodeURIComponent(CANARY)]) expect(all).not.toContain(secret);
  return error;
}

describe('http', () => {
  test('asks below base_url, with query and headers, and streams the body', async () => {
    const api = await open({ headers: { 'X-Town': 'Riverbend' } });
    const answer = JSON.parse(await text(api, { path: 'rows?a=1', query: { page: '2', q: 'ä&b' } })) as { path: string };
    expect(answer.path).toBe('/api/rows?a=1&page=2&q=%C3%A4%26b');
    expect(seen.at(-1)!.headers['x-town']).toBe('Riverbend');
    const { status, headers } = await api.request({ path: '/rows' });
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    await api.close();
  });

  test('takes the whole address of a next page, when it is below base_url', async () => {
    expect(await text(await open(), { path: `${base}/rows?cursor=abc` })).toContain('/api/rows?cursor=abc');
  });

  test.each([
    'http://127.0.0.1:1/api/rows',
    '//evil.example/x',
    '../admin',
    'rows/%2e%2e/%2e%2e/admin',
    'rows\\..\\x',
    'http://evil@127.0.0.1/api',
    'http://[',
  ])('keeps to its own host and path: %s', async (path) => {
    const before = seen.length;
    const error = await failure((await open()).request({ path }));
    expect(error).toMatchObject({ code: 'PATH_OUTSIDE' });
    expect(error).toBeInstanceOf(ConfigError);
    expect(seen.length).toBe(before);
  });

  test('sends JSON, or a form when the content type says so', async () => {
    const api = await open();
    expect(JSON.parse(await text(api, { method: 'POST', path: 'echo', body: { id: '0042', list: ['a', null] } }))).toEqual({
      type: 'application/json',
      body: { id: '0042', list: ['a', null] },
    });
    const form = await text(api, {
      method: 'POST',
      path: 'echo',
      body: { id: '0042', who: 'Zoë & Co' },
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(JSON.parse(form)).toEqual({ type: 'application/x-www-form-urlencoded', body: { id: '0042', who: 'Zoë & Co' } });
  });

  test('a text goes out as it is where the request says its type, and as JSON where it does not', async () => {
    const api = await open();
    const xml = { method: 'POST' as const, path: 'text', body: '<a>1 &amp; 2</a>' };
    expect(JSON.parse(await text(api, { ...xml, headers: { 'content-type': 'text/xml' } }))).toEqual({ type: 'text/xml', body: xml.body });
    expect(JSON.parse(await text(api, xml))).toEqual({ type: 'application/json', body: JSON.stringify(xml.body) });
    const inherited = await open({ headers: { 'Content-Type': 'text/xml' } });
    expect(JSON.parse(await text(inherited, xml))).toEqual({ type: 'text/xml', body: JSON.stringify(xml.body) });
  });

  test('a list in the query is the same parameter several times', async () => {
    const answer = await text(await open({ base_url: `${base}?kind=z` }), {
      path: 'rows',
      query: { kind: ['a', 'b & c'], page: '1', none: [] },
    });
    expect(JSON.parse(answer)).toMatchObject({ path: '/api/rows?kind=a&kind=b+%26+c&page=1' });
  });

  test.each(['/api/rows?cursor=abc', 'rows?cursor=abc', '?cursor=abc'])(
    'an address in an answer starts where the service stands: %s',
    async (link) => {
      expect(await text(await open(), { link })).toBeDefined();
      expect(seen.at(-1)!.url).toContain('/api/');
      expect(seen.at(-1)!.url).toContain('cursor=abc');
    },
  );

  test.each(['https://elsewhere.invalid/x', '//elsewhere.invalid/x', '/admin', '../admin', 'http://evil@127.0.0.1/api'])(
    'an address in an answer that leads elsewhere is refused: %s',
    async (link) => {
      expect(await failure((await open()).request({ link }))).toMatchObject({ code: 'PATH_OUTSIDE' });
    },
  );

  test('a host that the connection names is asked by links and redirects, without credentials or headers of ours', async () => {
    const other = `http://127.0.0.1:${portOf(elsewhere)}`;
    const options = { auth: { bearer: { token: CANARY } }, headers: { 'X-Town': 'Maplewood' }, hosts: [other] };
    for (const spec of [{ link: `${other}/file?signature=1` }, { path: 'elsewhere' }]) {
      expect(await text(await open(options), spec)).toContain('other');
      expect(seen.at(-1)!.headers).not.toHaveProperty('authorization');
      expect(seen.at(-1)!.headers).not.toHaveProperty('x-town');
    }
    const before = seen.length;
    const near = `http://127.0.0.1:${portOf(elsewhere) + 1}`;
    expect(await failure((await open(options)).request({ link: `${near}/x` }))).toMatchObject({ code: 'PATH_OUTSIDE' });
    expect(await failure((await open(options)).request({ method: 'POST', path: 'moved-away', body: {} }))).toMatchObject({
      code: 'REDIRECT_REFUSED',
    });
    expect(seen.length).toBe(before + 1);
  });

  test('every request waits for its turn, a login and what a redirect leads to as well', async () => {
    let at = 0;
    const pace = paceOf({ requests: 2, per: '1m' }, { now: () => at, sleep: async (ms) => void (at += ms) });
    const session = { path: 'authenticate/login', body: { user: 'clerk' }, secrets: { password: CANARY }, token: 'session.id' };
    const api = (await transports.http.open(
      { base_url: base, auth: { session }, rate_limit: { requests: 2, per: '1m' } },
      { connection: 'recreation', projectFolder: '/nowhere', pace },
    )) as RequestTransport;
    const before = seen.length;
    for (const path of ['rows', 'rows', 'moved']) await text(api, { path });
    expect([seen.length - before, at]).toEqual([5, 120_000]);
  });

  test('unpacks gzip, and refuses what grows beyond max_bytes', async () => {
    const api = await open({ max_bytes: 200_000 });
    expect((await text(api, { path: 'packed' })).length).toBe(100_000);
    const error = await failure(text(api, { path: 'bomb' }));
    expect(error).toMatchObject({ code: 'ANSWER_TOO_LARGE' });
    expect(error).toBeInstanceOf(FatalError);
  });

  test.each([
    [401, FatalError, 'AUTH_FAILED'],
    [403, FatalError, 'ACCESS_DENIED'],
    [404, FatalError, 'HTTP_404'],
    [422, FatalError, 'HTTP_422'],
    [429, RetriableError, 'HTTP_429'],
    [500, RetriableError, 'HTTP_500'],
    [501, FatalError, 'HTTP_501'],
    [503, RetriableError, 'HTTP_503'],
  ])('says what status %i means, in the words of the remote system, without the secret that it repeats', async (status, kind, code) => {
    const api = await open({ auth: { basic: { username: 'clerk', password: CANARY } } });
    const error = await failure(api.request({ path: `status/${status}` }));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain('Sorry you sent Basic [secret] and [secret]');
    expect(answerFacts(error)).toMatchObject({ status, faultText: expect.stringContaining('[secret]') });
    if (error instanceof RetriableError) expect(error.waitMs).toBe(7000);
  });

  test('a server that is busy now may answer the next attempt', async () => {
    const api = await open();
    expect(await failure(api.request({ path: 'busy' }))).toBeInstanceOf(RetriableError);
    expect((await api.request({ path: 'busy' })).status).toBe(200);
  });

  test('follows a redirect on the same host only, and never loses what is sent', async () => {
    const api = await open({ auth: { bearer: { token: CANARY } } });
    expect(await text(api, { path: 'moved' })).toContain('/api/rows');
    const before = seen.length;
    expect(await failure(api.request({ path: 'elsewhere' }))).toMatchObject({
      code: 'REDIRECT_REFUSED',
      message: expect.stringContaining(String(portOf(elsewhere))),
    });
    expect(seen.length).toBe(before + 1);
    expect(await failure(api.request({ method: 'POST', path: 'moved', body: {} }))).toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(await failure(api.request({ path: 'circle' }))).toMatchObject({ code: 'REDIRECT_REFUSED' });
  });

  test.each(['cut', 'cut-packed'])('an answer that breaks off is an error that is retried, not a short answer: %s', async (path) => {
    const error = await failure(text(await open(), { path }));
    expect(error).toBeInstanceOf(RetriableError);
  });

  test('does not wait for ever, neither for an answer nor in the middle of one', async () => {
    const api = await open({ timeout: '200ms' });
    for (const path of ['slow', 'stalls']) {
      const error = await failure(text(api, { path }));
      expect(error).toBeInstanceOf(RetriableError);
      expect(error).toMatchObject({ code: 'CONNECTION_TIMEOUT' });
    }
    await api.close();
  });

  test('stops when a person stops the run', async () => {
    const stop = new AbortController();
    const api = await open({}, '/nowhere', stop.signal);
    setTimeout(() => stop.abort(), 50);
    expect(await failure(api.request({ path: 'slow' }))).toMatchObject({ code: 'ABORTED' });
  });

  test('nobody answering, and an unknown name, are retried', async () => {
    expect(await failure((await open({ base_url: 'http://127.0.0.1:1' })).request({}))).toMatchObject({ code: 'CONNECTION_REFUSED' });
    expect(await failure((await open({ base_url: 'http://api.town.invalid' })).request({}))).toMatchObject({ code: 'HOST_UNKNOWN' });
  });

  test('logs in by password, token or key', async () => {
    expect((await (await open({ auth: { basic: { username: 'clerk', password: CANARY } } })).request({ path: 'basic' })).status).toBe(200);
    expect((await (await open({ auth: { bearer: { token: CANARY } } })).request({ path: 'bearer' })).status).toBe(200);
    expect((await (await open({ auth: { api_key: { name: 'X-Api-Key', value: 'canary-key' } } })).request({ path: 'key' })).status).toBe(
      200,
    );
    expect(
      (await (await open({ auth: { api_key: { in: 'query', name: 'api_key', value: CANARY } } })).request({ path: 'key' })).status,
    ).toBe(200);
  });

  test('a key in the address is in no error', async () => {
    const api = await open({ auth: { api_key: { in: 'query', name: 'api_key', value: CANARY } } });
    for (const path of ['status/500', 'elsewhere', 'cut', 'status/404']) await failure(text(api, { path }));
    // Services write the address that they were asked at into their links.
    await failure(api.request({ link: `https://elsewhere.invalid/rows?api_key=${encodeURIComponent(CANARY)}&page=2` }));
    await failure(api.request({ link: `/admin?${new URLSearchParams({ api_key: CANARY })}` }));
  });

  test('asks a service that wants no login without one', async () => {
    await (await open()).request({ path: 'rows' });
    expect(seen.at(-1)!.headers).not.toHaveProperty('authorization');
    expect(await failure((await open()).request({ path: 'basic' }))).toMatchObject({ code: 'AUTH_FAILED' });
  });

  test.each(['basic', 'post'])('fetches an OAuth token once (client_secret_%s), and again when it is no longer taken', async (way) => {
    const oauth = {
      token_url: base.replace('/api', '/oauth/token'),
      client_id: 'town',
      client_secret: CANARY,
      scope: 'read',
      client_authentication: way,
    };
    const api = await open({ auth: { oauth2_client_credentials: oauth } });
    const before = loginsDone;
    await Promise.all([api.request({ path: 'oauth' }), api.request({ path: 'oauth' })]);
    expect(loginsDone).toBe(before + 1);
    loginsDone++; // the server forgets its tokens
    expect((await api.request({ path: 'oauth' })).status).toBe(200);
    const wrong = await open({ auth: { oauth2_client_credentials: { ...oauth, client_secret: `${CANARY}-old` } } });
    expect(await failure(wrong.request({ path: 'oauth' }))).toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining('invalid_client'),
    });
    expect((await wrong.check()).at(-1)).toMatchObject({ name: 'credentials', ok: false });
  });

  test('opens a session with a login request, and a new one when it has run out', async () => {
    const session = {
      path: 'authenticate/login',
      body: { user: 'clerk' },
      secrets: { password: CANARY },
      token: 'session.id',
      header: 'X-Session',
      prefix: '',
    };
    const api = await open({ auth: { session } });
    expect((await api.request({ path: 'session' })).status).toBe(200);
    loginsDone++;
    expect((await api.request({ path: 'session' })).status).toBe(200);
    const wrong = await open({ auth: { session: { ...session, secrets: { password: 'nope' } } } });
    expect(await failure(wrong.request({ path: 'session' }))).toMatchObject({
      code: 'LOGIN_UNREADABLE',
      message: expect.stringContaining('session.id'),
    });
    for (const answer of ['null', '7', '"text"', 'no JSON']) {
      const odd = await open({ auth: { session: { ...session, path: `answers/${encodeURIComponent(answer)}` } } });
      expect(await failure(odd.request({ path: 'session' })), answer).toMatchObject({
        code: 'LOGIN_UNREADABLE',
        message: expect.stringContaining('answered with other text (status 200), where a JSON object is expected.'),
      });
    }
  });

  test('check says what it found: reachable, encryption, credentials', async () => {
    expect(await (await open()).check()).toMatchObject([
      { name: 'reachable', ok: true },
      { name: 'TLS', warning: true },
    ]);
    expect((await (await open({ base_url: 'http://127.0.0.1:1' })).check()).at(-1)).toMatchObject({
      name: 'reachable',
      ok: false,
      hint: expect.any(String),
    });
    const wrong = await open({ base_url: `${base}/basic`, auth: { basic: { username: 'clerk', password: 'wrong' } } });
    expect((await wrong.check()).at(-1)).toMatchObject({ name: 'credentials', ok: false });
  });

  test('only one way to log in can be given, and secrets must be references in the configuration', async () => {
    const schema = await transports.http.optionsSchema();
    expect(
      schema.safeParse({ base_url: base, auth: { bearer: { token: '${env:T}' }, basic: { username: 'a', password: '${env:P}' } } }).success,
    ).toBe(false);
    expect(schema.safeParse({ base_url: base, auth: { bearer: { token: 'plain' } } }).success).toBe(false);
    expect(schema.safeParse({ base_url: base, auth: { bearer: { token: '${env:T}' } } }).success).toBe(true);
    expect(schema.safeParse({ base_url: 'file:///etc/passwd' }).success).toBe(false);
    expect(schema.safeParse({ base_url: base, bsae: 1 }).success).toBe(false);
  });
});

describe('https', () => {
  let folder: string;
  let secure: Server;
  let strict: Server;
  let client: { private: string; cert: string };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'interlocal-tls-'));
    const make = (name: string) =>
      generate([{ name: 'commonName', value: name }], {
        keyType: 'ec',
        extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
      });
    const own = await make('127.0.0.1');
    client = await make('interlocal');
    await writeFile(join(folder, 'ca.pem'), own.cert);
    await writeFile(join(folder, 'client.pem'), client.cert);
    const app = express().get('/', (_q, r) => void r.json({}));
    secure = await listen(createHttpsServer({ key: own.private, cert: own.cert }, app));
    strict = await listen(
      createHttpsServer({ key: own.private, cert: own.cert, requestCert: true, rejectUnauthorized: true, ca: client.cert }, app),
    );
  });
  afterAll(async () => {
    secure.close().closeAllConnections();
    strict.close().closeAllConnections();
    await rm(folder, { recursive: true });
  });

  test('a certificate of an unknown authority is refused, and trusted when it is named in ca_file', async () => {
    const base_url = `https://127.0.0.1:${portOf(secure)}`;
    const error = await failure((await open({ base_url })).request({}));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'TLS_UNTRUSTED', message: expect.stringContaining('ca_file') });
    expect((await (await open({ base_url })).check()).at(-1)).toMatchObject({ name: 'TLS', ok: false });
    expect((await (await open({ base_url, ca_file: 'ca.pem' }, folder)).request({})).status).toBe(200);
    expect(await failure((await open({ base_url, ca_file: 'none.pem' }, folder)).request({}))).toBeInstanceOf(ConfigError);
  });

  test.each([
    ['TLS 1.0 and no more', 'tls1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1' } as const, 2048],
    ['TLS 1.1 and no more', 'tls1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' } as const, 2048],
    ['a key of 1024 bits', 'weak_ciphers', {}, 1024],
  ])(
    'an old server with %s is refused; the message names %s, with which it is read and every check warns',
    async (_what, name, limits, keySize) => {
      const altNames = [{ type: 7 as const, ip: '127.0.0.1' }];
      const made = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
        keySize,
        extensions: [{ name: 'subjectAltName', altNames }],
      });
      await writeFile(join(folder, 'old.pem'), made.cert);
      const old = await listen(
        createHttpsServer({ key: made.private, cert: made.cert, ciphers: 'DEFAULT:@SECLEVEL=0', ...limits }, (_q, r) => void r.end('{}')),
      );
      const options = { base_url: `https://127.0.0.1:${portOf(old)}`, ca_file: 'old.pem' };
      expect(await failure((await open(options, folder)).request({}))).toMatchObject({
        code: 'TLS_FAILED',
        message: expect.stringMatching(new RegExp(`allow_legacy: .*\\[${name}\\]`)),
      });
      const allowed = await open({ ...options, allow_legacy: [name] }, folder);
      expect((await allowed.request({})).status).toBe(200);
      expect(await allowed.check()).toContainEqual(expect.objectContaining({ name: 'legacy encryption', ok: true, warning: true }));
      old.close().closeAllConnections();
    },
  );

  test('check tells how long the client certificate is good', async () => {
    const options = {
      base_url: `https://127.0.0.1:${portOf(strict)}`,
      ca_file: 'ca.pem',
      cert_file: 'client.pem',
      cert_key: client.private,
    };
    expect((await (await open(options, folder)).check())[0]).toMatchObject({ name: 'certificate', ok: true });
  });

  test('says why a client certificate cannot be used', async () => {
    const options = { base_url: `https://127.0.0.1:${portOf(strict)}`, ca_file: 'ca.pem', cert_file: 'client.pem' };
    const { privateKey: other } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const text = other.export({ type: 'pkcs8', format: 'pem' });
    const locked = other.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' });
    for (const [key, why] of [
      [text, 'cert_key is not the key of the certificate in cert_file'],
      [locked, 'cert_passphrase does not open cert_key, or is missing'],
      ['not a key', 'cert_file or cert_key is damaged, or not PEM'],
    ] as const)
      expect(await failure(open({ ...options, cert_key: `${key}` }, folder).then((web) => web.request({})))).toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining(why),
      });
  });

  test('shows a client certificate where one is wanted', async () => {
    const options = { base_url: `https://127.0.0.1:${portOf(strict)}`, ca_file: 'ca.pem' };
    expect(await failure((await open(options, folder)).request({}))).toBeInstanceOf(Error);
    expect((await (await open({ ...options, cert_file: 'client.pem', cert_key: client.private }, folder)).request({})).status).toBe(200);
  });
});
