import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { areTwoPeople } from '../../../src/config/actor.ts';
import type { ConfigError } from '../../../src/core/errors.ts';
import { closePeriod, knownPeriod, periodStatus, reopenPeriod } from '../../../src/engine/periods/periods.ts';
import { revenueLedger } from '../../../src/engine/revenue/ledger.ts';
import { adjustmentsReport } from '../../../src/reports/ledger/adjustments.ts';
import { agingReport } from '../../../src/reports/reconciliation/aging.ts';
import { openExceptionsReport } from '../../../src/reports/reconciliation/exceptions.ts';
import { CLOSING_REPORTS, keptReport, periodReports } from '../../../src/reports/ledger/period-reports.ts';
import { reportJson } from '../../../src/reports/output/table.ts';
import { revenueReport } from '../../../src/reports/revenue/revenue.ts';
import { listAudit, verifyAudit } from '../../../src/store/ledger/audit.ts';
import { chargeFile, depositFile, MONEY, moneyTown, receiptFile, reconciliation } from '../reconciliation/agreement-town.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

/** Runs begin by the clock of the machine, so periods of July 2026 are over in all of them. */
const LATER = new Date(Date.now() + 86_400_000);
const dana = { actor: 'dana', now: LATER };
const lee = { actor: 'lee', now: LATER };

async function loaded(files: Record<string, string>): Promise<TestTown> {
  const town = await moneyTown(files);
  await load(town);
  return town;
}

async function load(town: TestTown): Promise<void> {
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits', 'charges']) await town.run(pipeline);
}

const period = (town: TestTown, id: string) => knownPeriod(town.engine, id);
const close = async (town: TestTown, id: string) => {
  await closePeriod(town.engine, period(town, id), periodReports, dana);
  return closePeriod(town.engine, period(town, id), periodReports, lee);
};
const reopen = async (town: TestTown, id: string) => {
  await reopenPeriod(town.engine, period(town, id), 'a bag was found', lee);
  return reopenPeriod(town.engine, period(town, id), '', dana);
};
const months = async (town: TestTown) =>
  (await revenueReport(town.engine, { period: 'month' })).map((r) => [r.period, r.corrects, r.amount] as const);

describe('a period', () => {
  test('is prepared by one person and closed by another, keeps its reports as bytes, and all of it is in the audit log', async () => {
    const town = await loaded({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]) });
    const prepared = await closePeriod(town.engine, period(town, '2026-07'), periodReports, dana);
    expect([prepared.stored.state, prepared.stored.preparedBy]).toEqual(['prepared', 'dana']);
    for (const actor of ['dana', 'dana as interlocal', 'lee as dana', 'DANA'])
      await expect(closePeriod(town.engine, period(town, '2026-07'), periodReports, { ...dana, actor })).rejects.toMatchObject({
        code: 'SECOND_PERSON',
      });
    const closed = await closePeriod(town.engine, period(town, '2026-07'), periodReports, lee);
    expect(closed.stored.state).toBe('closed');
    expect(closed.reports.map(({ name, format }) => `${name}.${format}`)).toEqual(
      ['adjustments', 'exceptions', 'reconciled', 'revenue'].flatMap((name) =>
        // A CSV file has one table: the second table of a report is a file of its own.
        ['csv', 'json', 'xlsx', ...(name === 'reconciled' ? ['reconciliations.csv'] : [])].map((format) => `${name}.${format}`),
      ),
    );
    await expect(closePeriod(town.engine, period(town, '2026-07'), periodReports, lee)).rejects.toMatchObject({ code: 'PERIOD_STATE' });
    await expect(closePeriod(town.engine, period(town, '2026-07-15'), periodReports, lee)).rejects.toMatchObject({ code: 'PERIOD_STATE' });
    const log = await listAudit(town.engine.knex, { subject: '2026-07', limit: 10 });
    expect(log.map(({ actor, action }) => [actor, action])).toEqual([
      ['dana', 'period_prepared'],
      ['lee', 'period_closed'],
    ]);
    expect(log[1]!.detail).toMatchObject({ closing: 1, prepared_by: 'dana' });
    expect((await verifyAudit(town.engine.knex)).broken).toBeNull();
  });

  test('is not closed while something is missing: every thing at once, each with what to do', async () => {
    const town = await moneyTown({
      'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]),
      'pool/a.csv': 'no,day,dept,account,tender,amount\nP,2026-07-01,,,,forty\n',
      'pipelines/to-bank.yaml': `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: ledger, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: number, on: [{ left: receipt_number, right: reference }] }]
  open: { left: { type: unposted, within: 2 } }
`,
    });
    for (const pipeline of ['desk-receipts', 'pool-receipts', 'charges', 'to-bank']) await town.run(pipeline);
    const error = await closePeriod(town.engine, period(town, '2026-07'), periodReports, dana).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'PERIOD_NOT_READY' });
    const text = (error as Error).message;
    expect(text).toContain('bank-deposits has never run');
    expect(text).toContain('pool-receipts: 1 record is rejected');
    expect(text).toContain('to-bank: Not in the ledger, 1 unresolved: interlocal exceptions list to-bank --type unposted --to 2026-07-31.');
    // No line says the opposite of what is so, or leaves open what to do.
    for (const { message, hint } of (error as ConfigError).problems) {
      expect(message).toMatch(/^\S+ cannot be closed yet\. (?!all |every |no |everything )/);
      expect(`${message} ${hint}`).toMatch(/interlocal |run it/i);
    }
    const early = await closePeriod(town.engine, period(town, '2026-07'), periodReports, {
      ...dana,
      now: new Date('2026-07-31T12:00:00Z'),
    }).catch((e: unknown) => (e as Error).message);
    expect(early).toContain('Close it when that day is over');
    // Before the period is over, to run anything again would not help.
    expect(early).not.toMatch(/has not run since|has never run/);
    await expect(closePeriod(town.engine, period(town, '2026/2027'), periodReports, dana)).rejects.toThrow('2026-08 is not closed');
    expect((await periodStatus(town.engine, period(town, '2026-07'))).stored.state).toBe('open');
  });

  test('has a file that was refused on its checklist once, however many reconciliations lack it', async () => {
    const bank = (name: string): string => `pipeline: ${name}
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: ledger, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: number, on: [{ left: receipt_number, right: reference }] }]
`;
    const town = await loaded({
      'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]),
      'pipelines/to-bank.yaml': bank('to-bank'),
      'pipelines/to-ledger.yaml': bank('to-ledger'),
    });
    town.write({ 'bank/a.csv': 'no,day\n1,2026-07-01\n' });
    for (const pipeline of ['bank-deposits', 'to-bank', 'to-ledger']) await town.run(pipeline);
    const sources = async (): Promise<string[]> =>
      (await periodStatus(town.engine, period(town, '2026-07'))).checklist.find(({ item }) => item === 'sources')!.details;
    expect(await sources()).toEqual([
      'bank-deposits: a.csv was refused, so nothing of it was used. Have it sent again as it should be, and run bank-deposits.',
    ]);
    // Without the file the pipeline runs; what was missing is named until the reconciliations have run as well.
    town.remove('bank/a.csv');
    await town.run('bank-deposits');
    expect(await sources()).toEqual([
      expect.stringMatching(/^a\.csv was refused by bank-deposits, .* interlocal exceptions show [0-9a-f]{8}\.$/),
    ]);
  });

  test('names what differs in a reconciliation that compares sums, and leaves out one that is off', async () => {
    const town = await moneyTown({
      'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]),
      'bank/a.csv': depositFile([
        { no: 'd', amount: '41.00' },
        { no: 'e', day: '2026-07-02', amount: '5.00' },
      ]),
      ...reconciliation('by-day'),
      ...reconciliation('not-used', { more: 'mode: off\n' }),
    });
    await load(town);
    await town.run('by-day');
    const carried = async () => (await periodStatus(town.engine, period(town, '2026-07'))).checklist.find((c) => c.item === 'exceptions')!;
    expect(await carried()).toMatchObject({
      state: 'carried',
      details: ['by-day: 2 keys differ: interlocal report reconciliation by-day.'],
    });
    for (const report of [await agingReport(town.engine, '2026-07-31'), await openExceptionsReport(town.engine, '2026-07-31')])
      expect(report.notes).toContain(
        'These compare sums and have no exceptions: by-day. interlocal report reconciliation has what differs.',
      );
    town.write({
      'desk/b.csv': receiptFile([
        { no: '1', amount: '41.00' },
        { no: '2', day: '2026-07-02', amount: '5.00' },
      ]),
    });
    await load(town);
    await town.run('by-day');
    expect(await carried()).toMatchObject({ state: 'done', details: [] });
  });

  test('is not prepared anymore when a figure changes before it is closed', async () => {
    const town = await loaded({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]) });
    await closePeriod(town.engine, period(town, '2026-07'), periodReports, dana);
    town.write({ 'desk/b.csv': receiptFile([{ no: '1', amount: '41.00' }]) });
    await load(town);
    await expect(closePeriod(town.engine, period(town, '2026-07'), periodReports, lee)).rejects.toMatchObject({ code: 'PERIOD_CHANGED' });
    expect((await periodStatus(town.engine, period(town, '2026-07'))).stored).toMatchObject({ state: 'open', preparedBy: null });
    expect((await close(town, '2026-07')).stored.state).toBe('closed');
  });

  test('that is closed takes nothing more: a late receipt, a changed one, a void and a move to another account correct it where they became known', async () => {
    const town = await loaded({
      'desk/a.csv': receiptFile([
        { no: '1', amount: '40.00', account: 'A' },
        { no: '2', amount: '7.00' },
        { no: '3', amount: '5.00' },
      ]),
      'lines/a.csv': chargeFile([{ no: 'c', receipt: '3', account: 'A', amount: '5.00' }]),
    });
    await close(town, '2026-07');
    const kept = await keptReport(town.engine, period(town, '2026-07'), 'revenue', 'csv');
    town.write({
      'desk/b.csv': receiptFile([
        { no: '1', amount: '44.00', account: 'A' },
        { no: '2', amount: '7.00', day: '2026-08-02' },
        { no: '4', amount: '3.00', day: '2026-07-31' },
      ]),
      'lines/b.csv': chargeFile([{ no: 'c', receipt: '3', account: 'B', amount: '5.00' }]),
    });
    await load(town);
    expect(await keptReport(town.engine, period(town, '2026-07'), 'revenue', 'csv')).toEqual(kept);
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(new Date());
    const { adjustments } = reportJson(await adjustmentsReport(town.engine, {})) as { adjustments: Record<string, unknown>[] };
    expect(adjustments.map((a) => [a.corrects, a.receipt, a.day, a.account, a.amount, a.final])).toEqual([
      ['2026-07', '1', '2026-07-01', 'A', '4.00', false],
      ['2026-07', '2', '2026-07-01', null, '-7.00', false],
      ['2026-07', '3', '2026-07-01', 'A', '-5.00', false],
      ['2026-07', '3', '2026-07-01', 'B', '5.00', false],
      ['2026-07', '4', '2026-07-31', null, '3.00', false],
    ]);
    expect(new Set(adjustments.map((a) => a.booked_on))).toEqual(new Set([today]));
    expect(
      (await revenueReport(town.engine, { period: 'month', from: '2026-08-01', to: '2026-08-31' })).map((r) => [r.amount, r.corrects]),
    ).toEqual([[700, null]]);
  });

  test('in which nothing was taken is closed as well: what comes for it later corrects it', async () => {
    const town = await loaded({});
    await close(town, '2026-08');
    town.write({
      'desk/a.csv': receiptFile([
        { no: '1', amount: '0.00', day: '2026-08-01', account: 'A' },
        { no: '2', amount: '6.00', day: '2026-08-01', account: 'A' },
      ]),
    });
    await load(town);
    expect(await revenueReport(town.engine, { period: 'month', from: '2026-08-01', to: '2026-08-31' })).toEqual([]);
    expect((await revenueReport(town.engine, { period: 'fiscal-year' })).map((r) => [r.corrects, r.receipts, r.amount])).toEqual([
      ['2026-08', 2, 600],
    ]);
  });

  test('that is reopened by two people is corrected in its own days, counts nothing twice, and marks what was closed after it', async () => {
    const town = await loaded({
      'desk/a.csv': receiptFile([
        { no: '1', amount: '40.00' },
        { no: '8', amount: '1.00', day: '2026-08-03' },
      ]),
    });
    await close(town, '2026-07');
    await close(town, '2026-08');
    await reopenPeriod(town.engine, period(town, '2026-07'), 'a bag was found', lee);
    await expect(reopenPeriod(town.engine, period(town, '2026-07'), '', { ...lee, actor: 'lee as root' })).rejects.toMatchObject({
      code: 'SECOND_PERSON',
    });
    expect((await periodStatus(town.engine, period(town, '2026-07'))).stored.state).toBe('closed');
    expect((await reopenPeriod(town.engine, period(town, '2026-07'), '', dana)).stored.state).toBe('reopened');
    expect((await periodStatus(town.engine, period(town, '2026-08'))).closings[0]!.marks).toEqual(['2026-07']);
    town.write({ 'desk/b.csv': receiptFile([{ no: '1', amount: '44.00' }]) });
    await load(town);
    expect(await months(town)).toEqual([
      ['2026-07', null, 4000],
      ['2026-07', '2026-07-01', 400],
      ['2026-08', null, 100],
    ]);
    expect((await close(town, '2026-07')).closings).toHaveLength(2);
    const kept = await keptReport(town.engine, period(town, '2026-07'), 'revenue', 'data');
    expect((JSON.parse(kept!.content) as { amount: number }[]).reduce((sum, { amount }) => sum + amount, 0)).toBe(4400);
  });

  test('of a year is closed when its months are; a month in it is reopened after the year only', async () => {
    const town = await loaded({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00', day: '2024-12-31' }]) });
    const all = ['07', '08', '09', '10', '11', '12']
      .map((m) => `2024-${m}`)
      .concat(['01', '02', '03', '04', '05', '06'].map((m) => `2025-${m}`));
    for (const month of all) await close(town, month);
    expect((await close(town, '2024/2025')).stored.state).toBe('closed');
    await expect(reopenPeriod(town.engine, period(town, '2024-12'), 'x', dana)).rejects.toThrow('Reopen 2024/2025 first');
    await reopen(town, '2024/2025');
    expect((await reopen(town, '2024-12')).stored.state).toBe('reopened');
  });
});

test('the entries of a month balance in each fund, are kept with its closing, and what is not reconciled is in none', async () => {
  const town = await loaded({
    'config/interlocal.yaml': `${MONEY['config/interlocal.yaml']}ledger: { debit: { cash: 100-1010 }, due_from: "{fund}-1310", due_to: "{fund}-2080" }\n`,
    ...reconciliation('by-day'),
    'desk/a.csv': receiptFile([
      { no: '1', amount: '40.00', account: '100-4210' },
      { no: '2', amount: '2.50', account: '230-4215' },
      { no: '3', amount: '9.00', account: '100-4210', day: '2026-07-02' },
    ]),
    'bank/a.csv': depositFile([{ no: 'B', amount: '42.50' }]),
  });
  await expect(closePeriod(town.engine, period(town, '2026-07'), periodReports, dana)).rejects.toThrow('by-day has never run');
  await town.run('by-day');
  await close(town, '2026-07');
  const kept = JSON.parse((await keptReport(town.engine, period(town, '2026-07'), 'entries', 'json'))!.content) as Record<
    string,
    Record<string, unknown>[]
  >;
  expect(kept.entries!.map((e) => [e.fund, e.account, e.debit, e.credit])).toEqual([
    ['100', '100-1010', '42.50', '0.00'],
    ['100', '100-2080', '0.00', '2.50'],
    ['100', '100-4210', '0.00', '40.00'],
    ['230', '230-1310', '2.50', '0.00'],
    ['230', '230-4215', '0.00', '2.50'],
  ]);
  expect(kept.not_posted!.map((e) => [e.amount, e.reason])).toEqual([['9.00', 'not reconciled: exception']]);
});

test('two accounts of one person are not two people', () => {
  expect(areTwoPeople('dana as interlocal', 'lee as interlocal')).toBe(true);
  expect(areTwoPeople('dana', 'lee')).toBe(true);
  expect(areTwoPeople('dana as interlocal', 'dana')).toBe(false);
  expect(areTwoPeople('TOWN\\Dana', 'town\\dana')).toBe(false);
});

test('closed periods stay equal for ever, and no cent is lost or counted twice, whatever comes later', async () => {
  const day = fc.constantFrom('2026-07-01', '2026-07-02', '2026-07-31', '2026-08-01', '2026-08-15');
  const row = fc.record({
    no: fc.integer({ min: 1, max: 5 }).map(String),
    day,
    amount: fc.integer({ min: -500, max: 500 }).map((n) => (n / 100).toFixed(2)),
    account: fc.constantFrom('', 'A', 'B'),
    tender: fc.constantFrom('cash', 'card'),
  });
  const rows = fc.uniqueArray(row, { selector: (r) => r.no, minLength: 1, maxLength: 4 });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('load' as const), rows }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('close' as const), id: fc.constantFrom('2026-07-01', '2026-07-02', '2026-07', '2026-08') }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), id: fc.constantFrom('2026-07-01', '2026-07', '2026-08') }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 9 }), async (steps) => {
      const town = await loaded({ 'desk/0.csv': receiptFile([{ no: '1', amount: '40.00' }]) });
      const kept = new Map<string, unknown>();
      let file = 0;
      for (const one of steps) {
        if (one.do === 'load') {
          town.write({ [`desk/${++file}.csv`]: receiptFile(one.rows) }, file);
          await load(town);
        } else {
          const done = await (one.do === 'close' ? close : reopen)(town, one.id).catch((e: { code: string }) => e.code);
          if (done === 'PERIOD_STATE') continue;
          if (typeof done === 'string') throw new Error(done);
          if (one.do === 'reopen') kept.delete(one.id);
          else kept.set(one.id, await snapshot(town, one.id));
        }
        for (const [id, was] of kept) expect(await snapshot(town, id)).toEqual(was);
        const live = (await town.rows('receipt')).reduce((sum, r) => sum + Number(r.amount), 0);
        let [sum, parts] = [0, 0];
        for await (const { amount, split } of revenueLedger(town.engine, {})) {
          sum += amount;
          parts += split.reconciled + split.in_transit + split.exception + split.not_covered;
        }
        expect([sum, parts]).toEqual([live, live]);
      }
      await town.close();
    }),
    { numRuns: 8 },
  );
});

/** The kept bytes, and the same figures made again. */
async function snapshot(town: TestTown, id: string): Promise<unknown> {
  const one = period(town, id);
  const bytes = [];
  for (const name of CLOSING_REPORTS)
    for (const format of ['json', 'csv', 'xlsx'] as const) bytes.push(await keptReport(town.engine, one, name, format));
  const again = await revenueReport(town.engine, { period: 'day', from: one.first, to: one.last });
  return [bytes, again];
}
