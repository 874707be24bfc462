import { utcOf, zoneOf } from './zones.ts';

/** Calendar dates are text `YYYY-MM-DD`; instants are text in UTC `YYYY-MM-DDTHH:MM:SS.sssZ`. The two never mix. */

/** Is this a day that exists? Months are 1-12. */
export function isCalendarDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= daysInMonth(year, month);
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The fiscal year a date falls in, as towns write it: `2020/2021` for a year from 1 April, `2024` for one from 1 January. */
export function fiscalYear(date: string, startsMonthDay: string): string {
  const year = Number(date.slice(0, 4));
  if (startsMonthDay === '01-01') return String(year);
  const first = date.slice(5, 10) >= startsMonthDay ? year : year - 1;
  return `${first}/${first + 1}`;
}

/** The fiscal period (1-12) a date falls in, period 1 being the month the fiscal year starts in. */
export function fiscalPeriod(date: string, startsMonthDay: string): number {
  const month = Number(date.slice(5, 7)) - (date.slice(8, 10) < startsMonthDay.slice(3, 5) ? 1 : 0);
  return ((month - Number(startsMonthDay.slice(0, 2)) + 12) % 12) + 1;
}

/** A length of time as configuration writes it (`500ms`, `30s`, `5m`, `2h`, `7d`) in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const m = /^(\d+)\s*(ms|s|m|h|d)$/.exec(text);
  if (!m) return undefined;
  return Number(m[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[m[2] as 'ms']!;
}

/** The calendar day of a stored date or moment, as people in the zone write it: a moment near midnight is another day than in UTC. */
export function calendarDay(value: string, zone: string): string {
  return value.length > 10 && value[10] === 'T' && value.endsWith('Z') ? dayIn(zone, new Date(value)) : value;
}

/** The first moment of a day in a zone, as moments are stored. `later`: so many days on. */
export function startOfDay(day: string, zone: string, later = 0): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(zoneOf(zone).instantOf(utcOf(year, month, date + later))).toISOString();
}

/** The moment, as moments are stored, of a time of day such as `17:00` or `17:00:30` on a day in a zone. */
export function momentIn(zone: string, day: string, time: string): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(zoneOf(zone).instantOf(utcOf(year, month, date) + Date.parse(`1970-01-01T${time}Z`))).toISOString();
}

/** The calendar day of an instant in a time zone, YYYY-MM-DD. */
export function dayIn(zone: string, instant: Date): string {
  return new Date(zoneOf(zone).localOf(instant.getTime())).toISOString().slice(0, 10);
}

/** Calendar days, both included; where one is not given there is no bound. */
export interface DayRange {
  from?: string | undefined;
  to?: string | undefined;
}

/** A record without a day is in no range. */
export function isWithin(day: string | null, { from, to }: DayRange): boolean {
  return day !== null && (!from || day >= from) && (!to || day <= to);
}
