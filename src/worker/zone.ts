import { zoneOf } from '../core/time/zones.ts';

/** Offsets of a time zone from UTC in milliseconds (New York in winter: -18,000,000) around an instant. */
export interface Offsets {
  before: number;
  /** The same as `before` where the clocks do not change. */
  later: number;
  /** When the clocks change from the one to the other; undefined when they do not. */
  change: number | undefined;
}

/** Looks 30 hours to each side of the instant, which covers the calendar day it is in, in any zone, and at most one change. */
export function offsets(zone: string, around: Date): Offsets {
  let low = around.getTime() - REACH;
  let high = around.getTime() + REACH;
  const before = offsetAt(zone, low);
  const later = offsetAt(zone, high);
  if (before === later) return { before, later, change: undefined };
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return { before, later, change: Math.floor(high / 1000) * 1000 };
}

const REACH = 30 * 3_600_000;

function offsetAt(zone: string, instant: number): number {
  return zoneOf(zone).localOf(instant) - instant;
}
