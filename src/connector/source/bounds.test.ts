import { expect, test } from 'vitest';
import { isBefore, lowerBound } from './bounds.ts';

test('sequences are compared as the numbers that they are, dates as their text', () => {
  expect(isBefore('9', '10', 'sequence')).toBe(true);
  expect(isBefore('99999999999999999998', '99999999999999999999', 'sequence')).toBe(true);
  expect(isBefore('10', '9', 'sequence')).toBe(false);
  expect(isBefore('2026-03-01T00:00:00', '2026-03-01T00:00:00.1234567', 'datetime')).toBe(true);
  expect(isBefore('0x00000000000007D1', '0x0000000000000FFF', 'rowversion')).toBe(true);
});

test('reading starts at the saved position, moved back by the lookback, or where the first run starts', () => {
  const incremental = { cursor: 'changed', kind: 'datetime' as const, start: '{{ options.from }}', lookback: '1h' };
  expect(lowerBound(incremental, { state: {}, variables: { 'options.from': '2020-01-01' } })).toEqual({
    cursor: '2020-01-01',
    tie: undefined,
  });
  expect(lowerBound(incremental, { state: { cursor: '2026-03-01T12:00:00.1234567', tie: '7' }, variables: {} })).toEqual({
    cursor: '2026-03-01T11:00:00.123',
  });
  expect(
    lowerBound({ ...incremental, lookback: undefined }, { state: { cursor: '2026-03-01T12:00:00.1234567', tie: '7' }, variables: {} }),
  ).toEqual({ cursor: '2026-03-01T12:00:00.1234567', tie: '7' });
});
