import { zoneOf } from '../../core/time/zones.ts';

/** ISO 8601 with its zone: nobody has to guess whose clock it is of. */
export const DEFAULT_FORMAT = 'YYYY-MM-DDTHH:mm:ss.SSSZ';

const TOKEN = /\[([^\]]{0,200})\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|hh|h|mm|ss|SSS|A|a|Z/g;
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const HOURS_MS = 3 * 3_600_000;

/**
 * An instant (milliseconds) as a request wants it, by the clock of `zone` (IANA; undefined: UTC). Where the format does not say the
 * offset, the hour in autumn that comes twice is ambiguous: a lower bound is then written early, an upper one late. What is asked
 * for twice is recognized; what was never asked for is lost. `[text]` stands for itself, `unix` and `/Date(ms)/` for whole formats.
 */
export function writtenTime(at: number, format: string, zone: string | undefined, bound: 'lower' | 'upper'): string {
  if (format === 'unix') return String(Math.floor(at / 1000));
  if (format === '/Date(ms)/') return `/Date(${at})/`;
  const offset = zone === undefined ? 0 : offsetOf(at, zone, bound, /Z/.test(format.replace(/\[[^\]]{0,200}\]/g, '')));
  const clock = new Date(at + offset);
  const [year, month, day] = [clock.getUTCFullYear(), clock.getUTCMonth(), clock.getUTCDate()];
  const [hour, minute, second] = [clock.getUTCHours(), clock.getUTCMinutes(), clock.getUTCSeconds()];
  const parts: Record<string, string> = {
    YYYY: String(year).padStart(4, '0'),
    YY: two(year % 100),
    MMMM: MONTHS[month]!,
    MMM: MONTHS[month]!.slice(0, 3),
    MM: two(month + 1),
    M: String(month + 1),
    DD: two(day),
    D: String(day),
    dddd: DAYS[clock.getUTCDay()]!,
    ddd: DAYS[clock.getUTCDay()]!.slice(0, 3),
    HH: two(hour),
    H: String(hour),
    hh: two(hour % 12 || 12),
    h: String(hour % 12 || 12),
    mm: two(minute),
    ss: two(second),
    SSS: String(clock.getUTCMilliseconds()).padStart(3, '0'),
    A: hour < 12 ? 'AM' : 'PM',
    a: hour < 12 ? 'am' : 'pm',
    Z: zone === undefined ? 'Z' : writtenOffset(offset),
  };
  return format.replace(TOKEN, (token, itself: string | undefined) => itself ?? parts[token]!);
}

function offsetOf(at: number, name: string, bound: 'lower' | 'upper', exact: boolean): number {
  const zone = zoneOf(name);
  const offset = (instant: number): number => zone.localOf(instant) - instant;
  if (exact) return offset(at);
  return bound === 'lower' ? Math.min(offset(at), offset(at + HOURS_MS)) : Math.max(offset(at), offset(at - HOURS_MS));
}

function writtenOffset(ms: number): string {
  const minutes = Math.abs(ms) / 60_000;
  return `${ms < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(Math.floor(minutes % 60))}`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
