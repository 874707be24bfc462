import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edits, editsOfLong, jaroWinkler, jaroWinklerOfLong } from './similarity.ts';

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 9 }),
  fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 11 }),
  fc.string({ unit: fc.constantFrom('a', 'ж', 'ł', '漢'), maxLength: 40 }),
);

test('typing errors are counted the same by bits and cell by cell, in both directions', () => {
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 5 }), (a, b, most) => {
      const expected = a === b ? 0 : Math.min(editsOfLong(a, b, most), most + 1);
      expect(edits(a, b, most)).toBe(expected);
      expect(edits(b, a, most)).toBe(expected);
    }),
    { numRuns: 3000, seed: 5 },
  );
});

test('names are as similar by bits as character by character, to the last digit', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(jaroWinkler(a, b)).toBe(a === b ? 1 : a === '' || b === '' ? 0 : jaroWinklerOfLong(a, b));
      expect(jaroWinkler(b, a)).toBeCloseTo(jaroWinkler(a, b), 10);
    }),
    { numRuns: 3000, seed: 6 },
  );
});

test.each([
  ['carter', 'cartre', 1],
  ['20150312', '20151203', 4],
  ['ca', 'abc', 3],
  ['', 'ab', 2],
])('%s and %s: %i errors', (a, b, errors) => expect(edits(a, b, 4)).toBe(errors));
