/** Knex has no types for its dialects; these are the parts that src/store/sqlite/client.ts overrides. */
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import { Knex } from 'knex';

  export default class BetterSqlite3Dialect extends Knex.Client {
    protected _query(connection: unknown, query: { sql: string; response?: unknown }): Promise<unknown>;
  }
}
