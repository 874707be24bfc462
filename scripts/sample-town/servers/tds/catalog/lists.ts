// The catalog as flat lists, one entry per row of a system view.
import type { Catalog, Column, Key, Table } from './catalog.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';

export function schemasOf(catalog: Catalog): string[] {
  return [...new Set(['dbo', ...catalog.tables.map(({ schema }) => schema)])];
}

export function schemaId(catalog: Catalog, name: string): number {
  const at = schemasOf(catalog).findIndex((schema) => schema.toLowerCase() === name.toLowerCase());
  return at === 0 ? 1 : at + 4;
}

export function eachColumn(catalog: Catalog): { table: Table; column: Column; position: number }[] {
  return catalog.tables.flatMap((table) => table.columns.map((column, index) => ({ table, column, position: index + 1 })));
}

export function eachKey(catalog: Catalog): { table: Table; key: Key; position: number }[] {
  return catalog.tables.flatMap((table) => table.keys.map((key, index) => ({ table, key, position: index + 1 })));
}

export function eachForeignKey(
  catalog: Catalog,
): { table: Table; key: Table['foreignKeys'][number]; id: number; referenced: Table | undefined }[] {
  return catalog.tables.flatMap((table) =>
    table.foreignKeys.map((key, index) => ({ table, key, id: table.objectId + 500 + index, referenced: catalog.find([key.table]) })),
  );
}

export function constraintId(table: Table, position: number): number {
  return table.objectId + 1000 + position;
}

export function columnId(table: Table, name: string): number {
  return table.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase()) + 1;
}

export function nameOf(catalog: Catalog, table: Table): SqliteValue[] {
  return [catalog.databaseName, table.schema, table.name];
}

export function flag(on: boolean): number {
  return on ? 1 : 0;
}
