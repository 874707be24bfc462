import { ConfigError, FatalError, didYouMean } from '../../../core/errors.ts';
import type { Problem } from '../../../core/errors.ts';
import { nameList } from '../../../core/text/name-list.ts';
import type { WriteSpec } from '../../transport.ts';
import { findColumn, findTable, quoted } from '../catalog.ts';
import type { ServerColumn, ServerTable } from '../catalog.ts';
import type { RunStatement } from '../connect.ts';
import { isStorable } from './storable.ts';

export interface TargetColumn extends ServerColumn {
  /** Why the server alone gives this column its value. */
  generated?: 'identity' | 'computed' | 'rowversion';
  /** Of texts: their collation, which says which characters char and varchar can hold. */
  collation?: string;
  /** Rights on this column: a careful administrator grants them by column. */
  may: { select: boolean; update: boolean };
}

/** A table that is written to, with what has to be known before. */
export interface WriteTarget {
  /** `[dbo].[Payments]` */
  sql: string;
  /** `dbo.Payments`, for messages. */
  name: string;
  columns: TargetColumn[];
  /** Change Tracking is on: writes carry a context. */
  tracked: boolean;
  /** The columns of each unique index or key, whole. */
  unique: string[][];
  /** Empty without one. */
  primaryKey: string[];
  may: { insert: boolean; delete: boolean; viewChanges: boolean };
}

/** Looks a table up, as `findTable` does; throws the same. */
export async function findTarget(run: RunStatement, connection: string, given: string): Promise<WriteTarget> {
  const table: ServerTable = await findTable(run, connection, given);
  const sql = `${quoted(table.schema)}.${quoted(table.name)}`;
  const facts = new Map((await run(FACTS, { table: sql })).map((row) => [row[0] as string, row]));
  const columns = table.columns.map((column): TargetColumn => {
    const [, identity, computed, collation, select, update] = facts.get(column.name) ?? [];
    const isVersion = column.type.name === 'timestamp' || column.type.name === 'rowversion';
    const generated = isVersion ? 'rowversion' : identity === 1 ? 'identity' : computed === 1 ? 'computed' : undefined;
    const may = { select: select === 1, update: update === 1 };
    return { ...column, may, ...(generated ? { generated } : {}), ...(typeof collation === 'string' ? { collation } : {}) };
  });
  const unique = new Map<number, string[]>();
  let primary: number | undefined;
  for (const [index, column, isPrimary] of (await run(UNIQUE, { table: sql })) as [number, string, number][]) {
    unique.set(index, [...(unique.get(index) ?? []), column]);
    if (isPrimary === 1) primary = index;
  }
  const [[tracked, insert, remove, viewChanges] = []] = (await run(TRACKED_AND_RIGHTS, { table: sql })) as number[][];
  return {
    sql,
    name: `${table.schema}.${table.name}`,
    columns,
    tracked: tracked === 1,
    unique: [...unique.values()],
    primaryKey: primary === undefined ? [] : unique.get(primary)!,
    may: { insert: insert === 1, delete: remove === 1, viewChanges: viewChanges === 1 },
  };
}

/** Throws for everything about table, key and columns that would keep each row from being written; before any is. */
export function checkTarget(target: WriteTarget, spec: WriteSpec, connection: string, username: string): void {
  const problems: Problem[] = [];
  const place = { system: connection, path: target.name };
  const say = (code: string, message: string, hint: string): void => void problems.push({ code, place, message, hint });
  if (spec.key.length === 0 && spec.write !== 'append')
    say(
      'SQL_WRITE_KEY',
      `It is not known which columns identify a row of ${target.name}.`,
      'Nothing was written. Name the columns of its key in target.table.key of the sink, in the connector.',
    );
  const written = [...new Set([...spec.key, ...spec.rows.flatMap(Object.keys)])];
  for (const name of written) {
    const column = findColumn(target.columns, name);
    const isKey = spec.key.includes(name);
    if (!column) {
      const names = target.columns.map((c) => c.name);
      const meant = didYouMean(name, names);
      say(
        'SQL_COLUMN_UNKNOWN',
        `${target.name} has no column called ${JSON.stringify(name)}.`,
        meant ? `Did you mean ${meant}? Correct the name in the sink of the connector.` : `It has ${nameList(names, 40)}.`,
      );
    } else if (column.generated && (isKey ? spec.write === 'append' || spec.write === 'upsert' : spec.write !== 'delete'))
      say(
        'SQL_COLUMN_GENERATED',
        `Only the server sets ${column.name} of ${target.name} (${GENERATED[column.generated]}).`,
        isKey ? 'Find rows by columns that are written, or use write: update.' : 'Leave the column out of the sink in the connector.',
      );
    else if (!isKey && spec.write !== 'delete' && !isStorable(column.type))
      say(
        'SQL_COLUMN_TYPE',
        `Column ${column.name} of ${target.name} is of type ${column.type.name}, whose values have no exact form as text, so nothing was written.`,
        'Leave the column out of the sink in the connector.',
      );
  }
  if (problems.length) throw new ConfigError(problems);
  const wanted = missingRights(target, spec.write, spec.key, written);
  if (wanted.length)
    throw new FatalError({
      code: 'SQL_RIGHTS',
      place,
      message: `The login ${username} may not ${wanted.join(' or ')} ${target.name}; nothing was written.`,
      hint: grantHint(target, spec.write, username),
    });
}

/** The rights that such a write needs and this login does not have. */
function missingRights(target: WriteTarget, write: WriteSpec['write'], key: readonly string[], columns: readonly string[]): string[] {
  const ofColumns = (names: readonly string[], right: 'select' | 'update'): boolean =>
    names.every((name) => findColumn(target.columns, name)?.may[right] !== false);
  const values = columns.filter((name) => !key.includes(name));
  return NEEDED[write].filter((right) => {
    if (right === 'insert' || right === 'delete') return !target.may[right];
    if (right === 'update') return !ofColumns(values, right);
    return !ofColumns(write === 'upsert' || write === 'update' ? columns : key, right);
  });
}

/** What the owner of the database has to run. */
export function grantHint(target: WriteTarget, write: WriteSpec['write'], username: string): string {
  return `Have the owner of the database run: GRANT ${NEEDED[write].join(', ').toUpperCase()} ON ${target.sql} TO ${quoted(username)};`;
}

/** Does some unique index say that no two rows have the same key? */
export function isUniqueKey(target: WriteTarget, key: readonly string[]): boolean {
  const wanted = new Set(key.map((name) => (findColumn(target.columns, name)?.name ?? name).toLowerCase()));
  return target.unique.some((columns) => columns.every((name) => wanted.has(name.toLowerCase())));
}

const GENERATED = { identity: 'it numbers the rows', computed: 'it is computed', rowversion: 'it is a row version' };
const NEEDED = {
  append: ['select', 'insert'],
  upsert: ['select', 'insert', 'update'],
  update: ['select', 'update'],
  delete: ['select', 'delete'],
} as const;

const FACTS = `SELECT c.name, CONVERT(int, c.is_identity), CONVERT(int, c.is_computed), c.collation_name,
HAS_PERMS_BY_NAME(@table, N'OBJECT', N'SELECT', c.name, N'COLUMN'), HAS_PERMS_BY_NAME(@table, N'OBJECT', N'UPDATE', c.name, N'COLUMN')
FROM sys.columns AS c WHERE c.object_id = OBJECT_ID(@table)`;

const UNIQUE = `SELECT i.index_id, c.name, CONVERT(int, i.is_primary_key)
FROM sys.indexes AS i
INNER JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
INNER JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = OBJECT_ID(@table) AND i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 AND k.key_ordinal > 0
ORDER BY i.index_id, k.key_ordinal`;

const TRACKED_AND_RIGHTS = `SELECT (SELECT COUNT(*) FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID(@table)),
HAS_PERMS_BY_NAME(@table, N'OBJECT', N'INSERT'), HAS_PERMS_BY_NAME(@table, N'OBJECT', N'DELETE'),
HAS_PERMS_BY_NAME(@table, N'OBJECT', N'VIEW CHANGE TRACKING')`;
