import { setImmediate as turn } from 'node:timers/promises';
import Dialect from 'knex/lib/dialects/better-sqlite3/index.js';
import { type Connection, inOrder } from './connection.ts';

/**
 * SQLite answers at once, so that many queries in a row would leave nobody else a turn: requests, timers and signals would wait, and
 * statements that are done with would keep their memory, which is given back in a turn of its own.
 */
const MAX_WITHOUT_TURN_MS = 20;
let lastTurn = performance.now();

/** The query builder's SQLite, told what SQLite does to a transaction by itself: see inOrder. */
export class SqliteClient extends Dialect {
  protected override async _query(connection: Connection, query: { sql: string; response?: unknown }): Promise<unknown> {
    if (performance.now() - lastTurn > MAX_WITHOUT_TURN_MS) {
      await turn();
      lastTurn = performance.now();
    }
    const done = await inOrder(connection, query.sql, () => super._query(connection, query));
    if (done === undefined) query.response = { changes: 0, lastInsertRowid: 0 };
    return query;
  }
}
