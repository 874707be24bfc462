// Functions that ask the session, the login or the catalog. All but the catalog's row-wise ones are known when the statement starts.
import { isText, sqlType, types } from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import { asText } from './expressions.ts';
import { bindSessionValue } from './scope.ts';
import type { Binding } from './scope.ts';
import { literal, value } from './bound-values.ts';
import type { Bound } from './bound-values.ts';

const varbinary8 = sqlType('varbinary', { length: 8 });

/** Values the executor supplies at the start of each statement, by the function's name. */
const sessionCalls: Record<string, SqlType> = {
  MIN_ACTIVE_ROWVERSION: varbinary8,
  CHANGE_TRACKING_CURRENT_VERSION: types.bigint,
  SCOPE_IDENTITY: sqlType('numeric', { precision: 38, scale: 0 }),
  SUSER_SNAME: types.sysname,
  SUSER_NAME: types.sysname,
  ORIGINAL_LOGIN: types.sysname,
  SYSTEM_USER: types.sysname,
  USER_NAME: types.sysname,
  CURRENT_USER: types.sysname,
  SESSION_USER: types.sysname,
  USER: types.sysname,
  HOST_NAME: types.sysname,
  APP_NAME: types.sysname,
  NEWID: types.uniqueidentifier,
  XACT_STATE: types.smallint,
};

/** Functions of a row's values, which a session defines on its connection under these names (session-functions.ts). */
const rowCalls: Record<string, { type: SqlType; least: number; most: number }> = {
  OBJECT_ID: { type: types.int, least: 1, most: 2 },
  OBJECT_NAME: { type: types.sysname, least: 1, most: 2 },
  OBJECT_SCHEMA_NAME: { type: types.sysname, least: 1, most: 2 },
  SCHEMA_NAME: { type: types.sysname, least: 0, most: 1 },
  SCHEMA_ID: { type: types.int, least: 0, most: 1 },
  TYPE_NAME: { type: types.sysname, least: 1, most: 1 },
  COL_NAME: { type: types.sysname, least: 2, most: 2 },
  COLUMNPROPERTY: { type: types.int, least: 3, most: 3 },
  OBJECTPROPERTY: { type: types.int, least: 2, most: 2 },
  DATABASEPROPERTYEX: { type: sqlType('nvarchar', { length: 128 }), least: 2, most: 2 },
  HAS_PERMS_BY_NAME: { type: types.int, least: 3, most: 5 },
  HAS_DBACCESS: { type: types.int, least: 1, most: 1 },
  IS_MEMBER: { type: types.int, least: 1, most: 1 },
  IS_ROLEMEMBER: { type: types.int, least: 1, most: 2 },
  IS_SRVROLEMEMBER: { type: types.int, least: 1, most: 2 },
  DB_NAME: { type: types.sysname, least: 0, most: 1 },
  DB_ID: { type: types.int, least: 0, most: 1 },
  CHANGE_TRACKING_MIN_VALID_VERSION: { type: types.bigint, least: 1, most: 1 },
};

const serverProperties: Record<string, string | number> = {
  PRODUCTVERSION: '16.0.4155.4',
  PRODUCTLEVEL: 'RTM',
  PRODUCTMAJORVERSION: '16',
  PRODUCTMINORVERSION: '0',
  EDITION: 'Developer Edition (64-bit)',
  ENGINEEDITION: 3,
  COLLATION: 'SQL_Latin1_General_CP1_CI_AS',
  SERVERNAME: 'SAMPLETOWN',
  MACHINENAME: 'SAMPLETOWN',
  ISINTEGRATEDSECURITYONLY: 0,
  ISCLUSTERED: 0,
  ISHADRENABLED: 0,
};

export function bindMetadataCall(binding: Binding, name: string, args: readonly Bound[]): Bound | undefined {
  const session = sessionCalls[name];
  if (session !== undefined && args.length === 0)
    return bindSessionValue(binding, name === 'NEWID' ? 'newid()' : `${name.toLowerCase()}()`, session);
  if (name === 'SERVERPROPERTY' && args.length === 1) {
    const property = serverProperties[String(args[0]?.constant ?? '').toUpperCase()];
    if (property === undefined) return literal(null, sqlType('nvarchar', { length: 128 }));
    return typeof property === 'number' ? literal(property, types.int) : literal(property, sqlType('nvarchar', { length: 128 }));
  }
  const call = rowCalls[name];
  if (call === undefined || args.length < call.least || args.length > call.most) return undefined;
  const values = args.map((one) => (isText(one.type) ? asText(one).sql : one.sql));
  return value(`tds_${name.toLowerCase()}(${values.join(', ')})`, call.type, { fixed: args.every(({ fixed }) => fixed) });
}
