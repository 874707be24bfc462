import { expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, KeyPass } from '../entry.ts';
import { NO_RULES } from '../exceptions/rules.ts';
import { reconcileSides } from './reconcile.ts';

const same = (...fields: string[]) => fields.map((field) => ({ left: field, right: field }));
const BATCH: KeyPass = { kind: 'key', name: 'batch', on: same('batch'), sides: 'many_to_one', confirm: 'automatic' };
const DAY: KeyPass = { ...BATCH, name: 'place and day', on: same('place', 'day') };

function entry(id: string, minor: number, batch: string | null, place = 'hall', day = '2026-07-01'): Entry {
  return { id, minor, currency: 'USD', day: dayNumber(day), values: { batch, place, day } };
}

/** Of each match, whether it is confirmed, and its doubt. */
function states(left: Entry[], right: Entry[], passes = [BATCH, DAY]): string[] {
  const open = { left: { type: 'not_settled', within: 3 }, right: { type: 'only_right', within: 0 } };
  const rules = { reconciliation: 'cards', passes, open, exceptions: NO_RULES };
  const { matches, states: all } = reconcileSides(rules, { left, right }, [], businessDays([0, 6], []), dayNumber('2026-12-31'));
  for (const match of matches) for (const one of [...match.left, ...match.right]) expect(all.get(one)).toBe(match.state);
  return matches.map(({ state, evidence }) => [state, evidence.doubt].filter(Boolean).join(' ')).sort();
}

const GROUP = [entry('a', 8500, '7'), entry('b', 6000, '7')];
const SETTLED = entry('s', 14500, '7');

test('a payment without a number that nothing matches may be the one that was settled: the batch is only proposed', () => {
  expect(states([...GROUP, entry('c', 8500, null)], [SETTLED])).toEqual(['proposed equal']);
});

test('unless it is of another day, place or amount, has a number of its own, or is matched', () => {
  for (const other of [
    entry('c', 8500, null, 'pool'),
    entry('c', 8500, null, 'hall', '2026-07-02'),
    entry('c', 8400, null),
    entry('c', 8500, '8'),
  ])
    expect(states([...GROUP, other], [SETTLED])).toEqual(['confirmed']);
  expect(states([...GROUP, entry('c', 8500, null)], [SETTLED, entry('t', 8500, null)])).toEqual(['confirmed', 'confirmed']);
});

test('nothing is said of it where no wider key ties the two, or where the number is of one record on each side', () => {
  expect(states([...GROUP, entry('c', 8500, null)], [SETTLED], [BATCH])).toEqual(['confirmed']);
  const one: KeyPass = { ...BATCH, sides: 'one_to_one' };
  expect(states([entry('a', 8500, '7'), entry('c', 8500, null)], [entry('s', 8500, '7')], [one, DAY])).toEqual(['confirmed']);
});
