import { expect, test } from 'vitest';
import { clockTime, zonedTime } from './zoned-time.ts';

test('a time says of which zone it is, in summer and in winter', () => {
  expect(zonedTime('2026-07-01T04:05:06.789Z', 'America/New_York')).toBe('2026-07-01 00:05:06 EDT');
  expect(zonedTime('2026-01-01T04:05:06Z', 'America/New_York')).toBe('2025-12-31 23:05:06 EST');
  expect(zonedTime(new Date('2026-07-01T12:00:00Z'), 'UTC')).toBe('2026-07-01 12:00:00 UTC');
  expect(clockTime('2026-07-01T12:00:00Z', 'Asia/Kolkata')).toBe('17:30:00 GMT+5:30');
});

test('the hour that comes twice in autumn is distinguished', () => {
  expect(clockTime('2026-11-01T05:30:00Z', 'America/Chicago')).toBe('00:30:00 CDT');
  expect(clockTime('2026-11-01T06:30:00Z', 'America/Chicago')).toBe('01:30:00 CDT');
  expect(clockTime('2026-11-01T07:30:00Z', 'America/Chicago')).toBe('01:30:00 CST');
});
