import { isCalendarDate } from './time.ts';

/**
 * Date formats, compiled once. Parts: YYYY, YY, MMMM or MMM (English month names, long or short), MM, M, DD, D, dddd or
 * ddd (day of the week), HH or H, hh or h with A or a (am/pm), mm, ss, SSS (1 to 9 digits of a second), Z (an offset: Z,
 * +05:00, -0400). M, D, H and h take one or two digits, the doubled forms exactly two. `[text]`, T, and everything that
 * is not a letter stand for themselves; a space takes one or more spaces.
 */
export interface DateFormat {
  text: string;
  /** Has an hour. */
  time: boolean;
  /** Reads all of `text` into `parts`; false when it is not written like this. Whether the day exists is not looked at. */
  read(text: string, parts: DateParts): boolean;
}

export interface DateParts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  /** 1 pm, 0 am, -1 not said. */
  pm: number;
  /** Minutes east of UTC; undefined when not said. */
  offset: number | undefined;
  /** 0 is Sunday; -1 not said. */
  weekday: number;
}

export function emptyParts(): DateParts {
  return { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0, pm: -1, offset: undefined, weekday: -1 };
}

/** The parts as `emptyParts` gives them, without making them again for each value. */
export function resetParts(parts: DateParts): void {
  parts.year = 0;
  parts.month = parts.day = 1;
  parts.hour = parts.minute = parts.second = parts.millisecond = 0;
  parts.pm = parts.weekday = -1;
  parts.offset = undefined;
}

/** A day that exists, on the day of the week that it says, at a time that exists. */
export function isPossible({ year, month, day, hour, minute, second, pm, weekday }: DateParts): boolean {
  if (year < 1 || !isCalendarDate(year, month, day)) return false;
  if (weekday >= 0 && new Date(Date.UTC(2000 + (year % 400), month - 1, day)).getUTCDay() !== weekday) return false;
  return hour <= 23 && minute <= 59 && second <= 59 && (pm < 0 || (hour >= 1 && hour <= 12));
}

/** Gives the place after what was read, or -1. */
type Reader = (text: string, at: number, parts: DateParts) => number;

/** The format, or in words what is wrong with it. */
export function compileFormat(format: string): DateFormat | string {
  const readers: Reader[] = [];
  const seen = new Set<string>();
  let digitsOpen = false;
  for (const [token] of format.matchAll(/\[[^\]]{0,200}\]|([A-Za-z])\1*|\s+|./g)) {
    const part = PARTS[token];
    if (part) {
      if (seen.has(part.sets)) return `"${format}" says the ${part.sets} twice`;
      if (digitsOpen && part.digits)
        return `"${format}" cannot be distinguished: ${token} follows a part of one or two digits without anything between them`;
      seen.add(part.sets);
      readers.push(part.read);
      digitsOpen = part.open === true;
      continue;
    }
    digitsOpen = false;
    if (/^[A-Za-z]/.test(token) && token !== 'T')
      return `"${format}" has "${token}", which is not part of a date${TYPED[token] ? `; write ${TYPED[token]}` : ''}`;
    readers.push(/^\s/.test(token) ? readSpaces : literal(token.startsWith('[') && token.endsWith(']') ? token.slice(1, -1) : token));
  }
  if (!seen.has('year') || !seen.has('month'))
    return `"${format}" has no ${seen.has('year') ? 'month (MM, M or MMM)' : 'year (YYYY or YY)'}`;
  if ((seen.has('minute') || seen.has('am/pm') || seen.has('offset')) && !seen.has('hour'))
    return `"${format}" has no hour (HH, or hh with A)`;
  if (/hh?/.test(format.replace(/\[[^\]]{0,200}\]/g, '')) !== seen.has('am/pm'))
    return seen.has('am/pm') ? `"${format}" has am/pm with HH; write hh` : `"${format}" has hh without A (am/pm); for 24 hours write HH`;
  return {
    text: format,
    time: seen.has('hour'),
    read(text, parts) {
      let at = 0;
      for (let i = 0; i < readers.length; i++) if ((at = readers[i]!(text, at, parts)) < 0) return false;
      return at === text.length;
    },
  };
}

interface Part {
  sets: string;
  read: Reader;
  digits?: boolean;
  /** Takes as many digits as it finds, up to its limit. */
  open?: boolean;
}

type NumberPart = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';
const fixed = (sets: NumberPart, width: number): Part => ({
  sets,
  digits: true,
  read: digits(width, width, (parts, n) => void (parts[sets] = n)),
});
const loose = (sets: NumberPart): Part => ({ sets, digits: true, open: true, read: digits(1, 2, (parts, n) => void (parts[sets] = n)) });

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const monthName: Part = { sets: 'month', read: name(MONTHS, (parts, i) => void (parts.month = i + 1)) };
const dayName: Part = { sets: 'day of the week', read: name(DAYS, (parts, i) => void (parts.weekday = i)) };
const amPm: Part = { sets: 'am/pm', read: readAmPm };

const PARTS: Record<string, Part> = {
  YYYY: fixed('year', 4),
  // Two digits: 69-99 are 1969-1999, 00-68 are 2000-2068, as POSIX reads them. Fixed, since a mapping knows no clock.
  YY: { sets: 'year', digits: true, read: digits(2, 2, (parts, n) => void (parts.year = n < 69 ? 2000 + n : 1900 + n)) },
  MMMM: monthName,
  MMM: monthName,
  MM: fixed('month', 2),
  M: loose('month'),
  DD: fixed('day', 2),
  D: loose('day'),
  dddd: dayName,
  ddd: dayName,
  HH: fixed('hour', 2),
  H: loose('hour'),
  hh: fixed('hour', 2),
  h: loose('hour'),
  mm: fixed('minute', 2),
  ss: fixed('second', 2),
  SSS: { sets: 'fraction', digits: true, open: true, read: readFraction },
  A: amPm,
  a: amPm,
  Z: { sets: 'offset', read: readOffset },
};

/** What people write for what we have. */
const TYPED: Record<string, string> = { yyyy: 'YYYY', yy: 'YY', dd: 'DD', d: 'D', SS: 'ss', s: 'ss', S: 'SSS', m: 'mm', ZZ: 'Z', tt: 'A' };

function digits(fewest: number, most: number, set: (parts: DateParts, number: number) => void): Reader {
  return (text, at, parts) => {
    let number = 0;
    let i = at;
    for (; i < at + most; i++) {
      const c = text.charCodeAt(i);
      if (!(c >= 48 && c <= 57)) break;
      number = number * 10 + (c - 48);
    }
    if (i - at < fewest) return -1;
    set(parts, number);
    return i;
  };
}

function literal(expected: string): Reader {
  if (expected.length === 1) {
    const code = expected.charCodeAt(0);
    return (text, at) => (text.charCodeAt(at) === code ? at + 1 : -1);
  }
  return (text, at) => (text.startsWith(expected, at) ? at + expected.length : -1);
}

function readSpaces(text: string, at: number): number {
  let i = at;
  while (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9 || text.charCodeAt(i) === 160) i++;
  return i > at ? i : -1;
}

/** A name in full, or its first three letters or more (Jan, Sept), with or without a point. */
function name(names: readonly string[], set: (parts: DateParts, index: number) => void): Reader {
  return (text, at, parts) => {
    let i = at;
    while (isLetter(text.charCodeAt(i))) i++;
    if (i - at < 3) return -1;
    const word = text.slice(at, i).toLowerCase();
    const index = names.findIndex((n) => n.startsWith(word));
    if (index < 0) return -1;
    set(parts, index);
    return text[i] === '.' && i - at < names[index]!.length ? i + 1 : i;
  };
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Only milliseconds are kept; what is finer is cut off, never rounded up into the next second. */
function readFraction(text: string, at: number, parts: DateParts): number {
  let i = at;
  while (i < at + 9 && text.charCodeAt(i) >= 48 && text.charCodeAt(i) <= 57) i++;
  if (i === at) return -1;
  parts.millisecond = Number(text.slice(at, Math.min(i, at + 3)).padEnd(3, '0'));
  return i;
}

function readAmPm(text: string, at: number, parts: DateParts): number {
  const match = /^(a|p)\.?m\.?/i.exec(text.slice(at, at + 4));
  if (!match) return -1;
  parts.pm = match[1]!.toLowerCase() === 'p' ? 1 : 0;
  return at + match[0].length;
}

function readOffset(text: string, at: number, parts: DateParts): number {
  const match = /^(?:z|([-+])(\d\d):?(\d\d))/i.exec(text.slice(at, at + 6));
  if (!match) return -1;
  const minutes = Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0);
  if (minutes > 14 * 60 || Number(match[3] ?? 0) > 59) return -1;
  parts.offset = match[1] === '-' ? -minutes : minutes;
  return at + match[0].length;
}
