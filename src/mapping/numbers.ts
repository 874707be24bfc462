import { parseMoney, type MoneyFormat } from '../core/money.ts';
import { contradiction } from './currency.ts';
import { Fault } from './fault.ts';

export interface NumberFormat {
  /** Decimal point; default `.`. */
  decimal?: '.' | ',';
  /** Thousands separator that may stand between groups of three; default none. */
  group?: ',' | '.' | ' ' | "'";
}

/** Minor units of `currency`; the rules are those of core's parseMoney. */
export function compileMoney(currency: string, format: MoneyFormat): (text: string) => number | Fault {
  return (text) => {
    const against = contradiction(text, currency);
    if (against) return against;
    const minor = parseMoney(text, currency, format);
    if (typeof minor === 'number') return minor;
    return new Fault('AMOUNT_INVALID', minor === 'is not an amount' ? minor : `is not an amount: it ${minor}`, { shown: text });
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
    if (typeof parts === 'string') return new Fault('NUMBER_INVALID', parts, { shown: text });
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
    if (typeof parts === 'string') return new Fault('NUMBER_INVALID', parts, { shown: text });
    if (/[1-9]/.test(parts.fraction)) return new Fault('NUMBER_INVALID', 'is not a whole number', { shown: text });
    const number = Number(parts.whole);
    if (!Number.isSafeInteger(number))
      return new Fault('NUMBER_INVALID', 'is too large for a number; use a text field for numbers that only name something', {
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
  return (text) => known.get(text) ?? known.get(text.toLowerCase()) ?? new Fault('BOOLEAN_INVALID', `is none of ${all}`, { shown: text });
}

export const PLAIN_BOOLEANS = { true: ['true', 'yes', 'y', 't', '1'], false: ['false', 'no', 'n', 'f', '0'] };

function compileDigits(format: NumberFormat): (text: string) => { negative: boolean; whole: string; fraction: string } | string {
  const point = format.decimal ?? '.';
  return (text) => {
    const match = /^([-+]?)\s*(.*?)\s*([-+]?)$/.exec(text.trim())!;
    if (match[1] && match[3]) return 'has more than one sign';
    const body = match[2]!;
    const at = body.lastIndexOf(point);
    let whole = at < 0 ? body : body.slice(0, at);
    const fraction = at < 0 ? '' : body.slice(at + 1);
    if (format.group && whole.includes(format.group)) {
      const groups = whole.split(format.group);
      if (groups[0] === '' || groups[0]!.length > 3 || groups.slice(1).some((g) => g.length !== 3))
        return 'has its thousands separators in the wrong places';
      whole = groups.join('');
    }
    if (whole + fraction === '' || !/^\d*$/.test(whole) || !/^\d*$/.test(fraction)) return 'is not a number';
    whole = whole.replace(/^0+(?=\d)/, '') || '0';
    const zero = whole === '0' && !/[1-9]/.test(fraction);
    return { negative: !zero && (match[1] === '-' || match[3] === '-'), whole, fraction };
  };
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
