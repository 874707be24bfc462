import { type AmountFormat, readAmount } from './text/amount-text.ts';

/** Money is integer minor units (cents) with a currency; no float ever touches it. */
export interface Money {
  /** Minor units; a safe integer. */
  minor: number;
  /** ISO 4217 code. */
  currency: string;
}

/** ISO 4217 currencies whose minor unit is not 1/100. */
const MINOR_DIGITS: Record<string, number> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
};

/** How many decimal digits a currency's minor unit has: USD 2, JPY 0, KWD 3. */
export function minorDigits(currency: string): number {
  return MINOR_DIGITS[currency] ?? 2;
}

export interface MoneyFormat extends AmountFormat {
  /** The text has no decimal point: the last N digits are the fraction. */
  impliedDecimals?: number | undefined;
}

/**
 * Reads an amount into minor units, or says in words why it is none. Takes an optional sign before or after,
 * parentheses for negative, and a currency sign ($ £ €). More decimals than the currency has are accepted only when zero.
 */
export function parseMoney(text: string, currency: string, format: MoneyFormat = {}): number | string {
  const digits = minorDigits(currency);
  if (format.impliedDecimals === undefined && digits === 2 && format.decimal !== ',') {
    const quick = parsePlain(text);
    if (quick !== undefined) return quick;
  }
  const parts = readAmount(text, format, 'money');
  if (typeof parts === 'string') return parts;
  let { whole, fraction } = parts;
  if (parts.code !== undefined && parts.code !== currency) return `is in ${parts.code}, but ${currency} is expected`;
  if (format.impliedDecimals !== undefined) {
    if (parts.point) return 'has a decimal point where the layout has implied decimals';
    const padded = whole.padStart(format.impliedDecimals + 1, '0');
    whole = padded.slice(0, padded.length - format.impliedDecimals);
    fraction = padded.slice(padded.length - format.impliedDecimals);
  }
  if (fraction.length > digits && /[1-9]/.test(fraction.slice(digits))) return `has more than ${digits} decimals`;
  const minor = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  if (!Number.isSafeInteger(minor)) return 'is too large';
  return parts.negative && minor !== 0 ? -minor : minor;
}

/** The plain form `-123`, `12.5`, `12.50` in a two-decimal currency, without regular expressions: this is the hot path. */
function parsePlain(text: string): number | undefined {
  const length = text.length;
  let i = 0;
  let negative = false;
  if (text.charCodeAt(0) === 45) [negative, i] = [true, 1];
  // 13 digits are a safe integer also in hundredths.
  if (i >= length || length - i > 13) return undefined;
  let minor = 0;
  let decimals = -1;
  for (; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 48 && c <= 57) {
      if (decimals >= 0 && ++decimals > 2) return undefined;
      minor = minor * 10 + (c - 48);
    } else if (c === 46 && decimals < 0 && i > 0 && text.charCodeAt(i - 1) !== 45) decimals = 0;
    else return undefined;
  }
  if (decimals === 0) return undefined;
  if (decimals < 0) minor *= 100;
  else if (decimals === 1) minor *= 10;
  return negative && minor !== 0 ? -minor : minor;
}

/** `1,234.50` for people: grouped, with the currency's decimals, sign first. */
export function formatMoney(minor: number | bigint, currency: string, group = ','): string {
  const digits = minorDigits(currency);
  const negative = minor < 0;
  const text = String(negative ? -minor : minor).padStart(digits + 1, '0');
  let whole = text.slice(0, text.length - digits);
  if (group !== '') for (let at = whole.length - 3; at > 0; at -= 3) whole = whole.slice(0, at) + group + whole.slice(at);
  return `${negative ? '-' : ''}${whole}${digits ? `.${text.slice(-digits)}` : ''}`;
}

/** `1234.50` for files and machines. */
export function plainMoney(minor: number | bigint, currency: string): string {
  return formatMoney(minor, currency, '');
}
