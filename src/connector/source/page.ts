import type { RequestConfig } from '../../config/schema/connector.ts';
import type { RequestAnswer } from '../../transports/transport.ts';
import { type IGNORED } from '../error-rules.ts';
import type { StreamState } from './stream-state.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import type { SourceRecord } from '../../core/record.ts';
import type { Variables } from '../template.ts';

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

/** How one stream is asked in one run: with its session, its rules for errors, and as often as they allow. */
export interface Asking {
  /**
   * Sends a request and has its answer read; a reading that breaks off is done once more with a new answer. IGNORED where a rule
   * says so. `link`: an address that the service gave, in place of path and query.
   */
  ask<T>(
    request: RequestConfig,
    variables: Variables,
    read: (answer: RequestAnswer) => Promise<T>,
    link?: string,
  ): Promise<T | typeof IGNORED>;
  /** Logs out where there is a session. Never throws. */
  close(): Promise<void>;
}
