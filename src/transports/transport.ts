import type { Upload } from '../config/schema/common.ts';
import type { Problem } from '../core/errors.ts';
import type { SourceRecord, Value, Values } from '../core/record.ts';
import type { Pace } from './rate-limit.ts';

/** Options of a connection after the secrets were filled in; already checked against the transport's own schema. */
export interface TransportContext {
  /** The connection's id, for messages. */
  connection: string;
  /** The town's folder: relative paths are relative to it. */
  projectFolder: string;
  signal?: AbortSignal;
  /** In place of the rate limit in the options, for whoever counts requests. */
  pace?: Pace;
}

/** One finding of `interlocal check`, for a person. */
export interface CheckResult {
  /** What was looked at: "reachable", "host key", "credentials", "rights in /exports". */
  name: string;
  ok: boolean;
  /** Of the problem, when not ok. */
  code?: string;
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
  /** Bytes; undefined where the server does not say. */
  size: number | undefined;
  /** Time of last change at the remote system, milliseconds since 1970; undefined where the server does not say. */
  modifiedMs: number | undefined;
}

export interface WriteOptions {
  /** Replaces what is there. */
  overwrite?: boolean;
  /** Writes under the name itself, without a temporary name and without a rename: for servers that allow none. */
  direct?: boolean;
  /** With `direct`: told once the file was opened for writing. Before that, nothing of it can be at the remote system. */
  onOpen?: () => void;
}

/** Files in the remote system. Paths are confined to the connection's root: `..` and absolute tricks are refused with FileError. */
export interface FileTransport extends TransportBase {
  kind: 'files';
  /** How the connection says that files are put there. */
  upload: Upload;
  /**
   * Plain files in a folder whose name matches (`*` and `?`), sorted by name. A missing folder is a FatalError. What matches and may be
   * a file, but cannot be read as one (its name is not UTF-8, nobody says what it is), is told to `onUnreadable`; without it, FileError.
   */
  list(folder: string, pattern: string, onUnreadable?: (problem: Problem) => void): Promise<RemoteFile[]>;
  stat(path: string): Promise<RemoteFile | undefined>;
  /**
   * To the end of the file, whatever size the server says: FileError FILE_SIZE_WRONG when it is another one, RetriableError FILE_CHANGED
   * when the file changed meanwhile. A piece may be written over once the next is asked for: who keeps pieces copies them.
   */
  read(path: string): AsyncIterable<Uint8Array>;
  /**
   * Writes under a temporary name (not matched by usual patterns) and renames when complete, or directly when told to. Refuses to
   * overwrite unless told to. FatalError UPLOAD_TAKEN when the server took the file away as soon as it was closed.
   */
  write(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: WriteOptions): Promise<void>;
  /** Makes the target's folder when missing. Fails with FatalError, code TARGET_EXISTS, when the target is there already. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Could files be put into this folder? Puts none there; never throws for what it finds. */
  checkFolder(folder: string): Promise<CheckResult>;
  /**
   * Does the system let this account move files from one folder to another? Moves none; never throws for what it finds. Without it: whoever
   * may write into both folders may.
   */
  checkRename?(from: string, to: string): Promise<CheckResult>;
}

/** A SOAP or HTTP request, after templates were filled in. */
export interface RequestSpec {
  operation?: string;
  body?: Value | undefined;
  /** SOAP: elements of the header, next to those of WS-Security. */
  header?: Values | undefined;
  /** HTTP: a body that is encoded already, instead of `body`. */
  encoded?: { bytes: Uint8Array; type: string } | undefined;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path?: string;
  /** A list is the same parameter several times. */
  query?: Record<string, string | readonly string[]>;
  headers?: Record<string, string>;
  /** HTTP: an address that the service gave, in place of path and query. */
  link?: string;
}

export interface RequestAnswer {
  status: number;
  /** HTTP: the address that answered, after redirects. Not for messages: it may have a key in it. */
  url?: string;
  headers: Record<string, string>;
  /** What came in place of an answer, in words: "an empty body, but its WSDL promises GetBillsResponse". `value` is then empty. */
  nothing?: string;
  /** SOAP: the operation's result element, lists made lists by the WSDL's schema. HTTP: undefined. */
  value?: Values;
  /** SOAP: what is in the header of the answer. */
  header?: Values;
  /** HTTP: the body, to be read by the stream's decoder. */
  bytes?: AsyncIterable<Uint8Array>;
}

export interface RequestTransport extends TransportBase {
  kind: 'request';
  /**
   * Does what must go before a first request: reads the WSDL, logs in. Who writes asks for it before, so nothing of it can fail
   * once a write is on its way.
   */
  ready(): Promise<void>;
  /** One attempt. Throws RetriableError (busy, away, 429 with its wait, 5xx), FatalError (fault, 4xx), with the remote system's own words. */
  request(spec: RequestSpec): Promise<RequestAnswer>;
  /** What can be seen of a request without sending it: its address; with SOAP the operation and its parameters. Never throws for what it finds. */
  checkRequest(spec: RequestSpec): Promise<CheckResult>;
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

/** Rows for one table. `key`: columns that a row is found by. Values are exact text or null; the server converts them to the column's type. */
export interface WriteSpec {
  table: string;
  write: 'append' | 'upsert' | 'update' | 'delete';
  key: string[];
  rows: Record<string, string | null>[];
  /** All rows are written, or none: where one is refused, the others are refused with it. */
  together?: boolean;
}

/**
 * What became of each row, in order. `unchanged`: it was there already with the same key (append), or with the same values. `missing`:
 * update or delete found no such row. `refused`: the server does not take this row; the others are written.
 */
export type RowResult = { state: 'written' | 'unchanged' | 'missing' } | { state: 'refused'; problem: Problem };

/** Which rows to look at again, by their key, and which of their columns. */
export interface ReadBackSpec {
  table: string;
  key: string[];
  columns: string[];
  rows: Record<string, string | null>[];
}

/** What changed in one table since a version of Change Tracking. */
export interface ChangesSpec {
  table: string;
  columns: QuerySpec['columns'];
  /** The table's primary key, all of it. */
  key: string[];
  tableField?: string;
  where?: QuerySpec['where'];
  /** Where the last reading ended; undefined: all rows are wanted. */
  since?: ChangesPosition | undefined;
  /** Changes that this connection's own writes made are given too. */
  echo?: boolean;
}

/** Both texts as the server writes them. A version means something in its own database only, and only until that is restored. */
export interface ChangesPosition {
  version: string;
  database: string;
}

/**
 * First where the reading starts and ends, then rows. `whole`: every row of the table is given, because nothing was read before
 * (`first`), the server has forgotten changes since (`expired`), the database is another one or was restored (`database`), or its
 * versions are before the position (`rewound`). Otherwise rows that changed, and as deleted, with their key alone, those that are
 * gone or no longer meet `where`.
 */
export type ChangesPart =
  | { kind: 'start'; position: ChangesPosition; whole?: 'first' | 'expired' | 'database' | 'rewound' }
  | { kind: 'rows'; records: SourceRecord[] };

export interface QueryTransport extends TransportBase {
  kind: 'query';
  /** Can rows with these columns be written to the table, and is its key one? Nothing is written. Never throws for what it finds. */
  checkTable(spec: Pick<WriteSpec, 'table' | 'write' | 'key'> & { columns: string[] }): Promise<CheckResult>;
  /** Streams rows in lists; memory does not grow with the result. char(n) values have their trailing padding stripped. */
  query(spec: QuerySpec): AsyncIterable<SourceRecord[]>;
  /** One value: `SELECT MIN_ACTIVE_ROWVERSION()` and the like. */
  scalar(sql: string): Promise<string | null>;
  /** Which database this is, and which of its restores; the same on every replica of an availability group. */
  database(): Promise<string>;
  /**
   * Reads by Change Tracking, in one snapshot transaction. The position of `start` may be saved once all rows were taken. Throws
   * ConfigError when the server does not track the table or allows no snapshots (with the T-SQL that switches it on), or when the
   * key is not the table's; RetriableError when changes were forgotten while they were read.
   */
  changes(spec: ChangesSpec): AsyncIterable<ChangesPart>;
  /**
   * Writes rows in one transaction: all of them but those that are refused, or, when it throws, none. Written again, rows that are
   * there already are `unchanged` and not touched. Throws ConfigError for a table or column that cannot be written, FatalError when
   * rights are missing (with the GRANT), RetriableError for a deadlock, a lock or a connection that was lost: then what was written
   * is known only after writing again.
   */
  write(spec: WriteSpec): Promise<RowResult[]>;
  /** Which of these keys are there now, with the current values of `columns` as exact text (read-back); undefined for those that are not. */
  readBack(spec: ReadBackSpec): Promise<(Record<string, string | null> | undefined)[]>;
}

export type Transport = FileTransport | RequestTransport | QueryTransport;
