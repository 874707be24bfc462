import { expect, test } from 'vitest';
import { groupDigits } from './digit-groups.ts';

test.each([
  ['0', '0'],
  ['999.00', '999.00'],
  ['1000', '1,000'],
  ['-1234567.5', '-1,234,567.5'],
  ['-100.00', '-100.00'],
])('%s is written %s', (given, shown) => expect(groupDigits(given)).toBe(shown));
