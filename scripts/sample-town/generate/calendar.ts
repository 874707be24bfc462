/** Calendar dates are 'YYYY-MM-DD' text; arithmetic goes through UTC so that no machine's zone can move a day. */
export const FIRST_DAY = '2026-01-01';
export const LAST_DAY = '2026-06-30';

/** Federal bank holidays of the half-year; the town's counters are closed on them too. */
const HOLIDAYS = new Set(['2026-01-01', '2026-01-19', '2026-02-16', '2026-05-25', '2026-06-19', '2026-07-03']);

export function addDays(date: string, days: number): string {
  const time = new Date(`${date}T00:00:00Z`);
  time.setUTCDate(time.getUTCDate() + days);
  return time.toISOString().slice(0, 10);
}

export function datesFrom(from: string, to: string): string[] {
  const dates: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

/** 0 is Sunday. */
export function weekday(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}

export function isBankingDay(date: string): boolean {
  return weekday(date) !== 0 && weekday(date) !== 6 && !HOLIDAYS.has(date);
}

/** The recreation center's counter is open on Saturdays, the clerk's is not. */
export function isRecreationDay(date: string): boolean {
  return weekday(date) !== 0 && !HOLIDAYS.has(date);
}

/** ISO week, '2026-W05': the week belongs to the year of its Thursday. */
export function isoWeek(date: string): string {
  const thursday = addDays(date, 3 - ((weekday(date) + 6) % 7));
  const year = thursday.slice(0, 4);
  const dayOfYear = datesBetween(`${year}-01-01`, thursday);
  return `${year}-W${String(Math.floor(dayOfYear / 7) + 1).padStart(2, '0')}`;
}

/** The Monday after the date's ISO week: when a weekly export of it is written. */
export function mondayAfter(date: string): string {
  return addDays(date, 7 - ((weekday(date) + 6) % 7));
}

export function monthOf(date: string): string {
  return date.slice(0, 7);
}

/** MM/DD/YYYY */
export function usDate(date: string): string {
  return `${date.slice(5, 7)}/${date.slice(8, 10)}/${date.slice(0, 4)}`;
}

/** YYMMDD */
export function shortDate(date: string): string {
  return date.slice(2, 4) + date.slice(5, 7) + date.slice(8, 10);
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** 'Monday, January 5, 2026' */
export function longDate(date: string): string {
  return `${WEEKDAYS[weekday(date)]}, ${MONTHS[Number(date.slice(5, 7)) - 1]} ${Number(date.slice(8, 10))}, ${date.slice(0, 4)}`;
}

/** Maplewood's fiscal year starts on July 1: '2025/2026' holds June 2026. Takes a date or a month. */
export function fiscalYear(date: string): string {
  const year = Number(date.slice(0, 4));
  const start = Number(date.slice(5, 7)) >= 7 ? year : year - 1;
  return `${start}/${start + 1}`;
}

function datesBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}
