import { afterEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { readReconciliation } from '../../../src/reports/reconciliation/reconciliation.ts';
import { depositFile, moneyTown, receiptFile, reconciliation, standing } from './agreement-town.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const TWO_FOR_ONE = {
  'desk/a.csv': receiptFile([{ no: 'R1', amount: '100.00', tender: 'cash' }]),
  'pool/a.csv': receiptFile([{ no: 'P1', amount: '100.00', tender: 'card' }]),
  'bank/a.csv': depositFile([{ no: 'D1', amount: '100.00' }]),
};
const SOURCES = ['desk-receipts', 'pool-receipts', 'bank-deposits'];

async function runAll(town: TestTown, pipelines: readonly string[]): Promise<Awaited<ReturnType<TestTown['run']>>[]> {
  const results = [];
  for (const pipeline of pipelines) results.push(await town.run(pipeline));
  return results;
}

async function problemsOf(files: Record<string, string>): Promise<string[]> {
  try {
    await moneyTown(files);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((p) => `${p.place.file} ${p.place.path}: ${p.code} ${p.message}`);
  }
}

describe('where the configuration shows that money would be used twice, it is refused', () => {
  test.each([
    ['by source', '{ source: desk }', '{ source: pool }'],
    ['by tender', '{ tender: [cash, check] }', '{ tender: card }'],
  ])('%s', async (_, one, two) => {
    expect(await problemsOf({ ...reconciliation('a-bank', { receipts: one }), ...reconciliation('b-bank', { receipts: two }) })).toEqual([
      'pipelines/b-bank.yaml reconcile.right: MONEY_USED_TWICE The reconciliations a-bank and b-bank both use the same deposit records ("the bank"), but compare them with different receipt records: the same money would be reconciled twice.',
    ]);
  });

  test('so it is when one receipt would stand for the money of two banks', async () => {
    expect(
      await problemsOf({
        ...reconciliation('a-bank', { deposits: '{ source: bank }' }),
        ...reconciliation('b-bank', { deposits: '{ source: other }' }),
      }),
    ).toEqual([expect.stringContaining('pipelines/b-bank.yaml reconcile.left: MONEY_USED_TWICE The reconciliations a-bank and b-bank')]);
  });

  test('each department against its own deposits, a finer look at the same money, and what is off are fine', async () => {
    const keys = ['department', 'day'] as const;
    expect(
      await problemsOf({
        ...reconciliation('a', { receipts: '{ department: clerk }', keys }),
        ...reconciliation('b', { receipts: '{ department: pool }', keys }),
      }),
    ).toEqual([]);
    expect(await problemsOf({ ...reconciliation('a'), ...reconciliation('b', { keys }) })).toEqual([]);
    expect(
      await problemsOf({
        ...reconciliation('a', { receipts: '{ source: desk }' }),
        ...reconciliation('b', { receipts: '{ source: pool }', more: 'mode: off\n' }),
      }),
    ).toEqual([]);
  });
});

describe('where only the records show it, the run fails and none of it is reconciled', () => {
  // Whether a receipt is of the desk and paid by card depends on the receipt.
  const OVERLAPPING = {
    ...reconciliation('a-bank', { receipts: '{ source: desk }' }),
    ...reconciliation('b-bank', { receipts: '{ tender: card }' }),
  };

  test('a deposit of 100.00 does not settle two receipts of 100.00, in whatever order they are compared', async () => {
    for (const order of [
      ['a-bank', 'b-bank'],
      ['b-bank', 'a-bank'],
    ]) {
      const town = await moneyTown({ ...TWO_FOR_ONE, ...OVERLAPPING });
      const results = await runAll(town, [...SOURCES, ...order]);
      expect(results.at(-1)).toMatchObject({
        outcome: 'failed',
        problems: [
          {
            code: 'MONEY_USED_TWICE',
            place: { system: 'a-bank, b-bank' },
            message:
              'a-bank and b-bank use the same money twice (deposit #3 of 100.00): 200.00 of receipts are matched with 100.00 of the bank. None of this money counts as reconciled.',
          },
        ],
      });
      expect(await standing(town)).toMatchObject({
        reconciled: 0,
        open: 20_000,
        why: [expect.stringMatching(/^a-bank, 2026-07-01: a-bank and b-bank use/), expect.stringMatching(/^b-bank/)],
      });
      const shown = await readReconciliation(town.engine, order[0]!);
      expect(shown.counts).toMatchObject({ matched: 0, unchecked: 1 });
      expect((await readReconciliation(town.engine, order[0]!, { all: true })).lines.map((line) => line.status)).toEqual([
        'unchecked',
        'unchecked',
      ]);
      // It stays so when the first one is run again, and goes when the cause does.
      expect((await town.run(order[0]!)).outcome).toBe('failed');
      town.write({ 'pool/b.csv': receiptFile([{ no: 'P1', day: '2026-07-05', amount: '100.00', tender: 'card' }]) });
      await runAll(town, ['pool-receipts', 'b-bank', 'a-bank']);
      expect(await standing(town)).toMatchObject({ reconciled: 10_000, open: 10_000 });
    }
  });

  test('the same money compared by day and again by department is used once', async () => {
    const town = await moneyTown({
      ...reconciliation('by-day'),
      ...reconciliation('by-department', { keys: ['department', 'day'] }),
      'desk/a.csv': receiptFile([
        { no: 'R1', amount: '100.00', dept: 'clerk' },
        { no: 'R2', amount: '50.00', dept: 'pool' },
      ]),
      'bank/a.csv': depositFile([
        { no: 'D1', amount: '100.00', dept: 'clerk' },
        { no: 'D2', amount: '50.00', dept: 'pool' },
      ]),
    });
    const results = await runAll(town, ['desk-receipts', 'bank-deposits', 'by-day', 'by-department']);
    expect(results.flatMap((r) => r.problems).filter((p) => p.code === 'MONEY_USED_TWICE')).toEqual([]);
    expect(await standing(town)).toEqual({ reconciled: 15_000, open: 0, why: [] });
  });

  test('money that a reconciliation used on another configuration, or that has changed since, is free again', async () => {
    const town = await moneyTown({ ...TWO_FOR_ONE, ...OVERLAPPING });
    await runAll(town, [...SOURCES, 'a-bank']);
    town.write(reconciliation('a-bank', { receipts: '{ source: desk }', deposits: '{ department: other }' }));
    await town.reopen();
    expect((await town.run('b-bank')).problems.filter((p) => p.code === 'MONEY_USED_TWICE')).toEqual([]);
  });
});
