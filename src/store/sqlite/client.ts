import Dialect from 'knex/lib/dialects/better-sqlite3/index.js';
import { type Connection, inOrder } from './connection.ts';

/** The query builder's SQLite, told what SQLite does to a transaction by itself: see inOrder. */
export class SqliteClient extends Dialect {
  protected override async _query(connection: Connection, query: { sql: string; response?: unknown }): Promise<unknown> {
    const done = await inOrder(connection, query.sql, () => super._query(connection, query));
    if (done === undefined) query.response = { changes: 0, lastInsertRowid: 0 };
    return query;
  }
}
