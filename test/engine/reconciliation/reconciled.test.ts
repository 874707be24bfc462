import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { decideMatch, matchLines } from '../../../src/engine/reconciliation/matches.ts';
import { STANDINGS } from '../../../src/reconciliation/standing.ts';
import { reconciledReport, reconciledTotals } from '../../../src/reports/reconciliation/reconciled.ts';
import { reportJson } from '../../../src/reports/output/table.ts';
import { chargeFile, depositFile, moneyTown, receiptFile, reconciliation, revenue } from './agreement-town.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const NOW = new Date('2026-07-20T15:00:00Z');
const TO_BANK = `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, where: { source: desk }, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes:
    - key: number
      on: [{ left: receipt_number, right: reference }]
    - amount: amount and day
      within: { from: 0, to: 3 }
      confirm: suggest
  open:
    left: { type: not_deposited, within: 2 }
    right: { type: deposit_without_receipt }
`;

async function loaded(files: Record<string, string>): Promise<TestTown> {
  const town = await moneyTown({ 'pipelines/to-bank.yaml': TO_BANK, ...files });
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits', 'charges']) await town.run(pipeline);
  await town.run('to-bank', { now: () => NOW });
  return town;
}

const split = (money: { split: Record<string, number> } | undefined): number[] => STANDINGS.map((s) => money?.split[s] ?? 0);

describe('how money stands', () => {
  test('is one of four for each receipt, the same in the report of all money, by leg and in the revenue report', async () => {
    const town = await loaded({
      'desk/a.csv': receiptFile([
        { no: '1', amount: '40.00' },
        { no: '2', amount: '7.00', day: '2026-07-02' },
        { no: '3', amount: '5.00', day: '2026-07-17' },
        { no: '4', amount: '9.11', day: '2026-07-10' },
      ]),
      'pool/a.csv': receiptFile([{ no: 'P', amount: '3.00' }]),
      'bank/a.csv': depositFile([
        { no: '1', amount: '40.00' },
        { no: 'X', amount: '9.11', day: '2026-07-10' },
      ]),
    });
    const { money, legs } = await reconciledTotals(town.engine, {});
    // Confirmed; in transit since Friday; no deposit, and a match that needs review; the pool, which nothing covers.
    expect(split(money[0])).toEqual([4000, 500, 1611, 300]);
    expect(legs.map((leg) => [leg.name, leg.records, leg.amount, ...split(leg)])).toEqual([
      ['receipts', 4, 6111, 4000, 500, 1611, 0],
      ['the bank', 2, 4911, 4000, 0, 911, 0],
    ]);
    const rows = await revenue(town);
    expect(rows.reduce((sum, r) => sum + r.inTransit, 0)).toBe(500);
    for (const r of rows) expect(r.reconciled + r.inTransit + r.exception + r.notCovered).toBe(r.amount);
    expect(reportJson(await reconciledReport(town.engine, { from: '2026-07-10', to: '2026-07-17' }))).toMatchObject({
      money: [{ amount: '14.11', reconciled: '0.00', in_transit: '5.00', exception: '9.11', not_covered: '0.00' }],
      reconciliations: [
        { name: 'receipts', amount: '14.11' },
        { name: 'the bank', amount: '9.11' },
      ],
    });
  });

  test('a match counts when a person confirms it, and no longer once the record changed', async () => {
    const town = await loaded({
      'desk/a.csv': receiptFile([{ no: '4', amount: '9.11' }]),
      'bank/a.csv': depositFile([{ no: 'X', amount: '9.11' }]),
    });
    const [match] = await matchLines(town.engine, {});
    await decideMatch(town.engine, match!.id, 'confirm', 'seen on the statement');
    expect(split((await reconciledTotals(town.engine, {})).money[0])).toEqual([911, 0, 0, 0]);
    town.write({ 'desk/b.csv': receiptFile([{ no: '4', amount: '9.12' }]) });
    await town.run('desk-receipts');
    expect(split((await reconciledTotals(town.engine, {})).money[0])).toEqual([0, 0, 0, 912]);
  });

  test('a side that is matched by keys, a side without any dates, and lines that do not add up are told as well', async () => {
    const town = await loaded({
      'pipelines/to-bank.yaml': TO_BANK.replace('entity: deposit,', 'entity: deposit, where: { department: clerk },'),
      ...reconciliation('by-day', { receipts: '{ source: pool }', deposits: '{ department: pool }' }),
      'pool/a.csv': receiptFile([{ no: 'P', amount: '3.00' }]),
      'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]),
      'bank/a.csv': depositFile([{ no: '1', amount: '40.00' }]),
      'lines/a.csv': chargeFile([{ no: 'c', receipt: '1', account: '4110', amount: '39.00' }]),
    });
    await town.run('by-day');
    const { money, legs } = await reconciledTotals(town.engine, {});
    expect(split(money[0])).toEqual([3900, 0, 400, 0]);
    expect(legs.find((leg) => leg.pipeline === 'by-day' && leg.side === 'left')).toMatchObject({
      dateField: 'received_on',
      records: 1,
      amount: 300,
    });
  });
});

test(
  'whatever is loaded and however far it got, the four figures add up to the total of each side and of all money',
  { timeout: 60_000 },
  async () => {
    const town = await loaded({});
    const day = fc.integer({ min: 1, max: 20 }).map((d) => `2026-07-${String(d).padStart(2, '0')}`);
    const amount = fc.integer({ min: -300, max: 300 }).map((n) => (n / 100).toFixed(2));
    const rows = fc.uniqueArray(fc.record({ no: fc.integer({ min: 1, max: 12 }).map(String), day, amount }), {
      selector: (r) => r.no,
      maxLength: 8,
    });
    let file = 0;
    await fc.assert(
      fc.asyncProperty(rows, rows, fc.boolean(), async (receipts, deposits, reconciled) => {
        file++;
        town.write({ [`desk/${file}.csv`]: receiptFile(receipts), [`bank/${file}.csv`]: depositFile(deposits) }, file);
        for (const pipeline of ['desk-receipts', 'bank-deposits']) await town.run(pipeline);
        if (reconciled) await town.run('to-bank', { now: () => NOW });
        const { money, legs } = await reconciledTotals(town.engine, {});
        for (const one of [...money, ...legs]) expect(STANDINGS.reduce((sum, s) => sum + one.split[s], 0)).toBe(one.amount);
        const all = (await town.rows('receipt')).reduce((sum, r) => sum + Number(r.amount), 0);
        expect(money.reduce((sum, m) => sum + m.amount, 0)).toBe(all);
        expect(legs.find((leg) => leg.side === 'left')!.amount).toBe(all);
      }),
      { numRuns: 12 },
    );
  },
);
