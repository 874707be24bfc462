import Dialect from 'knex/lib/dialects/postgres/index.js';
import { postgres } from './dialect.ts';

const { TEXT, INTEGER } = postgres.columnTypes;

/** What the columns of migrations are, by the query builder's names of their types. */
const COLUMN_TYPES = {
  varchar: TEXT,
  text: TEXT,
  integer: INTEGER,
  bool: INTEGER,
  specifictype: (type: string) => (type === 'INTEGER' ? INTEGER : type),
};

/**
 * The query builder's PostgreSQL. It declares the columns of a migration at once as afterMigration would leave them, so a new store is not
 * written a second time.
 */
export class PostgresClient extends Dialect {
  override columnCompiler(...args: unknown[]): object {
    return Object.assign(super.columnCompiler(...args), COLUMN_TYPES);
  }
}
