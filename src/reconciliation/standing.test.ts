import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Leg, splitOfLeg, splitOfRecord, STANDINGS, standingOf } from './standing.ts';

const cents = fc.integer({ min: -1_000_000, max: 1_000_000 });
const leg: fc.Arbitrary<Leg> = fc.record({
  amount: cents,
  matched: cents,
  whole: fc.boolean(),
  otherwise: fc.constantFrom('in_transit', 'exception', 'not_covered'),
  sameField: fc.boolean(),
});
const sum = (split: ReturnType<typeof splitOfLeg>): number => STANDINGS.reduce((total, standing) => total + split[standing], 0);

test('whatever the legs say, the four figures add up to the amount, and none has more of it than there is', () => {
  fc.assert(
    fc.property(cents, fc.array(leg, { maxLength: 4 }), fc.boolean(), (amount, legs, fault) => {
      const split = splitOfRecord(amount, legs, fault);
      expect(sum(split)).toBe(amount);
      for (const standing of STANDINGS) expect(Math.abs(split[standing])).toBeLessThanOrEqual(Math.abs(amount));
      for (const one of legs) expect(sum(splitOfLeg(one))).toBe(one.amount);
    }),
  );
});

test('a cent is reconciled only as far as every leg has matched it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.array(leg, { minLength: 1, maxLength: 4 }), (amount, legs) => {
      const bounded = legs.map((l) => ({ ...l, amount, matched: Math.abs(l.matched) % amount, sameField: true }));
      const least = Math.min(...bounded.map((l) => (l.whole ? amount : l.matched)));
      expect(splitOfRecord(amount, bounded, false).reconciled).toBe(least);
    }),
  );
});

const part = (fields: Partial<Leg>): Leg => ({
  amount: 100,
  matched: 0,
  whole: false,
  otherwise: 'in_transit',
  sameField: true,
  ...fields,
});

test('what one leg finds wrong outranks what another has not looked at, and that what is on its way', () => {
  expect(standingOf([part({}), part({ otherwise: 'exception' }), part({ otherwise: 'not_covered' })], false)).toBe('exception');
  expect(standingOf([part({}), part({ otherwise: 'not_covered' })], false)).toBe('not_covered');
  expect(standingOf([part({}), part({ whole: true })], false)).toBe('in_transit');
  expect(standingOf([part({ whole: true })], true)).toBe('exception');
  expect(standingOf([], false)).toBe('not_covered');
});

test('more matched than there is, or with the other sign, counts as nothing', () => {
  expect(splitOfLeg(part({ matched: 101 }))).toEqual({ reconciled: 0, in_transit: 0, exception: 100, not_covered: 0 });
  expect(splitOfLeg(part({ matched: -1 })).reconciled).toBe(0);
  expect(splitOfLeg(part({ amount: -100, matched: -40 }))).toEqual({ reconciled: -40, in_transit: -60, exception: 0, not_covered: 0 });
});
