// INFORMATION_SCHEMA: the standard's views of tables, columns and constraints.
import type { Catalog, Column, Key, Table } from './catalog.ts';
import { eachColumn, eachForeignKey, eachKey, nameOf, schemasOf } from './lists.ts';
import { isMoment, isText, isUnicode } from '../wire/column-types.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';
import { collationName, view } from './system-view.ts';
import { digits } from './type-facts.ts';

const schema = 'INFORMATION_SCHEMA';
const tableName = 'TABLE_CATALOG sysname, TABLE_SCHEMA sysname, TABLE_NAME sysname';
const constraintName = 'CONSTRAINT_CATALOG sysname, CONSTRAINT_SCHEMA sysname, CONSTRAINT_NAME sysname';

export const informationSchema = [
  view(schema, 'SCHEMATA', 'CATALOG_NAME sysname, SCHEMA_NAME sysname, SCHEMA_OWNER sysname', ({ catalog }) =>
    schemasOf(catalog).map((name) => [catalog.databaseName, name, 'dbo']),
  ),
  view(schema, 'TABLES', `${tableName}, TABLE_TYPE varchar(10)`, ({ catalog }) =>
    catalog.tables.map((table) => [...nameOf(catalog, table), table.kind === 'view' ? 'VIEW' : 'BASE TABLE']),
  ),
  view(schema, 'VIEWS', tableName, ({ catalog }) =>
    catalog.tables.filter(({ kind }) => kind === 'view').map((table) => nameOf(catalog, table)),
  ),
  view(
    schema,
    'COLUMNS',
    `${tableName}, COLUMN_NAME sysname, ORDINAL_POSITION int, COLUMN_DEFAULT nvarchar(4000), IS_NULLABLE varchar(3), DATA_TYPE sysname,
     CHARACTER_MAXIMUM_LENGTH int, CHARACTER_OCTET_LENGTH int, NUMERIC_PRECISION tinyint, NUMERIC_PRECISION_RADIX smallint, NUMERIC_SCALE int,
     DATETIME_PRECISION smallint, CHARACTER_SET_NAME sysname, COLLATION_NAME sysname`,
    ({ catalog }) =>
      eachColumn(catalog).map(({ table, column, position }) => {
        const defaultText = column.defaultText === undefined ? null : `(${column.defaultText})`;
        return [...nameOf(catalog, table), column.name, position, defaultText, column.nullable ? 'YES' : 'NO', ...typeColumns(column)];
      }),
  ),
  view(
    schema,
    'TABLE_CONSTRAINTS',
    `${constraintName}, ${tableName}, CONSTRAINT_TYPE varchar(11), IS_DEFERRABLE varchar(2), INITIALLY_DEFERRED varchar(2)`,
    ({ catalog }) =>
      constraints(catalog).map(({ table, name, kind }) => [
        ...[catalog.databaseName, table.schema, name],
        ...[...nameOf(catalog, table), kind, 'NO', 'NO'],
      ]),
  ),
  view(schema, 'KEY_COLUMN_USAGE', `${constraintName}, ${tableName}, COLUMN_NAME sysname, ORDINAL_POSITION int`, ({ catalog }) =>
    constraints(catalog).flatMap(({ table, name, columns }) =>
      columns.map((column, index) => [catalog.databaseName, table.schema, name, ...nameOf(catalog, table), column, index + 1]),
    ),
  ),
  view(schema, 'CONSTRAINT_COLUMN_USAGE', `${tableName}, COLUMN_NAME sysname, ${constraintName}`, ({ catalog }) =>
    constraints(catalog).flatMap(({ table, name, columns }) =>
      columns.map((column) => [...nameOf(catalog, table), column, catalog.databaseName, table.schema, name]),
    ),
  ),
];

interface Constraint {
  table: Table;
  name: string;
  kind: string;
  columns: string[];
}

function constraints(catalog: Catalog): Constraint[] {
  const isConstraint = ({ key }: { key: Key }): boolean => key.kind === 'PRIMARY KEY' || key.kind === 'UNIQUE';
  const keys = eachKey(catalog).filter(isConstraint);
  return [
    ...keys.map(({ table, key }) => ({ table, name: key.name, kind: key.kind, columns: key.columns })),
    ...eachForeignKey(catalog).map(({ table, key }) => ({ table, name: key.name, kind: 'FOREIGN KEY', columns: key.columns })),
  ];
}

/** DATA_TYPE and the columns after it. */
function typeColumns({ type }: Column): SqliteValue[] {
  const name = type.name === 'rowversion' ? 'timestamp' : type.name;
  const sized = /char|text|binary|image/.test(type.name);
  const legacy = type.name === 'text' || type.name === 'image' ? 2147483647 : 1073741823;
  const characters = !sized ? null : type.length !== 0 ? type.length : legacy;
  const octets = sized && isUnicode(type) && type.length > 0 ? type.length * 2 : characters;
  const numeric = type.precision > 0 ? type.precision : type.name === 'bit' ? null : (digits[type.name] ?? null);
  const approximate = type.name === 'float' || type.name === 'real';
  const scale = numeric === null || approximate ? null : type.scale;
  const fraction = type.name === 'datetime' ? 3 : isMoment(type) ? type.scale : null;
  const characterSet = !isText(type) ? null : isUnicode(type) ? 'UNICODE' : 'iso_1';
  const radix = numeric === null ? null : approximate ? 2 : 10;
  return [name, characters, octets, numeric, radix, scale, fraction, characterSet, isText(type) ? collationName : null];
}
