import type { StreamConfig } from '../../config/schema/connector.ts';
import { looksLikeAmount } from '../../core/text/amount-text.ts';
import { compileFormat, emptyParts, isPossible, resetParts } from '../../core/time/date-format.ts';
import { isCalendarDate } from '../../core/time/time.ts';

/** Is this text, never empty, of the type that the schema says? Spaces around it do not count. */
export type TypeCheck = (text: string) => boolean;
type Field = StreamConfig['schema']['fields'][string];

const BOOLEAN = /^(true|false|yes|no|y|n|t|f|0|1)$/i;
const ISO_DATETIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)? ?(?:Z|[-+]\d\d(?::?\d\d)?)?)?$/i;

/**
 * The check of a field; undefined where any text will do. A date without `format` is YYYY-MM-DD, a moment ISO 8601, with or without
 * seconds, fraction and offset. With `format` it must be written so, and be a day that exists.
 */
export function typeCheck({ type, format }: Pick<Field, 'type' | 'format'>): TypeCheck | undefined {
  switch (type) {
    case 'integer':
      return (text) => /^[-+]?\d+$/.test(text.trim());
    case 'decimal':
      return looksLikeAmount;
    case 'boolean':
      return (text) => BOOLEAN.test(text.trim());
    case 'date':
      return format === undefined || format === 'YYYY-MM-DD' ? isIsoDate : writtenAs(format);
    case 'datetime':
      return format === undefined ? isIsoDateTime : writtenAs(format);
    default:
      return undefined;
  }
}

function writtenAs(format: string): TypeCheck {
  if (format === 'unix') return (text) => /^-?\d{1,15}$/.test(text.trim());
  if (format === '/Date(ms)/') return (text) => /^\\?\/Date\(-?\d{1,16}(?:[-+]\d{4})?\)\\?\/$/.test(text.trim());
  const compiled = compileFormat(format);
  // validate refuses a format that is not one.
  if (typeof compiled === 'string') return () => true;
  const parts = emptyParts();
  return (text) => {
    resetParts(parts);
    return compiled.read(text.trim(), parts) && isPossible(parts);
  };
}

function isIsoDateTime(text: string): boolean {
  const match = ISO_DATETIME.exec(text.trim());
  if (!match) return false;
  const [, day = '', hour = '0', minute = '0', second = '0'] = match;
  return isIsoDate(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
}

function isIsoDate(text: string): boolean {
  const value = text.trim();
  if (value.length !== 10 || value[4] !== '-' || value[7] !== '-') return false;
  const year = digits(value, 0, 4);
  const month = digits(value, 5, 7);
  const day = digits(value, 8, 10);
  return year >= 0 && month >= 0 && day >= 0 && isCalendarDate(year, month, day);
}

/** The number in this stretch of a text, or -1. */
function digits(text: string, from: number, to: number): number {
  let n = 0;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i) - 48;
    if (c < 0 || c > 9) return -1;
    n = n * 10 + c;
  }
  return n;
}
