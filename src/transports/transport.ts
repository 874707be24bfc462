import type { SourceRecord, Value, Values } from '../core/record.ts';

/** Options of a connection after the secrets were filled in; already checked against the transport's own schema. */
export interface TransportContext {
  /** The connection's id, for messages. */
  connection: string;
  /** The town's folder: relative paths are relative to it. */
  projectFolder: string;
  signal?: AbortSignal;
}

/** One finding of `interlocal check`, for a person. */
export interface CheckResult {
  /** What was looked at: "reachable", "host key", "credentials", "rights in /exports". */
  name: string;
  ok: boolean;
  /** What was found. */
  detail: string;
  /** What to do about it, when not ok. */
  hint?: string;
  /** Something that works but should be seen: an allowed legacy algorithm. */
  warning?: boolean;
}

interface TransportBase {
  /** Looks at everything that a run needs and reports it all; never throws for what it finds. */
  check(): Promise<CheckResult[]>;
  close(): Promise<void>;
}

export interface RemoteFile {
  /** Path as the transport takes it, `/`-separated. */
  path: string;
  name: string;
  size: number;
  /** Time of last change at the other side, milliseconds since 1970. */
  modifiedMs: number;
}

/** Files at the other side. Paths are confined to the connection's root: `..` and absolute tricks are refused with FileError. */
export interface FileTransport extends TransportBase {
  kind: 'files';
  /** Plain files in a folder whose name matches (`*` and `?`), sorted by name. A missing folder is a FatalError. */
  list(folder: string, pattern: string): Promise<RemoteFile[]>;
  stat(path: string): Promise<RemoteFile | undefined>;
  /** A piece may be written over once the next is asked for: who keeps pieces copies them. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Writes under a temporary name (not matched by usual patterns) and renames when complete. Refuses to overwrite unless told to. */
  write(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: { overwrite?: boolean }): Promise<void>;
  /** Makes the target's folder when missing. Fails with FatalError, code TARGET_EXISTS, when the target is there already. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** A SOAP or HTTP request, after templates were filled in. */
export interface RequestSpec {
  operation?: string;
  body?: Value | undefined;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

export interface RequestAnswer {
  status: number;
  headers: Record<string, string>;
  /** SOAP: the operation's result element, lists made lists by the WSDL's schema. HTTP: undefined. */
  value?: Values;
  /** HTTP: the body, to be read by the stream's decoder. */
  bytes?: AsyncIterable<Uint8Array>;
}

export interface RequestTransport extends TransportBase {
  kind: 'request';
  /** One attempt. Throws RetriableError (busy, away, 429 with its wait, 5xx), FatalError (fault, 4xx), with the other side's own words. */
  request(spec: RequestSpec): Promise<RequestAnswer>;
}

/** A SELECT to be built by the transport; identifiers are validated and quoted there, values are parameters. */
export interface QuerySpec {
  /** Either tables with the same columns, read as one (UNION ALL), or a SELECT of the manifest. */
  tables?: readonly string[];
  sql?: string;
  parameters?: Record<string, string>;
  /** Columns that are read, with the type each is declared to have in the manifest. Everything comes back as exact text. */
  columns: { name: string; type: 'text' | 'integer' | 'decimal' | 'date' | 'datetime' | 'boolean' }[];
  tableField?: string;
  where?: { column: string; is: '=' | '<>' | '<' | '<=' | '>' | '>='; value: string }[];
  /** Keyset position: rows after (cursor, tie) in that order; both texts as the source wrote them. */
  after?: { cursor: string; cursorValue: string; tie?: string; tieValue?: string; inclusive?: boolean };
  /** Upper bound (exclusive) on the cursor. */
  before?: { cursor: string; value: string };
  orderBy?: string[];
  /** Told of what the tables have, by the server's own words, before the read begins or is refused: `AMOUNT`, `numeric(19,2)`. */
  onColumns?: (columns: ReadonlyMap<string, string>) => void;
}

export interface QueryTransport extends TransportBase {
  kind: 'query';
  /** Streams rows in lists; memory does not grow with the result. char(n) values have their trailing padding stripped. */
  query(spec: QuerySpec): AsyncIterable<SourceRecord[]>;
  /** One value: `SELECT MIN_ACTIVE_ROWVERSION()` and the like. */
  scalar(sql: string): Promise<string | null>;
}

export type Transport = FileTransport | RequestTransport | QueryTransport;
