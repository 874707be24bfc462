import type { Incremental } from '../config/schema/connector.ts';
import { FatalError } from '../core/errors.ts';
import { parseDuration } from '../core/time.ts';
import { instantOf, isoOf, lowerBound } from './bounds.ts';
import type { StreamState } from './pages.ts';
import type { Variables } from './template.ts';

/** A stretch of time that is asked for at once; both ends as they are saved. */
export interface Span {
  from?: string;
  to?: string;
}

interface SpanContext {
  name: string;
  state: StreamState;
  variables: Variables;
  now: Date;
}

/**
 * The stretches that a run asks for, from the oldest on: one up to now (less the delay), or as many as `window` cuts it into.
 * Neighbours share their boundary, so that it does not matter whether a service counts it in. Of a report that was ordered before,
 * its own stretch comes first. One empty span for a stream that is not incremental. Throws FatalError START_UNREADABLE.
 */
export function spansOf(incremental: Incremental | undefined, context: SpanContext): Span[] {
  if (!incremental) return [{}];
  const until = new Date(context.now.getTime() - (parseDuration(incremental.delay ?? '0s') ?? 0));
  const ordered = context.state.report?.to === undefined ? undefined : context.state.report;
  const from = ordered ? ordered.to : lowerBound(incremental, context)?.cursor;
  const first: Span[] = ordered ? [{ from: ordered.from, to: ordered.to }] : [];
  if (incremental.window === undefined || from === undefined) return ordered ? first : [{ from, to: isoOf(until) }];
  const start = instantOf(from);
  if (start === undefined)
    throw new FatalError({
      code: 'START_UNREADABLE',
      place: { system: context.name, path: 'incremental.start' },
      message: `"${from}" is no date to begin with, and the time since then cannot be cut into windows of ${incremental.window}.`,
      hint: 'Write incremental.start, or the option it takes, as YYYY-MM-DD or YYYY-MM-DDTHH:mm:ss.',
    });
  return [...first, ...windows(from, start, until, parseDuration(incremental.window)!, ordered !== undefined)];
}

/** The first begins with the source's own text; `rest`: nothing is asked for when there is no time left. */
function windows(from: string, start: number, until: Date, length: number, rest: boolean): Span[] {
  const spans: Span[] = [];
  const end = until.getTime();
  for (let at = start; at < end; at += length)
    spans.push({ from: spans.length ? isoOf(new Date(at)) : from, to: isoOf(new Date(Math.min(at + length, end))) });
  return spans.length || rest ? spans : [{ from, to: isoOf(until) }];
}

/** What `{{ from }}` and `{{ to }}` stand for, as the request wants dates. */
export function boundsOf(span: Span, incremental: Incremental | undefined): Variables {
  return incremental ? { from: formatBound(span.from, incremental), to: formatBound(span.to, incremental) } : {};
}

function formatBound(iso: string | undefined, incremental: Incremental): string | undefined {
  if (iso === undefined || incremental.format === undefined) return iso;
  const part = {
    YYYY: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    DD: iso.slice(8, 10),
    HH: iso.slice(11, 13) || '00',
    mm: iso.slice(14, 16) || '00',
    ss: iso.slice(17, 19) || '00',
  };
  return incremental.format.replace(/YYYY|MM|DD|HH|mm|ss/g, (token) => part[token as keyof typeof part]);
}
