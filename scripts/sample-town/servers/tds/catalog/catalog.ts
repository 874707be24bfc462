// The SQLite file as SQL Server's metadata would tell it: schemas, tables, columns, keys. Read once per version of the schema.
import { isDecimal, isMoment, isPadded, typeFromDeclaration } from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import { isCanonicalMoment } from '../values/dates.ts';
import { SqlServerError } from '../execute/sql-errors.ts';
import { quoteIdentifier } from '../sqlite/sqlite.ts';
import type { SqliteDatabase, SqliteValue } from '../sqlite/sqlite.ts';

export interface Column {
  name: string;
  type: SqlType;
  nullable: boolean;
  identity: boolean;
  computed: boolean;
  defaultText: string | undefined;
  /** A decimal that SQLite keeps as a number (declared NUMERIC without TEXT): exact up to 15 digits. */
  native: boolean;
  /** Stored values have the form that compares as it stands; otherwise each is normalized when read. */
  canonical: boolean;
}

export interface Key {
  name: string;
  kind: 'PRIMARY KEY' | 'UNIQUE' | 'INDEX' | 'UNIQUE INDEX';
  columns: string[];
}

export interface ForeignKey {
  name: string;
  columns: string[];
  table: string;
  referenced: string[];
}

export interface Table {
  objectId: number;
  schema: string;
  name: string;
  /** The name in SQLite: the table's own for dbo, `schema.table` for any other schema. */
  sqliteName: string;
  kind: 'table' | 'view';
  hasRowid: boolean;
  columns: Column[];
  keys: Key[];
  foreignKeys: ForeignKey[];
  changeTracked: boolean;
}

export interface Catalog {
  /** SQLite's schema version. */
  version: number;
  databaseName: string;
  tables: Table[];
  /** By a name of one to three parts; undefined when there is no such table here. */
  find(parts: readonly string[]): Table | undefined;
}

const hiddenPrefix = '_tds_';

export function loadCatalog(db: SqliteDatabase, databaseName: string): Catalog {
  const version = db.pragma('schema_version', { simple: true }) as number;
  const objects = db
    .prepare("SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    .all() as SchemaRow[];
  const tracked = new Set(
    objects.filter(({ name }) => name.startsWith(`${hiddenPrefix}ct_of_`)).map(({ name }) => name.slice(`${hiddenPrefix}ct_of_`.length)),
  );
  const tables = objects
    .filter(({ name }) => !name.startsWith(hiddenPrefix))
    .map((object) => readTable(db, object, tracked.has(object.name)));
  const byName = new Map(tables.map((table) => [`${table.schema}.${table.name}`.toLowerCase(), table]));
  return { version, databaseName, tables, find };

  function find(parts: readonly string[]): Table | undefined {
    const [table, schema, database] = [...parts].reverse();
    if (parts.length > 3 || (database !== undefined && database !== '' && database.toLowerCase() !== databaseName.toLowerCase()))
      return undefined;
    return byName.get(`${schema === undefined || schema === '' ? 'dbo' : schema}.${table ?? ''}`.toLowerCase());
  }
}

interface SchemaRow {
  name: string;
  type: 'table' | 'view';
  sql: string;
}

interface ColumnRow {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
  pk: number;
  hidden: number;
}

function readTable(db: SqliteDatabase, object: SchemaRow, changeTracked: boolean): Table {
  const rows = db.prepare('SELECT * FROM pragma_table_xinfo(?)').all(object.name) as ColumnRow[];
  const dot = object.name.indexOf('.');
  const [schema, name] = dot > 0 ? [object.name.slice(0, dot), object.name.slice(dot + 1)] : ['dbo', object.name];
  const autoincrement = /\bAUTOINCREMENT\b/i.test(object.sql);
  const columns = rows.map((row): Column => {
    const declared = typeFromDeclaration(row.type);
    if (declared === undefined) {
      throw new SqlServerError({
        number: 40003,
        message: `the sample-town TDS endpoint knows no type '${row.type}' (column ${row.name} of ${object.name})`,
      });
    }
    const { type, keptAsText } = declared;
    return {
      name: row.name,
      type,
      nullable: row.notnull === 0 && row.pk === 0 && type.name !== 'rowversion',
      identity: autoincrement && row.pk > 0,
      computed: row.hidden === 2 || row.hidden === 3,
      defaultText: row.dflt_value ?? undefined,
      native: isDecimal(type) && !keptAsText,
      canonical: true,
    };
  });
  if (object.type === 'table') sampleColumns(db, object.name, columns);
  else for (const column of columns) column.canonical = !needsCanonicalForm(column);
  return {
    objectId: objectIdOf(object.name),
    schema,
    name,
    sqliteName: object.name,
    kind: object.type,
    hasRowid: object.type === 'table' && !/\bWITHOUT\s+ROWID\b[^)]*$/i.test(object.sql),
    columns,
    keys: readKeys(db, object.name, name, rows),
    foreignKeys: readForeignKeys(db, object.name, name),
    changeTracked,
  };
}

function readKeys(db: SqliteDatabase, sqliteName: string, name: string, columns: ColumnRow[]): Key[] {
  const primary = columns
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
    .map((column) => column.name);
  const keys: Key[] = primary.length > 0 ? [{ name: `PK_${name}`, kind: 'PRIMARY KEY', columns: primary }] : [];
  const indexes = db.prepare('SELECT name, "unique", origin FROM pragma_index_list(?)').all(sqliteName) as {
    name: string;
    unique: number;
    origin: string;
  }[];
  for (const [position, index] of indexes.entries()) {
    if (index.origin === 'pk') continue;
    const parts = db.prepare('SELECT name FROM pragma_index_info(?) ORDER BY seqno').pluck().all(index.name) as (string | null)[];
    if (parts.includes(null)) continue;
    const constraint = index.origin === 'u';
    keys.push({
      name: constraint ? `UQ_${name}_${position}` : index.name,
      kind: constraint ? 'UNIQUE' : index.unique === 1 ? 'UNIQUE INDEX' : 'INDEX',
      columns: parts as string[],
    });
  }
  return keys;
}

function readForeignKeys(db: SqliteDatabase, sqliteName: string, name: string): ForeignKey[] {
  const rows = db.prepare('SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq').all(sqliteName) as {
    id: number;
    table: string;
    from: string;
    to: string | null;
  }[];
  const keys = new Map<number, ForeignKey>();
  for (const row of rows) {
    const key = keys.get(row.id) ?? { name: `FK_${name}_${row.table}_${row.id}`, columns: [], table: row.table, referenced: [] };
    key.columns.push(row.from);
    if (row.to !== null) key.referenced.push(row.to);
    keys.set(row.id, key);
  }
  return [...keys.values()];
}

/** Looks at the first and last rows: does what is there compare as it stands, or has each value to be normalized? */
function sampleColumns(db: SqliteDatabase, table: string, columns: Column[]): void {
  const checked = columns.filter(needsCanonicalForm);
  if (checked.length === 0) return;
  const list = checked.map(({ name }) => quoteIdentifier(name)).join(', ');
  const rows = db
    .prepare(`SELECT * FROM (SELECT ${list} FROM ${quoteIdentifier(table)} LIMIT 20)`)
    .raw()
    .all() as SqliteValue[][];
  let last: SqliteValue[][] = [];
  try {
    last = db
      .prepare(`SELECT ${list} FROM ${quoteIdentifier(table)} ORDER BY rowid DESC LIMIT 20`)
      .raw()
      .all() as SqliteValue[][];
  } catch {
    // A table WITHOUT ROWID has no end to look at cheaply.
  }
  for (const [index, column] of checked.entries()) {
    // An empty table promises nothing about what will be written to it directly.
    column.canonical = rows.length > 0 && [...rows, ...last].every((row) => isCanonical(row[index] as SqliteValue, column));
  }
}

/** Which columns are stored canonically, to see whether direct writers have changed that. */
export function storedForms(catalog: Catalog): string {
  return catalog.tables
    .flatMap((table) => table.columns.filter(({ canonical }) => !canonical).map(({ name }) => `${table.name}.${name}`))
    .join();
}

function needsCanonicalForm(column: Column): boolean {
  return isMoment(column.type) || isPadded(column.type) || (isDecimal(column.type) && !column.native);
}

function isCanonical(value: SqliteValue, { type }: Column): boolean {
  if (value === null) return true;
  if (typeof value !== 'string') return false;
  if (isMoment(type)) return isCanonicalMoment(value, type);
  if (isPadded(type)) return !value.endsWith(' ');
  return new RegExp(type.scale === 0 ? '^-?(0|[1-9]\\d*)$' : `^-?(0|[1-9]\\d*)\\.\\d{${type.scale}}$`).test(value);
}

/** Stable for a name, positive, unlike SQL Server's small ids for system objects. */
function objectIdOf(name: string): number {
  let hash = 2166136261;
  for (const char of name.toLowerCase()) hash = Math.imul(hash ^ char.codePointAt(0)!, 16777619);
  return (hash >>> 2) + 100000;
}
