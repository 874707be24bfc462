// DATEPART, DATEADD and DATEDIFF.
import type { SqlType } from '../wire/column-types.ts';
import { calendarDay, dayNumber, daysInMonth, formatMoment, outOfRange, parseMoment, ticksPerDay } from './dates.ts';
import type { Moment } from './dates.ts';

const names: Record<string, string> = {
  YY: 'YEAR',
  YYYY: 'YEAR',
  QQ: 'QUARTER',
  Q: 'QUARTER',
  MM: 'MONTH',
  M: 'MONTH',
  DY: 'DAYOFYEAR',
  Y: 'DAYOFYEAR',
  DD: 'DAY',
  D: 'DAY',
  WK: 'WEEK',
  WW: 'WEEK',
  DW: 'WEEKDAY',
  W: 'WEEKDAY',
  HH: 'HOUR',
  MI: 'MINUTE',
  N: 'MINUTE',
  SS: 'SECOND',
  S: 'SECOND',
  MS: 'MILLISECOND',
  MCS: 'MICROSECOND',
  NS: 'NANOSECOND',
  ISOWK: 'ISO_WEEK',
  ISOWW: 'ISO_WEEK',
};
const units: Record<string, number> = {
  WEEK: 7 * ticksPerDay,
  DAY: ticksPerDay,
  DAYOFYEAR: ticksPerDay,
  WEEKDAY: ticksPerDay,
  HOUR: 36_000_000_000,
  MINUTE: 600_000_000,
  SECOND: 10_000_000,
  MILLISECOND: 10_000,
  MICROSECOND: 10,
};

/** The part's full name for any of its abbreviations, undefined when there is none. */
export function datePartName(word: string): string | undefined {
  const upper = word.toUpperCase();
  const full = names[upper] ?? upper;
  return full in units || ['YEAR', 'QUARTER', 'MONTH', 'NANOSECOND', 'ISO_WEEK'].includes(full) ? full : undefined;
}

export function datePart(part: string, text: string): number {
  const { days, ticks } = parseMoment(text);
  const { year, month, day } = calendarDay(days);
  switch (part) {
    case 'YEAR':
      return year;
    case 'QUARTER':
      return Math.ceil(month / 3);
    case 'MONTH':
      return month;
    case 'DAY':
      return day;
    case 'DAYOFYEAR':
      return days - dayNumber(year, 1, 1) + 1;
    // DATEFIRST 7: Sunday is 1. Day 0, 0001-01-01, was a Monday.
    case 'WEEKDAY':
      return ((days + 1) % 7) + 1;
    case 'WEEK':
      return Math.floor((days - dayNumber(year, 1, 1) + ((dayNumber(year, 1, 1) + 1) % 7)) / 7) + 1;
    case 'ISO_WEEK': {
      const thursday = days - (days % 7) + 3;
      return Math.floor((thursday - dayNumber(calendarDay(thursday).year, 1, 1)) / 7) + 1;
    }
    case 'NANOSECOND':
      return (ticks % 10_000_000) * 100;
    case 'HOUR':
      return Math.floor(ticks / 36_000_000_000);
    case 'MINUTE':
      return Math.floor(ticks / 600_000_000) % 60;
    case 'SECOND':
      return Math.floor(ticks / 10_000_000) % 60;
    default:
      return Math.floor((ticks % 10_000_000) / (units[part] as number));
  }
}

export function addToDate(part: string, amount: number, text: string, type: SqlType): string {
  return formatMoment(added(part, amount, parseMoment(text)), type);
}

function added(part: string, amount: number, moment: Moment): Moment {
  if (part === 'YEAR' || part === 'QUARTER' || part === 'MONTH') {
    const { year, month, day } = calendarDay(moment.days);
    const months = year * 12 + month - 1 + amount * (part === 'YEAR' ? 12 : part === 'QUARTER' ? 3 : 1);
    const [nextYear, nextMonth] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
    return { days: dayNumber(nextYear, nextMonth, Math.min(day, daysInMonth(nextYear, nextMonth))), ticks: moment.ticks };
  }
  // Ticks of many years leave the safe integers: days and ticks are carried apart.
  const step = BigInt(units[part] ?? 1) * BigInt(amount) + BigInt(moment.ticks);
  const perDay = BigInt(ticksPerDay);
  const carried = step >= 0n ? step / perDay : -((-step + perDay - 1n) / perDay);
  const days = moment.days + Number(carried);
  if (days < 0 || days > 3652058) throw outOfRange('datetime');
  return { days, ticks: Number(step - carried * perDay) };
}

/** Counts the boundaries crossed, not the time between. */
export function dateDifference(part: string, from: string, to: string): number {
  const [a, b] = [parseMoment(from), parseMoment(to)];
  const [first, second] = [calendarDay(a.days), calendarDay(b.days)];
  switch (part) {
    case 'YEAR':
      return second.year - first.year;
    case 'MONTH':
      return (second.year - first.year) * 12 + second.month - first.month;
    case 'QUARTER':
      return (second.year - first.year) * 4 + Math.ceil(second.month / 3) - Math.ceil(first.month / 3);
    case 'WEEK':
      return Math.floor((b.days + 1) / 7) - Math.floor((a.days + 1) / 7);
    case 'DAY':
    case 'DAYOFYEAR':
    case 'WEEKDAY':
      return b.days - a.days;
    default: {
      const unit = units[part] ?? 1;
      return (b.days - a.days) * (ticksPerDay / unit) + Math.floor(b.ticks / unit) - Math.floor(a.ticks / unit);
    }
  }
}
