import { formatMoney } from '../../../core/money.ts';

/** `2,000` */
export function countText(n: number): string {
  return n.toLocaleString('en-US');
}

/** `Nov 23, 2026, 9:28 AM EST` in the town's time zone, from a moment in UTC. */
export function timeText(utc: string | Date, zone: string): string {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(utc));
}

/** Its first letter large, for a heading. */
export function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** `12 ms`, `4.2 s`, `3 min 5 s` */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

const signs = new Map<string, string>();

/** `$1,234.50`, `-£12.00`, `CHF 5.00`: for a sentence; a table names its currency once and has bare figures. */
export function moneyText(minor: number, currency: string): string {
  let sign = signs.get(currency);
  if (sign === undefined) {
    const parts = new Intl.NumberFormat('en-US', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).formatToParts(0);
    sign = parts.find((part) => part.type === 'currency')?.value ?? currency;
    if (/[A-Za-z]$/.test(sign)) sign += '\u00a0';
    signs.set(currency, sign);
  }
  return `${minor < 0 ? '-' : ''}${sign}${formatMoney(Math.abs(minor), currency)}`;
}

/** `March 2026` of `2026-03`; anything else as it is. */
export function monthText(period: string, length: 'long' | 'short' = 'long'): string {
  const parts = /^(\d{4})-(\d\d)$/.exec(period);
  if (!parts || Number(parts[2]) < 1 || Number(parts[2]) > 12) return period;
  const name = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', month: length }).format(new Date(Date.UTC(2000, Number(parts[2]) - 1)));
  return `${name} ${parts[1]}`;
}
