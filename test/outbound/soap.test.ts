import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { listDeliveries } from '../../src/store/outbound/deliveries.ts';
import { receipts } from '../engine/base-town.ts';
import { cutAt, cutsOf } from '../engine/cut.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../engine/town.ts';
import { outbox } from './base-outbound.ts';
import { PASSWORD, soapLedger } from './base-soap.ts';
import { fault, type ReceiptService, startReceiptService } from './receipt-service/node-server.ts';

let service: ReceiptService;
beforeAll(async () => {
  service = await startReceiptService(PASSWORD);
});
beforeEach(() => {
  service.booked.length = 0;
  service.calls.length = 0;
  service.lasts = Infinity;
  service.before = () => {};
});
afterEach(closeTowns);
afterAll(() => service.close());

async function town(files: Files = soapLedger(service.url), numbers = ['1', '2']): Promise<TestTown> {
  const rows = numbers.map((number, i) => ({ number, amount: `${i + 1}.50`, tender: i % 2 ? 'CK' : 'CA' }));
  const made = await makeTown({ ...files, 'inbox/receipts-1.csv': receipts(rows) });
  await made.run('receipts');
  return made;
}

test('receipts go to an operation with their payments and lines nested in them, in one session that is closed again', async () => {
  const t = await town();
  const run = await t.run('to-ledger');
  expect([run.problems, run.outcome]).toEqual([[], 'succeeded']);
  expect(service.booked).toEqual([
    { Number: '1', Date: expect.anything(), Amount: 1.5, Payment: [{ Type: 'CA', Line: [{ Account: '0610', Amount: 1.5 }] }] },
    { Number: '2', Date: expect.anything(), Amount: 2.5, Payment: [{ Type: 'CK', Line: [{ Account: '0610', Amount: 2.5 }] }] },
  ]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 accepted']);
  expect([service.calls, service.open()]).toEqual([['OpenSession', 'PostReceipt 1', 'PostReceipt 2', 'CloseSession'], 0]);
  const said = JSON.stringify(await listDeliveries(t.engine.knex, {}));
  expect(said).not.toMatch(/session-[0-9a-f]{8}|ledger-Password/);
});

test('a session that ends on the way is opened again, once each time, and nothing is booked twice', async () => {
  service.lasts = 2;
  const t = await town(undefined, ['1', '2', '3']);
  expect((await t.run('to-ledger')).outcome).toBe('succeeded');
  expect(service.calls).toEqual([
    'OpenSession',
    'PostReceipt 1',
    'PostReceipt 2',
    'PostReceipt 3',
    'OpenSession',
    'PostReceipt 3',
    'CloseSession',
  ]);
  expect(service.booked.map((r) => r.Number)).toEqual(['1', '2', '3']);
});

test('a service that knows no session at all is asked twice and no more, and its session stands nowhere', async () => {
  service.lasts = 0;
  const t = await town(soapLedger(service.url), ['1']);
  const run = await t.run('to-ledger');
  expect(service.calls.filter((call) => call !== 'CloseSession')).toEqual(['OpenSession', 'PostReceipt 1', 'OpenSession', 'PostReceipt 1']);
  const [row] = await t.rows('il_outbox');
  expect(run.outcome).not.toBe('succeeded');
  expect(JSON.stringify([run, row])).not.toMatch(/session-[0-9a-f]{8}/);
});

test('a fault rejects its record in its own words, the others are booked; busy is asked again', async () => {
  service.before = ({ Number }, nth) => {
    if (Number === '1') throw fault('Client', 'Period 9 is closed');
    if (Number === '2' && nth === 1) throw fault('Server.Busy', 'Come back later');
  };
  const t = await town(undefined, ['1', '2', '3']);
  const run = await t.run('to-ledger');
  expect([run.outcome, run.counts.rejected]).toEqual(['partial', 1]);
  expect(await outbox(t)).toEqual(['1 v1 rejected', '2 v1 accepted', '3 v1 accepted']);
  expect(String((await t.rows('il_outbox'))[0]!.problems)).toContain('Period 9 is closed');
  expect(service.booked.map((r) => r.Number)).toEqual(['2', '3']);
});

test('a wrong password stops the run, and loses and books nothing', async () => {
  const t = await town(soapLedger(service.url, { password: 'wrong-Password-3' }));
  const run = await t.run('to-ledger');
  expect([run.outcome, service.booked]).toEqual(['failed', []]);
  expect(JSON.stringify(run)).not.toContain('wrong-Password-3');
  t.write({ 'secrets/ledger': PASSWORD });
  await t.reopen();
  expect((await t.run('to-ledger')).outcome).toBe('succeeded');
  expect(service.booked).toHaveLength(2);
});

test('a character that XML cannot carry rejects its record alone', async () => {
  const t = await town(undefined, ['1\u0001', '2']);
  await t.run('to-ledger');
  const states = await outbox(t);
  expect([states.length, states.at(-1), service.booked.map((r) => r.Number)]).toEqual([2, '2 v1 accepted', ['2']]);
  expect(states[0]).toContain('rejected');
});

test('killed before or after any commit: nothing is booked twice, and what is not known is reported', async () => {
  const counted = await town();
  const counting = await cutAt(counted.engine.knex, Number.POSITIVE_INFINITY, 'before');
  await counted.run('to-ledger');
  for (const { n, how } of cutsOf(counting.commits())) {
    service.booked.length = 0;
    const t = await town();
    await cutAt(t.engine.knex, n, how);
    await t.run('to-ledger').catch(() => {});
    await t.reopen();
    await t.run('to-ledger');
    const numbers = service.booked.map((r) => r.Number);
    const open = (await outbox(t)).filter((state) => !state.endsWith('accepted'));
    expect([new Set(numbers).size, open.filter((state) => !state.endsWith('unknown'))], `cut ${how} commit ${n}`).toEqual([
      numbers.length,
      [],
    ]);
    await t.close();
  }
});
