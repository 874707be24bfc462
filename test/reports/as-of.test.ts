import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { closePeriod, knownPeriod, reopenPeriod } from '../../src/engine/periods/periods.ts';
import { readAsOf } from '../../src/reports/as-of.ts';
import { makeReport } from '../../src/reports/catalog.ts';
import { keptReport, periodReports } from '../../src/reports/ledger/period-reports.ts';
import { makingOf, readDefinition } from '../../src/reports/report-request.ts';
import { reportJson } from '../../src/reports/output/table.ts';
import { depositFile } from '../engine/reconciliation/agreement-town.ts';
import { closeTowns, type TestTown } from '../engine/town.ts';
import { loadAll, receiptCsv, reportTown } from './report-town.ts';

afterEach(closeTowns);

const REPORTS = [
  { report: 'drawers' },
  { report: 'revenue', by: ['channel', 'place'], in: '2026-06' },
  { report: 'adjustments', in: '2026-06' },
  { report: 'years', in: '2026-06', by: 'channel' },
  { report: 'aging' },
] as const;

/** Each report as of a moment, as bytes, or why it is refused. */
async function told(t: TestTown, moment: string): Promise<string[]> {
  const making = makingOf(t.engine, moment);
  const made: string[] = [];
  for (const given of REPORTS)
    made.push(
      await makeReport(t.engine, readDefinition({ ...given }), making).then(
        (report) => JSON.stringify(reportJson(report)),
        (error: Error & { code: string }) => {
          expect(error.code).toBe('AS_OF_NOT_KEPT');
          return error.message;
        },
      ),
    );
  const kept = await keptReport(t.engine, knownPeriod(t.engine, '2026-06'), 'reconciled', 'csv', { asOf: making.asOf!.moment });
  return [...made, kept?.sha256 ?? 'not closed then'];
}

const LATER = new Date(Date.now() + 86_400_000);
const twice = async (act: (actor: string) => Promise<unknown>): Promise<void> => {
  for (const actor of ['dana', 'lee']) await act(actor).catch((error: { code: string }) => expect(error.code).toBe('PERIOD_STATE'));
};

test(
  'a report as of a time is the same byte for byte, however much later it is made and whatever came since',
  { timeout: 120_000 },
  async () => {
    const row = fc.record({
      no: fc.integer({ min: 1, max: 5 }).map(String),
      day: fc.constantFrom('2026-06-29', '2026-06-30', '2026-07-01'),
      amount: fc.integer({ min: -500, max: 500 }).map((n) => (n / 100).toFixed(2)),
      place: fc.constantFrom('Pool', 'Hall'),
      channel: fc.constantFrom('online', 'mail', ''),
      tender: fc.constantFrom('cash', 'card'),
    });
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('load' as const), rows: fc.uniqueArray(row, { selector: (r) => r.no, maxLength: 4 }) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('close' as const, 'reopen' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 5 }), async (steps) => {
        const t = await reportTown({ 'desk/0.csv': receiptCsv([{ no: '1', amount: '40.00', day: '2026-06-30' }]) });
        const june = knownPeriod(t.engine, '2026-06');
        const before: [string, string[]][] = [];
        let file = 0;
        for (const one of steps) {
          if (one.do === 'load') {
            t.write(
              {
                [`desk/${++file}.csv`]: receiptCsv(one.rows),
                [`bank/${file}.csv`]: depositFile([{ no: `B${file}`, amount: '1.00', dept: 'slips' }]),
              },
              file,
            );
            await loadAll(t, () => new Date());
          } else if (one.do === 'close') await twice((actor) => closePeriod(t.engine, june, periodReports, { actor }));
          else await twice((actor) => reopenPeriod(t.engine, june, 'x', { actor }));
          await new Promise((done) => setTimeout(done, 3));
          const moment = new Date().toISOString();
          before.push([moment, await told(t, moment)]);
          await new Promise((done) => setTimeout(done, 3));
        }
        for (const [moment, was] of before) expect(await told(t, moment)).toEqual(was);
        await t.close();
      }),
      { numRuns: 3 },
    );
  },
);

test('what was known at a time: a receipt that was changed since, one that came since, and one that is gone since', async () => {
  const t = await reportTown({
    'desk/0.csv': receiptCsv([
      { no: '1', amount: '40.00', place: 'Pool' },
      { no: '2', amount: '5.00', place: 'Pool' },
    ]),
  });
  await new Promise((done) => setTimeout(done, 3));
  const moment = new Date().toISOString();
  await new Promise((done) => setTimeout(done, 3));
  t.write({
    'desk/1.csv': receiptCsv([
      { no: '1', amount: '44.00', place: 'Hall' },
      { no: '3', amount: '7.00', place: 'Pool' },
    ]),
  });
  await loadAll(t);
  const rows = async (asOf?: string) => {
    const report = await makeReport(t.engine, readDefinition({ report: 'drawers' }), makingOf(t.engine, asOf));
    return (reportJson(report) as unknown as { drawers: Record<string, unknown>[] }).drawers.map((d) => [d.branch, d.receipts, d.amount]);
  };
  expect(await rows(moment)).toEqual([['Pool', 2, '45.00']]);
  expect(await rows()).toEqual([
    ['Hall', 1, '44.00'],
    ['Pool', 2, '12.00'],
  ]);
});

test('what is not kept is refused with why, and never given as it is now', async () => {
  const t = await reportTown({ 'desk/0.csv': receiptCsv([{ no: '1', amount: '40.00' }]) });
  const moment = new Date(Date.now() - 1000).toISOString();
  for (const given of [
    { report: 'reconciled' },
    { report: 'receipts' },
    { report: 'gaps' },
    { report: 'exceptions' },
    { report: 'deposits', pipeline: 'to-bank' },
    { report: 'outstanding', pipeline: 'to-bank' },
    { report: 'revenue', in: '2026-07' },
  ])
    await expect(makeReport(t.engine, readDefinition(given), makingOf(t.engine, moment))).rejects.toMatchObject({ code: 'AS_OF_NOT_KEPT' });
  // A run that works at that moment has changed some records and not others.
  await t.engine.knex('il_run').orderBy('id').limit(1).update({ ended_at: LATER.toISOString() });
  await expect(makeReport(t.engine, readDefinition({ report: 'drawers' }), makingOf(t.engine, new Date().toISOString()))).rejects.toThrow(
    'a run of desk-receipts was changing these records',
  );
});

test('a time is that of the town, a day means its end, and what has not come yet is not a time', () => {
  const now = new Date('2026-11-20T12:00:00Z');
  const at = (text: string) => readAsOf(text, 'America/New_York', now);
  expect(at('2026-06-08')).toEqual({ moment: '2026-06-09T04:00:00.000Z', day: '2026-06-08' });
  expect(at('2026-06-08T17:00')).toEqual({ moment: '2026-06-08T21:00:00.000Z', day: '2026-06-08' });
  expect(at('2026-01-08T23:30')).toEqual({ moment: '2026-01-09T04:30:00.000Z', day: '2026-01-08' });
  expect(at('2026-06-09T02:00:00Z')).toEqual({ moment: '2026-06-09T02:00:00.000Z', day: '2026-06-08' });
  for (const wrong of ['yesterday', '2026-02-30', '2026-06-08T25:00', '2026-06-08 17:00']) expect(() => at(wrong)).toThrow('is not a time');
  for (const future of ['2026-11-20', '2026-11-20T12:00:01Z']) expect(() => at(future)).toThrow('has not come yet');
});

test('exceptions by age are told as of a time: as they stood then, and refused before any reconciliation ran', async () => {
  const before = new Date(Date.parse('2026-01-01T12:00:00Z')).toISOString();
  const t = await reportTown({ 'desk/0.csv': receiptCsv([{ no: '1', amount: '40.00', day: '2026-06-30' }]) });
  const aging = async (asOf: string) => {
    const { ages } = reportJson(await makeReport(t.engine, readDefinition({ report: 'aging' }), makingOf(t.engine, asOf))) as {
      ages: { type: string; amount: string; overdue: number }[];
    };
    return ages.map(({ type, amount, overdue }) => [type, amount, overdue]);
  };
  await new Promise((done) => setTimeout(done, 3));
  const moment = new Date().toISOString();
  const then = await aging(moment);
  expect(then).toEqual([['not_deposited', '40.00', 1]]);
  await new Promise((done) => setTimeout(done, 3));
  // The amount grows over the limit of a large one, and its due day moves with it.
  t.write({ 'desk/1.csv': receiptCsv([{ no: '1', amount: '4000.00', day: '2026-06-30' }]) });
  await loadAll(t, () => new Date());
  expect(await aging(moment)).toEqual(then);
  expect(await aging(new Date().toISOString())).toEqual([['not_deposited', '4000.00', 1]]);
  await expect(aging(before)).rejects.toMatchObject({
    code: 'AS_OF_NOT_KEPT',
    message: expect.stringContaining('no reconciliation had run by then') as string,
  });
});
