import type { ChangesSpec } from '../../transport.ts';
import { buildQuery, OWN_PREFIX } from '../build-query.ts';
import type { BuiltQuery } from '../build-query.ts';
import { findColumn, quoted } from '../catalog.ts';
import { readingOf } from '../column-types.ts';
import { comparable } from './positions.ts';
import type { WriteTarget } from '../write/target.ts';

/** Names of what is selected next to the columns. */
export const THERE = `${OWN_PREFIX}there`;
export const CONTEXT = `${OWN_PREFIX}context`;
/** With the index of a key column: its value among the changes, which a deleted row has too. */
export const CHANGED = `${OWN_PREFIX}key_`;

/**
 * The net changes of a table since a version: each row once, as it is now, in the order of its last change. A row that is gone, or
 * that no longer meets `where`, has no columns but those of its key. Throws ConfigError as buildQuery does.
 *
 * The version is a variable because CHANGETABLE takes no expression.
 */
export function buildChanges(
  spec: ChangesSpec,
  target: WriteTarget,
  key: readonly string[],
  since: string,
  connection: string,
): BuiltQuery {
  // Looks at every column and condition, and says what is wrong with them; its SQL is not used.
  buildQuery(
    { columns: spec.columns, where: spec.where ?? [], orderBy: [...key] },
    [{ name: spec.table, from: target.sql, columns: target.columns }],
    connection,
  );
  const parameters: Record<string, string> = { [`${OWN_PREFIX}version`]: since };
  const keys = key.map((name) => findColumn(target.columns, name)!);
  const columns: BuiltQuery['columns'] = [];
  const items: string[] = [];
  const select = (name: string, sql: string, finish?: BuiltQuery['columns'][number]['finish']): void => {
    items.push(`${sql} AS ${quoted(name)}`);
    columns.push({ name, finish });
  };
  select(THERE, `CASE WHEN t.${quoted(keys[0]!.name)} IS NULL THEN '0' ELSE '1' END`);
  select(CONTEXT, 'CONVERT(varchar(258), ct.SYS_CHANGE_CONTEXT, 1)');
  for (const [i, column] of keys.entries()) {
    const declared = spec.columns.find(({ name }) => name === key[i])?.type ?? 'text';
    const reading = readingOf(column.type, `ct.${quoted(column.name)}`, declared)!;
    select(`${CHANGED}${i}`, reading.select, reading.finish);
  }
  for (const { name, type } of spec.columns) {
    const column = findColumn(target.columns, name)!;
    const reading = readingOf(column.type, `t.${quoted(column.name)}`, type)!;
    select(name, reading.select, reading.finish);
  }
  const joined = keys.map(({ name }) => `t.${quoted(name)} = ct.${quoted(name)}`);
  for (const [i, { column: name, is, value }] of (spec.where ?? []).entries()) {
    const column = findColumn(target.columns, name)!;
    const made = comparable(column.type, value);
    if (typeof made === 'string') continue;
    parameters[`${OWN_PREFIX}where_${i}`] = made.parameter;
    joined.push(`t.${quoted(column.name)} ${is} ${made.sql(`@${OWN_PREFIX}where_${i}`)}`);
  }
  const order = ['ct.SYS_CHANGE_VERSION', ...keys.map(({ name }) => `ct.${quoted(name)}`)].join(', ');
  return {
    sql: `DECLARE @since bigint; SET @since = CONVERT(bigint, @${OWN_PREFIX}version);
SELECT ${items.join(', ')} FROM CHANGETABLE(CHANGES ${target.sql}, @since) AS ct LEFT OUTER JOIN ${target.sql} AS t ON ${joined.join(' AND ')} ORDER BY ${order}`,
    parameters,
    columns,
  };
}
