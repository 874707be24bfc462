import type { z } from 'zod';
import type { SinkConfig, StreamConfig } from '../schema/connector.ts';

/** Notes a problem at a path below the stream or sink that is checked. */
export type AddProblem = (path: (string | number)[], code: string, message: string, hint?: string) => void;

/** What a manifest may say of one transport. src/transports declares it; this folder knows none by name. */
export interface TransportRules {
  /** The key of `retriever` that its streams are read with. */
  reads: 'files' | 'request' | 'query';
  /** The key of `target` that its sinks write to. */
  writes: 'file' | 'request' | 'table';
  /** The numbers that its errors have, for `error_handler`; of one whose errors have none, what to write instead. */
  statuses: StatusRange | { instead: string };
  /** Of a transport that is read with requests, and only of those. */
  requests?: RequestRules;
}

export interface StatusRange {
  /** "HTTP status". */
  is: string;
  from: number;
  to: number;
  hint: string;
}

/** What a manifest may say of requests, where services differ. */
export interface RequestRules {
  /**
   * What a body is. document: bytes, which a decoder reads and an encoder writes; without an encoder it is JSON. message: values, which
   * the service itself describes; a decoder is only for a document within them.
   */
  bodies: 'document' | 'message';
  /** The part of a request that says which page is wanted. */
  pagesIn: 'body' | 'query';
  /** Looks at the request of a stream. */
  checkStream(stream: StreamConfig, add: AddProblem): void;
  /** Looks at the requests of a sink. */
  checkSink(sink: SinkConfig, add: AddProblem): void;
}

/** A transport as the loader is told of it. */
export interface KnownTransport extends TransportRules {
  /** The options that it takes, as configured; without them only the connectors' own options are checked. */
  options?: z.ZodObject | undefined;
}

/** Every transport that a manifest may name. */
export type KnownTransports = Readonly<Record<string, KnownTransport>>;
