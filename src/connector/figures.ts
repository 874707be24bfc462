import { type Values, valueAt } from '../core/record.ts';

/** Exact sums of amounts as they stand in files: no float touches them. */

/** `12.5` with 2 decimals → 1250n; text without a point is taken as it is written (12 → 1200n). The sign may stand behind. undefined: no amount. */
export function scaled(text: string, decimals: number): bigint | undefined {
  const m = /^\s*([-+]?)(\d*)(?:\.(\d*))?([-+]?)\s*$/.exec(text.replaceAll(',', ''));
  if (!m || (!m[2] && !m[3]) || (m[1] && m[4])) return undefined;
  const fraction = (m[3] ?? '').slice(0, decimals).padEnd(decimals, '0');
  const value = BigInt((m[2] || '0') + fraction);
  return m[1] === '-' || m[4] === '-' ? -value : value;
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
