import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDays, dayNumber } from '../../../src/reconciliation/calendar.ts';
import type { AmountPass, Entry, Side } from '../../../src/reconciliation/entry.ts';
import { matchByAmount, type AmountResult } from '../../../src/reconciliation/passes/amount.ts';
import { cases } from '../cut.ts';
import { matchByAllPairs } from './all-pairs.ts';

const days = businessDays([0, 6], [dayNumber('2026-07-03')]);
const FIRST = dayNumber('2026-06-29');

const pass: AmountPass = {
  kind: 'amount',
  name: 'amount and day',
  block: [{ left: 'place', right: 'place' }],
  within: { from: 0, to: 2 },
  text: [
    { left: 'reference', right: 'memo' },
    { left: 'memo', right: 'memo' },
  ],
  chance: 100,
  confirm: 'automatic',
};

/** In the order of names, as the order in which results are listed means nothing. */
function told({ matches, ambiguous }: AmountResult): unknown {
  const ids = (entries: readonly Entry[]): string[] => entries.map(({ id }) => id);
  return {
    matches: matches.map(({ left, right, ...rest }) => JSON.stringify({ left: ids(left), right: ids(right), ...rest })).sort(),
    ambiguous: ambiguous.map(({ left, right }) => JSON.stringify([ids(left), ids(right)])).sort(),
  };
}

const texts = fc.constantFrom(
  null,
  '',
  'deposit',
  'deposit 4711',
  '4711',
  '04711',
  '4712',
  'deposit 4712 north',
  'north',
  'A-4713',
  'A4713',
);
const record = fc.record({
  minor: fc.constantFrom(500, 500, 500, 510, 1200),
  day: fc.nat(9),
  place: fc.constantFrom('clerk', 'clerk', 'pool', null),
  reference: texts,
  memo: texts,
});
const records = fc.array(record, { maxLength: 14 });
const windows = fc.constantFrom({ from: 0, to: 0 }, { from: 0, to: 1 }, { from: 0, to: 3 }, { from: -2, to: 2 }, { from: -3, to: -1 });

function entriesOf(side: Side, list: readonly (typeof record extends fc.Arbitrary<infer T> ? T : never)[]): Entry[] {
  return list.map(({ minor, day, place, reference, memo }, i) => ({
    id: `${side} ${String(i).padStart(3, '0')}`,
    minor,
    currency: 'USD',
    day: day === 9 ? null : FIRST + day,
    values: { place, reference, memo },
  }));
}

describe('pairs of equal amounts and near days', () => {
  test.each([
    ['of one amount', {}],
    ['within a tolerance', { tolerance: { minor: 10 } }],
    ['without references', { text: [] }],
  ] as const)('%s are those that comparing all pairs finds', (_, rules) => {
    fc.assert(
      fc.property(records, records, windows, (lefts, rights, within) => {
        const open = { left: entriesOf('left', lefts), right: entriesOf('right', rights) };
        const own = { ...pass, ...rules, within };
        expect(told(matchByAmount(own, open, open.right, days))).toEqual(told(matchByAllPairs(own, open, open.right, days)));
      }),
      { numRuns: cases(4000) },
    );
  });

  test('of an amount that comes thousands of times a day are solved: those with a reference are tied, the others are ambiguous', () => {
    const many = (side: Side): Entry[] =>
      Array.from({ length: 20_000 }, (_, i) => ({
        id: `${side} ${i}`,
        minor: 500,
        currency: 'USD',
        day: FIRST + (i % 5),
        values: {
          place: 'pool',
          reference: side === 'right' || i % 2 ? null : `R${100_000 + i}`,
          memo: side === 'left' ? null : `SWIM ${i % 2 ? '' : `R${100_000 + i}`}`,
        },
      }));
    const open = { left: many('left'), right: many('right') };
    const { matches, ambiguous } = matchByAmount(pass, open, open.right, days);
    expect(matches).toHaveLength(10_000);
    expect(matches.every(({ left, right }) => right[0]!.values.memo === `SWIM ${left[0]!.values.reference}`)).toBe(true);
    expect(ambiguous.map(({ left, right }) => [left.length, right.length])).toEqual([[10_000, 10_000]]);
  });
});
