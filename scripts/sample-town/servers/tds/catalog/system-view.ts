// One system view: a SQLite virtual table over the catalog, which a statement reads through a materialized common table (virtual
// tables have no indexes).
import type { Catalog } from './catalog.ts';
import type { TrackedTable } from '../change-tracking.ts';
import { typeFromName } from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';

export interface SystemFacts {
  catalog: Catalog;
  tracked: TrackedTable[];
  trackingOn: boolean;
  recoveryFork: string;
}

export interface SystemView {
  schema: string;
  name: string;
  /** The common table's name in SQLite; the virtual table has the same with `_rows`. */
  sqliteName: string;
  columns: { name: string; type: SqlType }[];
  rows(facts: SystemFacts): SqliteValue[][];
}

export const collationName = 'SQL_Latin1_General_CP1_CI_AS';
/** When anything here was created: not known. */
export const someDay = '2020-01-01 00:00:00.000';

/** `columns` as in a CREATE TABLE: 'name sysname, object_id int, type char(2)'. */
export function view(schema: string, name: string, columns: string, rows: (facts: SystemFacts) => SqliteValue[][]): SystemView {
  return { schema, name, sqliteName: `tds_${schema}_${name}`.toLowerCase(), columns: columns.split(',').map(column), rows };
}

function column(text: string): { name: string; type: SqlType } {
  const [, name = '', typeName = '', length] = /^\s*(\w+)\s+(\w+)(?:\((\w+)\))?\s*$/.exec(text) ?? [];
  const type = typeFromName(typeName, length === undefined ? [] : [length]);
  if (type === undefined) throw new Error(`no type in '${text}'`);
  return { name, type };
}
