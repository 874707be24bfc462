import { type AmountFormat, hintForAmount, readAmount } from '../../core/text/amount-text.ts';
import { parseMoney, type MoneyFormat } from '../../core/money.ts';
import { contradiction } from './currency.ts';
import { Fault } from '../fault.ts';

/** How numbers are written; see AmountFormat. */
export type NumberFormat = Pick<AmountFormat, 'decimal' | 'group' | 'exponent'>;

/** Minor units of `currency`; the rules are those of core's parseMoney. */
export function compileMoney(currency: string, format: MoneyFormat): (text: string) => number | Fault {
  return (text) => {
    const against = contradiction(text, currency);
    if (against) return against;
    const minor = parseMoney(text, currency, format);
    if (typeof minor === 'number') return minor;
    return new Fault('AMOUNT_INVALID', minor === 'is not an amount' ? minor : `is not an amount: it ${minor}`, {
      shown: text,
      hint: hintForAmount(text, format, 'money'),
    });
  };
}

/**
 * Exact decimal text: `-1,234.50` gives `-1234.50`. Leading zeros and a plus sign go, trailing zeros stay (they are
 * precision), exponents are refused.
 */
export function compileDecimal(format: NumberFormat): (text: string) => string | Fault {
  const read = compileDigits(format);
  return (text) => {
    const parts = read(text);
    if (typeof parts === 'string') return new Fault('NUMBER_INVALID', parts, { shown: text, hint: hintForAmount(text, format, 'decimal') });
    return (parts.negative ? '-' : '') + parts.whole + (parts.fraction ? `.${parts.fraction}` : '');
  };
}

/** A whole number that a program can hold exactly. Decimals are accepted only when they are zero: SQL writes 12.00000. */
export function compileInteger(format: NumberFormat): (text: string) => number | Fault {
  const read = compileDigits(format);
  return (text) => {
    const quick = plainInteger(text);
    if (quick !== undefined) return quick;
    const parts = read(text);
    if (typeof parts === 'string') return new Fault('NUMBER_INVALID', parts, { shown: text, hint: hintForAmount(text, format, 'integer') });
    if (/[1-9]/.test(parts.fraction)) return new Fault('NUMBER_INVALID', 'is not a whole number', { shown: text });
    const number = Number(parts.whole);
    if (!Number.isSafeInteger(number))
      return new Fault('NUMBER_INVALID', 'is too large for a number; use a text field for numbers that are only identifiers', {
        shown: text,
      });
    return parts.negative ? -number : number;
  };
}

/** `true` and `false` words are compared without regard to case. Gives 1 or 0. */
export function compileBoolean(words: { true: readonly string[]; false: readonly string[] }): (text: string) => number | Fault {
  const known = new Map<string, number>();
  for (const word of words.true) known.set(word.toLowerCase(), 1);
  for (const word of words.false) known.set(word.toLowerCase(), 0);
  const all = [...words.true, ...words.false].join(', ');
  return (text) =>
    known.get(text) ?? known.get(text.toLowerCase()) ?? new Fault('BOOLEAN_INVALID', `is not one of ${all}`, { shown: text });
}

export const PLAIN_BOOLEANS = { true: ['true', 'yes', 'y', 't', '1'], false: ['false', 'no', 'n', 'f', '0'] };

function compileDigits(format: NumberFormat): (text: string) => { negative: boolean; whole: string; fraction: string } | string {
  return (text) => {
    const parts = readAmount(text, format, 'number');
    if (typeof parts === 'string') return parts;
    const whole = withoutLeadingZeros(parts.whole);
    const zero = whole === '0' && !/[1-9]/.test(parts.fraction);
    return { negative: !zero && parts.negative, whole, fraction: parts.fraction };
  };
}

function withoutLeadingZeros(digits: string): string {
  let at = 0;
  while (at < digits.length - 1 && digits[at] === '0') at++;
  return digits.slice(at) || '0';
}

/** Up to 15 digits without sign: nearly all of them, and no regular expression. */
function plainInteger(text: string): number | undefined {
  const length = text.length;
  if (length === 0 || length > 15) return undefined;
  let number = 0;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return undefined;
    number = number * 10 + (c - 48);
  }
  return number;
}
