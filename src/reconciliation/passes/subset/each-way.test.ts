import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachWay, type Kind } from './each-way.ts';

const kinds = fc.array(fc.record({ minor: fc.integer({ min: -60, max: 200 }), length: fc.integer({ min: 1, max: 3 }) }), { maxLength: 12 });

/** All of them, one by one. */
function waysOf(list: readonly Kind[], minor: number): string[] {
  const ways: string[] = [];
  const taken = list.map(() => 0);
  (function each(i: number, rest: number): void {
    if (i === list.length) {
      if (rest === 0) ways.push(taken.join());
      return;
    }
    for (let n = 0; n <= list[i]!.units.length; n++) {
      taken[i] = n;
      each(i + 1, rest - n * list[i]!.minor);
    }
    taken[i] = 0;
  })(0, minor);
  return ways.sort();
}

test('each way is found once, whether the sums are in a table or not', () => {
  fc.assert(
    fc.property(kinds, fc.integer({ min: -100, max: 900 }), (found, minor) => {
      const list = found.slice(0, 9).map(({ minor: each, length }) => ({ minor: each, units: { length } }));
      const ways: string[] = [];
      expect(eachWay(list, minor, 1_000_000, (taken) => ways.push(taken.join()))).toBe(true);
      expect(ways.sort()).toEqual(waysOf(list, minor));
    }),
    { numRuns: 150 },
  );
});

test('of 30 amounts, the only way is proved in so many steps', () => {
  const list = Array.from({ length: 30 }, (_, i) => ({ minor: 2 ** (29 - i) + 7, units: { length: 1 } }));
  const ways: number[][] = [];
  const minor = list.filter((_, i) => i % 3 === 0).reduce((sum, { minor: each }) => sum + each, 0);
  expect(eachWay(list, minor, 100_000, (taken) => ways.push([...taken]))).toBe(true);
  expect(ways).toEqual([list.map((_, i) => (i % 3 === 0 ? 1 : 0))]);
});

test('what would take longer says that ways may be missing', () => {
  const list = Array.from({ length: 40 }, (_, i) => ({ minor: 1000 + i, units: { length: 1 } }));
  expect(eachWay(list, 20_300, 100_000, () => undefined)).toBe(false);
});
