import { afterEach, expect, test } from 'vitest';
import { closedDays } from './calendar.ts';
import { interlocalSchema } from './schema/interlocal.ts';

const town = { name: 'Maplewood', time_zone: 'America/New_York', currency: 'USD' };
const calendarOf = (calendar: Record<string, unknown>) => interlocalSchema.parse({ town: { ...town, calendar } }).town.calendar;

test('a holiday on a Saturday closes the offices on Friday, and not the bank', () => {
  // July 4, 2026 is a Saturday.
  expect(closedDays(calendarOf({}), '2026-07-01', '2026-07-05').holidays).toEqual(['2026-07-03']);
  expect(closedDays(calendarOf({ holidays: 'us_bank' }), '2026-07-01', '2026-07-05').holidays).toEqual(['2026-07-04']);
});

const ZONE = process.env.TZ;
afterEach(() => {
  if (ZONE === undefined) delete process.env.TZ;
  else process.env.TZ = ZONE;
});

test.each(['Pacific/Guam', 'Pacific/Pago_Pago', 'Europe/Berlin', 'America/St_Johns', 'UTC'])(
  'holidays are the same whatever zone the server is set to: %s',
  (zone) => {
    process.env.TZ = zone;
    expect(closedDays(calendarOf({}), '2026-06-01', '2027-01-31').holidays).toEqual([
      '2026-06-19',
      '2026-07-03',
      '2026-09-07',
      '2026-10-12',
      '2026-11-11',
      '2026-11-26',
      '2026-12-25',
      '2027-01-01',
      '2027-01-18',
    ]);
  },
);

test("the town's own days are added, and days it works are not closed", () => {
  const calendar = calendarOf({ also: ['2026-11-27'], open: ['2026-10-12'] });
  expect(closedDays(calendar, '2026-10-01', '2026-11-30')).toEqual({
    weekend: [6, 0],
    holidays: ['2026-11-11', '2026-11-26', '2026-11-27'],
  });
});

test("New Year's Day that is kept in December of the year before is there", () => {
  // January 1, 2028 is a Saturday.
  expect(closedDays(calendarOf({}), '2027-12-25', '2027-12-31').holidays).toContain('2027-12-31');
});
