import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FatalError } from '../../core/errors.ts';
import { type CompareRules, type Comparison, explainLeaf, type SideTotal, startComparison } from './compare.ts';

const NAMES = { left: { name: 'payments_summary.csv' }, right: { name: 'loaded payments' } };
const total = (key: string, minor: number, count = 1): SideTotal => ({ key: key.split('|'), minor, count });

function compareSides(rules: CompareRules, left: Iterable<SideTotal>, right: Iterable<SideTotal>): Comparison {
  const comparison = startComparison(rules);
  for (const total of left) comparison.add('left', total);
  for (const total of right) comparison.add('right', total);
  return comparison.finish();
}

function compare(left: SideTotal[], right: SideTotal[], rules: Partial<CompareRules> = {}) {
  const depth = (left[0] ?? right[0])!.key.length;
  return compareSides({ match_on: Array.from({ length: depth }), check: 'both', compare_from: 0, ...rules }, left, right);
}

function sentences(left: SideTotal[], right: SideTotal[], rules: Partial<CompareRules> = {}): string[] {
  return compare(left, right, rules).lines.map((line) => `${line.key.join('|')} ${line.status}: ${explainLeaf(line, NAMES, 'USD')}`);
}

describe('comparing two sides', () => {
  test('each combination is told in a sentence that finance can act on', () => {
    expect(
      sentences(
        [total('CASH', 59000), total('CHECK', 100), total('CARD', 5)],
        [total('CASH', 57000, 29), total('CHECK', 100), total('PAYPAL', 7)],
      ),
    ).toEqual([
      'CARD left_only: payments_summary.csv says 0.05, loaded payments have nothing: 0.05 less',
      'CASH differs: payments_summary.csv says 590.00, loaded payments add up to 570.00: 20.00 less',
      'CHECK matched: payments_summary.csv and loaded payments agree: 1.00',
      'PAYPAL right_only: payments_summary.csv has nothing, loaded payments add up to 0.07: 0.07 more',
    ]);
  });

  test('two errors that cancel out are still two errors: nothing is netted', () => {
    const { total: all, lines } = compare([total('Y|CASH', 100), total('Y|CHECK', 200)], [total('Y|CASH', 150), total('Y|CHECK', 150)]);
    expect(all).toMatchObject({ status: 'differs', left: 300, right: 300, difference: 0, leaves: { differs: 2, matched: 0 } });
    expect(explainLeaf(lines[0]!, NAMES, 'USD')).toBe('payments_summary.csv and loaded payments agree: 3.00, but 2 of 2 inside differ');
  });

  test('a year that the other side knows nothing of is unchecked, not wrong; a missing key within a known year is wrong', () => {
    const left = [total('2020|CASH', 100)];
    const right = [total('2019|CASH', 100), total('2019|CHECK', 1), total('2020|CASH', 100), total('2020|CHECK', 5)];
    const swapped = { left: NAMES.right, right: NAMES.left };
    expect(
      compare(right, left, { compare_from: 1 }).lines.map((l) => `${l.key.join('|')} ${l.status}: ${explainLeaf(l, swapped, 'USD')}`),
    ).toEqual([
      '2019 unchecked: 2019 has no payments_summary.csv to check against',
      '2019|CASH unchecked: 2019 has no payments_summary.csv to check against',
      '2019|CHECK unchecked: 2019 has no payments_summary.csv to check against',
      '2020 differs: loaded payments add up to 1.05, payments_summary.csv says 1.00: 0.05 less, 1 of 2 inside differs',
      '2020|CASH matched: loaded payments and payments_summary.csv agree: 1.00',
      '2020|CHECK left_only: loaded payments add up to 0.05, payments_summary.csv has nothing: 0.05 less',
    ]);
    expect(compare(left, right, { compare_from: 0 }).total.leaves).toMatchObject({ right_only: 3, unchecked: 0 });
    expect(compare(left, right, { compare_from: 2 }).total.leaves).toMatchObject({ right_only: 0, unchecked: 3 });
  });

  test('where one side is what is checked, keys of the other side alone are not differences', () => {
    expect(sentences([total('A', 1), total('B', 2)], [total('B', 2), total('C', 3)], { check: 'right' })).toEqual([
      'A unchecked: A is in payments_summary.csv only, with 0.01; it is not required in loaded payments',
      'B matched: payments_summary.csv and loaded payments agree: 0.02',
      'C right_only: payments_summary.csv has nothing, loaded payments add up to 0.03: 0.03 more',
    ]);
    expect(compare([total('A', 1)], [total('C', 3)], { check: 'left' }).leaves.map((l) => l.status)).toEqual(['left_only', 'unchecked']);
  });

  test('a record of nothing on one side only is still told', () => {
    expect(sentences([total('A', 0)], [total('B', 0)])[0]).toBe(
      'A left_only: payments_summary.csv says 0.00, loaded payments have nothing: no money, but a record on one side only',
    );
  });

  test('a sum that cannot be exact stops instead of being rounded', () => {
    expect(() => compare([total('A', Number.MAX_SAFE_INTEGER), total('A', 1)], [])).toThrow(FatalError);
    expect(() => compare([total('A', 0.5)], [])).toThrow(FatalError);
  });
});

const part = fc.constantFrom('a', 'b', 'c', '', 'a|b');
const totals = fc.array(
  fc.record({
    key: fc.tuple(part, part, part),
    minor: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    count: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 40 },
);
const rules = fc.record({
  match_on: fc.constant([1, 2, 3]),
  check: fc.constantFrom('both', 'left', 'right'),
  compare_from: fc.integer({ min: 0, max: 3 }),
});
const sum = (list: readonly { minor: number }[]): number => list.reduce((s, t) => s + t.minor, 0);

describe('whatever the figures are', () => {
  test('leaves add up to the sides, and every roll-up to what is inside it', () => {
    fc.assert(
      fc.property(rules, totals, totals, (how, left, right) => {
        const { total: all, lines, leaves } = compareSides(how, left, right);
        expect(leaves.reduce((s, l) => s + (l.left ?? 0), 0)).toBe(sum(left));
        expect(leaves.reduce((s, l) => s + (l.right ?? 0), 0)).toBe(sum(right));
        expect(all.difference).toBe(sum(right) - sum(left));
        for (const line of [all, ...lines]) {
          const inside = leaves.filter((leaf) => line.key.every((k, i) => leaf.key[i] === k));
          for (const field of ['difference', 'leftCount', 'rightCount'] as const)
            expect(inside.reduce((s, l) => s + l[field], 0)).toBe(line[field]);
          const wrong = inside.some((l) => ['differs', 'left_only', 'right_only'].includes(l.status));
          expect(['differs', 'left_only', 'right_only'].includes(line.status)).toBe(wrong);
          if (line.status === 'matched') expect(inside.every((l) => l.status === 'matched')).toBe(true);
          expect(explainLeaf(line, NAMES, 'USD')).not.toMatch(/undefined|null|NaN/);
        }
      }),
    );
  });

  test('the order of the input, and how it is split into totals, change nothing', () => {
    fc.assert(
      fc.property(rules, totals, totals, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (how, left, right, random) => {
        const shuffled = (list: SideTotal[]): SideTotal[] =>
          list
            .map((t) => ({ t, at: random.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ t }) => t);
        const halves = left.flatMap((t) => [
          { ...t, minor: t.minor - 7, count: 0 },
          { ...t, minor: 7 },
        ]);
        expect(compareSides(how, shuffled(halves), shuffled(right))).toEqual(compareSides(how, left, right));
      }),
    );
  });

  test('swapping the sides swaps the findings and turns the differences round', () => {
    const other = {
      matched: 'matched',
      differs: 'differs',
      left_only: 'right_only',
      right_only: 'left_only',
      unchecked: 'unchecked',
      both: 'both',
      left: 'right',
      right: 'left',
    } as const;
    fc.assert(
      fc.property(rules, totals, totals, (how, left, right) => {
        const there = compareSides(how, left, right).lines;
        const back = compareSides({ ...how, check: other[how.check] }, right, left).lines;
        expect(back.map((l) => [l.key, l.status, 0 - l.difference, l.left, l.right])).toEqual(
          there.map((l) => [l.key, other[l.status], 0 + l.difference, l.right, l.left]),
        );
      }),
    );
  });
});

test('a million combinations are compared, each by itself', () => {
  function* side(shift: number): Generator<SideTotal> {
    for (let i = 0; i < 1_000_000; i++)
      yield { key: [`20${i % 20}`, `account ${i % 1000}`, String(i)], minor: i % 77 === 0 ? i + shift : i, count: 1 };
  }
  const { leaves, total: all } = compareSides({ match_on: [1, 2, 3], check: 'both', compare_from: 0 }, side(0), side(1));
  expect(leaves).toHaveLength(1_000_000);
  expect(all.leaves!.differs).toBe(12988);
}, 240_000);
