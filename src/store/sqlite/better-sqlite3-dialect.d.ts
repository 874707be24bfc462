/** Knex has no types for its dialects; these are the parts that src/store/sqlite uses. */
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import { Knex } from 'knex';

  export default class BetterSqlite3Dialect extends Knex.Client {
    acquireRawConnection(): Promise<unknown>;
    destroyRawConnection(connection: unknown): Promise<void>;
    _formatBindings(bindings: readonly unknown[] | undefined): unknown[];
    protected _query(connection: unknown, query: { sql: string; response?: unknown }): Promise<unknown>;
  }
}
