import Database from 'better-sqlite3';

/** What is used of a connection of better-sqlite3. */
export interface Connection {
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  pragma(text: string): unknown;
  close(): unknown;
}

export interface Statement {
  readonly reader: boolean;
  run(values: readonly unknown[], named?: Readonly<Record<string, unknown>>): { changes: number; lastInsertRowid: number | bigint };
  all(...values: unknown[]): unknown[];
  raw(on: boolean): Statement;
}

/**
 * Opens the file of a store, which is there, as openSqlite does: for a thread that writes a first load of many rows, or only reads. A power cut
 * may take the last batches of such a load with it, and how far it came: it goes on from there. What ends the load is committed on the store's
 * own connection, which waits for the disk and so makes all of it last before the file is archived.
 */
export function openConnection(filename: string): Connection {
  const connection = new Database(filename, { fileMustExist: true }) as unknown as Connection;
  setUp(connection);
  // Rows are added behind those that are there: half of the cache is enough, and the thread takes memory of its own.
  connection.pragma('cache_size = -12288');
  connection.pragma('synchronous = NORMAL');
  // The log is taken over in parts so small that the next batches are made in the meantime.
  connection.pragma('wal_autocheckpoint = 2000');
  return connection;
}

/** What every connection that writes is set to. */
export function setUp(connection: Pick<Connection, 'pragma'>): void {
  // Before the first table: larger pages and rarer checkpoints took a third off the time of a first load (measured with 300,000 rows).
  connection.pragma('page_size = 8192');
  connection.pragma('journal_mode = WAL');
  connection.pragma('wal_autocheckpoint = 8000');
  // A commit survives a killed process; a power cut may lose the last commits but never tears the store. FULL makes both hold.
  connection.pragma('synchronous = FULL');
  connection.pragma('busy_timeout = 30000');
  connection.pragma('cache_size = -24576');
  // A row that INSERT OR REPLACE takes away is deleted for triggers too.
  connection.pragma('recursive_triggers = ON');
}

/**
 * Runs one statement as the query builder gives it, told what SQLite does to a transaction by itself. When the disk is full or fails, SQLite
 * rolls the transaction back at once: statements after that would each commit alone, and the ROLLBACK at the end would fail and hide the
 * reason. When a COMMIT is refused, on the other hand, the transaction stays open, and the next one could not begin. `run` runs it.
 */
export async function inOrder<T>(connection: Connection, sql: string, run: () => T | Promise<T>): Promise<T | undefined> {
  if (/^ROLLBACK\b/i.test(sql) && !connection.inTransaction) {
    lost.delete(connection);
    begun.delete(connection);
    return undefined;
  }
  if (/^BEGIN\b/i.test(sql)) lost.delete(connection);
  else throwIfLost(connection);
  try {
    const result = await run();
    if (/^BEGIN\b/i.test(sql)) begun.add(connection);
    if (/^(?:COMMIT|ROLLBACK)\b/i.test(sql) && !connection.inTransaction) begun.delete(connection);
    return result;
  } catch (error) {
    noteIfLost(connection, error);
    if (/^COMMIT\b/i.test(sql) && connection.inTransaction) {
      connection.exec('ROLLBACK');
      begun.delete(connection);
    }
    throw error;
  }
}

/** Connections on which a transaction was begun and not ended by us. */
const begun = new WeakSet<object>();
/** Connections whose transaction SQLite has ended by itself, with the error that it gave. */
const lost = new WeakMap<object, unknown>();

/** Call it with what a statement inside a transaction threw. */
export function noteIfLost(connection: Pick<Connection, 'inTransaction'>, error: unknown): void {
  if (begun.has(connection) && !connection.inTransaction && !lost.has(connection)) lost.set(connection, error);
}

/** Throws the error that ended the transaction on this connection: nothing that is left of it may be written alone. */
export function throwIfLost(connection: object): void {
  if (lost.has(connection)) throw lost.get(connection);
}
