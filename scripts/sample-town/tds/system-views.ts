// sys.* and INFORMATION_SCHEMA.*: what clients read to find tables, keys, types and row version columns. Each is a SQLite virtual
// table over the catalog, which a statement reads through a materialized common table (virtual tables have no indexes).
import { MAX, isMoment, isText, isUnicode, nvarchar, sqlType, types } from './column-types.ts';
import type { SqlType, TypeName } from './column-types.ts';
import type { Catalog, Column, Key, Table } from './catalog.ts';
import type { TrackedTable } from './change-tracking.ts';
import type { SqliteValue } from './sqlite.ts';

export interface SystemFacts {
  catalog: Catalog;
  tracked: TrackedTable[];
  trackingOn: boolean;
}

export interface SystemView {
  /** Schema and name. */
  name: [string, string];
  /** The common table's name in SQLite; the virtual table has the same with `_rows`. */
  sqliteName: string;
  columns: { name: string; type: SqlType }[];
  rows(facts: SystemFacts): SqliteValue[][];
}

const text = types.sysname;
const { int, bit, smallint, tinyint, bigint, datetime } = types;
const letters = sqlType('char', { length: 2 });
const description = nvarchar(60);
const collationName = 'SQL_Latin1_General_CP1_CI_AS';
const someDay = '2020-01-01 00:00:00.000';

export const systemViews: SystemView[] = [
  view('sys', 'schemas', { name: text, schema_id: int, principal_id: int }, ({ catalog }) =>
    schemasOf(catalog).map((name) => [name, schemaId(catalog, name), 1]),
  ),
  view('sys', 'tables', objectColumns(), ({ catalog }) =>
    catalog.tables.filter(({ kind }) => kind === 'table').map((table) => objectRow(catalog, table)),
  ),
  view('sys', 'views', objectColumns(), ({ catalog }) =>
    catalog.tables.filter(({ kind }) => kind === 'view').map((table) => objectRow(catalog, table)),
  ),
  ...['objects', 'all_objects'].map((name) =>
    view('sys', name, objectColumns(), ({ catalog }) => [
      ...catalog.tables.map((table) => objectRow(catalog, table)),
      ...constraints(catalog),
    ]),
  ),
  ...['columns', 'all_columns'].map((name) =>
    view(
      'sys',
      name,
      {
        object_id: int,
        name: text,
        column_id: int,
        system_type_id: tinyint,
        user_type_id: int,
        max_length: smallint,
        precision: tinyint,
        scale: tinyint,
        collation_name: text,
        is_nullable: bit,
        is_ansi_padded: bit,
        is_rowguidcol: bit,
        is_identity: bit,
        is_computed: bit,
        default_object_id: int,
        is_hidden: bit,
      },
      ({ catalog }) =>
        eachColumn(catalog).map(({ table, column, position }) => {
          const { type } = column;
          return [
            table.objectId,
            column.name,
            position,
            typeId(type),
            typeId(type),
            maxLength(type),
            precisionOf(type),
            scaleOf(type),
            isText(type) ? collationName : null,
            flag(column.nullable),
            flag(isText(type)),
            0,
            flag(column.identity),
            flag(column.computed),
            column.defaultText === undefined ? 0 : table.objectId + position,
            0,
          ];
        }),
    ),
  ),
  view(
    'sys',
    'types',
    {
      name: text,
      system_type_id: tinyint,
      user_type_id: int,
      schema_id: int,
      max_length: smallint,
      precision: tinyint,
      scale: tinyint,
      is_nullable: bit,
      is_user_defined: bit,
    },
    () =>
      Object.entries(typeIds).map(([name, id]) => [
        name === 'rowversion' ? 'timestamp' : name,
        id,
        id,
        4,
        name.includes('char') ? 8000 : maxLength(sqlType(name as TypeName, { length: 8000 })),
        0,
        0,
        1,
        0,
      ]),
  ),
  view(
    'sys',
    'indexes',
    {
      object_id: int,
      name: text,
      index_id: int,
      type: tinyint,
      type_desc: description,
      is_unique: bit,
      is_primary_key: bit,
      is_unique_constraint: bit,
      is_disabled: bit,
      has_filter: bit,
    },
    ({ catalog }) =>
      eachKey(catalog).map(({ table, key, position }) => [
        table.objectId,
        key.name,
        position,
        position === 1 ? 1 : 2,
        position === 1 ? 'CLUSTERED' : 'NONCLUSTERED',
        flag(key.kind !== 'INDEX'),
        flag(key.kind === 'PRIMARY KEY'),
        flag(key.kind === 'UNIQUE'),
        0,
        0,
      ]),
  ),
  view(
    'sys',
    'index_columns',
    {
      object_id: int,
      index_id: int,
      index_column_id: int,
      column_id: int,
      key_ordinal: tinyint,
      partition_ordinal: tinyint,
      is_descending_key: bit,
      is_included_column: bit,
    },
    ({ catalog }) =>
      eachKey(catalog).flatMap(({ table, key, position }) =>
        key.columns.map((name, index) => [table.objectId, position, index + 1, columnId(table, name), index + 1, 0, 0, 0]),
      ),
  ),
  view(
    'sys',
    'key_constraints',
    {
      name: text,
      object_id: int,
      principal_id: int,
      schema_id: int,
      parent_object_id: int,
      type: letters,
      type_desc: description,
      unique_index_id: int,
      is_system_named: bit,
    },
    ({ catalog }) =>
      eachKey(catalog)
        .filter(({ key }) => key.kind === 'PRIMARY KEY' || key.kind === 'UNIQUE')
        .map(({ table, key, position }) => [
          key.name,
          constraintId(table, position),
          null,
          schemaId(catalog, table.schema),
          table.objectId,
          key.kind === 'PRIMARY KEY' ? 'PK' : 'UQ',
          key.kind === 'PRIMARY KEY' ? 'PRIMARY_KEY_CONSTRAINT' : 'UNIQUE_CONSTRAINT',
          position,
          0,
        ]),
  ),
  view(
    'sys',
    'identity_columns',
    { object_id: int, name: text, column_id: int, seed_value: bigint, increment_value: bigint },
    ({ catalog }) =>
      eachColumn(catalog)
        .filter(({ column }) => column.identity)
        .map(({ table, column, position }) => [table.objectId, column.name, position, 1, 1]),
  ),
  view('sys', 'computed_columns', { object_id: int, name: text, column_id: int, definition: nvarchar(MAX) }, ({ catalog }) =>
    eachColumn(catalog)
      .filter(({ column }) => column.computed)
      .map(({ table, column, position }) => [table.objectId, column.name, position, null]),
  ),
  view(
    'sys',
    'foreign_keys',
    { name: text, object_id: int, schema_id: int, parent_object_id: int, referenced_object_id: int, is_disabled: bit },
    ({ catalog }) =>
      eachForeignKey(catalog).map(({ table, key, id, referenced }) => [
        key.name,
        id,
        schemaId(catalog, table.schema),
        table.objectId,
        referenced?.objectId ?? null,
        0,
      ]),
  ),
  view(
    'sys',
    'foreign_key_columns',
    {
      constraint_object_id: int,
      constraint_column_id: int,
      parent_object_id: int,
      parent_column_id: int,
      referenced_object_id: int,
      referenced_column_id: int,
    },
    ({ catalog }) =>
      eachForeignKey(catalog).flatMap(({ table, key, id, referenced }) =>
        key.columns.map((name, index) => [
          id,
          index + 1,
          table.objectId,
          columnId(table, name),
          referenced?.objectId ?? null,
          referenced === undefined ? null : columnId(referenced, key.referenced[index] ?? referenced.keys[0]?.columns[index] ?? ''),
        ]),
      ),
  ),
  view(
    'sys',
    'extended_properties',
    { class: tinyint, class_desc: description, major_id: int, minor_id: int, name: text, value: nvarchar(4000) },
    () => [],
  ),
  view('sys', 'triggers', { name: text, object_id: int, parent_id: int, is_disabled: bit }, () => []),
  view(
    'sys',
    'databases',
    {
      name: text,
      database_id: int,
      create_date: datetime,
      compatibility_level: tinyint,
      collation_name: text,
      state: tinyint,
      state_desc: description,
      is_read_only: bit,
      snapshot_isolation_state: tinyint,
      snapshot_isolation_state_desc: description,
      is_read_committed_snapshot_on: bit,
      recovery_model: tinyint,
      recovery_model_desc: description,
    },
    ({ catalog }) => [
      ['master', 1, someDay, 160, collationName, 0, 'ONLINE', 0, 0, 'OFF', 0, 3, 'SIMPLE'],
      [catalog.databaseName, 5, someDay, 160, collationName, 0, 'ONLINE', 0, 1, 'ON', 1, 3, 'SIMPLE'],
    ],
  ),
  view(
    'sys',
    'change_tracking_databases',
    {
      database_id: int,
      is_auto_cleanup_on: bit,
      retention_period: int,
      retention_period_units: tinyint,
      retention_period_units_desc: description,
    },
    ({ trackingOn }) => (trackingOn ? [[5, 1, 2, 3, 'DAYS']] : []),
  ),
  view(
    'sys',
    'change_tracking_tables',
    { object_id: int, is_track_columns_updated_on: bit, min_valid_version: bigint, begin_version: bigint, cleanup_version: bigint },
    ({ catalog, tracked }) =>
      tracked.flatMap((one) =>
        catalog.tables
          .filter(({ sqliteName }) => sqliteName.toLowerCase() === one.name.toLowerCase())
          .map((table) => [table.objectId, 0, one.minValidVersion, one.beginVersion, one.minValidVersion]),
      ),
  ),
  view('INFORMATION_SCHEMA', 'SCHEMATA', { CATALOG_NAME: text, SCHEMA_NAME: text, SCHEMA_OWNER: text }, ({ catalog }) =>
    schemasOf(catalog).map((name) => [catalog.databaseName, name, 'dbo']),
  ),
  view(
    'INFORMATION_SCHEMA',
    'TABLES',
    { TABLE_CATALOG: text, TABLE_SCHEMA: text, TABLE_NAME: text, TABLE_TYPE: sqlType('varchar', { length: 10 }) },
    ({ catalog }) => catalog.tables.map((table) => [...nameOf(catalog, table), table.kind === 'view' ? 'VIEW' : 'BASE TABLE']),
  ),
  view('INFORMATION_SCHEMA', 'VIEWS', { TABLE_CATALOG: text, TABLE_SCHEMA: text, TABLE_NAME: text }, ({ catalog }) =>
    catalog.tables.filter(({ kind }) => kind === 'view').map((table) => nameOf(catalog, table)),
  ),
  view(
    'INFORMATION_SCHEMA',
    'COLUMNS',
    {
      TABLE_CATALOG: text,
      TABLE_SCHEMA: text,
      TABLE_NAME: text,
      COLUMN_NAME: text,
      ORDINAL_POSITION: int,
      COLUMN_DEFAULT: nvarchar(4000),
      IS_NULLABLE: sqlType('varchar', { length: 3 }),
      DATA_TYPE: text,
      CHARACTER_MAXIMUM_LENGTH: int,
      CHARACTER_OCTET_LENGTH: int,
      NUMERIC_PRECISION: tinyint,
      NUMERIC_PRECISION_RADIX: smallint,
      NUMERIC_SCALE: int,
      DATETIME_PRECISION: smallint,
      CHARACTER_SET_NAME: text,
      COLLATION_NAME: text,
    },
    ({ catalog }) =>
      eachColumn(catalog).map(({ table, column, position }) => [
        ...nameOf(catalog, table),
        column.name,
        position,
        column.defaultText === undefined ? null : `(${column.defaultText})`,
        column.nullable ? 'YES' : 'NO',
        ...informationType(column),
      ]),
  ),
  view(
    'INFORMATION_SCHEMA',
    'TABLE_CONSTRAINTS',
    {
      CONSTRAINT_CATALOG: text,
      CONSTRAINT_SCHEMA: text,
      CONSTRAINT_NAME: text,
      TABLE_CATALOG: text,
      TABLE_SCHEMA: text,
      TABLE_NAME: text,
      CONSTRAINT_TYPE: sqlType('varchar', { length: 11 }),
      IS_DEFERRABLE: sqlType('varchar', { length: 2 }),
      INITIALLY_DEFERRED: sqlType('varchar', { length: 2 }),
    },
    ({ catalog }) => [
      ...eachKey(catalog)
        .filter(({ key }) => key.kind === 'PRIMARY KEY' || key.kind === 'UNIQUE')
        .map(({ table, key }) => [catalog.databaseName, table.schema, key.name, ...nameOf(catalog, table), key.kind, 'NO', 'NO']),
      ...eachForeignKey(catalog).map(({ table, key }) => [
        catalog.databaseName,
        table.schema,
        key.name,
        ...nameOf(catalog, table),
        'FOREIGN KEY',
        'NO',
        'NO',
      ]),
    ],
  ),
  view(
    'INFORMATION_SCHEMA',
    'KEY_COLUMN_USAGE',
    {
      CONSTRAINT_CATALOG: text,
      CONSTRAINT_SCHEMA: text,
      CONSTRAINT_NAME: text,
      TABLE_CATALOG: text,
      TABLE_SCHEMA: text,
      TABLE_NAME: text,
      COLUMN_NAME: text,
      ORDINAL_POSITION: int,
    },
    ({ catalog }) => keyColumns(catalog),
  ),
  view(
    'INFORMATION_SCHEMA',
    'CONSTRAINT_COLUMN_USAGE',
    {
      TABLE_CATALOG: text,
      TABLE_SCHEMA: text,
      TABLE_NAME: text,
      COLUMN_NAME: text,
      CONSTRAINT_CATALOG: text,
      CONSTRAINT_SCHEMA: text,
      CONSTRAINT_NAME: text,
    },
    ({ catalog }) =>
      keyColumns(catalog).map(
        ([database, schema, constraint, , , table, column]) =>
          [database, schema, table, column, database, schema, constraint] as SqliteValue[],
      ),
  ),
];

const byName = new Map(systemViews.map((one) => [one.name.join('.').toLowerCase(), one]));

/** The view of that name, with the database's name before it or not. */
export function systemView(parts: readonly string[], databaseName: string): SystemView | undefined {
  const own = parts.length === 3 && parts[0]?.toLowerCase() === databaseName.toLowerCase() ? parts.slice(1) : parts;
  return own.length === 2 ? byName.get(own.join('.').toLowerCase()) : undefined;
}

function view(schema: string, name: string, columns: Record<string, SqlType>, rows: (facts: SystemFacts) => SqliteValue[][]): SystemView {
  return {
    name: [schema, name],
    sqliteName: `tds_${schema}_${name}`.toLowerCase(),
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
    rows,
  };
}

function objectColumns(): Record<string, SqlType> {
  return {
    name: text,
    object_id: int,
    principal_id: int,
    schema_id: int,
    parent_object_id: int,
    type: letters,
    type_desc: description,
    create_date: datetime,
    modify_date: datetime,
    is_ms_shipped: bit,
  };
}

function objectRow(catalog: Catalog, table: Table): SqliteValue[] {
  const isTable = table.kind === 'table';
  return [
    table.name,
    table.objectId,
    null,
    schemaId(catalog, table.schema),
    0,
    isTable ? 'U' : 'V',
    isTable ? 'USER_TABLE' : 'VIEW',
    someDay,
    someDay,
    0,
  ];
}

function constraints(catalog: Catalog): SqliteValue[][] {
  return eachKey(catalog)
    .filter(({ key }) => key.kind === 'PRIMARY KEY')
    .map(({ table, key, position }) => [
      key.name,
      constraintId(table, position),
      null,
      schemaId(catalog, table.schema),
      table.objectId,
      'PK',
      'PRIMARY_KEY_CONSTRAINT',
      someDay,
      someDay,
      0,
    ]);
}

export function schemasOf(catalog: Catalog): string[] {
  return [...new Set(['dbo', ...catalog.tables.map(({ schema }) => schema)])];
}

export function schemaId(catalog: Catalog, name: string): number {
  const at = schemasOf(catalog).findIndex((schema) => schema.toLowerCase() === name.toLowerCase());
  return at === 0 ? 1 : at + 4;
}

function eachColumn(catalog: Catalog): { table: Table; column: Column; position: number }[] {
  return catalog.tables.flatMap((table) => table.columns.map((column, index) => ({ table, column, position: index + 1 })));
}

function eachKey(catalog: Catalog): { table: Table; key: Key; position: number }[] {
  return catalog.tables.flatMap((table) => table.keys.map((key, index) => ({ table, key, position: index + 1 })));
}

function eachForeignKey(
  catalog: Catalog,
): { table: Table; key: Table['foreignKeys'][number]; id: number; referenced: Table | undefined }[] {
  return catalog.tables.flatMap((table) =>
    table.foreignKeys.map((key, index) => ({ table, key, id: table.objectId + 500 + index, referenced: catalog.find([key.table]) })),
  );
}

function keyColumns(catalog: Catalog): SqliteValue[][] {
  const keys = eachKey(catalog)
    .filter(({ key }) => key.kind === 'PRIMARY KEY' || key.kind === 'UNIQUE')
    .map(({ table, key }) => ({ table, key }));
  const foreign = eachForeignKey(catalog).map(({ table, key }) => ({ table, key }));
  return [...keys, ...foreign].flatMap(({ table, key }) =>
    key.columns.map((column, index) => [catalog.databaseName, table.schema, key.name, ...nameOf(catalog, table), column, index + 1]),
  );
}

function constraintId(table: Table, position: number): number {
  return table.objectId + 1000 + position;
}

function columnId(table: Table, name: string): number {
  return table.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase()) + 1;
}

function nameOf(catalog: Catalog, table: Table): SqliteValue[] {
  return [catalog.databaseName, table.schema, table.name];
}

function flag(on: boolean): number {
  return on ? 1 : 0;
}

const typeIds: Partial<Record<TypeName, number>> = {
  image: 34,
  text: 35,
  uniqueidentifier: 36,
  date: 40,
  time: 41,
  datetime2: 42,
  tinyint: 48,
  smallint: 52,
  int: 56,
  smalldatetime: 58,
  real: 59,
  money: 60,
  datetime: 61,
  float: 62,
  ntext: 99,
  bit: 104,
  decimal: 106,
  numeric: 108,
  smallmoney: 122,
  bigint: 127,
  varbinary: 165,
  varchar: 167,
  binary: 173,
  char: 175,
  rowversion: 189,
  nvarchar: 231,
  nchar: 239,
};

export function typeId(type: SqlType): number {
  return typeIds[type.name] ?? 0;
}

export function typeNameOf(id: number): string | null {
  const name = Object.entries(typeIds).find(([, known]) => known === id)?.[0];
  return name === undefined ? null : name === 'rowversion' ? 'timestamp' : name;
}

const sizes: Partial<Record<TypeName, number>> = {
  bit: 1,
  tinyint: 1,
  smallint: 2,
  int: 4,
  bigint: 8,
  float: 8,
  real: 4,
  money: 8,
  smallmoney: 4,
  date: 3,
  smalldatetime: 4,
  datetime: 8,
  uniqueidentifier: 16,
  text: 16,
  ntext: 16,
  image: 16,
};
const digits: Partial<Record<TypeName, number>> = {
  bit: 1,
  tinyint: 3,
  smallint: 5,
  int: 10,
  bigint: 19,
  money: 19,
  smallmoney: 10,
  float: 53,
  real: 24,
};

function maxLength(type: SqlType): number {
  const size = sizes[type.name];
  if (size !== undefined) return size;
  if (type.name === 'decimal' || type.name === 'numeric')
    return type.precision <= 9 ? 5 : type.precision <= 19 ? 9 : type.precision <= 28 ? 13 : 17;
  if (isMoment(type)) return (type.name === 'time' ? 0 : 3) + (type.scale <= 2 ? 3 : type.scale <= 4 ? 4 : 5);
  return type.length === MAX ? -1 : isUnicode(type) ? type.length * 2 : type.length;
}

function precisionOf(type: SqlType): number {
  return type.precision > 0
    ? type.precision
    : (digits[type.name] ??
        { date: 10, datetime: 23, datetime2: 20 + type.scale, smalldatetime: 16, time: 9 + type.scale }[type.name as 'date'] ??
        0);
}

function scaleOf(type: SqlType): number {
  return type.name === 'datetime' ? 3 : type.scale;
}

/** DATA_TYPE and the columns after it. */
function informationType({ type }: Column): SqliteValue[] {
  const name = type.name === 'rowversion' ? 'timestamp' : type.name;
  const sized = /char|text|binary|image/.test(type.name);
  const legacy = type.name === 'text' || type.name === 'image' ? 2147483647 : 1073741823;
  const characters = !sized ? null : type.length !== 0 ? type.length : legacy;
  const numeric = digits[type.name] !== undefined && type.name !== 'bit';
  const precision = type.name === 'decimal' || type.name === 'numeric' ? type.precision : numeric ? (digits[type.name] as number) : null;
  const scale = precision === null || type.name === 'float' || type.name === 'real' ? null : type.scale;
  const fraction = isMoment(type)
    ? type.name === 'datetime'
      ? 3
      : type.name === 'date' || type.name === 'smalldatetime'
        ? 0
        : type.scale
    : null;
  return [
    name,
    characters,
    !sized ? null : isUnicode(type) && type.length > 0 ? type.length * 2 : characters,
    precision,
    precision === null ? null : scale === null ? 2 : 10,
    scale,
    fraction,
    isText(type) ? (isUnicode(type) ? 'UNICODE' : 'iso_1') : null,
    isText(type) ? collationName : null,
  ];
}
