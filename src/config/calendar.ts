import { createRequire } from 'node:module';
import type { CalendarConfig } from './schema/interlocal.ts';

const WEEK = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

/** A town's days without business: numbers of weekdays, 0 is Sunday, and calendar dates, sorted. */
export interface ClosedDays {
  weekend: number[];
  holidays: string[];
}

/** The days without business from `first` to `last`, calendar dates, both included. */
export function closedDays(calendar: CalendarConfig, first: string, last: string): ClosedDays {
  const dates = new Set(calendar.also);
  if (calendar.holidays !== 'none')
    for (let year = Number(first.slice(0, 4)); year <= Number(last.slice(0, 4)) + 1; year++)
      for (const date of federalHolidays(year, calendar.holidays === 'us_federal')) dates.add(date);
  for (const date of calendar.open) dates.delete(date);
  return {
    weekend: calendar.weekend.map((day) => WEEK.indexOf(day)),
    holidays: [...dates].filter((date) => date >= first && date <= last).sort(),
  };
}

interface FederalHolidays {
  allForYear(year: number, options: { shiftSaturdayHolidays: boolean; shiftSundayHolidays: boolean }): { dateString: string }[];
}

let library: FederalHolidays | undefined;

/**
 * The Federal Reserve is open on the Friday before a holiday that falls on a Saturday; offices are not. The library's `date` is midnight in the
 * zone of this machine, so east of Greenwich the day before in UTC: its `dateString` is the day.
 */
function federalHolidays(year: number, shiftSaturdayHolidays: boolean): string[] {
  library ??= createRequire(import.meta.url)('@18f/us-federal-holidays') as FederalHolidays;
  return library.allForYear(year, { shiftSaturdayHolidays, shiftSundayHolidays: true }).map(({ dateString }) => dateString);
}
