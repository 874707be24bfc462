import type { StreamConfig } from '../config/schema/connector.ts';
import type { SourceRecord } from '../core/record.ts';
import type { RequestTransport } from '../transports/transport.ts';
import { type Asking, openAsking } from './asking.ts';
import { isBefore } from './bounds.ts';
import { pageSequence } from './page-sequence.ts';
import { fetchable, type OrderedReport } from './report.ts';
import { boundsOf, type Span, spansOf } from './spans.ts';
import type { Variables } from './template.ts';

export { readQuery } from './query-pages.ts';

/** Where a stream without files was read to: texts exactly as the source wrote them. */
export interface StreamState {
  cursor?: string;
  tie?: string;
  /** The version of Change Tracking that was read to. */
  version?: string;
  /** Which database, and which restore of it, `version` or a row version is of. */
  database?: string;
  /** A transaction holds the row versions back at this one; since when (UTC), as far as was seen. */
  held?: { version: string; at: string };
  /** How many records there were before a snapshot that was refused because it lacked too many of them. */
  before?: number;
  /** A report that the service prepares and that was not fetched yet. */
  report?: OrderedReport;
  /** Of each partition; one that is not there any more keeps its own, and goes on from it should it come back. */
  partitions?: Record<string, StreamState>;
}

/** A list of records; `state`, when given, may be saved together with them. */
export interface Page {
  records: SourceRecord[];
  state?: StreamState;
  /** The records from here to the last page are all that there are: what is known and not among them was deleted. */
  whole?: boolean;
  /** The records before this page, of the same request, are given once more: the list changed while it was read. */
  again?: boolean;
  /** The last one of its request. */
  last?: boolean;
  /** What was read so far is to be committed now: an error follows, or an order that must not be given twice. */
  commit?: boolean | undefined;
  /** Something of the source may be missing: what is not there must not be taken for deleted. */
  incomplete?: boolean | undefined;
}

export interface PageContext {
  /** For messages: the connection and stream. */
  name: string;
  variables: Variables;
  state: StreamState;
  now: Date;
  signal?: AbortSignal | undefined;
  note(text: string): void;
  /** Every stream of the connector: a partition may be made of the records of another. */
  streams?: Readonly<Record<string, StreamConfig>> | undefined;
  /** Waits; rejects when the signal aborts. Default: by the clock. */
  sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
  /** A first page that is short and not empty is followed by one more, to see whether there is anything on it. */
  pastShort?: boolean | undefined;
  /** Given where several requests share one session. */
  asking?: Asking | undefined;
  /** Told of the columns that a database's tables or an answer's header have. */
  onColumns?: (columns: ReadonlyMap<string, string>) => void;
}

/**
 * Reads a request stream page by page; of a partitioned one, one partition. Pages come in no order that could be trusted, so that
 * the position is saved only with the last one of each stretch of time that is asked for: after a failure that stretch is read
 * again, and what is known is recognised.
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

/** Read to the end of this stretch. With a lookback the first ones may lie before what was read long ago. */
function positioned(state: StreamState, { to }: Span, last: boolean): StreamState {
  return !last && state.cursor !== undefined && isBefore(to!, state.cursor, 'datetime') ? state : { cursor: to! };
}
