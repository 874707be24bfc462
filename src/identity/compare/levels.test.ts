import { expect, test } from 'vitest';
import { SCALES } from './levels.ts';

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
