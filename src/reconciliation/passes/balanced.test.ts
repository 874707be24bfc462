import { expect, test } from 'vitest';
import { businessDays, dayNumber } from '../calendar.ts';
import type { Entry, SubsetPass } from '../entry.ts';
import { matchBySubset } from './subset/subset.ts';

const PASS: SubsetPass = {
  ...{ kind: 'subset', name: 'sales of the day', block: [{ left: 'place', right: 'place' }], within: { from: 0, to: 0 } },
  ...{ one: 'right', most: 16, together: [], negative: [], chance: 10, confirm: 'automatic' },
};
const days = businessDays([0, 6], []);

function entry(id: string, minor: number, place = 'pool'): Entry {
  return { id, minor, currency: 'USD', day: dayNumber('2026-07-01'), values: { place } };
}

function states(left: Entry[], right: Entry[]): string[] {
  const { matches } = matchBySubset(PASS, { left, right }, [], days);
  return matches
    .map(
      (m) =>
        `${m.state} ${[...m.left, ...m.right]
          .map(({ id }) => id)
          .sort()
          .join(' ')}`,
    )
    .sort();
}

// Prices in whole dollars: of so many, some would add up to almost any amount.
const sales = [100, 200, 400, 800, 1600, 3200].map((minor, i) => entry(`p${i}`, minor));

test('where all that is open of a day is in its batches, a sum does not fit by chance', () => {
  expect(states(sales, [entry('s', 3700), entry('t', 2600)])).toEqual(['confirmed p0 p2 p5 s', 'confirmed p1 p3 p4 t']);
});

test('where something is left over, it may: the same sum is proposed', () => {
  expect(states(sales, [entry('s', 3700)])).toEqual(['proposed p0 p2 p5 s']);
  expect(states(sales, [entry('s', 3700), entry('t', 200)])).toEqual(['confirmed p1 t', 'proposed p0 p2 p5 s']);
});

test('what balances at another place says nothing of this one', () => {
  const pier = [entry('u', 500, 'pier'), entry('v', 700, 'pier')];
  expect(states([...sales, ...pier], [entry('s', 3700), entry('w', 1200, 'pier')])).toEqual(['confirmed u v w', 'proposed p0 p2 p5 s']);
});
