import { firstAtLeast } from '../core/first-at-least.ts';
import type { BusinessDays } from './entry.ts';

/** Days since 1970-01-01 of a calendar date such as 2026-07-01. */
export function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

/** The calendar date of a day number. */
export function dateOf(day: number): string {
  let date = dates.get(day);
  if (date === undefined) {
    date = new Date(day * 86_400_000).toISOString().slice(0, 10);
    if (dates.size < MOST_DATES) dates.set(day, date);
  }
  return date;
}

/** It is asked for every record several times, and a town has few days: writing one takes a microsecond. */
const dates = new Map<number, string>();
const MOST_DATES = 20_000;

/** The month of a calendar date: 2026-07. */
export function monthOf(date: string): string {
  return date.slice(0, 7);
}

/** The month before that of a date or month: 2026-06. */
export function monthBefore(date: string): string {
  const [year, month] = date.split('-').map(Number) as [number, number];
  return month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, '0')}`;
}

/**
 * Counts the town's business days. `weekend`: days of the week without business, 0 is Sunday. `holidays`: day numbers. A
 * Saturday has the index of the Friday before it: what is taken on a Saturday is one business day from Monday.
 */
export function businessDays(weekend: readonly number[], holidays: Iterable<number>): BusinessDays {
  const off = new Set(weekend);
  // 1970-01-01 was a Thursday.
  const weekday = (day: number): number => (((day + 4) % 7) + 7) % 7;
  const inWeek = Array.from({ length: 7 }, (_, i) => i).filter((i) => !off.has(i)).length;
  if (inWeek === 0) throw new Error('A calendar needs at least one business day a week.');
  const closed = [...new Set(holidays)].filter((day) => !off.has(weekday(day))).sort((a, b) => a - b);
  return {
    index(day) {
      const weeks = Math.floor((day + 4) / 7);
      let index = weeks * inWeek;
      for (let i = 0; i <= weekday(day); i++) if (!off.has(i)) index++;
      // Those up to and with the day.
      return index - firstAtLeast(closed, day + 1);
    },
  };
}
