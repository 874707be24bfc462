import { readAmount } from '../../core/text/amount-text.ts';
import { type Values, valueAt } from '../../core/record.ts';

/** Exact sums of amounts as they are in files: no float touches them. */

/**
 * `12.5` with 2 decimals → 1250n; text without a point is taken as it is written (12 → 1200n). Signs, parentheses and currency
 * signs as in parseMoney, commas between thousands. undefined: no amount, or one with more decimals than these.
 */
export function scaled(text: string, decimals: number): bigint | undefined {
  const parts = readAmount(text.replaceAll(',', ''), {}, 'money');
  if (typeof parts === 'string') return undefined;
  const { whole, fraction } = parts;
  if (/[1-9]/.test(fraction.slice(decimals))) return undefined;
  const value = BigInt((whole || '0') + fraction.slice(0, decimals).padEnd(decimals, '0'));
  return parts.negative ? -value : value;
}

/** 1250n with 2 decimals → `12.50`. */
export function unscaled(value: bigint, decimals: number): string {
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, digits.length - decimals)}${decimals ? `.${digits.slice(-decimals)}` : ''}`;
}

/** The text at this path, or '' where there is none. */
export function textAt(values: Values, path: string): string {
  const value = valueAt(values, path);
  return typeof value === 'string' ? value : '';
}
