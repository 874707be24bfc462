// Change Tracking: per tracked table a log of (version, operation, key, context) kept by triggers; CHANGETABLE gives its net effect.
// A transaction through the endpoint gets one version when it commits; a direct SQLite write gets one per row.
import { nvarchar, types, varbinary } from './wire/column-types.ts';
import type { SqlType } from './wire/column-types.ts';
import type { Table } from './catalog/catalog.ts';
import { quoteIdentifier } from './sqlite/sqlite.ts';
import type { SqliteDatabase, SqliteValue } from './sqlite/sqlite.ts';

type Writer = Pick<SqliteDatabase, 'exec' | 'prepare'>;

const state = '_tds_ct';
const tables = '_tds_ct_tables';
const logOf = (table: string): string => quoteIdentifier(`_tds_ct_of_${table}`);

/** Starts tracking a table that has a primary key. Safe to call again. */
export function enableChangeTracking(db: Writer, table: string): void {
  const columns = db.prepare('SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid').all(table) as {
    name: string;
    type: string;
    pk: number;
  }[];
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  if (key.length === 0)
    throw new Error(`Cannot enable change tracking on table '${table}'. Change tracking requires a primary key on the table.`);
  const rowversion = columns.find(({ type }) => /ROWVERSION|TIMESTAMP/i.test(type));
  createState(db);
  const log = logOf(table);
  db.prepare(`INSERT OR IGNORE INTO ${tables} (name, begin_version, min_valid_version) SELECT ?, value, value FROM ${state}`).run(table);
  const names = key.map(({ name }) => quoteIdentifier(name));
  const advance = `UPDATE ${state} SET value = value + 1 WHERE pending = 0`;
  const record = (operation: string, row: 'NEW' | 'OLD'): string =>
    `INSERT INTO ${log} (version, operation, context, ${names.join(', ')}) SELECT value + pending, '${operation}', context, ${names.map((name) => `${row}.${name}`).join(', ')} FROM ${state}`;
  const trigger = (event: string, when: string, actions: string): string =>
    `CREATE TRIGGER IF NOT EXISTS ${quoteIdentifier(`_tds_ct_${table}_${event}`)} AFTER ${event} ON ${quoteIdentifier(table)}${when} BEGIN ${advance}; ${actions}; END;`;
  const keyChanged = names.map((name) => `NEW.${name} IS NOT OLD.${name}`).join(' OR ');
  // The stamp of a rowversion is part of the write that caused it, not a change of its own.
  const stampless = rowversion === undefined ? '1' : `NEW.${quoteIdentifier(rowversion.name)} IS OLD.${quoteIdentifier(rowversion.name)}`;
  db.exec(`
    CREATE TABLE IF NOT EXISTS ${log} (sequence INTEGER PRIMARY KEY, version INTEGER NOT NULL, operation TEXT NOT NULL, context BLOB,
      ${key.map(({ name, type }) => `${quoteIdentifier(name)} ${type} COLLATE NOCASE`).join(', ')});
    CREATE INDEX IF NOT EXISTS ${quoteIdentifier(`_tds_ct_ix_${table}`)} ON ${log} (version);
    ${trigger('INSERT', '', record('I', 'NEW'))}
    ${trigger('DELETE', '', record('D', 'OLD'))}
    ${trigger('UPDATE', ` WHEN (${stampless}) AND NOT (${keyChanged})`, record('U', 'NEW'))}
  `);
  // A changed key is a delete of the old one and an insert of the new one.
  db.exec(`CREATE TRIGGER IF NOT EXISTS ${quoteIdentifier(`_tds_ct_${table}_KEY`)} AFTER UPDATE ON ${quoteIdentifier(table)} WHEN (${stampless}) AND (${keyChanged})
    BEGIN ${advance}; ${record('D', 'OLD')}; ${record('I', 'NEW')}; END;`);
}

/** As if the cleanup had run: clients that last synchronized before this version must start over. */
export function setMinValidVersion(db: Writer, table: string, version: number | bigint): void {
  db.prepare(`UPDATE ${tables} SET min_valid_version = ? WHERE name = ?`).run(version, table);
  db.prepare(`DELETE FROM ${logOf(table)} WHERE version <= ?`).run(version);
}

function createState(db: Writer): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS ${state} (value INTEGER NOT NULL, pending INTEGER NOT NULL DEFAULT 0, context BLOB);
    INSERT INTO ${state} (value) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM ${state});
    CREATE TABLE IF NOT EXISTS ${tables} (name TEXT PRIMARY KEY COLLATE NOCASE, begin_version INTEGER NOT NULL, min_valid_version INTEGER NOT NULL);`);
}

export interface TrackedTable {
  name: string;
  beginVersion: number;
  minValidVersion: number;
}

/** Reads the state; empty and undefined where nothing is tracked. */
export function readTracking(db: Pick<SqliteDatabase, 'prepare'>): { version: number | undefined; tables: TrackedTable[] } {
  const known = db.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = '${state}'`).pluck().get() as number;
  if (known === 0) return { version: undefined, tables: [] };
  const rows = db
    .prepare(`SELECT name, begin_version AS beginVersion, min_valid_version AS minValidVersion FROM ${tables}`)
    .all() as TrackedTable[];
  return { version: db.prepare(`SELECT value FROM ${state}`).pluck().get() as number, tables: rows };
}

/** All changes of an endpoint transaction get the version that its commit will make current. */
export function beginTrackedTransaction(db: Writer): void {
  db.exec(`UPDATE ${state} SET pending = 1, context = NULL`);
}

export function setTrackingContext(db: Pick<SqliteDatabase, 'prepare'>, context: SqliteValue): void {
  db.prepare(`UPDATE ${state} SET context = ?`).run(context);
}

export function commitTrackedTransaction(db: Writer, changed: boolean): void {
  db.exec(`UPDATE ${state} SET value = value + ${changed ? 1 : 0}, pending = 0, context = NULL`);
}

/** Whether the transaction that is open here has logged a change under the version to come. */
export function hasPendingChanges(db: Pick<SqliteDatabase, 'prepare'>, tracked: readonly string[]): boolean {
  return tracked.some(
    (name) =>
      db
        .prepare(`SELECT EXISTS (SELECT 1 FROM ${logOf(name)} WHERE version = (SELECT value + 1 FROM ${state}))`)
        .pluck()
        .get() === 1,
  );
}

const fixedColumns: { name: string; type: SqlType }[] = [
  { name: 'SYS_CHANGE_VERSION', type: types.bigint },
  { name: 'SYS_CHANGE_CREATION_VERSION', type: types.bigint },
  { name: 'SYS_CHANGE_OPERATION', type: { ...nvarchar(1), name: 'nchar' } },
  { name: 'SYS_CHANGE_COLUMNS', type: varbinary(4100) },
  { name: 'SYS_CHANGE_CONTEXT', type: varbinary(128) },
];

export function changesColumns(table: Table): { name: string; type: SqlType; native: boolean }[] {
  const key = table.keys.find(({ kind }) => kind === 'PRIMARY KEY')?.columns ?? [];
  const own = key.map((name) => table.columns.find((column) => column.name === name)).filter((column) => column !== undefined);
  return [
    ...fixedColumns.map((column) => ({ ...column, native: false })),
    ...own.map(({ name, type, native }) => ({ name, type, native })),
  ];
}

/** One row per key changed after `since`: deleted if it is gone, inserted if it was made after `since`, else updated. */
export function changesSql(table: Table, since: string): string {
  const key = (table.keys.find(({ kind }) => kind === 'PRIMARY KEY')?.columns ?? []).map(quoteIdentifier);
  const latest = `SELECT max(sequence) AS sequence, max(CASE operation WHEN 'I' THEN version END) AS created FROM ${logOf(table.sqliteName)} WHERE ${since} IS NULL OR version > ${since} GROUP BY ${key.join(', ')}`;
  return `SELECT c.version AS SYS_CHANGE_VERSION, CASE WHEN c.operation = 'D' THEN NULL ELSE l.created END AS SYS_CHANGE_CREATION_VERSION,
    CASE WHEN c.operation = 'D' THEN 'D' WHEN l.created IS NOT NULL THEN 'I' ELSE 'U' END AS SYS_CHANGE_OPERATION,
    NULL AS SYS_CHANGE_COLUMNS, c.context AS SYS_CHANGE_CONTEXT, ${key.map((name) => `c.${name}`).join(', ')}
    FROM (${latest}) AS l JOIN ${logOf(table.sqliteName)} AS c ON c.sequence = l.sequence`;
}

/** CHANGETABLE(VERSION …): the last change of the row with this key, or one row of NULLs. */
export function versionSql(table: Table, key: readonly { name: string; sql: string }[]): string {
  const where = key.map(({ name, sql }) => `${quoteIdentifier(name)} = ${sql}`).join(' AND ');
  const last = (column: string): string =>
    `(SELECT ${column} FROM ${logOf(table.sqliteName)} WHERE ${where} ORDER BY sequence DESC LIMIT 1)`;
  return `SELECT ${last('version')} AS SYS_CHANGE_VERSION, ${last('context')} AS SYS_CHANGE_CONTEXT`;
}

const fork = '_tds_fork';

/** As if a backup had been restored: the database goes on under another recovery fork. What it holds is left to the caller. */
export function forkRecovery(db: Writer): void {
  db.exec(`CREATE TABLE IF NOT EXISTS ${fork} (id TEXT NOT NULL); DELETE FROM ${fork}`);
  db.prepare(`INSERT INTO ${fork} VALUES (?)`).run(crypto.randomUUID().toUpperCase());
}

export function recoveryFork(db: Pick<SqliteDatabase, 'prepare'>): string {
  const known = db.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = '${fork}'`).pluck().get() as number;
  return known === 0 ? 'B1B5F2A0-0000-4000-8000-000000000001' : (db.prepare(`SELECT id FROM ${fork}`).pluck().get() as string);
}
