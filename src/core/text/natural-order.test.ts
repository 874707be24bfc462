import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareNatural } from './natural-order.ts';

test('numbers in a text are compared by their value, whatever zeros they begin with', () => {
  const sorted = ['', '2026-07-01T08:59', '2026-07-01T09:00', 'B9', 'B10', 'B010', 'B10A', 'LBX1-000999', 'LBX1-1000'].sort(compareNatural);
  expect(sorted).toEqual(['', '2026-07-01T08:59', '2026-07-01T09:00', 'B9', 'B010', 'B10', 'B10A', 'LBX1-000999', 'LBX1-1000']);
  expect(compareNatural('99999999999999999999', '100000000000000000000')).toBeLessThan(0);
});

test('it is an order: the same both ways round, and only equal texts are equal', () => {
  const text = fc.stringMatching(/^[0-9AB-]{0,8}$/);
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      expect(Math.sign(compareNatural(a, b))).toBe(-Math.sign(compareNatural(b, a)) + 0);
      expect(compareNatural(a, b) === 0).toBe(a === b);
      if (compareNatural(a, b) <= 0 && compareNatural(b, c) <= 0) expect(compareNatural(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});
