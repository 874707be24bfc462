// ROWVERSION: one counter for the database, a new value for every row inserted or updated, kept by triggers in plain SQL, so a
// program which writes to the SQLite file directly moves it too.
//
// A client that polls by rowversion must not step over a transaction that is still open: MIN_ACTIVE_ROWVERSION() tells how far it
// may read. Writers take turns in SQLite, so at most one transaction is open that has taken values.
import { typeFromDeclaration } from './wire/column-types.ts';
import { quoteIdentifier } from './sqlite/sqlite.ts';
import type { SqliteDatabase } from './sqlite/sqlite.ts';

const counter = '_tds_rowversion';
/** A new SQL Server database starts here. */
const firstValue = 2000;

type Writer = Pick<SqliteDatabase, 'exec' | 'prepare'>;

/**
 * Makes the column move. Existing rows get values in the order of their rowid. The column must be declared ROWVERSION (or TIMESTAMP)
 * without NOT NULL. Safe to call again. With `index` it also makes an index on the column, as a town that polls by it would have.
 */
export function installRowversion(db: Writer, table: string, column: string, options: { index?: boolean } = {}): void {
  createCounter(db);
  const [name, field] = [quoteIdentifier(table), quoteIdentifier(column)];
  const filled = db
    .prepare(
      `
    UPDATE ${name} SET ${field} = unhex(printf('%016X', (SELECT value FROM ${counter}) + numbered.n))
    FROM (SELECT rowid AS id, row_number() OVER (ORDER BY rowid) AS n FROM ${name} WHERE ${field} IS NULL) AS numbered
    WHERE ${name}.rowid = numbered.id`,
    )
    .run().changes;
  db.prepare(`UPDATE ${counter} SET value = value + ?`).run(filled);
  const next = `UPDATE ${counter} SET value = value + 1`;
  const stamp = `UPDATE ${name} SET ${field} = unhex(printf('%016X', (SELECT value FROM ${counter}))) WHERE rowid = NEW.rowid`;
  const trigger = (event: string): string => quoteIdentifier(`_tds_rv_${table}_${event}`);
  // The second condition ends the recursion: the stamp itself changes the column.
  db.exec(`
    CREATE TRIGGER IF NOT EXISTS ${trigger('insert')} AFTER INSERT ON ${name} BEGIN ${next}; ${stamp}; END;
    CREATE TRIGGER IF NOT EXISTS ${trigger('update')} AFTER UPDATE ON ${name} WHEN NEW.${field} IS OLD.${field} BEGIN ${next}; ${stamp}; END;`);
  if (options.index === true) db.exec(`CREATE INDEX IF NOT EXISTS ${quoteIdentifier(`IX_${table}_${column}`)} ON ${name} (${field})`);
}

function createCounter(db: Writer): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS ${counter} (value INTEGER NOT NULL);
    INSERT INTO ${counter} SELECT ${firstValue} WHERE NOT EXISTS (SELECT 1 FROM ${counter});`);
}

/** Tables made by somebody who declared a ROWVERSION and did not call installRowversion. */
export function installMissingRowversions(db: Writer): void {
  createCounter(db);
  const columns = db
    .prepare(
      `
    SELECT t.name AS "table", c.name AS "column", c.type FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND t.name NOT LIKE '\\_tds\\_%' ESCAPE '\\' AND (c.type LIKE '%ROWVERSION%' OR c.type LIKE '%TIMESTAMP%')
      AND NOT EXISTS (SELECT 1 FROM sqlite_schema AS x WHERE x.type = 'trigger' AND x.name = '_tds_rv_' || t.name || '_insert')`,
    )
    .all() as { table: string; column: string; type: string }[];
  for (const { table, column, type } of columns) {
    if (typeFromDeclaration(type)?.type.name === 'rowversion') installRowversion(db, table, column);
  }
}

export function readCounter(db: Pick<SqliteDatabase, 'prepare'>): bigint {
  return BigInt(db.prepare(`SELECT value FROM ${counter}`).pluck().get() as number);
}

/** Moves the counter past values that a rolled back transaction had taken: SQL Server never gives one out twice. */
export function raiseCounter(db: Pick<SqliteDatabase, 'prepare'>, least: bigint): void {
  db.prepare(`UPDATE ${counter} SET value = max(value, ?)`).run(least);
}

export function eightBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** What all sessions of an endpoint share about the counter: the values that the one open writing transaction has taken. */
export interface RowversionClock {
  /** Last used value, committed or not: @@DBTS. */
  last(): bigint;
  /** Lowest value that may still become visible: MIN_ACTIVE_ROWVERSION(). */
  leastActive(): bigint;
  /** A writing transaction tells what the counter is within it; `before` is what it was when it began. */
  taken(before: bigint, now: bigint): void;
  ended(): void;
}

export function createRowversionClock(committed: () => bigint): RowversionClock {
  let open: { before: bigint; now: bigint } | undefined;
  const taken = (): { before: bigint; now: bigint } | undefined => (open !== undefined && open.now > open.before ? open : undefined);
  return {
    last: () => taken()?.now ?? committed(),
    leastActive: () => (taken()?.before ?? committed()) + 1n,
    taken: (before, now) => {
      open = { before, now };
    },
    ended: () => {
      open = undefined;
    },
  };
}
