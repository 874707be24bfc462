// SQLite functions that know the session: its catalog and what its login may do. And the system views as virtual tables.
import type { Catalog, Table } from '../catalog/catalog.ts';
import { schemaId, schemasOf } from '../catalog/lists.ts';
import type { SystemFacts } from '../catalog/system-view.ts';
import { systemViews } from '../catalog/system-views.ts';
import { typeNameOf } from '../catalog/type-facts.ts';
import type { SqliteDatabase, SqliteValue } from '../sqlite/sqlite.ts';

export interface SessionFacts {
  catalog(): Catalog;
  system(): SystemFacts;
  readOnly: boolean;
}

export function defineSessionFunctions(db: SqliteDatabase, facts: SessionFacts): void {
  const define = (name: string, run: (...values: never[]) => SqliteValue): void => {
    db.function(name, { varargs: true, safeIntegers: false }, (...values) => {
      const result = (run as (...values: SqliteValue[]) => SqliteValue)(...values);
      return typeof result === 'number' ? BigInt(result) : result;
    });
  };
  const byId = (id: number): Table | undefined => facts.catalog().tables.find(({ objectId }) => objectId === Number(id));
  const named = (name: SqliteValue): Table | undefined => (typeof name === 'string' ? facts.catalog().find(nameParts(name)) : undefined);

  define('tds_object_id', (name: SqliteValue, type: SqliteValue) => {
    const table = named(name);
    const wanted = typeof type === 'string' ? type.trim().toUpperCase() : undefined;
    return table === undefined || (wanted !== undefined && wanted !== (table.kind === 'table' ? 'U' : 'V')) ? null : table.objectId;
  });
  define('tds_object_name', (id: number) => byId(id)?.name ?? null);
  define('tds_object_schema_name', (id: number) => byId(id)?.schema ?? null);
  define('tds_schema_name', (id: number | undefined) =>
    id === undefined ? 'dbo' : (schemasOf(facts.catalog()).find((name) => schemaId(facts.catalog(), name) === Number(id)) ?? null),
  );
  define('tds_schema_id', (name: string | undefined) =>
    name === undefined
      ? 1
      : schemasOf(facts.catalog()).some((one) => one.toLowerCase() === name.toLowerCase())
        ? schemaId(facts.catalog(), name)
        : null,
  );
  define('tds_type_name', (id: number) => typeNameOf(Number(id)));
  define('tds_col_name', (id: number, position: number) => byId(id)?.columns[Number(position) - 1]?.name ?? null);
  define('tds_columnproperty', (id: number, name: string, property: string) => {
    const column = byId(id)?.columns.find((one) => one.name.toLowerCase() === String(name).toLowerCase());
    if (column === undefined) return null;
    const known: Record<string, number> = {
      ISIDENTITY: column.identity ? 1 : 0,
      ISCOMPUTED: column.computed ? 1 : 0,
      ALLOWSNULL: column.nullable ? 1 : 0,
      ISROWGUIDCOL: 0,
    };
    return known[property.toUpperCase()] ?? null;
  });
  define('tds_objectproperty', (id: number, property: string) => {
    const table = byId(id);
    if (table === undefined) return null;
    const known: Record<string, boolean> = {
      ISTABLE: table.kind === 'table',
      ISUSERTABLE: table.kind === 'table',
      ISVIEW: table.kind === 'view',
      ISMSSHIPPED: false,
      TABLEHASPRIMARYKEY: table.keys.some(({ kind }) => kind === 'PRIMARY KEY'),
      TABLEHASTIMESTAMP: table.columns.some(({ type }) => type.name === 'rowversion'),
      TABLEHASIDENTITY: table.columns.some(({ identity }) => identity),
    };
    const value = known[property.toUpperCase()];
    return value === undefined ? null : value ? 1 : 0;
  });
  define('tds_databasepropertyex', (name: string, property: string) => {
    if (String(name).toLowerCase() !== facts.catalog().databaseName.toLowerCase()) return null;
    const known: Record<string, string> = {
      COLLATION: 'SQL_Latin1_General_CP1_CI_AS',
      STATUS: 'ONLINE',
      UPDATEABILITY: 'READ_WRITE',
      RECOVERY: 'SIMPLE',
      USERACCESS: 'MULTI_USER',
      VERSION: '957',
    };
    return known[String(property).toUpperCase()] ?? null;
  });
  define('tds_has_perms_by_name', (securable: SqliteValue, kind: SqliteValue, permission: SqliteValue) => {
    const object = typeof kind === 'string' && kind.toUpperCase() === 'OBJECT';
    if (object && named(securable) === undefined) return null;
    return permitted(String(permission).toUpperCase(), facts.readOnly) ? 1 : 0;
  });
  define('tds_has_dbaccess', (name: string) => (String(name).toLowerCase() === facts.catalog().databaseName.toLowerCase() ? 1 : null));
  define('tds_is_member', (role: string) => memberOf(role, facts.readOnly));
  define('tds_is_rolemember', (role: string) => memberOf(role, facts.readOnly));
  define('tds_is_srvrolemember', (role: string) => (String(role).toLowerCase() === 'public' ? 1 : 0));
  define('tds_db_name', (id: number | undefined) =>
    id === undefined || Number(id) === 5 || id === null ? facts.catalog().databaseName : Number(id) === 1 ? 'master' : null,
  );
  define('tds_db_id', (name: string | undefined) =>
    name === undefined || name.toLowerCase() === facts.catalog().databaseName.toLowerCase()
      ? 5
      : name.toLowerCase() === 'master'
        ? 1
        : null,
  );
  define('tds_change_tracking_min_valid_version', (id: number | null) => {
    const table = id === null ? undefined : byId(id);
    return facts.system().tracked.find(({ name }) => name.toLowerCase() === table?.sqliteName.toLowerCase())?.minValidVersion ?? null;
  });

  for (const view of systemViews) {
    db.table(`${view.sqliteName}_rows`, {
      columns: view.columns.map(({ name }) => name),
      *rows() {
        yield* view.rows(facts.system());
      },
    });
  }
}

function permitted(permission: string, readOnly: boolean): boolean {
  if (['INSERT', 'UPDATE', 'DELETE'].includes(permission)) return !readOnly;
  return ['SELECT', 'ANY', 'CONNECT', 'VIEW DEFINITION', 'VIEW CHANGE TRACKING', 'VIEW DATABASE STATE', 'REFERENCES', 'EXECUTE'].includes(
    permission,
  );
}

function memberOf(role: string, readOnly: boolean): number | null {
  const name = String(role).toLowerCase();
  if (name === 'public' || name === 'db_datareader') return 1;
  if (name === 'db_datawriter') return readOnly ? 0 : 1;
  return [
    'db_owner',
    'db_ddladmin',
    'db_securityadmin',
    'db_backupoperator',
    'db_accessadmin',
    'db_denydatareader',
    'db_denydatawriter',
  ].includes(name)
    ? 0
    : null;
}

/** 'dbo.T', '[dbo].[T]', '"T"' into parts. */
function nameParts(text: string): string[] {
  const parts = text.match(/\[(?:[^\]]|\]\])*\]|"(?:[^"]|"")*"|[^.]+/g) ?? [];
  return parts.map((part) =>
    part.startsWith('[')
      ? part.slice(1, -1).replaceAll(']]', ']')
      : part.startsWith('"')
        ? part.slice(1, -1).replaceAll('""', '"')
        : part.trim(),
  );
}
