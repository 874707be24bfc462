import { daysInMonth, isCalendarDate } from '../../core/time/time.ts';
import { compileFormat, type DateFormat, type DateParts, emptyParts, resetParts } from '../../core/time/date-format.ts';
import { Fault } from '../fault.ts';
import { utcOf, type Zone, zoneOf } from '../../core/time/zones.ts';

/**
 * A reader of calendar dates that gives `YYYY-MM-DD`, a day in `zone`. Formats are tried in order: those of date-format.ts, and
 * `/Date(ms)/` (as .NET writes JSON) and `unix` (seconds, or milliseconds when it has 12 digits or more). What says a moment (one of
 * these two, an offset, or a clock time where `writtenIn` says by which zone's clock) gives the day that it is in `zone` then:
 * 2026-07-01 02:30 UTC is June 30 in New York. Any other format with a time gives its day as written. `/Date(ms-0400)/` is midnight on
 * the clock of a sender that has days only, and gives that day, unless `writtenIn` says that it is a moment. A day that does not exist
 * is a fault that says so. `complain` hears of a wrong format, or of a `writtenIn` that can have no effect; then undefined.
 */
export function compileDate(
  formats: readonly string[],
  zone: string,
  complain: (message: string) => void,
  writtenIn?: string,
): ((text: string) => string | Fault) | undefined {
  const readers = compileReaders(formats, complain);
  if (!readers) return undefined;
  if (writtenIn !== undefined && readers.every((reader) => reader.kind === 'format' && !reader.format.time)) {
    complain('A zone is for formats with a time of day; a day alone is the same in every zone.');
    return undefined;
  }
  const parts = emptyParts();
  const clock = zoneOf(zone);
  const written = writtenIn === undefined || writtenIn === zone ? undefined : zoneOf(writtenIn);
  return (text) => {
    let impossible: Fault | undefined;
    for (const reader of readers) {
      if (reader.kind === 'instant') {
        const found = reader.read(text);
        if (found) {
          const { instant, offset } = found;
          return textOfDay(new Date(offset === undefined || writtenIn !== undefined ? clock.localOf(instant) : instant + offset * 60_000));
        }
        continue;
      }
      resetParts(parts);
      if (!reader.format.read(text, parts)) continue;
      const problem = problemOf(parts, reader.format, text);
      if (problem === undefined) {
        const moment = parts.offset !== undefined || (written !== undefined && reader.format.time);
        if (moment) return textOfDay(new Date(clock.localOf(instantOf(parts, written ?? clock))));
        return `${year4(parts.year)}-${TWO[parts.month]}-${TWO[parts.day]}`;
      }
      impossible ??= problem;
    }
    return impossible ?? notWritten('a date', formats, text);
  };
}

/** A moment: ISO 8601 with or without an offset, when no formats are given. Gives UTC text with milliseconds. */
export const ISO_DATETIMES = [
  'YYYY-MM-DDTHH:mm:ssZ',
  'YYYY-MM-DDTHH:mm:ss.SSSZ',
  'YYYY-MM-DDTHH:mm:ss',
  'YYYY-MM-DDTHH:mm:ss.SSS',
  'YYYY-MM-DD HH:mm:ss.SSS',
  'YYYY-MM-DD HH:mm:ss',
  'YYYY-MM-DD HH:mm:ssZ',
  'YYYY-MM-DD HH:mm:ss.SSSZ',
  'YYYY-MM-DDTHH:mm',
  'YYYY-MM-DD HH:mm',
];

/** As compileDate, for moments. A text without an offset is clock time in `zone`; one without a time is its midnight. */
export function compileDateTime(
  formats: readonly string[],
  zone: string,
  complain: (message: string) => void,
): ((text: string) => string | Fault) | undefined {
  const readers = compileReaders(formats, complain);
  if (!readers) return undefined;
  const parts = emptyParts();
  const clock = zoneOf(zone);
  return (text) => {
    let impossible: Fault | undefined;
    for (const reader of readers) {
      if (reader.kind === 'instant') {
        const found = reader.read(text);
        if (found) return new Date(found.instant).toISOString();
        continue;
      }
      resetParts(parts);
      if (!reader.format.read(text, parts)) continue;
      const problem = problemOf(parts, reader.format, text);
      if (problem === undefined) return new Date(instantOf(parts, clock)).toISOString();
      impossible ??= problem;
    }
    return impossible ?? notWritten('a date with time', formats === ISO_DATETIMES ? ['YYYY-MM-DDTHH:mm:ss'] : formats, text);
  };
}

type DateReader =
  { kind: 'format'; format: DateFormat } | { kind: 'instant'; read: (text: string) => { instant: number; offset?: number } | undefined };

function compileReaders(formats: readonly string[], complain: (message: string) => void): DateReader[] | undefined {
  const readers: DateReader[] = [];
  let wrong = false;
  for (const format of formats) {
    if (/^\/Date\(ms(?:[-+]\d{4})?\)\/$/i.test(format)) readers.push({ kind: 'instant', read: readNetDate });
    else if (format.toLowerCase() === 'unix') readers.push({ kind: 'instant', read: readUnix });
    else {
      const compiled = compileFormat(format);
      if (typeof compiled === 'string') complain(`The date format ${compiled}.`);
      else readers.push({ kind: 'format', format: compiled });
      wrong ||= typeof compiled === 'string';
    }
  }
  return wrong ? undefined : readers;
}

/** The years 1 to 9999, a day inside, so an offset cannot lead out. */
const EARLIEST_MS = -62_135_510_400_000;
const LATEST_MS = 253_402_214_400_000;

function inRange(instant: number): boolean {
  return instant >= EARLIEST_MS && instant <= LATEST_MS;
}

function readNetDate(text: string): { instant: number; offset?: number } | undefined {
  const match = /^\\?\/Date\((-?\d{1,16})([-+])?(\d\d)?(\d\d)?\)\\?\/$/.exec(text);
  if (!match || (match[2] && !match[4]) || !inRange(Number(match[1]))) return undefined;
  const offset = match[2] ? (Number(match[3]) * 60 + Number(match[4])) * (match[2] === '-' ? -1 : 1) : undefined;
  return { instant: Number(match[1]), offset };
}

function readUnix(text: string): { instant: number } | undefined {
  const match = /^-?(\d{1,15})$/.exec(text);
  if (!match) return undefined;
  const instant = match[1]!.length >= 12 ? Number(text) : Number(text) * 1000;
  return inRange(instant) ? { instant } : undefined;
}

function problemOf(parts: DateParts, format: DateFormat, text: string): Fault | undefined {
  const { year, month, day } = parts;
  if (year < 1 || !isCalendarDate(year, month, day)) {
    const detail =
      month < 1 || month > 12
        ? `there is no month ${month}, read as ${format.text}`
        : day < 1 || year < 1
          ? `read as ${format.text}`
          : `${MONTH_NAMES[month - 1]} ${year} has ${daysInMonth(year, month)} days`;
    return new Fault('DATE_INVALID', 'is not a day that exists', { shown: text, detail });
  }
  if (parts.weekday >= 0 && new Date(utcOf(year, month, day)).getUTCDay() !== parts.weekday)
    return new Fault('DATE_INVALID', 'is not on the day of the week given', { shown: text });
  if (parts.hour > 23 || parts.minute > 59 || parts.second > 59 || (parts.pm >= 0 && (parts.hour < 1 || parts.hour > 12)))
    return new Fault('DATE_INVALID', 'is not a time that exists', { shown: text });
  return undefined;
}

function instantOf(parts: DateParts, clock: Zone): number {
  const hour = parts.pm < 0 ? parts.hour : (parts.hour % 12) + parts.pm * 12;
  const local = utcOf(parts.year, parts.month, parts.day, hour, parts.minute, parts.second, parts.millisecond);
  return parts.offset === undefined ? clock.instantOf(local) : local - parts.offset * 60_000;
}

function notWritten(what: string, formats: readonly string[], text: string): Fault {
  return new Fault('DATE_INVALID', `is not ${what} written as ${formats.join(' or ')}`, { shown: text });
}

const MONTH_NAMES = [
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
];
const TWO = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));

function year4(year: number): string {
  return year >= 1000 ? String(year) : String(year).padStart(4, '0');
}

function textOfDay(date: Date): string {
  return `${year4(date.getUTCFullYear())}-${TWO[date.getUTCMonth() + 1]}-${TWO[date.getUTCDate()]}`;
}
