import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, FatalError } from '../../src/core/errors.ts';
import { soapOptions } from '../../src/transports/soap/options.ts';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { makeSigning, type Signing } from './permit-service/certificates.ts';
import { startNodeSoap, type NodeSoapServer } from './permit-service/node-server.ts';
import { tamperingLine } from './permit-service/tampering-line.ts';
import { printsNothing } from './prints-nothing.ts';

const CANARY = 'canary-passphrase-8c1e';
const PROJECT = join(import.meta.dirname, 'permit-service');
const PARAMETERS = { issuedFrom: '2024-06-01', issuedTo: '2024-06-30', note: 'a line\r\nand\tanother & <more>' };

printsNothing();

let folder: string;
let ours: Signing;
let others: Signing;
let expired: Signing;
let expiring: Signing;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'interlocal-signing-'));
  const make = (name: string, days: number) => makeSigning(folder, name, { days, passphrase: CANARY });
  [ours, others, expired, expiring] = await Promise.all([make('town', 400), make('other', 400), make('old', -1), make('soon', 12)]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(
  options: Record<string, unknown>,
  signing: Signing = ours,
  x509: Record<string, unknown> = {},
): Promise<RequestTransport> {
  const all = { timeout: '3s', x509: { certificate_file: signing.certificateFile, key: signing.key, ...x509 }, ...options };
  return (await transports.soap.open(all, { connection: 'permits', projectFolder: PROJECT })) as RequestTransport;
}

async function failure(work: Promise<unknown>): Promise<Error & { code?: string; problems?: { hint?: string }[] }> {
  const error = (await work.then(
    () => new Error('did not fail'),
    (e: unknown) => e,
  )) as Error;
  const all = `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause ?? '')}`;
  for (const secret of [CANARY, ours.key.split('\n')[2]!, others.key.split('\n')[2]!]) expect(all).not.toContain(secret);
  return error;
}

describe.each(['1.1', '1.2'] as const)('a service that verifies signatures, SOAP %s', (version) => {
  let server: NodeSoapServer;
  let strict: NodeSoapServer;
  beforeAll(async () => {
    const start = (signer: string) => startNodeSoap({ version, password: '', permits: () => [], signer });
    server = await start(ours.certificate);
    strict = await start(expired.certificate);
  });
  afterAll(async () => void (await Promise.all([server.close(), strict.close()])));
  const wsdl = version === '1.1' ? 'permits-soap11.wsdl' : 'permits-soap12.wsdl';
  const options = (port: number) => ({ endpoint: `http://127.0.0.1:${port}/permits`, wsdl, version });
  const ask = (api: RequestTransport) => api.request({ operation: 'FindPermits', body: PARAMETERS });

  test('answers what is signed over body and timestamp, whatever is in the body', async () => {
    const { value } = await ask(await open(options(server.port)));
    expect(JSON.parse(String(value!['Echo']))).toMatchObject({ note: 'a line\r\nand\tanother & <more>' });
    expect(server.requests.at(-1)).toMatch(/<wsu:Timestamp wsu:Id="timestamp-[^"]+"><wsu:Created>/);
  });

  test('a key with a passphrase signs, and a UsernameToken can be signed beside', async () => {
    const api = await open({ ...options(server.port), username_token: { username: 'clerk', password: CANARY, type: 'digest' } }, ours, {
      key: ours.lockedKey,
      passphrase: CANARY,
      sign: ['body', 'timestamp', 'username_token', 'token'],
      ttl: '1m',
    });
    expect((await ask(api)).value).toMatchObject({ ResponseCode: '0' });
    expect(server.requests.at(-1)!.match(/<ds:Reference /g)).toHaveLength(4);
    expect(server.requests.at(-1)).not.toContain(CANARY);
  });

  test.each([
    ['the body', (xml: string) => xml.replace('2024-06-01', '2024-05-01')],
    ['the timestamp', (xml: string) => xml.replace(/<wsu:Expires>20/, '<wsu:Expires>21')],
  ])('refuses a message in which somebody changed %s', async (_what, change) => {
    const line = await tamperingLine(server.port, change);
    const error = await failure(ask(await open(options(line.port))));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'AUTH_FAILED', problems: [{ hint: expect.stringMatching(/serial number [0-9A-F]+/) }] });
    await line.close();
  });

  test("refuses another's certificate, and an expired one; the message says which day it expired", async () => {
    expect(await failure(ask(await open(options(server.port), others)))).toMatchObject({ code: 'AUTH_FAILED' });
    const error = await failure(ask(await open(options(strict.port), expired)));
    const day = new X509Certificate(expired.certificate).validToDate.toISOString().slice(0, 10);
    expect(error).toMatchObject({ code: 'AUTH_FAILED', problems: [{ hint: expect.stringContaining(`expired on ${day}`) }] });
  });

  test('refuses a request that comes too late', async () => {
    const api = await open(options(server.port), ours, { ttl: '0s' });
    expect(await failure(ask(api))).toMatchObject({ code: 'AUTH_FAILED', message: expect.stringContaining('MessageExpired') });
  });

  test('check says that the certificate is good, expires soon, or has expired', async () => {
    const certificate = async (signing: Signing) =>
      (await (await open(options(server.port), signing)).check()).find((result) => result.name === 'certificate');
    expect(await certificate(ours)).toMatchObject({ ok: true, detail: expect.stringMatching(/is valid until \d{4}-\d\d-\d\d/) });
    expect(await certificate(ours)).not.toHaveProperty('warning');
    expect(await certificate(expiring)).toMatchObject({ ok: true, warning: true, detail: expect.stringMatching(/in 1[12] days\.$/) });
    expect(await certificate(expired)).toMatchObject({ ok: false, code: 'CERTIFICATE_EXPIRED', hint: expect.any(String) });
  });
});

test.each([
  ['no passphrase', () => ({ key: ours.lockedKey }), /no passphrase is given/],
  ['a wrong passphrase', () => ({ key: ours.lockedKey, passphrase: `${CANARY}-wrong` }), /passphrase given/],
  ['something that is not a key', () => ({ key: CANARY }), /not a private key in PEM form/],
  ["another certificate's key", () => ({ key: others.key }), /does not belong to the certificate/],
])('%s is told before anything is sent, without showing it', async (_what, x509, message) => {
  const api = await open({ endpoint: 'http://127.0.0.1:1/permits', wsdl: 'permits-soap11.wsdl' }, ours, x509());
  const error = await failure(api.request({ operation: 'FindPermits', body: PARAMETERS }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({ code: 'SIGNING_KEY_UNUSABLE', message: expect.stringMatching(message) });
  expect((await api.check())[0]).toMatchObject({ name: 'certificate', ok: false });
});

test('a certificate file that is not there, or is none, is told by its name', async () => {
  for (const [certificate_file, message] of [
    ['nowhere.pem', /nowhere\.pem cannot be read: there is no such file/],
    ['permits.xsd', /permits\.xsd holds no certificate/],
  ] as const) {
    const api = await open({ endpoint: 'http://127.0.0.1:1/permits', wsdl: 'permits-soap11.wsdl' }, ours, { certificate_file });
    expect(await failure(api.request({ operation: 'FindPermits', body: PARAMETERS }))).toMatchObject({
      code: 'CERTIFICATE_UNREADABLE',
      message: expect.stringMatching(message),
    });
  }
});

test('what cannot be signed is refused while the configuration is read', () => {
  const x509 = { certificate_file: 'town.pem', key: '${file:secrets/key}' };
  const parsed = (more: object) => soapOptions.safeParse({ endpoint: 'https://a.example/x', x509: { ...x509, ...more } });
  expect(parsed({}).success).toBe(true);
  expect(parsed({ sign: ['body', 'username_token'] }).error?.issues[0]).toMatchObject({ path: ['x509', 'sign', 1] });
  expect(parsed({ key: 'plain' }).success).toBe(false);
  expect(parsed({ algorithm: 'sha1' }).success).toBe(false);
});
