import type { Span } from './stream-state.ts';
import type { StreamState } from './stream-state.ts';
import type { Page, PageContext } from './page.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import type { RequestTransport } from '../../transports/transport.ts';
import { openAsking } from './asking.ts';
import { isBefore } from './bounds.ts';
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
  const { report: ordered, ...before } = context.state;
  const spans = spansOf(incremental, context);
  let state: StreamState = before;
  for (const [i, span] of spans.entries()) {
    const variables: Variables = { ...context.variables, ...boundsOf(span, incremental, context.variables) };
    const last = i === spans.length - 1;
    // A report that was ordered is forgotten once it is read, also where there is no position.
    const done = incremental ? positioned(state, span, last) : ordered || request.report ? before : undefined;
    const read = (more: Variables = {}, link?: string) => pageSequence(stream, asking, context, { ...variables, ...more }, link);
    try {
      if (request.report)
        yield* fetchable(request.report, asking, context, {
          ...{ variables, span, state, read },
          ordered: i === 0 ? ordered : undefined,
          done: done ?? before,
        });
      else for await (const page of read()) yield page.last && done ? { ...page, state: done } : page;
    } catch (error) {
      // The stretches before this one are read, whatever follows.
      if (i > 0) yield { records: [], commit: true };
      throw error;
    }
    state = done ?? state;
  }
  if (!context.asking) await asking.close();
}

/** Read to the end of this stretch. With a lookback the first ones may be before what was read long ago. */
function positioned(state: StreamState, { to }: Span, last: boolean): StreamState {
  return !last && state.cursor !== undefined && isBefore(to!, state.cursor, 'datetime') ? state : { cursor: to! };
}
