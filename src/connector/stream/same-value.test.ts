import { expect, test } from 'vitest';
import { sameValue } from './same-value.ts';

test('numbers and times may have other zeros, texts may not', () => {
  expect(sameValue('12.50000', '12.5', 'decimal')).toBe(true);
  expect(sameValue('7', '007', 'integer')).toBe(true);
  expect(sameValue('0.00', '-0.0', 'decimal')).toBe(true);
  expect(sameValue('2026-03-02T00:00:00', '2026-03-02', 'date')).toBe(true);
  expect(sameValue('2026-03-02 10:10:30.500', '2026-03-02T10:10:30.5', 'datetime')).toBe(true);
  expect(sameValue('1', 'true', 'boolean')).toBe(true);
  expect(sameValue(null, '', 'text')).toBe(true);
  expect(sameValue('CA   ', 'CA', 'text')).toBe(true);
  expect(sameValue('101', '00101', 'text')).toBe(false);
  expect(sameValue('12.50', '12.5', 'text')).toBe(false);
  expect(sameValue('12.51', '12.5', 'decimal')).toBe(false);
  expect(sameValue('2026-03-02 10:10:03', '2026-03-02 10:10:30', 'datetime')).toBe(false);
});
