import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { makeSigning, type Signing } from './permit-service/certificates.ts';
import { startPhp } from './permit-service/php-server.ts';
import { tamperingLine } from './permit-service/tampering-line.ts';
import { printsNothing } from './prints-nothing.ts';

const PROJECT = join(import.meta.dirname, 'permit-service');
const PARAMETERS = { issuedFrom: '2024-06-01', issuedTo: '2024-06-30', note: null };

printsNothing();

async function open(options: Record<string, unknown>): Promise<RequestTransport> {
  return (await transports.soap.open({ timeout: '3s', ...options }, { connection: 'permits', projectFolder: PROJECT })) as RequestTransport;
}

describe("soap, PHP's server", () => {
  let php: Awaited<ReturnType<typeof startPhp>>;
  let folder: string;
  let ours: Signing;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'interlocal-signing-'));
    ours = await makeSigning(folder, 'town', { days: 400, passphrase: 'canary-phrase-31' });
    php = await startPhp({ SIGNER_CERTIFICATE: ours.certificateFile });
  });
  afterAll(async () => {
    await php.close();
    await rm(folder, { recursive: true, force: true });
  });
  const connection = (path: string, more: Record<string, unknown> = {}) =>
    open({ endpoint: `http://127.0.0.1:${php.port}${path}`, ...more });

  test.each(['1.1', '1.2'])('rpc/literal, SOAP %s: none, one and several', async (version) => {
    const api = await connection('/ledger', { version });
    for (const count of ['0', '1', '3']) {
      const { value } = await api.request({ operation: 'entries', body: { count, account: '0610' } });
      const entries = (value!['result'] as { entry: Record<string, unknown>[] }).entry;
      expect(entries.length).toBe(Number(count));
      if (count === '3') expect(entries[2]).toEqual({ account: '0610', amount: '3.50', memo: 'Gebühr & <3>' });
      if (count !== '0') expect(entries[0]!['memo']).toBeNull();
    }
  });

  test('rpc/literal sends groups and lists', async () => {
    const body = {
      entries: {
        entry: [
          { account: '0610', amount: '1.10', memo: null },
          { account: '0611', amount: '2.00', memo: 'x & y' },
        ],
      },
    };
    expect((await (await connection('/ledger')).request({ operation: 'post', body })).value).toEqual({
      result: '0610=1.10=nil|0611=2.00=x & y',
    });
  });

  test.each(['1.1', '1.2'])('a fault of SOAP %s', async (version) => {
    const answer = (await connection('/ledger', { version })).request({ operation: 'entries', body: { account: 'FAULT', count: '1' } });
    await expect(answer).rejects.toMatchObject({ code: 'SOAP_FAULT', message: expect.stringMatching(/The ledger is closed.*2024-06/) });
  });

  test.each([
    ['1.1', '/permits11'],
    ['1.2', '/permits12'],
  ])('document/literal, SOAP %s, with the WSDL and its schemas fetched from the server', async (version, path) => {
    const { value } = await (
      await connection(path, { version })
    ).request({ operation: 'FindPermits', body: { ...PARAMETERS, holder: { Name: 'Žofie' } } });
    expect(value).toMatchObject({
      ResponseCode: '0',
      Permits: {
        Permit: [{ PermitNum: '0042', Holder: { Name: 'Žofie' }, Fee: [{ Code: 'DOG', Amount: '12.50', paid: 'true' }], ClosedOn: null }],
      },
    });
  });

  describe.each([
    ['1.1', '/signed/permits11'],
    ['1.2', '/signed/permits12'],
  ])('WS-Security signatures of SOAP %s, verified by PHP', (version, path) => {
    const wsdl = version === '1.1' ? 'permits-soap11.wsdl' : 'permits-soap12.wsdl';
    const signed = (signing: Signing, port = php.port, more: Record<string, unknown> = {}) =>
      open({
        endpoint: `http://127.0.0.1:${port}${path}`,
        wsdl,
        version,
        x509: { certificate_file: signing.certificateFile, key: signing.lockedKey, passphrase: 'canary-phrase-31' },
        ...more,
      });
    const ask = (api: RequestTransport) =>
      api.request({ operation: 'FindPermits', body: { ...PARAMETERS, note: 'a\r\nb\tc & <d> "e"', holder: { Name: 'Žofie' } } });
    const code = (work: Promise<unknown>) => expect(work.then(() => 'answered')).rejects;

    test('a signed request is answered, alone and with a UsernameToken beside', async () => {
      const { value } = await ask(await signed(ours));
      expect(value).toMatchObject({ ResponseCode: '0', Permits: { Permit: [{ Holder: { Name: 'Žofie' } }] } });
      expect(JSON.parse(String(value!['Echo']))).toMatchObject({ note: 'a\r\nb\tc & <d> "e"' });
      const username_token = { username: 'clerk', password: 'canary-phrase-31', type: 'digest' };
      expect((await ask(await signed(ours, php.port, { username_token }))).value).toMatchObject({ ResponseCode: '0' });
    });

    test('a body or a timestamp that was changed on the way, and a body put in the place of the signed one, are refused', async () => {
      const forged = (xml: string): string => {
        const body = /<soap:Body[\s\S]*<\/soap:Body>/.exec(xml)![0];
        const other = body.replace(/ wsu:Id="[^"]*"/, '').replace('Žofie', 'Eva');
        return xml.replace(body, () => other).replace('</soap:Header>', () => `<Aside>${body}</Aside></soap:Header>`);
      };
      for (const change of [
        (xml: string) => xml.replace('Žofie', 'Eva'),
        (xml: string) => xml.replace('<wsu:Expires>20', '<wsu:Expires>21'),
        forged,
      ]) {
        const line = await tamperingLine(php.port, change);
        await code(ask(await signed(ours, line.port))).toMatchObject({ code: 'AUTH_FAILED' });
        await line.close();
      }
    });

    test("another's certificate, and a request without a signature, are refused", async () => {
      const other = await makeSigning(folder, 'other', { days: 400, passphrase: 'canary-phrase-31' });
      await code(ask(await signed(other))).toMatchObject({ code: 'AUTH_FAILED', message: expect.stringContaining('FailedAuthentication') });
      await code(ask(await signed(ours, php.port, { x509: undefined }))).toMatchObject({ code: 'AUTH_FAILED' });
    });

    test('an expired certificate is refused, and the message says when it expired', async () => {
      const old = await makeSigning(folder, 'old', { days: -1, passphrase: 'canary-phrase-31' });
      const strict = await startPhp({ SIGNER_CERTIFICATE: old.certificateFile });
      await code(ask(await signed(old, strict.port))).toMatchObject({
        code: 'AUTH_FAILED',
        problems: [{ message: expect.stringContaining('InvalidSecurityToken'), hint: expect.stringMatching(/expired on \d{4}-\d\d-\d\d/) }],
      });
      await strict.close();
    });
  });
});
