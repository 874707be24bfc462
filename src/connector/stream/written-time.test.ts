import { expect, test } from 'vitest';
import { DEFAULT_FORMAT, writtenTime } from './written-time.ts';

const at = Date.parse('2026-11-24T18:39:45.275Z');

test.each([
  [DEFAULT_FORMAT, undefined, '2026-11-24T18:39:45.275Z'],
  [DEFAULT_FORMAT, 'America/New_York', '2026-11-24T13:39:45.275-05:00'],
  ['YYYY-MM-DDTHH:mm:ss', 'America/New_York', '2026-11-24T13:39:45'],
  ['YYYY-MM-DD[T]HH:mm:ss[Z]', undefined, '2026-11-24T18:39:45Z'],
  ["D MMM YY, h:mm a [o'clock] Z", 'Asia/Kolkata', "25 Nov 26, 12:09 am o'clock +05:30"],
  ['dddd M/D/YYYY hh A', undefined, 'Tuesday 11/24/2026 06 PM'],
  ['unix', 'Asia/Kolkata', '1795545585'],
  ['/Date(ms)/', undefined, '/Date(1795545585275)/'],
])('%s by the clock of %s', (format, zone, text) => {
  expect(writtenTime(at, format, zone, 'lower')).toBe(text);
});

test('the hour that clocks show twice in autumn is asked for whole where the format has no offset', () => {
  // Clocks go back from 02:00 to 01:00 at 06:00 UTC.
  const shown = (iso: string, bound: 'lower' | 'upper', format = 'HH:mm') =>
    writtenTime(Date.parse(`2026-11-01T${iso}Z`), format, 'America/New_York', bound);
  expect(shown('05:30', 'lower')).toBe('00:30');
  expect(shown('05:30', 'lower', 'HH:mmZ')).toBe('01:30-04:00');
  expect(shown('06:10', 'upper')).toBe('02:10');
  expect(shown('12:00', 'lower')).toBe('07:00');
  expect(shown('12:00', 'upper')).toBe('07:00');
});
