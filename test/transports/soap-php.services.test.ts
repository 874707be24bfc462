import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { startPhp } from './permit-service/php-server.ts';
import { printsNothing } from './prints-nothing.ts';

const PROJECT = join(import.meta.dirname, 'permit-service');
const PARAMETERS = { issuedFrom: '2024-06-01', issuedTo: '2024-06-30', note: null };

printsNothing();

async function open(options: Record<string, unknown>): Promise<RequestTransport> {
  return (await transports.soap.open({ timeout: '3s', ...options }, { connection: 'permits', projectFolder: PROJECT })) as RequestTransport;
}

describe("soap, PHP's server", () => {
  let php: Awaited<ReturnType<typeof startPhp>>;
  beforeAll(async () => void (php = await startPhp()));
  afterAll(() => php.close());
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
});
