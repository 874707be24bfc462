import fc from 'fast-check';
import { expect, test } from 'vitest';
import { moneyUsedTwice, type UsedRecord } from './shared-money.ts';

const used = (match: number, side: 'a' | 'b', golden: number, minor: number): UsedRecord => ({ match, side, golden, minor });

test('one deposit of 100.00 that settles two receipts of 100.00 is money used twice', () => {
  expect(
    moneyUsedTwice(
      [{ a: 1, b: 2 }],
      [used(1, 'a', 11, 10_000), used(1, 'b', 90, 10_000), used(2, 'a', 12, 10_000), used(2, 'b', 90, 10_000)],
    ),
  ).toEqual([{ matches: [1, 2], shared: used(2, 'b', 90, 10_000), a: 20_000, b: 10_000 }]);
});

test('and so it is when it goes over three matches, and whichever side has it', () => {
  const found = moneyUsedTwice(
    [
      { a: 1, b: 2 },
      { a: 3, b: 2 },
    ],
    [
      used(1, 'a', 11, 50),
      used(1, 'b', 90, 50),
      used(2, 'a', 11, 50),
      used(2, 'a', 12, 50),
      used(2, 'b', 91, 100),
      used(3, 'a', 12, 50),
      used(3, 'b', 92, 50),
    ],
  );
  expect(found).toMatchObject([{ matches: [1, 2, 3], a: 100, b: 200 }]);
});

test('the same money looked at as a whole and in parts is used once, whatever the parts are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ minor: fc.integer({ min: -1000, max: 1000 }), part: fc.integer({ min: 0, max: 3 }) }), {
        minLength: 1,
        maxLength: 30,
      }),
      (records) => {
        // Match 1 has all of them; matches 10 to 13 a part each. Both sides have the same records.
        const list = records.flatMap(({ minor, part }, golden) =>
          (['a', 'b'] as const).flatMap((side) => [used(1, side, golden, minor), used(10 + part, side, golden, minor)]),
        );
        const shared = [...new Set(records.map(({ part }) => part))].map((part) => ({ a: 1, b: 10 + part }));
        expect(moneyUsedTwice(shared, list)).toEqual([]);
      },
    ),
  );
});

test('whatever hangs together and is not found has equal sums of distinct records on both sides', () => {
  const record = fc.record({
    match: fc.integer({ min: 1, max: 6 }),
    side: fc.constantFrom('a' as const, 'b' as const),
    golden: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 25 }), (list) => {
      const records = list.map((r) => ({ ...r, minor: r.golden * 7 }));
      const shared = records.flatMap((x) =>
        records.filter((y) => x.match < y.match && x.side === y.side && x.golden === y.golden).map((y) => ({ a: x.match, b: y.match })),
      );
      for (const { matches, a, b } of moneyUsedTwice(shared, records)) {
        const sum = (side: string): number =>
          [...new Map(records.filter((r) => r.side === side && matches.includes(r.match)).map((r) => [r.golden, r.minor])).values()].reduce(
            (x, y) => x + y,
            0,
          );
        expect([a, b]).toEqual([sum('a'), sum('b')]);
        expect(a).not.toBe(b);
      }
    }),
  );
});
