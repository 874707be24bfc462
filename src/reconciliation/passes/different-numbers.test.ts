import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../../test/engine/cut.ts';
import { businessDays, dayNumber } from '../calendar.ts';
import type { AmountPass, Entry, KeyPass } from '../entry.ts';
import { matchByAmount } from './amount.ts';
import { areDifferent } from './different-numbers.ts';
import { forcedPairs } from './forced-pairs.ts';

const days = businessDays([0, 6], []);
const DAY = dayNumber('2026-07-06');

const PASS: AmountPass = {
  ...{ kind: 'amount', name: 'amount and day', block: [], within: { from: 0, to: 2 }, text: [], chance: 1000, confirm: 'automatic' },
};
const CHECK: KeyPass = {
  ...{ kind: 'key', name: 'check number', sides: 'one_to_one', confirm: 'automatic' },
  on: [{ left: 'check', right: 'reference', clean: ['digits', 'no_leading_zeros'] }],
};

const record = (field: string, id: string, number: string | null, day = DAY): Entry => ({
  ...{ id, minor: 6250, currency: 'USD', day, values: { [field]: number } },
});
const receipts = (...numbers: (string | null)[]): Entry[] => numbers.map((number, i) => record('check', `r${i}`, number));
const credits = (...numbers: (string | null)[]): Entry[] => numbers.map((number, i) => record('reference', `c${i}`, number));

function solved(left: Entry[], right: Entry[], pass = PASS, all = right): { tied: string[]; ambiguous: number } {
  const { matches, ambiguous } = matchByAmount(pass, { left, right }, all, days, [CHECK]);
  return {
    tied: matches.map(({ state, left, right }) => `${state === 'confirmed' ? '' : '? '}${left[0]!.id} ${right[0]!.id}`).sort(),
    ambiguous: ambiguous.reduce((n, group) => n + group.left.length + group.right.length, 0),
  };
}

describe('two different numbers', () => {
  test('are not one, unless typing errors or a cut make one of the other', () => {
    expect(areDifferent('1234', '8095')).toBe(true);
    expect(areDifferent('1234', '1243')).toBe(false);
    expect(areDifferent('1234', '1284')).toBe(false);
    expect(areDifferent('51234', '1234')).toBe(false);
    expect(areDifferent('123456', '1234')).toBe(false);
    expect(areDifferent('123456', '213465')).toBe(false);
    expect(areDifferent('123456', '213495')).toBe(true);
  });

  test('decide between two checks of one amount and day, of which one has lost its number at each end', () => {
    expect(solved(receipts('1234', null), credits(null, '0000008095'))).toEqual({ tied: ['r0 c0', 'r1 c1'], ambiguous: 0 });
  });

  test('decide nothing where each could be the other, mistyped or cut', () => {
    expect(solved(receipts('1234', null), credits(null, '0000001243'))).toEqual({ tied: [], ambiguous: 4 });
    expect(solved(receipts('1234', null), credits(null, '34'))).toEqual({ tied: [], ambiguous: 4 });
  });

  test('decide nothing where a number is none: the same digit throughout, or on several records of its side', () => {
    expect(solved(receipts('1234', null), credits(null, '9999999999'))).toEqual({ tied: [], ambiguous: 4 });
    const other = record('reference', 'tied', '0000008095', DAY - 50);
    const right = credits(null, '0000008095');
    expect(solved(receipts('1234', null), right, PASS, [...right, other])).toEqual({ tied: [], ambiguous: 4 });
  });

  test('leave what still has two solutions, and tie the rest', () => {
    expect(solved(receipts('1234', '5678', null), credits(null, null, '0000009090'))).toEqual({ tied: ['r2 c2'], ambiguous: 4 });
    expect(solved(receipts('1234', '5678'), credits('4321', '9090'))).toEqual({ tied: [], ambiguous: 4 });
  });

  test('leave over what has no partner: two checks and one credit', () => {
    expect(solved(receipts('1234', null), credits('0000008095'))).toEqual({ tied: ['r1 c0'], ambiguous: 0 });
  });

  test('leave an everyday amount proposed, where nothing else fits; one without a number is confirmed at chance: 1000', () => {
    const everyday = Array.from({ length: 300 }, (_, i) => record('reference', `x${i}`, String(20_000 + 7 * i), DAY + 5 + (i % 100)));
    const credit = credits('0000008095');
    const all = [...credit, ...everyday];
    expect(solved(receipts('1234'), credit, PASS, all)).toEqual({ tied: ['? r0 c0'], ambiguous: 0 });
    expect(solved(receipts(null), credit, PASS, all)).toEqual({ tied: ['r0 c0'], ambiguous: 0 });
    expect(solved(receipts(null), credit, { ...PASS, chance: 999 }, all)).toEqual({ tied: ['? r0 c0'], ambiguous: 0 });
  });

  test('count also where amounts may differ a little', () => {
    const left = receipts('1234', null).map((entry, i) => ({ ...entry, minor: 6250 + i }));
    expect(solved(left, credits(null, '0000008095'), { ...PASS, tolerance: { minor: 1 } })).toEqual({
      ...{ tied: ['r0 c0', 'r1 c1'], ambiguous: 0 },
    });
  });
});

test('pairs are forced that are in every way to give each record a partner', () => {
  const size = fc.integer({ min: 1, max: 5 });
  const fits = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 14 });
  fc.assert(
    fc.property(size, fits, (n, chosen) => {
      const [left, right] = [receipts(...Array<null>(n).fill(null)), credits(...Array<null>(n).fill(null))];
      const places = new Set(chosen.filter(([l, r]) => l < n && r < n).map(([l, r]) => l * 5 + r));
      const pairs = [...places].map((at) => ({ left: left[Math.floor(at / 5)]!, right: right[at % 5]!, lag: 0, text: 0 as const }));
      if (new Set(pairs.map((pair) => pair.left)).size !== n) return;
      const ways: number[][] = [];
      const go = (way: number[]): void => {
        if (way.length === n) return void ways.push(way);
        for (let r = 0; r < n; r++) if (!way.includes(r) && places.has(way.length * 5 + r)) go([...way, r]);
      };
      go([]);
      const inAll = left.flatMap((_, l) => (ways.length && ways.every((way) => way[l] === ways[0]![l]) ? [`r${l} c${ways[0]![l]}`] : []));
      expect(
        forcedPairs(pairs)
          .map((pair) => `${pair.left.id} ${pair.right.id}`)
          .sort(),
      ).toEqual(inAll.sort());
    }),
    { numRuns: cases(2000) },
  );
});
