import type { Span } from './stream-state.ts';
import type { StreamState } from './stream-state.ts';
import type { Page, PageContext } from './page.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import type { RequestTransport } from '../../transports/transport.ts';
import { openAsking } from './asking.ts';
import { isBefore } from './bounds.ts';
import { earlierEnd, timed, withoutFuture } from './clocks.ts';
import { pageSequence } from './page-sequence.ts';
import { fetchable } from './report.ts';
import { boundsOf, spansOf } from '../stream/spans.ts';
import type { Variables } from '../template.ts';

export { readQuery } from './query/pages.ts';

/**
 * Reads a request stream page by page; of a partitioned one, one partition. Pages come in no order that could be trusted, so
 * the position is saved only with the last one of each stretch of time that is asked for: after a failure that stretch is read
 * again, and what is known is recognized.
 */
export async function* readRequests(stream: StreamConfig, transport: RequestTransport, context: PageContext): AsyncGenerator<Page> {
  const asking = context.asking ?? openAsking(stream, transport, context);
  const { incremental } = stream;
  const request = stream.retriever.request!;
  const known = incremental ? withoutFuture(context.state, context.now.getTime(), context) : context.state;
  const { report: ordered, ...before } = known;
  const spans = spansOf(incremental, { ...context, state: known });
  let state: StreamState = before;
  for (const [i, span] of spans.entries()) {
    const variables: Variables = { ...context.variables, ...boundsOf(span, incremental, context.variables) };
    const last = i === spans.length - 1;
    const clock = timed(asking);
    let end: string | undefined;
    // A report that was ordered is forgotten once it is read, also where there is no position.
    const done = (): StreamState | undefined => {
      if (!incremental) return ordered || request.report ? before : undefined;
      end = earlierEnd(span.to!, clock.heard(), context);
      return end === undefined ? positioned(state, span, last) : positioned(state, { to: end }, false);
    };
    const read = (more: Variables = {}, link?: string) => pageSequence(stream, clock.asking, context, { ...variables, ...more }, link);
    let reached: StreamState | undefined;
    try {
      const pages = request.report
        ? fetchable(request.report, clock.asking, context, { ...{ variables, span, state, read }, ordered: i === 0 ? ordered : undefined })
        : read();
      for await (const page of pages) {
        if (page.last) reached = done();
        yield page.last && reached ? { ...page, state: reached } : page;
      }
    } catch (error) {
      // The stretches before this one are read, whatever follows.
      if (i > 0) yield { records: [], commit: true };
      throw error;
    }
    state = reached ?? state;
    // By the service's clock, those that follow are still to come.
    if (end !== undefined) break;
  }
  if (!context.asking) await asking.close();
}

/** Read to the end of this stretch. With a lookback the first ones may be before what was read long ago. */
function positioned(state: StreamState, { to }: Span, last: boolean): StreamState {
  return !last && state.cursor !== undefined && isBefore(to!, state.cursor, 'datetime') ? state : { cursor: to! };
}
