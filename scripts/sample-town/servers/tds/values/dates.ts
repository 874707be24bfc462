// Dates as SQLite keeps them for this stand-in, and as T-SQL counts them. Canonical text, so its order is the order in time:
//   date 'YYYY-MM-DD', datetime 'YYYY-MM-DD HH:MM:SS.mmm', smalldatetime 'YYYY-MM-DD HH:MM:SS',
//   datetime2(n) 'YYYY-MM-DD HH:MM:SS.' + n digits (no point for 0), time(n) 'HH:MM:SS.' + n digits.
import { SqlServerError, badDate } from '../execute/sql-errors.ts';
import type { SqlType } from '../wire/column-types.ts';

export interface Moment {
  /** Days since 0001-01-01. */
  days: number;
  /** Units of 100 ns since midnight. */
  ticks: number;
}

export const ticksPerDay = 864_000_000_000;
const ticksPerSecond = 10_000_000;
/** 1900-01-01, day zero of DATETIME. */
export const days1900 = 693595;

const iso = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(.+?))?\s*$/;
const compact = /^\s*(\d{4})(\d{2})(\d{2})(?:[T ]+(.+?))?\s*$/;
const american = /^\s*(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:\s+(.+?))?\s*$/;
const clock = /^\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(AM|PM)?\s*(Z|[+-]\d{2}:\d{2})?\s*$/i;

/** Reads the forms SQL Server takes under us_english: ISO, compact, month/day/year, or a time alone. Throws 241. */
export function parseMoment(text: string): Moment {
  const ymd = iso.exec(text) ?? compact.exec(text);
  if (ymd !== null) return { days: dayNumber(Number(ymd[1]), Number(ymd[2]), Number(ymd[3])), ticks: parseClock(ymd[4]) };
  const mdy = american.exec(text);
  if (mdy !== null) return { days: dayNumber(Number(mdy[3]), Number(mdy[1]), Number(mdy[2])), ticks: parseClock(mdy[4]) };
  if (text.trim() === '') return { days: days1900, ticks: 0 };
  if (clock.test(text)) return { days: days1900, ticks: parseClock(text) };
  throw badDate();
}

function parseClock(text: string | undefined): number {
  if (text === undefined) return 0;
  const match = clock.exec(text);
  if (match === null) throw badDate();
  let hours = Number(match[1]);
  if (match[5] !== undefined) hours = (hours % 12) + (match[5].toUpperCase() === 'PM' ? 12 : 0);
  const [minutes, seconds] = [Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) throw badDate();
  return ((hours * 60 + minutes) * 60 + seconds) * ticksPerSecond + Number((match[4] ?? '').padEnd(7, '0').slice(0, 7));
}

/** Days since 0001-01-01 in the proleptic Gregorian calendar. Throws 241 for 30 February and the like. */
export function dayNumber(year: number, month: number, day: number): number {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw badDate();
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 306;
}

export function calendarDay(days: number): { year: number; month: number; day: number } {
  const shifted = days + 306;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

export function formatDay(days: number): string {
  const { year, month, day } = calendarDay(days);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

export function formatClock(ticks: number, digits: number): string {
  const seconds = Math.floor(ticks / ticksPerSecond);
  const whole = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return digits === 0
    ? whole
    : `${whole}.${String(ticks % ticksPerSecond)
        .padStart(7, '0')
        .slice(0, digits)}`;
}

/** The canonical text for a type, rounded to what the type can hold: DATETIME counts in 1/300 s, so .000 .003 .007. */
export function formatMoment(moment: Moment, type: SqlType): string {
  switch (type.name) {
    case 'date':
      return formatDay(moment.days);
    case 'time':
      return formatClock(Math.min(ticksPerDay - 1, roundTicks(moment.ticks, type.scale)), type.scale);
    case 'datetime': {
      const { days, threeHundredths } = datetimeParts(moment);
      if (days < dayNumber(1753, 1, 1)) throw outOfRange('datetime');
      return `${formatDay(days)} ${formatClock(Math.round((threeHundredths * 10) / 3) * 10_000, 3)}`;
    }
    case 'smalldatetime': {
      const minutes = Math.round(moment.ticks / (60 * ticksPerSecond));
      return joined(moment.days, minutes * 60 * ticksPerSecond, 0);
    }
    default:
      return joined(moment.days, roundTicks(moment.ticks, type.scale), type.scale);
  }
}

export function datetimeParts(moment: Moment): { days: number; threeHundredths: number } {
  const rounded = Math.round((moment.ticks * 3) / 100_000);
  return rounded >= 25_920_000 ? { days: moment.days + 1, threeHundredths: 0 } : { days: moment.days, threeHundredths: rounded };
}

export function momentOf(date: Date): Moment {
  const millis = ((date.getHours() * 60 + date.getMinutes()) * 60 + date.getSeconds()) * 1000 + date.getMilliseconds();
  return { days: dayNumber(date.getFullYear(), date.getMonth() + 1, date.getDate()), ticks: millis * 10_000 };
}

export function utcMomentOf(date: Date): Moment {
  const millis = ((date.getUTCHours() * 60 + date.getUTCMinutes()) * 60 + date.getUTCSeconds()) * 1000 + date.getUTCMilliseconds();
  return { days: dayNumber(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()), ticks: millis * 10_000 };
}

export function outOfRange(type: string): SqlServerError {
  return new SqlServerError({
    number: 242,
    state: 3,
    message: `The conversion of a varchar data type to a ${type} data type resulted in an out-of-range value.`,
  });
}

const canonicalForms: Partial<Record<SqlType['name'], RegExp>> = {
  date: /^\d{4}-\d\d-\d\d$/,
  datetime: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/,
  smalldatetime: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
};

/** Whether stored text is canonical for its type, so it can be compared as it is, by its index. */
export function isCanonicalMoment(text: string, type: SqlType): boolean {
  const form = canonicalForms[type.name];
  if (form !== undefined) return form.test(text);
  const fraction = type.scale === 0 ? '' : `\\.\\d{${type.scale}}`;
  return new RegExp(`^${type.name === 'time' ? '' : '\\d{4}-\\d\\d-\\d\\d '}\\d\\d:\\d\\d:\\d\\d${fraction}$`).test(text);
}

function roundTicks(ticks: number, scale: number): number {
  const unit = 10 ** (7 - scale);
  return Math.round(ticks / unit) * unit;
}

function joined(days: number, ticks: number, digits: number): string {
  return ticks >= ticksPerDay ? `${formatDay(days + 1)} ${formatClock(0, digits)}` : `${formatDay(days)} ${formatClock(ticks, digits)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
