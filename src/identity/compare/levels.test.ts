import { expect, test } from 'vitest';
import { areSwapped, SCALES } from './levels.ts';

test.each([
  ['tq138df', 'tq139ab', 'two errors'],
  ['m61jp', 'm64xy', 'two errors'],
  ['k1a0b1', 'k1a9z7', 'two errors'],
  ['tq138df', 'tq148df', 'one error'],
  ['tq138df', 'bs37zz', 'different'],
  ['14586', '14201', 'different'],
])('postal codes of one area are neighbors, ZIP codes with three other digits are not: %s and %s', (a, b, expected) => {
  const { levels, level } = SCALES.postal_code;
  expect([levels[level(a, b)], levels[level(b, a)]]).toEqual([expected, expected]);
});

test.each([
  ['18500101', '18500917', 'two parts equal'],
  ['18500101', '18510917', 'some digits equal'],
  ['18500101', '18500501', 'one error'],
  ['18500202', '18500917', 'some digits equal'],
])('a date of which only the year is known, January 1, agrees with every day of that year and of no other: %s and %s', (a, b, expected) => {
  const { levels, level } = SCALES.date;
  expect([levels[level(a, b)], levels[level(b, a)]]).toEqual([expected, expected]);
});

test('names in the place of each other are seen also where one is mistyped and the other a short form', () => {
  expect(areSwapped('trores', 'bill', 'william', 'torres')).toBe(true);
  expect(areSwapped('william', 'brown', 'earl', 'williams')).toBe(false);
});
