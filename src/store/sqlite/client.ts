import Dialect from 'knex/lib/dialects/better-sqlite3/index.js';

/** What is used of a connection of better-sqlite3. `__knexTxId` is set by the query builder while it has a transaction on it. */
interface Connection {
  readonly inTransaction: boolean;
  exec(sql: string): unknown;
  __knexTxId?: string;
}

/**
 * The query builder's SQLite, told what SQLite does to a transaction by itself. When the disk is full or fails, SQLite rolls the
 * transaction back at once: statements after that would each commit alone, and the ROLLBACK at the end would fail and hide the reason.
 * When a COMMIT is refused, on the other hand, the transaction stays open, and the next one could not begin.
 */
export class SqliteClient extends Dialect {
  protected override async _query(connection: Connection, query: { sql: string; response?: unknown }): Promise<unknown> {
    if (/^ROLLBACK\b/i.test(query.sql) && !connection.inTransaction) {
      lost.delete(connection);
      query.response = { changes: 0, lastInsertRowid: 0 };
      return query;
    }
    if (/^BEGIN\b/i.test(query.sql)) lost.delete(connection);
    else throwIfLost(connection);
    try {
      return await super._query(connection, query);
    } catch (error) {
      noteIfLost(connection, error);
      if (/^COMMIT\b/i.test(query.sql) && connection.inTransaction) connection.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Connections whose transaction SQLite has ended by itself, with the error that it gave. */
const lost = new WeakMap<object, unknown>();

/** Call it with what a statement inside a transaction threw. */
export function noteIfLost(connection: object, error: unknown): void {
  const { inTransaction, __knexTxId } = connection as Connection;
  if (__knexTxId !== undefined && !inTransaction && !lost.has(connection)) lost.set(connection, error);
}

/** Throws the error that ended the transaction on this connection: nothing that is left of it may be written alone. */
export function throwIfLost(connection: object): void {
  if (lost.has(connection)) throw lost.get(connection);
}
