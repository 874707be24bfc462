import { daysInMonth, fiscalPeriod, fiscalYear, isCalendarDate } from '../../core/time/time.ts';

export type PeriodKind = 'day' | 'month' | 'year';

/** A day, a month of the fiscal year, or a fiscal year. Days are calendar dates, both included. */
export interface Period {
  /** `2026-07-15`, `2026-07` and `2026/2027`; a month that does not begin on the first is `2026/2027-P01`. */
  id: string;
  kind: PeriodKind;
  first: string;
  last: string;
}

/**
 * The period that a text names; `starts`: the first day of the town's fiscal year, MM-DD. undefined when it names none. A year is
 * named as reports have it: `2026/2027`, or `2026` where it is the calendar year.
 */
export function readPeriod(text: string, starts: string): Period | undefined {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (day) return isCalendarDate(Number(day[1]), Number(day[2]), Number(day[3])) ? dayPeriod(text) : undefined;
  const month = /^(\d{4})-(\d\d)$/.exec(text);
  if (month) {
    if (!starts.endsWith('-01') || Number(month[2]) < 1 || Number(month[2]) > 12) return undefined;
    return monthOf(`${text}-01`, starts);
  }
  const [, year, number] = /^(\d{4}(?:\/\d{4})?)(?:[ -]P(\d\d))?$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const whole = yearOf(`${year.slice(0, 4)}-${starts}`, starts);
  if (whole.id !== year) return undefined;
  return number === undefined ? whole : monthsOf(whole, starts)[Number(number) - 1];
}

export function dayPeriod(day: string): Period {
  return { id: day, kind: 'day', first: day, last: day };
}

/** The month of the fiscal year that a day is in. */
export function monthOf(day: string, starts: string): Period {
  const date = Number(starts.slice(3));
  const [year, month] = [Number(day.slice(0, 4)), Number(day.slice(5, 7))];
  const back = Number(day.slice(8)) < date ? 1 : 0;
  const first = beginOf(year, month - back, date);
  const last = dayBefore(beginOf(year, month - back + 1, date));
  const number = String(fiscalPeriod(first, starts)).padStart(2, '0');
  return { id: date === 1 ? first.slice(0, 7) : `${fiscalYear(first, starts)}-P${number}`, kind: 'month', first, last };
}

/** The fiscal year that a day is in. */
export function yearOf(day: string, starts: string): Period {
  const first = Number(day.slice(0, 4)) - (day.slice(5) < starts ? 1 : 0);
  const begin = (year: number): string => beginOf(year, Number(starts.slice(0, 2)), Number(starts.slice(3)));
  return { id: fiscalYear(day, starts), kind: 'year', first: begin(first), last: dayBefore(begin(first + 1)) };
}

/** The twelve months of a fiscal year, in order. */
export function monthsOf(year: Period, starts: string): Period[] {
  const months: Period[] = [];
  for (let day = year.first; day <= year.last; day = dayAfter(months.at(-1)!.last)) months.push(monthOf(day, starts));
  return months;
}

export function dayAfter(day: string): string {
  return shifted(day, 1);
}

export function dayBefore(day: string): string {
  return shifted(day, -1);
}

/** `month` may be 0 or 13. A month that has no such day begins on the first of the next. */
function beginOf(year: number, month: number, date: number): string {
  const [y, m] = month < 1 ? [year - 1, 12] : month > 12 ? [year + 1, 1] : [year, month];
  return date > daysInMonth(y, m) ? beginOf(y, m + 1, 1) : `${String(y).padStart(4, '0')}-${pad(m)}-${pad(date)}`;
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}

function shifted(day: string, by: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(Date.UTC(year, month - 1, date + by)).toISOString().slice(0, 10);
}
