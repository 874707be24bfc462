/** Knex has no types for its dialects; these are the parts that src/store/postgres/client.ts overrides. */
declare module 'knex/lib/dialects/postgres/index.js' {
  import { Knex } from 'knex';

  export default class PostgresDialect extends Knex.Client {
    columnCompiler(...args: unknown[]): object;
  }
}
