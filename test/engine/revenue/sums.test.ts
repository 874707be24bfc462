import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { dismiss, reopen } from '../../../src/engine/landing/decide-rejects.ts';
import { replayRejects } from '../../../src/engine/landing/replay.ts';
import { closePeriod, knownPeriod, reopenPeriod } from '../../../src/engine/periods/periods.ts';
import { actOnExceptions } from '../../../src/engine/reconciliation/exceptions/exceptions.ts';
import { decideMatch, matchLines } from '../../../src/engine/reconciliation/matches.ts';
import { commandLine } from '../../cli/command-line.ts';
import { cases } from '../cut.ts';
import { checkSums, remakeSums } from '../../../src/engine/revenue/check-sums.ts';
import { finishSums } from '../../../src/cli/operate/finish-sums.ts';
import { keepSums } from '../../../src/engine/revenue/keep-sums.ts';
import { sumPlan } from '../../../src/engine/revenue/sum-plan.ts';
import { periodReports } from '../../../src/reports/ledger/period-reports.ts';
import { type RevenueOptions, revenueReport, revenueReportOfReceipts } from '../../../src/reports/revenue/revenue.ts';
import { chargeFile, depositFile, MONEY, moneyTown, receiptFile, reconciliation } from '../reconciliation/agreement-town.ts';
import { BLOCK } from '../../../src/store/revenue/marks.ts';
import { forgetSums } from '../../../src/store/revenue/sums.ts';
import { transaction } from '../../../src/store/revenue/transaction.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const PASSES = `pipeline: by-passes
reconcile:
  left: { name: receipts, entity: receipt, where: { source: desk }, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, where: { department: clerk }, amount: amount, date: collected_on }
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

/** Receipts in several blocks: from here on, records get ids of the next one. */
async function nextBlock(town: TestTown): Promise<void> {
  await town.engine.knex('il_sequence').where({ name: 'golden' }).increment('next', BLOCK);
}

const QUERIES: RevenueOptions[] = [
  { period: 'day' },
  { period: 'month', to: '2026-07-09' },
  { period: 'month', from: '2026-07-03', department: 'clerk' },
  { period: 'fiscal-period', from: '2026-06-20', to: '2026-08-10' },
  { period: 'fiscal-year' },
];

/** The report by every period, and of a part of the year, is to the letter what adding up the receipts gives. */
async function expectEqual(town: TestTown, what: string): Promise<void> {
  for (const query of QUERIES) {
    const read = JSON.stringify(await revenueReport(town.engine, query));
    const right = JSON.stringify(await revenueReportOfReceipts(town.engine, query));
    if (sorted(read) !== sorted(right)) expect(JSON.parse(read), `${what}, ${JSON.stringify(query)}`).toEqual(JSON.parse(right));
  }
  const check = await checkSums(town.engine);
  expect(check.wrong, what).toEqual([]);
}

/** The order in which reasons were met is not part of a report. */
function sorted(json: string): string {
  return JSON.stringify(JSON.parse(json), (_, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

const LATER = new Date(Date.now() + 86_400_000);

async function changeState(town: TestTown, id: string, to: 'close' | 'reopen'): Promise<void> {
  for (const actor of ['dana', 'lee']) {
    const acting = { actor, now: LATER };
    const period = knownPeriod(town.engine, id);
    const done =
      to === 'close' ? closePeriod(town.engine, period, periodReports, acting) : reopenPeriod(town.engine, period, 'why', acting);
    await done.catch((error: { code?: string }) => {
      if (!/^PERIOD_|^SECOND_PERSON/.test(error.code ?? '')) throw error;
    });
  }
}

const MODES = { on: '', off: 'mode: off\n' };

function pipelineText(mode: keyof typeof MODES): string {
  return `${MONEY['pipelines/pool-receipts.yaml']}${MODES[mode]}`;
}

const mapping = (department: string): string =>
  MONEY['mappings/receipt.from-pool.yaml']!.replace('default: clerk', `default: ${department}`);

// Few values: sums of two systems then agree often enough.
const day = fc.constantFrom<string>('2026-06-25', '2026-07-01', '2026-07-02', '2026-08-05');
const amount = fc.constantFrom<string>('1.00', '1.00', '1.00', '2.00', '-1.00', '0.00', 'forty');
const no = fc.integer({ min: 1, max: 6 }).map(String);
const receipts = fc.uniqueArray(
  fc.record({
    no,
    day,
    amount,
    dept: fc.constantFrom<string>('', 'parks'),
    account: fc.constantFrom<string>('', '', '4100', '4200'),
    tender: fc.constantFrom<string>('cash', 'card'),
  }),
  { selector: (r) => r.no, minLength: 1, maxLength: 6 },
);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('desk' as const), rows: receipts }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pool' as const), rows: receipts }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('bank' as const),
      rows: fc.uniqueArray(fc.record({ no, day, amount, dept: fc.constantFrom<string>('', 'parks') }), {
        selector: (r) => r.no,
        minLength: 1,
        maxLength: 5,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('lines' as const),
      rows: fc.uniqueArray(fc.record({ no, receipt: no, account: fc.constantFrom<string>('4100', '4300'), amount }), {
        selector: (r) => r.no,
        minLength: 1,
        maxLength: 5,
      }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reconcile' as const), which: fc.constantFrom<string>('by-day', 'by-passes') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('decide' as const), how: fc.constantFrom('confirm' as const, 'revoke' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('exception' as const), how: fc.constantFrom('resolve' as const, 'reopen' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rejects' as const), how: fc.constantFrom('dismiss', 'reopen', 'replay') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mode' as const), to: fc.constantFrom('on' as const, 'off' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mapping' as const), to: fc.constantFrom('clerk', 'pools') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('period' as const),
      to: fc.constantFrom('close' as const, 'reopen' as const),
      id: fc.constantFrom('2026-06', '2026-07', '2026-07-02'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sums' as const), how: fc.constantFrom('keep', 'remake') }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const now = (): Date => new Date('2026-08-20T15:00:00Z');

async function take(town: TestTown, one: Step, file: number): Promise<void> {
  const { engine } = town;
  switch (one.do) {
    case 'desk':
    case 'pool':
      town.write({ [`${one.do}/${file}.csv`]: receiptFile(one.rows) }, file);
      await town.run(`${one.do}-receipts`);
      return nextBlock(town);
    case 'bank':
      town.write({ [`bank/${file}.csv`]: depositFile(one.rows) }, file);
      await town.run('bank-deposits');
      return nextBlock(town);
    case 'lines':
      town.write({ [`lines/${file}.csv`]: chargeFile(one.rows) }, file);
      await town.run('charges');
      return nextBlock(town);
    case 'reconcile':
      return void (await town.run(one.which, { now }));
    case 'decide': {
      const [match] = await matchLines(engine, one.how === 'confirm' ? { state: 'proposed' } : {});
      if (match) await decideMatch(engine, match.id, one.how, 'seen');
      return;
    }
    case 'exception': {
      const state = one.how === 'resolve' ? 'open' : 'resolved';
      const id = (await engine.knex('il_exception').where({ state }).orderBy('id').pluck('id')) as string[];
      const action = one.how === 'resolve' ? { do: one.how, reason: 'timing', text: 'seen' } : { do: one.how, text: 'again' };
      if (id[0]) await actOnExceptions(engine, [id[0]], action as Parameters<typeof actOnExceptions>[2], { actor: 'dana' });
      return;
    }
    case 'rejects': {
      const given = { actor: 'dana', reason: 'seen' };
      const ids = (await engine.knex('il_reject').orderBy('id').pluck('id')).map(Number);
      if (one.how === 'dismiss') await dismiss(engine, ids, given);
      else if (one.how === 'reopen') await reopen(engine, ids, given);
      else await replayRejects(engine, 'desk-receipts', undefined, { signal: new AbortController().signal });
      return;
    }
    case 'mode':
      town.write({ 'pipelines/pool-receipts.yaml': pipelineText(one.to) });
      return town.reopen();
    case 'mapping':
      town.write({ 'mappings/receipt.from-pool.yaml': mapping(one.to) });
      await town.reopen();
      return void (await town.run('pool-receipts'));
    case 'period':
      return changeState(town, one.id, one.to);
    case 'sums':
      return one.how === 'keep' ? void (await keepSums(engine)) : remakeSums(engine);
  }
}

async function bigTown(): Promise<TestTown> {
  return moneyTown({
    ...reconciliation('by-day', { receipts: '{ source: pool }', deposits: '{ department: parks }' }),
    'pipelines/by-passes.yaml': PASSES,
  });
}

describe('the sums of the revenue report', () => {
  test('are those of the receipts, to the cent, whatever was done in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16 }), async (steps) => {
        const town = await bigTown();
        let file = 0;
        for (const one of steps) {
          await take(town, one, ++file);
          await expectEqual(town, JSON.stringify(one));
        }
        await town.close();
      }),
      { numRuns: cases(20), endOnFailure: true },
    );
  });

  test('follow a deposit, and a receipt that comes late, to receipts of other blocks that were matched with it', async () => {
    const town = await bigTown();
    const pool = (list: [no: string, amount: string][], file: number): Promise<void> =>
      take(
        town,
        { do: 'pool', rows: list.map(([no, amount]) => ({ no, day: '2026-07-01', amount, dept: '', account: '4100', tender: 'cash' })) },
        file,
      );
    const bank = (amount: string, file: number): Promise<void> =>
      take(
        town,
        {
          do: 'bank',
          rows: [
            { no: '1', day: '2026-07-01', amount, dept: 'parks' },
            // No file is the same as one before.
            { no: '2', day: `2026-07-1${file}`, amount: '0.00', dept: 'parks' },
          ],
        },
        file,
      );
    const reconciled = async (): Promise<number> =>
      (await revenueReport(town.engine, { period: 'month' })).reduce((sum, row) => sum + row.reconciled, 0);
    await pool([['1', '1.00']], 1);
    await pool([['2', '2.00']], 2);
    await bank('3.00', 3);
    await take(town, { do: 'reconcile', which: 'by-day' }, 4);
    expect(await reconciled()).toBe(300);
    expect(await blocksOf(town)).toBeGreaterThan(1);
    await bank('2.00', 5);
    expect(await reconciled()).toBe(0);
    await expectEqual(town, 'the deposit changed');
    await bank('3.00', 6);
    await take(town, { do: 'reconcile', which: 'by-day' }, 7);
    expect(await reconciled()).toBe(300);
    await pool([['3', '5.00']], 8);
    expect(await reconciled()).toBe(0);
    await expectEqual(town, 'a receipt came late');
    // Once more, by what was noted when the sums were made last.
    await pool([['4', '6.00']], 9);
    expect(await reconciled()).toBe(0);
    await expectEqual(town, 'and another');
  });

  test('do not split a receipt with an account of its own by its lines because another system has its number', async () => {
    const town = await bigTown();
    await take(town, { do: 'lines', rows: [{ no: '1', receipt: '2', account: '4300', amount: '2.00' }] }, 1);
    const row = { no: '2', day: '2026-07-01', amount: '1.00', dept: '', tender: 'cash' };
    await take(town, { do: 'desk', rows: [{ ...row, account: '4100' }] }, 2);
    await take(town, { do: 'pool', rows: [{ ...row, account: '' }] }, 3);
    const lines = (await revenueReportOfReceipts(town.engine, { period: 'month' })).map((r) => [r.account, r.receipt, r.amount]);
    expect(lines).toEqual([
      ['(no account)', null, 100],
      ['4100', null, 100],
    ]);
  });

  test('are checked against the receipts, and what is wrong is found and made again', async () => {
    const town = await bigTown();
    const row = { no: '2', day: '2026-07-01', amount: '1.00', dept: '', account: '4100', tender: 'cash' };
    await take(town, { do: 'desk', rows: [row] }, 1);
    expect((await checkSums(town.engine)).wrong).toEqual([]);
    await town.engine.knex('il_revenue_block').increment('amount', 1);
    const { wrong } = await checkSums(town.engine);
    expect(wrong.map(({ what, stored, right }) => [what, stored?.amount, right?.amount])).toContainEqual(['block', 101, 100]);
    await remakeSums(town.engine);
    expect((await checkSums(town.engine)).wrong).toEqual([]);
    await town.engine.knex('il_revenue_month').delete();
    expect((await checkSums(town.engine)).wrong.length).toBeGreaterThan(0);
    await remakeSums(town.engine);
    expect((await checkSums(town.engine)).wrong).toEqual([]);
  });

  test('of more blocks than are added up at once are made in slices, and reports are right in between', async () => {
    const town = await townWithBacklog(5);
    expect(await sumPlan(town.engine, 4)).toBe('too many');
    expect(await keepSums(town.engine, { most: 2 })).toBe(2);
    await expectEqual(town, 'two blocks of five are added up');
    expect(await sumPlan(town.engine, 2)).toBe('too many');
    expect(await keepSums(town.engine, { most: 2 })).toBe(2);
    expect(await keepSums(town.engine, { most: 2 })).toBe(1);
    expect(await sumPlan(town.engine)).toBe('up to date');
    await expectEqual(town, 'all are');
  });

  test('are read with a change that is not yet counted without reading the receipts of other blocks', async () => {
    const town = await townWithBacklog(5);
    await keepSums(town.engine);
    await town.engine.knex('receipt').where({ receipt_number: '1' }).increment('amount', 1);
    let read = 0;
    town.engine.knex.on('query-response', (rows: unknown[] | { rows: unknown[] }, { sql }: { sql: string }) => {
      if (/from .receipt. as/.test(sql)) read += Array.isArray(rows) ? rows.length : rows.rows.length;
    });
    await revenueReport(town.engine, { period: 'month' });
    expect(read).toBe(1);
    await expectEqual(town, 'one receipt changed');
  });

  test('that a large load left are made by the next run, whatever that is of', async () => {
    const town = await townWithBacklog(3);
    await take(town, { do: 'bank', rows: [{ no: '1', day: '2026-07-01', amount: '1.00', dept: 'parks' }] }, 9);
    expect(await sumPlan(town.engine)).toBe('up to date');
    await expectEqual(town, 'after a run');
  });

  test('of what several pipelines of one command changed are made when all of them have run', async () => {
    const town = await bigTown();
    town.write({ 'desk/1.csv': receiptFile([{ no: '1', day: '2026-07-01', amount: '1.00', dept: '', account: '4100', tender: 'cash' }]) });
    town.write({ 'bank/1.csv': depositFile([{ no: '1', day: '2026-07-01', amount: '1.00', dept: 'parks' }]) });
    const { exit, text } = await commandLine(['run', 'desk-receipts', 'bank-deposits', '--project', town.folder]);
    expect([exit, text]).toEqual([0, expect.stringContaining('succeeded')]);
    expect(await sumPlan(town.engine)).toBe('up to date');
    await expectEqual(town, 'after a command that ran two pipelines');
  });

  test('are made by the server while nothing runs, and not while something does', async () => {
    const town = await townWithBacklog(3);
    let idle = false;
    const log = { info: () => {}, warn: (fields: unknown) => expect.fail(JSON.stringify(fields)) };
    const sums = finishSums(() => town.engine, { isIdle: () => idle, signal: new AbortController().signal, log });
    sums.wake();
    await vi.waitFor(async () => expect(await sumPlan(town.engine, 2)).toBe('too many'), { timeout: 60_000 });
    idle = true;
    sums.wake();
    await vi.waitFor(async () => expect(await sumPlan(town.engine)).toBe('up to date'), { timeout: 60_000 });
    await sums.stop();
    await expectEqual(town, 'after the server was idle');
  });
});

/** Receipts in so many blocks of which no sum is made. */
async function townWithBacklog(blocks: number): Promise<TestTown> {
  const town = await bigTown();
  for (let i = 1; i <= blocks; i++)
    await take(
      town,
      { do: 'desk', rows: [{ no: `${i}`, day: '2026-07-01', amount: `${i}.00`, dept: '', account: '4100', tender: 'cash' }] },
      i,
    );
  await transaction(town.engine.knex, forgetSums);
  return town;
}

async function blocksOf(town: TestTown): Promise<number> {
  return new Set(await town.engine.knex('il_revenue_block').pluck('block')).size;
}
