import type { StreamState } from './stream-state.ts';

import type { Incremental } from '../../config/schema/connector.ts';
import { parseDuration } from '../../core/time/time.ts';
import { fillText, type Variables } from '../template.ts';

/** Where reading starts: the saved position, moved back by the lookback, or where the first run starts. */
export function lowerBound(
  incremental: Incremental,
  { state, variables }: { state: StreamState; variables: Variables },
): { cursor: string; tie?: string } | undefined {
  const cursor = state.cursor ?? (incremental.start === undefined ? undefined : fillText(incremental.start, variables));
  if (cursor === undefined) return undefined;
  if (incremental.lookback === undefined || state.cursor === undefined || incremental.kind !== 'datetime')
    return { cursor, tie: state.cursor === undefined ? undefined : state.tie };
  // Only the lower bound of the reading moves; the saved position stays the source's own text.
  const at = instantOf(cursor);
  return at === undefined ? { cursor } : { cursor: isoOf(new Date(at - parseDuration(incremental.lookback)!)) };
}

/** Milliseconds since 1970 of a date or time; without a zone it is taken for UTC. undefined: it is none. */
export function instantOf(text: string): number | undefined {
  const at = Date.parse(isZoned(text) ? text : `${text}${text.includes('T') || text.includes(' ') ? '' : 'T00:00:00'}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** Does a time say which zone it is of? */
export function isZoned(text: string): boolean {
  return /[zZ]$|\d[-+]\d\d:?\d\d$/.test(text) && text.length > 10;
}

/** Does a position are before another? Sequences are numbers written as text: 9 is before 10. */
export function isBefore(a: string, b: string, kind: Incremental['kind']): boolean {
  if (kind === 'sequence' && WHOLE.test(a) && WHOLE.test(b)) return BigInt(a) < BigInt(b);
  return a < b;
}

const WHOLE = /^-?\d+$/;

export function isoOf(date: Date): string {
  return date.toISOString().slice(0, 23);
}
