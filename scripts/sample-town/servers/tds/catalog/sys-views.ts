// The sys.* catalog views that tell of tables, columns, keys, row versions and change tracking.
import type { Catalog, Table } from './catalog.ts';
import { columnId, constraintId, eachColumn, eachForeignKey, eachKey, flag, schemaId, schemasOf } from './lists.ts';
import { isText, sqlType } from '../wire/column-types.ts';
import type { TypeName } from '../wire/column-types.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';
import { collationName, someDay, view } from './system-view.ts';
import { maxLength, precisionOf, scaleOf, typeId, typeIds } from './type-facts.ts';

const objectColumns = `name sysname, object_id int, principal_id int, schema_id int, parent_object_id int, type char(2), type_desc nvarchar(60),
  create_date datetime, modify_date datetime, is_ms_shipped bit`;

const columnColumns = `object_id int, name sysname, column_id int, system_type_id tinyint, user_type_id int, max_length smallint, precision tinyint,
  scale tinyint, collation_name sysname, is_nullable bit, is_ansi_padded bit, is_rowguidcol bit, is_identity bit, is_computed bit,
  default_object_id int, is_hidden bit`;

const noBroker = '00000000-0000-0000-0000-000000000000';

export const sysViews = [
  view('sys', 'schemas', 'name sysname, schema_id int, principal_id int', ({ catalog }) =>
    schemasOf(catalog).map((name) => [name, schemaId(catalog, name), 1]),
  ),
  view('sys', 'tables', objectColumns, ({ catalog }) => objects(catalog, 'table')),
  view('sys', 'views', objectColumns, ({ catalog }) => objects(catalog, 'view')),
  view('sys', 'objects', objectColumns, ({ catalog }) => allObjects(catalog)),
  view('sys', 'all_objects', objectColumns, ({ catalog }) => allObjects(catalog)),
  view('sys', 'columns', columnColumns, ({ catalog }) => columns(catalog)),
  view('sys', 'all_columns', columnColumns, ({ catalog }) => columns(catalog)),
  view(
    'sys',
    'types',
    'name sysname, system_type_id tinyint, user_type_id int, schema_id int, max_length smallint, precision tinyint, scale tinyint, is_nullable bit, is_user_defined bit',
    () =>
      Object.entries(typeIds).map(([name, id]) => {
        const length = maxLength(sqlType(name as TypeName, { length: 8000 }));
        return [name === 'rowversion' ? 'timestamp' : name, id, id, 4, name.includes('char') ? 8000 : length, 0, 0, 1, 0];
      }),
  ),
  view(
    'sys',
    'indexes',
    'object_id int, name sysname, index_id int, type tinyint, type_desc nvarchar(60), is_unique bit, is_primary_key bit, is_unique_constraint bit, is_disabled bit, has_filter bit',
    ({ catalog }) =>
      eachKey(catalog).map(({ table, key, position }) => {
        const [type, description] = position === 1 ? [1, 'CLUSTERED'] : [2, 'NONCLUSTERED'];
        const kinds = [flag(key.kind !== 'INDEX'), flag(key.kind === 'PRIMARY KEY'), flag(key.kind === 'UNIQUE')];
        return [table.objectId, key.name, position, type, description, ...kinds, 0, 0];
      }),
  ),
  view(
    'sys',
    'index_columns',
    'object_id int, index_id int, index_column_id int, column_id int, key_ordinal tinyint, partition_ordinal tinyint, is_descending_key bit, is_included_column bit',
    ({ catalog }) =>
      eachKey(catalog).flatMap(({ table, key, position }) =>
        key.columns.map((name, index) => [table.objectId, position, index + 1, columnId(table, name), index + 1, 0, 0, 0]),
      ),
  ),
  view(
    'sys',
    'key_constraints',
    'name sysname, object_id int, principal_id int, schema_id int, parent_object_id int, type char(2), type_desc nvarchar(60), unique_index_id int, is_system_named bit',
    ({ catalog }) => keyConstraints(catalog),
  ),
  view('sys', 'identity_columns', 'object_id int, name sysname, column_id int, seed_value bigint, increment_value bigint', ({ catalog }) =>
    eachColumn(catalog)
      .filter(({ column }) => column.identity)
      .map(({ table, column, position }) => [table.objectId, column.name, position, 1, 1]),
  ),
  view('sys', 'computed_columns', 'object_id int, name sysname, column_id int, definition nvarchar(max)', ({ catalog }) =>
    eachColumn(catalog)
      .filter(({ column }) => column.computed)
      .map(({ table, column, position }) => [table.objectId, column.name, position, null]),
  ),
  view(
    'sys',
    'foreign_keys',
    'name sysname, object_id int, schema_id int, parent_object_id int, referenced_object_id int, is_disabled bit',
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
    'constraint_object_id int, constraint_column_id int, parent_object_id int, parent_column_id int, referenced_object_id int, referenced_column_id int',
    ({ catalog }) =>
      eachForeignKey(catalog).flatMap(({ table, key, id, referenced }) =>
        key.columns.map((name, index) => {
          const target = key.referenced[index] ?? referenced?.keys[0]?.columns[index] ?? '';
          const targetId = referenced === undefined ? null : columnId(referenced, target);
          return [id, index + 1, table.objectId, columnId(table, name), referenced?.objectId ?? null, targetId];
        }),
      ),
  ),
  view(
    'sys',
    'extended_properties',
    'class tinyint, class_desc nvarchar(60), major_id int, minor_id int, name sysname, value nvarchar(4000)',
    () => [],
  ),
  view('sys', 'triggers', 'name sysname, object_id int, parent_id int, is_disabled bit', () => []),
  view(
    'sys',
    'databases',
    `name sysname, database_id int, create_date datetime, compatibility_level tinyint, collation_name sysname, state tinyint, state_desc nvarchar(60),
     is_read_only bit, snapshot_isolation_state tinyint, snapshot_isolation_state_desc nvarchar(60), is_read_committed_snapshot_on bit,
     recovery_model tinyint, recovery_model_desc nvarchar(60), service_broker_guid uniqueidentifier`,
    ({ catalog }) => [
      ['master', 1, someDay, 160, collationName, 0, 'ONLINE', 0, 0, 'OFF', 0, 3, 'SIMPLE', noBroker],
      [
        catalog.databaseName,
        5,
        someDay,
        160,
        collationName,
        0,
        'ONLINE',
        0,
        1,
        'ON',
        1,
        3,
        'SIMPLE',
        'B1B5F2A0-0000-4000-8000-00000000000B',
      ],
    ],
  ),
  view(
    'sys',
    'database_recovery_status',
    'database_id int, database_guid uniqueidentifier, family_guid uniqueidentifier, recovery_fork_guid uniqueidentifier',
    ({ recoveryFork }) => [[5, 'B1B5F2A0-0000-4000-8000-00000000000D', 'B1B5F2A0-0000-4000-8000-00000000000F', recoveryFork]],
  ),
  view(
    'sys',
    'change_tracking_databases',
    'database_id int, is_auto_cleanup_on bit, retention_period int, retention_period_units tinyint, retention_period_units_desc nvarchar(60)',
    ({ trackingOn }) => (trackingOn ? [[5, 1, 2, 3, 'DAYS']] : []),
  ),
  view(
    'sys',
    'change_tracking_tables',
    'object_id int, is_track_columns_updated_on bit, min_valid_version bigint, begin_version bigint, cleanup_version bigint',
    ({ catalog, tracked }) =>
      tracked.flatMap(({ name, minValidVersion, beginVersion }) =>
        catalog.tables
          .filter(({ sqliteName }) => sqliteName.toLowerCase() === name.toLowerCase())
          .map(({ objectId }) => [objectId, 0, minValidVersion, beginVersion, minValidVersion]),
      ),
  ),
];

function objects(catalog: Catalog, kind: Table['kind']): SqliteValue[][] {
  const type = kind === 'table' ? ['U', 'USER_TABLE'] : ['V', 'VIEW'];
  return catalog.tables
    .filter((table) => table.kind === kind)
    .map((table) => [table.name, table.objectId, null, schemaId(catalog, table.schema), 0, ...type, someDay, someDay, 0]);
}

function allObjects(catalog: Catalog): SqliteValue[][] {
  const constraints = keyConstraints(catalog).map((row) => [...row.slice(0, 7), someDay, someDay, 0]);
  return [...objects(catalog, 'table'), ...objects(catalog, 'view'), ...constraints];
}

function keyConstraints(catalog: Catalog): SqliteValue[][] {
  return eachKey(catalog)
    .filter(({ key }) => key.kind === 'PRIMARY KEY' || key.kind === 'UNIQUE')
    .map(({ table, key, position }) => {
      const type = key.kind === 'PRIMARY KEY' ? ['PK', 'PRIMARY_KEY_CONSTRAINT'] : ['UQ', 'UNIQUE_CONSTRAINT'];
      return [key.name, constraintId(table, position), null, schemaId(catalog, table.schema), table.objectId, ...type, position, 0];
    });
}

function columns(catalog: Catalog): SqliteValue[][] {
  return eachColumn(catalog).map(({ table, column, position }) => {
    const { type } = column;
    const sizes = [maxLength(type), precisionOf(type), scaleOf(type)];
    const flags = [flag(column.nullable), flag(isText(type)), 0, flag(column.identity), flag(column.computed)];
    const defaultId = column.defaultText === undefined ? 0 : table.objectId + position;
    const collation = isText(type) ? collationName : null;
    return [table.objectId, column.name, position, typeId(type), typeId(type), ...sizes, collation, ...flags, defaultId, 0];
  });
}
