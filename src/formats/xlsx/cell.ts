import { withoutTrailing } from '../../core/text/trailing.ts';
import type { NumberFormat } from './number-format.ts';

/** A cell as it is in the sheet. */
export interface RawCell {
  /** From 0. */
  column: number;
  /** Index of its format. */
  style: number;
  /** `n` number, `s` index of a shared text, `inlineStr`, `str` text of a formula, `b`, `e` error, `d` ISO date. */
  type: string;
  /** What is stored: of a formula, what it came to last. undefined: nothing. */
  value: string | undefined;
  formula: boolean;
}

export interface CellContext {
  /** By index; the text of a shared string. */
  strings: readonly string[];
  /** By style. */
  formats: readonly NumberFormat[];
  /** Days are counted from 1904. */
  date1904: boolean;
}

/** The text of a cell, null for none, or why there is none that can be trusted. */
export type CellText = { text: string | null } | { code: string; what: string; hint: string };

const DIGITS = 15;
const MS_OF_DAY = 86_400_000;
/** 9999-12-31. */
const LAST_DAY = 2_958_465;

export function cellText(cell: RawCell, context: CellContext): CellText {
  const { type, value, formula } = cell;
  if (type === 'e')
    return {
      code: 'CELL_ERROR',
      what: `shows the error ${value ?? '#N/A'}`,
      hint: 'Fix the formula in the workbook, then have it sent again.',
    };
  if (value === undefined)
    return formula
      ? {
          code: 'CELL_NOT_CALCULATED',
          what: 'has a formula that was never calculated, so it has no value',
          hint: 'Open the workbook in a spreadsheet program, save it, and have it sent again. Formulas are never calculated here.',
        }
      : { text: null };
  if (type === 's') return { text: context.strings[Number(value)]! };
  if (type === 'inlineStr' || type === 'str') return { text: value === '' ? null : value };
  if (type === 'b') return { text: value.trim() === '1' || value.trim() === 'true' ? 'true' : 'false' };
  const format = context.formats[cell.style] ?? { kind: 'general' };
  if (type === 'd') return isoText(value.trim(), format);
  const text = value.trim();
  if (text === '') return { text: null };
  return 'fraction' in format ? dateText(text, format, context.date1904) : numberText(text, format);
}

/**
 * A stored number as exact text: no exponent, at most the 15 digits that a spreadsheet shows, so 0.30000000000000004 is
 * 0.3. A whole number with more digits is none that a spreadsheet can keep, also where the last of them are zeros, and is not guessed at.
 */
export function numberText(stored: string, format: NumberFormat): CellText {
  const parts = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d{1,3}))?$/.exec(stored);
  if (!parts || !(parts[2] || parts[3])) return unreadable(stored);
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  let digits = (whole + fraction).replace(/^0+/, '');
  // The value is 0.digits × 10^point.
  let point = whole.length + Number(exponent) - (whole.length + fraction.length - digits.length);
  digits = withoutTrailing(digits, '0');
  // A longer whole number ends in zeros that may have been other digits: that is how a spreadsheet cuts it off.
  if (point > DIGITS)
    return {
      code: 'CELL_NUMBER_TOO_LONG',
      what: `is a number of ${point} digits, but a spreadsheet keeps only 15`,
      hint: 'Have the column written as text: account numbers and other identifiers must be text.',
    };
  if (digits.length > DIGITS) {
    const [mantissa = '', power = '0'] = Number(`0.${digits}`)
      .toExponential(DIGITS - 1)
      .split('e');
    digits = withoutTrailing(mantissa.replace('.', ''), '0');
    point += Number(power) + 1;
  }
  if (digits === '') return { text: formatted('', '0', '', format) };
  const left = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const right = point >= digits.length ? '' : digits.slice(Math.max(0, point)).padStart(digits.length - point, '0');
  return { text: formatted(sign === '-' ? '-' : '', left, right, format) };
}

function formatted(sign: string, left: string, right: string, format: NumberFormat): string {
  if (format.kind === 'decimals') {
    const padded = right.padEnd(format.decimals, '0');
    return `${sign}${left}${padded ? `.${padded}` : ''}`;
  }
  if (format.kind === 'digits' && sign === '' && right === '') return inPattern(left, format.pattern);
  return `${sign}${left}${right ? `.${right}` : ''}`;
}

/** Digits from the right into the zeros of a pattern; what is left over comes before the first. */
function inPattern(digits: string, pattern: readonly (string | undefined)[]): string {
  const zeros = pattern.filter((part) => part === undefined).length;
  const padded = digits.padStart(zeros, '0');
  let at = padded.length - zeros;
  let first = true;
  let text = '';
  for (const part of pattern) {
    if (part !== undefined) text += part;
    else {
      text += first ? padded.slice(0, at + 1) : padded[at]!;
      first = false;
      at++;
    }
  }
  return text;
}

type DateFormat = Extract<NumberFormat, { fraction: number }>;

function dateText(stored: string, format: DateFormat, date1904: boolean): CellText {
  const serial = Number(stored);
  if (!Number.isFinite(serial)) return unreadable(stored);
  const unit = 1000 / 10 ** Math.min(format.fraction, 3);
  const ms = Math.round(Math.round(serial * MS_OF_DAY) / unit) * unit;
  if (format.kind === 'elapsed') return ms < 0 ? noDate(stored) : { text: clock(ms, format.fraction) };
  if (format.kind === 'time') return ms < 0 ? noDate(stored) : { text: clock(ms % MS_OF_DAY, format.fraction) };
  const day = Math.floor(ms / MS_OF_DAY);
  const date = dayText(day, date1904);
  if (date === undefined) return noDate(stored);
  return { text: format.kind === 'date' ? date : `${date} ${clock(ms - day * MS_OF_DAY, format.fraction)}` };
}

/** The day of a serial number. In the system of 1900, day 60 is 29 February 1900, which never was. */
function dayText(day: number, date1904: boolean): string | undefined {
  const serial = date1904 ? day + 1462 : day;
  if (day < (date1904 ? 0 : 1) || serial > LAST_DAY || (!date1904 && serial === 60)) return undefined;
  const since1970 = serial - (serial < 60 ? 25_568 : 25_569);
  return new Date(since1970 * MS_OF_DAY).toISOString().slice(0, 10);
}

function clock(ms: number, fraction: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((n) => String(n).padStart(2, '0'));
  const rest =
    fraction > 0
      ? `.${String(ms % 1000)
          .padStart(3, '0')
          .slice(0, Math.min(3, fraction))}`
      : '';
  return parts.join(':') + rest;
}

/** A cell that holds its date as ISO 8601, which the strict form of the format does. */
function isoText(stored: string, format: NumberFormat): CellText {
  const parts = /^(\d{4}-\d\d-\d\d)?T?(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?Z?$/.exec(stored);
  if (!parts || (!parts[1] && !parts[2])) return unreadable(stored);
  const [, date, given] = parts;
  const time = given === undefined ? undefined : given.length === 5 ? `${given}:00` : given.replace(/\.0+$/, '');
  if (date === undefined || format.kind === 'time' || format.kind === 'elapsed') return { text: time ?? '00:00:00' };
  const wanted = format.kind === 'datetime' || (format.kind !== 'date' && time !== undefined && time !== '00:00:00');
  return { text: wanted ? `${date} ${time ?? '00:00:00'}` : date };
}

function noDate(stored: string): CellText {
  return {
    code: 'CELL_DATE_INVALID',
    what: `has the format of a date, and its number ${stored} is not an existing day`,
    hint: 'Fix the date in the workbook.',
  };
}

function unreadable(stored: string): CellText {
  return {
    code: 'CELL_UNREADABLE',
    what: `is marked as a number but holds ${JSON.stringify(stored.slice(0, 40))}`,
    hint: 'The workbook was not written by a spreadsheet program, or is damaged: have it made again.',
  };
}

/** `A`, `Z`, `AA`: the column of an index from 0. */
export function columnLetters(index: number): string {
  let text = '';
  for (let n = index + 1; n > 0; n = Math.floor((n - 1) / 26)) text = String.fromCharCode(65 + ((n - 1) % 26)) + text;
  return text;
}

/** The index from 0 of a cell's column (`AB12` → 27); -1 for what is not a reference. */
export function columnIndex(reference: string): number {
  let n = 0;
  let i = 0;
  for (; i < reference.length; i++) {
    const c = reference.charCodeAt(i) & ~32;
    if (c < 65 || c > 90) break;
    n = n * 26 + (c - 64);
  }
  return i > 0 && i <= 3 && i < reference.length ? n - 1 : -1;
}
