import { afterEach, describe, expect, test } from 'vitest';
import { actOnExceptions } from '../../../src/engine/reconciliation/exceptions/exceptions.ts';
import { matchByHand } from '../../../src/engine/reconciliation/matches.ts';
import { agingReport } from '../../../src/reports/reconciliation/aging.ts';
import { outstandingReport } from '../../../src/reports/reconciliation/bank-reconciliation.ts';
import { exceptionLines } from '../../../src/reports/reconciliation/exceptions.ts';
import { knownPeriod } from '../../../src/engine/periods/periods.ts';
import { drawersReport } from '../../../src/reports/reconciliation/drawers.ts';
import { proofOfCash } from '../../../src/reports/reconciliation/proof-of-cash.ts';
import { unpostedReport } from '../../../src/reports/ledger/unposted.ts';
import { receiptsReport } from '../../../src/reports/revenue/receipts.ts';
import { yearsReport } from '../../../src/reports/revenue/years.ts';
import { gapsReport } from '../../../src/reports/revenue/gaps.ts';
import { reportCsv, reportJson } from '../../../src/reports/output/table.ts';
import { traceReport } from '../../../src/reports/reconciliation/trace.ts';
import { depositFile, moneyTown, receiptFile } from '../reconciliation/agreement-town.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const TO_BANK = `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes:
    - key: number
      on: [{ left: receipt_number, right: reference }]
  open:
    left: { type: not_deposited, within: 2 }
    right: { type: deposit_without_receipt }
`;
const NOW = new Date('2026-08-20T15:00:00Z');

async function town(receipts: Parameters<typeof receiptFile>[0], deposits: Parameters<typeof depositFile>[0]): Promise<TestTown> {
  const made = await moneyTown({
    'pipelines/to-bank.yaml': TO_BANK,
    'desk/a.csv': receiptFile(receipts),
    'bank/a.csv': depositFile(deposits),
  });
  await load(made);
  return made;
}

async function load(t: TestTown, now = NOW): Promise<void> {
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits']) await t.run(pipeline);
  await t.run('to-bank', { now: () => now });
}

type Rows = Record<string, Record<string, unknown>[]>;

describe('a bank reconciliation', () => {
  test('foots at any day: next month’s deposit is outstanding this month, and says when it cleared', async () => {
    const t = await town(
      [
        { no: '1', amount: '40.00' },
        { no: '2', amount: '7.00', day: '2026-07-31' },
        { no: '3', amount: '5.00', day: '2026-07-10' },
        { no: '4', amount: '9.00', day: '2026-07-11' },
      ],
      [
        { no: '1', amount: '40.00', day: '2026-07-02' },
        { no: '2', amount: '7.00', day: '2026-08-03' },
        { no: 'X', amount: '2.50', day: '2026-07-15' },
        { no: 'Y', amount: '8.00', day: '2026-07-12' },
      ],
    );
    const sides = { left: [{ connection: 'desk', key: '4' }], right: [{ connection: 'bank', key: 'Y' }] };
    await matchByHand(t.engine, 'to-bank', sides, 'a dollar short', { actor: 'dana', now: NOW });
    await load(t);
    const july = reportJson(await outstandingReport(t.engine, 'to-bank', '2026-07-31')) as Rows;
    expect(july.summary!.map((row) => row.amount)).toEqual(['61.00', '-12.00', '2.50', '-1.00', '50.50', '0.00']);
    expect(
      july.outstanding!.map((row) => [row.on, row.key, row.amount, row.cleared_on, String(row.exception ?? '').split(' ')[1]]),
    ).toEqual([
      ['receipts', '3', '5.00', null, 'not_deposited'],
      ['the bank', 'X', '2.50', null, 'deposit_without_receipt'],
      ['receipts', '2', '7.00', '2026-08-03', undefined],
    ]);
    const august = reportJson(await outstandingReport(t.engine, 'to-bank', '2026-08-31')) as Rows;
    expect(august.summary!.map((row) => row.amount)).toEqual(['61.00', '-5.00', '2.50', '-1.00', '57.50', '0.00']);
  });

  test('does not count a match of which a record changed since', async () => {
    const t = await town([{ no: '1', amount: '40.00' }], [{ no: '1', amount: '40.00' }]);
    t.write({ 'desk/b.csv': receiptFile([{ no: '1', amount: '41.00' }]) });
    await t.run('desk-receipts');
    const { summary } = reportJson(await outstandingReport(t.engine, 'to-bank', '2026-07-31')) as Rows;
    expect(summary!.map((row) => row.amount)).toEqual(['41.00', '-41.00', '40.00', '0.00', '40.00', '0.00']);
  });
});

describe('a proof of cash', () => {
  test('foots in each of its four columns, with items of the month before and after, refunds and a sum that the bank netted', async () => {
    const t = await town(
      [
        { no: '0', amount: '11.00', day: '2026-06-30' },
        { no: '1', amount: '40.00' },
        { no: '2', amount: '7.00', day: '2026-07-31' },
        { no: '3', amount: '-5.00', day: '2026-07-10' },
        { no: '4', amount: '9.00', day: '2026-07-11' },
        { no: '5', amount: '-4.00', day: '2026-07-11' },
      ],
      [
        { no: '0', amount: '11.00', day: '2026-07-02' },
        { no: '1', amount: '40.00', day: '2026-07-02' },
        { no: '2', amount: '7.00', day: '2026-08-03' },
        { no: 'FEE', amount: '-2.50', day: '2026-07-15' },
        { no: 'N', amount: '5.00', day: '2026-07-12' },
      ],
    );
    const sides = { left: ['4', '5'].map((key) => ({ connection: 'desk', key })), right: [{ connection: 'bank', key: 'N' }] };
    await matchByHand(t.engine, 'to-bank', sides, 'netted', { actor: 'dana', now: NOW });
    await load(t);
    const { proof } = reportJson(await proofOfCash(t.engine, 'to-bank', knownPeriod(t.engine, '2026-07'))) as Rows;
    expect(proof!.map((row) => [row.line, row.beginning, row.receipts, row.disbursements, row.ending])).toEqual([
      ['Balance of the bank', '0.00', '56.00', '-2.50', '53.50'],
      ['On receipts only, at the beginning', '11.00', '-11.00', '0.00', '0.00'],
      ['On receipts only, at the end', '0.00', '7.00', '-5.00', '2.00'],
      ['On the bank only, at the beginning', '0.00', '0.00', '0.00', '0.00'],
      ['On the bank only, at the end', '0.00', '0.00', '2.50', '2.50'],
      ['Accepted differences', '0.00', '0.00', '0.00', '0.00'],
      ['Netted inside matches', '0.00', '4.00', '-4.00', '0.00'],
      ['the bank, adjusted', '11.00', '56.00', '-9.00', '58.00'],
      ['Balance of receipts', '11.00', '56.00', '-9.00', '58.00'],
      ['Unexplained', '0.00', '0.00', '0.00', '0.00'],
    ]);
  });
});

test('a drawer has what was taken and refunded by day and way of paying, and voids stand apart', async () => {
  const t = await town(
    [
      { no: '1', amount: '40.00' },
      { no: '2', amount: '-5.00' },
      { no: '3', amount: '7.00', tender: 'card' },
    ],
    [],
  );
  await t.engine.knex('receipt').where({ receipt_number: '3' }).update({ status: 'voided' });
  const { drawers } = reportJson(await drawersReport(t.engine, { from: '2026-07-01', to: '2026-07-31' })) as Rows;
  expect(drawers!.map((d) => [d.day, d.tender, d.receipts, d.taken, d.refunded, d.amount, d.voided, d.voided_amount])).toEqual([
    ['2026-07-01', 'card', 0, '0.00', '0.00', '0.00', 1, '7.00'],
    ['2026-07-01', 'cash', 2, '40.00', '-5.00', '35.00', 0, '0.00'],
  ]);
  expect((reportJson(await unpostedReport(t.engine, '2026-07-31')) as unknown as { notes: string[] }).notes[0]).toContain(
    'No pipeline sends receipts',
  );
});

test('behind a figure stand its receipts, which add up to it; next to it, the year before', async () => {
  const t = await town(
    [
      { no: '1', amount: '40.00', dept: 'pool' },
      { no: '2', amount: '-3.00', dept: 'pool' },
      { no: '3', amount: '9.00' },
      { no: '0', amount: '30.00', dept: 'pool', day: '2025-07-31' },
    ],
    [{ no: '1', amount: '40.00', dept: 'pool' }],
  );
  const july = { from: '2026-07-01', to: '2026-07-31' };
  const behind = async (filter: object) => reportJson(await receiptsReport(t.engine, { ...july, ...filter })) as Rows;
  const pool = await behind({ department: 'pool' });
  expect(pool.totals).toMatchObject([{ amount: '37.00', reconciled: '40.00', exception: '-3.00' }]);
  expect(pool.receipts!.map((r) => [r.receipt, r.amount, r.reconciled])).toEqual([
    ['1', '40.00', '40.00'],
    ['2', '-3.00', '0.00'],
  ]);
  expect((await behind({ standing: 'exception' })).receipts!.map((r) => r.receipt)).toEqual(['2', '3']);
  expect(
    (
      await behind({
        account: '(no account)',
        tender: 'cash',
        to: '2026-07-01',
        from: '2026-07-01',
        department: 'pool',
        standing: 'in_transit',
      })
    ).receipts,
  ).toEqual([]);
  // Nothing was ever paid by card here: that is told, for it may be misspelled.
  await expect(behind({ account: '(no account)', tender: 'card' })).rejects.toMatchObject({ code: 'REPORT_NAME_UNKNOWN' });
  const { years } = reportJson(await yearsReport(t.engine, july, 'department')) as Rows;
  expect(years!.map((y) => [y.department, y.amount, y.before, y.change, y.percent])).toEqual([
    ['clerk', '9.00', '0.00', '9.00', null],
    ['pool', '37.00', '30.00', '7.00', '23.3%'],
    ['Total', '46.00', '30.00', '16.00', '53.3%'],
  ]);
});

describe('a trace', () => {
  test('leads from the receipt to the deposit, with system, key, day, amount and file of each', async () => {
    const t = await town([{ no: '1', amount: '40.00' }], [{ no: '1', amount: '40.00', day: '2026-07-02' }]);
    const { steps } = reportJson(await traceReport(t.engine, '1')) as Rows;
    expect(
      steps!.map((s) => [s.step, s.by, s.state, s.rule, s.connection, s.key, s.day, s.amount, String(s.file).split('/').at(-1)]),
    ).toEqual([
      [0, '', 'receipt', '', 'desk', '1', '2026-07-01', '40.00', 'a.csv'],
      [1, 'to-bank', 'confirmed', 'number', 'bank', '1', '2026-07-02', '40.00', 'a.csv'],
    ]);
  });

  test('says where it ends: an exception, in transit, or a match of which a record changed', async () => {
    const t = await town(
      [
        { no: '1', amount: '40.00' },
        { no: '2', amount: '3.00', day: '2026-08-20' },
        { no: '3', amount: '4.00' },
      ],
      [{ no: '3', amount: '4.00' }],
    );
    const end = async (no: string) => (reportJson(await traceReport(t.engine, no)) as Rows).steps!.at(-1)!;
    expect(await end('1')).toMatchObject({
      by: 'to-bank',
      state: 'exception',
      reference: expect.stringContaining('receipts without a deposit (exception') as string,
    });
    expect(await end('2')).toMatchObject({ by: 'to-bank', state: 'in_transit' });
    t.write({ 'desk/b.csv': receiptFile([{ no: '3', amount: '4.50' }]) });
    await t.run('desk-receipts');
    expect(await end('3')).toMatchObject({ by: 'to-bank', state: 'changed', key: '3' });
    await expect(traceReport(t.engine, '99')).rejects.toMatchObject({ code: 'RECEIPT_UNKNOWN' });
  });
});

test('exceptions by age are the same again for a day that has passed, whatever was done about them since', async () => {
  const t = await town(
    [
      { no: '1', amount: '40.00', day: '2026-08-03' },
      { no: '2', amount: '-3.00', day: '2026-07-01' },
    ],
    [],
  );
  const before = await agingReport(t.engine, '2026-08-20');
  expect((reportJson(before) as Rows).ages!.map((row) => [row.type, row.bucket, row.count, row.amount, row.oldest, row.overdue])).toEqual([
    ['not_deposited', '31-60', 1, '3.00', '2026-07-01', 1],
    ['not_deposited', '6-15', 1, '40.00', '2026-08-03', 1],
  ]);
  const list = await exceptionLines(t.engine, {}, '2026-08-21');
  expect((await exceptionLines(t.engine, { to: '2026-08-02' }, '2026-08-21')).map(({ since }) => since)).toEqual(['2026-07-01']);
  const later = { actor: 'dana', now: new Date('2026-08-21T15:00:00Z') };
  await actOnExceptions(t.engine, [list[0]!.id], { do: 'resolve', reason: 'timing', text: 'came' }, later);
  await actOnExceptions(t.engine, [list[1]!.id], { do: 'assign', owner: 'lee' }, later);
  t.write({ 'desk/b.csv': receiptFile([{ no: '1', amount: '44.00', day: '2026-08-03' }]) });
  await load(t, new Date('2026-08-22T15:00:00Z'));
  expect(await agingReport(t.engine, '2026-08-20')).toEqual(before);
  expect((reportJson(await agingReport(t.engine, '2026-08-22')) as Rows).owners).toMatchObject([
    { owner: 'lee', count: 1, currency: 'USD', amount: '44.00', oldest: '2026-08-03', overdue: 1 },
  ]);
});

test('a missing receipt number is listed with the receipts around it; a rejected one is named, a voided one is not missing', async () => {
  const t = await town(
    [
      { no: '1', amount: '1.00' },
      { no: '4', amount: '1.00', day: '2026-07-02' },
      { no: '5', amount: 'x' },
      { no: '6', amount: '1.00' },
      { no: '=7', amount: '1.00' },
    ],
    [],
  );
  const report = await gapsReport(t.engine, {});
  expect((reportJson(report) as Rows).gaps!.map((g) => [g.place, g.first, g.last, g.count, g.before, g.after, g.rejected])).toEqual([
    ['desk', '2', '3', 2, '1', '4', 0],
    ['desk', '5', '5', 1, '4', '6', 1],
  ]);
  expect(reportCsv(report).split('\r\n')[0]).toContain('First missing');
});
