import { expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, KeyPass } from '../entry.ts';
import type { FoundException } from '../match/work.ts';
import { nameMissingSources } from './missing-source.ts';

const days = businessDays([0, 6], []);
const day = dayNumber;
const open = (id: string, date: string): FoundException => {
  const entry: Entry = { id, minor: 100, currency: 'USD', day: day(date), values: {} };
  return { id, type: 'not_deposited', left: [entry], right: [], minor: 100, currency: 'USD', since: day(date), facts: {}, holds: true };
};
const weekdays = (from: string, to: string): number[] => {
  const list: number[] = [];
  for (let n = day(from); n <= day(to); n++) if (days.index(n) !== days.index(n - 1)) list.push(n);
  return list;
};

/** Which of these open records are echoes of a refused file of a source with records on these days. */
function echoes(seen: readonly number[], exceptions: FoundException[]): string[] {
  const context = {
    rules: { reconciliation: 'r', open: { left: { type: 'not_deposited', within: 1 }, right: { type: 'only_right', within: 0 } } },
    ...{ days, asOf: day('2026-10-30'), currency: 'USD' },
  };
  const source = {
    pipeline: 'bank',
    side: 'right' as const,
    seen: new Set(seen),
    missing: [{ subject: 'b.csv', text: 'b.csv was refused.' }],
  };
  const [cause] = nameMissingSources(context, exceptions, [source]);
  return exceptions.filter((e) => e.cause === cause!.id).map(({ id }) => id);
}

test('a refused file explains what is open on the days that a daily source lacks, and nothing else', () => {
  const seen = weekdays('2026-03-02', '2026-10-30').filter((n) => n < day('2026-06-01') || n > day('2026-06-05'));
  expect(echoes(seen, [open('in the gap', '2026-06-03'), open('long before', '2026-04-15')])).toEqual(['in the gap']);
});

test('of a source that has something once a month, a refused file explains only what is open after its last record', () => {
  const seen = ['03-31', '04-30', '05-29', '06-30', '07-31', '08-31'].map((date) => day(`2026-${date}`));
  expect(echoes(seen, [open('months before', '2026-05-12'), open('since', '2026-09-15')])).toEqual(['since']);
});

test('of a source that has never had anything, a refused file explains all', () => {
  expect(echoes([], [open('one', '2026-05-12'), open('another', '2026-09-15')])).toEqual(['one', 'another']);
});

test('of a daily source that ended long ago, a refused file explains the days that it lacks', () => {
  const seen = weekdays('2026-03-02', '2026-05-29').filter((n) => n !== day('2026-04-15'));
  expect(echoes(seen, [open('in the gap', '2026-04-15'), open('another day', '2026-05-06')])).toEqual(['in the gap']);
});

/** What is named as missing of a source with records on these days, with its echoes. */
function named(seen: readonly number[], exceptions: FoundException[]): (string | string[])[][] {
  const context = {
    rules: { reconciliation: 'r', open: { left: { type: 'not_deposited', within: 1 }, right: { type: 'only_right', within: 0 } } },
    ...{ days, asOf: day('2026-10-30'), currency: 'USD' },
  };
  const found = nameMissingSources(context, exceptions, [{ pipeline: 'bank', side: 'right', seen: new Set(seen), missing: [] }]);
  return found.map(({ id, facts }) => [String(facts.problem).split(',')[0]!, exceptions.filter((e) => e.cause === id).map((e) => e.id)]);
}

test('a day without a file keeps its cause, however long ago the source ended', () => {
  const seen = weekdays('2026-03-02', '2026-05-29').filter((n) => n !== day('2026-04-15'));
  const missing = [open('a', '2026-04-15'), open('b', '2026-04-15')];
  expect(named(seen, missing)).toEqual([['bank gave nothing of 2026-04-15', ['a', 'b']]]);
});

test('what did not come since the last record of a source is one cause', () => {
  const missing = ['2026-06-03', '2026-06-10', '2026-07-15'].map((date, i) => open(String(i), date));
  expect(named(weekdays('2026-03-02', '2026-05-29'), missing)).toEqual([['bank gave nothing since 2026-06-01', ['0', '1', '2']]]);
});

test('senders of whom nothing came since the last record of a source are echoes of that, without any open record', () => {
  const lacking = (id: string, side: string): FoundException => ({
    ...open(id, '2026-06-01'),
    ...{ type: 'missing_settlement', left: [], holds: false, facts: { side } },
  });
  const seen = weekdays('2026-03-02', '2026-05-29');
  expect(named(seen, [lacking('hall', 'right'), lacking('pool', 'right')])).toEqual([
    ['bank gave nothing since 2026-06-01', ['hall', 'pool']],
  ]);
  expect(named(seen, [lacking('hall', 'right')])).toEqual([]);
  expect(named(seen, [lacking('hall', 'left'), lacking('pool', 'left')])).toEqual([]);
  // A sender whose payments are open is one of them, and so is one of which nothing is known but its habit.
  const unanswered = (id: string): FoundException => ({ ...lacking(id, 'right'), left: open(id, '2026-06-01').left });
  expect(named(seen, [unanswered('hall'), unanswered('pool')])).toEqual([['bank gave nothing since 2026-06-01', ['hall', 'pool']]]);
  expect(named(seen, [unanswered('hall')])).toEqual([]);
});

test('of a bag in several lines of the bank, the line that is missing is in the refused file', () => {
  const short = (id: string, date: string, right: number, facts: FoundException['facts'] = {}): FoundException => ({
    ...open(id, date),
    ...{ type: 'bank_amount_differs', right: [{ ...open('line', date).left[0]!, minor: right }] },
    facts: { left_sum: 100, right_sum: right, pass: 'bag', ...facts },
  });
  const list = [short('less', '2026-06-03', 40), short('more', '2026-06-03', 140), short('another day', '2026-07-15', 40)];
  const of = (sides: KeyPass['sides']): string[] => {
    const passes: KeyPass[] = [{ kind: 'key', name: 'bag', on: [], sides, confirm: 'automatic' }];
    const rules = { reconciliation: 'r', passes, open: { left: { type: 'not_deposited', within: 1 }, right: { type: 'x', within: 0 } } };
    const seen = new Set(weekdays('2026-03-02', '2026-10-30').filter((n) => n !== day('2026-06-03')));
    const missing = [{ subject: 'b.csv', text: 'b.csv was refused.' }];
    const own = list.map((e) => ({ ...e }));
    const source = { pipeline: 'bank', side: 'right' as const, seen, missing };
    const [cause] = nameMissingSources({ rules, days, asOf: day('2026-10-30'), currency: 'USD' }, own, [source]);
    return own.filter((e) => e.cause === cause!.id).map(({ id }) => id);
  };
  expect(of('one_to_many')).toEqual(['less']);
  expect(of('one_to_one')).toEqual([]);
});

test('two bags that are short by a day on which nothing came are echoes of that, and so is what was only expected of that day', () => {
  const bag = (id: string): FoundException => ({
    ...open(id, '2026-06-03'),
    ...{ type: 'amount_differs', right: [{ ...open('slip', '2026-06-04').left[0]!, minor: 150 }] },
    facts: { left_sum: 100, right_sum: 150, pass: 'bag' },
  });
  const guess: FoundException = {
    ...open('guess', '2026-06-02'),
    type: 'missing_settlement',
    left: [],
    holds: false,
    facts: { side: 'right' },
  };
  const passes: KeyPass[] = [{ kind: 'key', name: 'bag', on: [], sides: 'many_to_one', confirm: 'automatic' }];
  const rules = { reconciliation: 'r', passes, open: { left: { type: 'not_deposited', within: 5 }, right: { type: 'x', within: 0 } } };
  const seen = new Set(weekdays('2026-03-02', '2026-10-30').filter((n) => n !== day('2026-06-02')));
  const causes = (...given: FoundException[]) => {
    const list = given.map((e) => ({ ...e }));
    nameMissingSources({ rules, days, asOf: day('2026-10-30'), currency: 'USD' }, list, [
      { pipeline: 'payments', side: 'left', seen, missing: [] },
    ]);
    return list.filter((e) => e.cause !== undefined).map(({ id }) => id);
  };
  expect(causes(bag('a'), bag('b'), guess)).toEqual(['a', 'b', 'guess']);
  expect(causes(bag('a'), guess)).toEqual([]);
});
