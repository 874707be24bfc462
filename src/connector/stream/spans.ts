import type { Span } from '../source/stream-state.ts';
import type { StreamState } from '../source/stream-state.ts';

import type { Incremental } from '../../config/schema/connector.ts';
import { ConfigError, FatalError } from '../../core/errors.ts';
import { parseDuration } from '../../core/time/time.ts';
import { zoneOf } from '../../core/time/zones.ts';
import { instantOf, isoOf, isZoned, lowerBound } from '../source/bounds.ts';
import { fillText, type Variables } from '../template.ts';
import { DEFAULT_FORMAT, writtenTime } from './written-time.ts';

interface SpanContext {
  name: string;
  state: StreamState;
  variables: Variables;
  now: Date;
}

/**
 * The stretches that a run asks for, from the oldest on: one up to now (less the delay), or as many as `window` cuts it into.
 * Neighbors share their boundary, so it does not matter whether a service counts it in. Of a report that was ordered before,
 * its own stretch comes first. One empty span for a stream that is not incremental. Throws FatalError START_UNREADABLE.
 */
export function spansOf(incremental: Incremental | undefined, context: SpanContext): Span[] {
  if (!incremental) return [{}];
  const until = new Date(context.now.getTime() - (parseDuration(incremental.delay ?? '0s') ?? 0));
  const ordered = context.state.report?.to === undefined ? undefined : context.state.report;
  const bound = lowerBound(incremental, context)?.cursor;
  const begun = bound === undefined || context.state.cursor !== undefined ? bound : startOf(bound, zoneIn(incremental, context.variables));
  const from = ordered ? ordered.to : begun;
  const first: Span[] = ordered ? [{ from: ordered.from, to: ordered.to }] : [];
  if (incremental.window === undefined || from === undefined) return ordered ? first : [{ from, to: isoOf(until) }];
  const start = instantOf(from);
  if (start === undefined)
    throw new FatalError({
      code: 'START_UNREADABLE',
      place: { system: context.name, path: 'incremental.start' },
      message: `Nothing was read: the start of reading is set to "${from}", which is not a date.`,
      hint: `${incremental.start?.includes('{{') ? `It comes from ${incremental.start}: change what the connection says there` : 'Change incremental.start in the connector'} to a date such as 2026-03-02 or 2026-03-02T08:00:00.`,
    });
  return [...first, ...windows(from, start, until, parseDuration(incremental.window)!, ordered !== undefined)];
}

/** `rest`: nothing is asked for when there is no time left. */
function windows(from: string, start: number, until: Date, length: number, rest: boolean): Span[] {
  const spans: Span[] = [];
  const end = until.getTime();
  for (let at = start; at < end; at += length)
    spans.push({ from: spans.length ? isoOf(new Date(at)) : from, to: isoOf(new Date(Math.min(at + length, end))) });
  return spans.length || rest ? spans : [{ from, to: isoOf(until) }];
}

/**
 * What `{{ from }}` and `{{ to }}` stand for: in the same format in every run, by the clock of the service. What is not a time, such as
 * a start that counts, is sent as it is written. Throws ConfigError TIME_ZONE_UNKNOWN.
 */
export function boundsOf(span: Span, incremental: Incremental | undefined, variables: Variables = {}): Variables {
  if (!incremental) return {};
  const zone = zoneIn(incremental, variables);
  const written = (text: string | undefined, bound: 'lower' | 'upper'): string | undefined => {
    const at = text === undefined ? undefined : instantOf(text);
    return at === undefined ? text : writtenTime(at, incremental.format ?? DEFAULT_FORMAT, zone, bound);
  };
  return { from: written(span.from, 'lower'), to: written(span.to, 'upper') };
}

/** Whose clock times without an offset are of; undefined: UTC. */
function zoneIn({ time_zone }: Incremental, variables: Variables): string | undefined {
  const zone = time_zone === undefined ? '' : fillText(time_zone, variables);
  if (zone === '') return undefined;
  try {
    zoneOf(zone);
    return zone;
  } catch {
    throw new ConfigError({
      code: 'TIME_ZONE_UNKNOWN',
      place: { path: 'incremental.time_zone' },
      message: `"${zone}" is not a time zone.`,
      hint: 'Use an IANA name such as America/New_York.',
    });
  }
}

/** Where a first run begins, as positions are saved; by the service's clock where it does not say otherwise. */
function startOf(start: string, zone: string | undefined): string {
  const at = instantOf(start);
  if (at === undefined) return start;
  return isoOf(new Date(zone === undefined || isZoned(start) ? at : zoneOf(zone).instantOf(at)));
}
