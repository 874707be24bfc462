import type { WriteSpec } from '../../transport.ts';
import { findColumn, quoted } from '../catalog.ts';
import type { Comparable } from '../changes/positions.ts';
import { UNCHANGED_BEFORE, UNKNOWN_BEFORE } from '../changes/tracking-context.ts';
import type { TrackingMark } from '../changes/tracking-context.ts';
import type { TargetColumn, WriteTarget } from './target.ts';

/** A row whose values were made ready for the columns they go to. */
export interface ReadyRow {
  /** Where it stood in the spec. */
  index: number;
  /** How the row is found; values of null are not among them. */
  key: { column: TargetColumn; value: Comparable }[];
  /** A row with the same key stood before it in the spec. */
  again: boolean;
  /** All columns of an INSERT, key columns too. null: NULL. */
  values: { column: TargetColumn; value: Comparable | null; isKey: boolean }[];
}

export interface WriteStatement {
  sql: string;
  parameters: Record<string, string>;
}

/** First column of the results that are ours: a trigger may give some of its own. */
export const FOUND = 'interlocal_found';

/**
 * One batch of T-SQL for some rows, which gives for each, in order, how many rows with its key there were and how many it changed.
 * The key is looked for under UPDLOCK and HOLDLOCK, which keeps every other transaction from adding or changing it until this one
 * ends; MERGE has known races and is not used. An UPDATE touches only a row in which some value differs, so triggers and Change
 * Tracking stay quiet. A row whose key is not unique is not changed. Runs on SQL Server 2008 and later.
 */
export function writeStatement(
  spec: Pick<WriteSpec, 'write'>,
  target: WriteTarget,
  rows: readonly ReadyRow[],
  mark: TrackingMark,
): WriteStatement {
  const parameters: Record<string, string> = {};
  // NULL stands as itself: as a parameter it would be text, which is not an amount and no binary even when there is none.
  const bind = (value: Comparable | null): string => {
    if (value === null) return 'NULL';
    const name = `p${Object.keys(parameters).length + 1}`;
    parameters[name] = value.parameter;
    return value.sql(`@${name}`);
  };
  const lines = ['DECLARE @found int, @done int, @mark varbinary(128);'];
  for (const row of rows) {
    const where = row.key.map(({ column, value }) => `${quoted(column.name)} = ${bind(value)}`).join(' AND ');
    lines.push(
      where ? `SELECT @found = COUNT(*) FROM ${target.sql} WITH (UPDLOCK, HOLDLOCK) WHERE ${where};` : 'SELECT @found = 0;',
      'SET @done = 0;',
    );
    const change = (statement: string): string =>
      target.tracked
        ? `BEGIN ${markLines(target, mark, row, where, statement)} WITH CHANGE_TRACKING_CONTEXT (@mark) ${statement}; SET @done = @@ROWCOUNT; END`
        : `BEGIN ${statement}; SET @done = @@ROWCOUNT; END`;
    // Bound once, so the two statements use the same parameters.
    const values = row.values.map((value) => ({ ...value, stored: bind(value.value) }));
    if (spec.write === 'append' || spec.write === 'upsert') {
      const columns = values.map(({ column }) => quoted(column.name)).join(', ');
      lines.push(
        `IF @found = 0 ${change(`INSERT INTO ${target.sql} (${columns}) VALUES (${values.map(({ stored }) => stored).join(', ')})`)};`,
      );
    }
    const others = values.filter(({ isKey }) => !isKey);
    if ((spec.write === 'upsert' || spec.write === 'update') && others.length > 0) {
      const set = others.map(({ column, stored }) => `${quoted(column.name)} = ${stored}`).join(', ');
      const differs = differing(others);
      lines.push(`IF @found = 1 ${change(`UPDATE ${target.sql} SET ${set} WHERE ${where} AND (${differs})`)};`);
    }
    if (spec.write === 'delete') lines.push(`IF @found = 1 ${change(`DELETE FROM ${target.sql} WHERE ${where}`)};`);
    lines.push(`SELECT @found AS ${FOUND}, @done AS done;`);
  }
  return { sql: lines.join('\n'), parameters };
}

/**
 * Sets @mark. Before an UPDATE the last change by somebody else is asked for: where the last one is ours, its own mark says it. A row
 * that comes a second time in this batch, and a login that may not view changes, leave it open; then the change is simply read again.
 */
function markLines(target: WriteTarget, { prefix, length }: TrackingMark, row: ReadyRow, where: string, statement: string): string {
  if (!statement.startsWith('UPDATE')) return `SET @mark = ${prefix}${UNCHANGED_BEFORE};`;
  const unknown = `SET @mark = ${prefix}${UNKNOWN_BEFORE};`;
  if (row.again || !target.may.viewChanges || target.primaryKey.length === 0) return unknown;
  const key = target.primaryKey.map(quoted);
  const before = `CASE WHEN SUBSTRING(v.SYS_CHANGE_CONTEXT, 1, ${length}) = ${prefix} AND DATALENGTH(v.SYS_CHANGE_CONTEXT) = ${length + 8} THEN CONVERT(bigint, SUBSTRING(v.SYS_CHANGE_CONTEXT, ${length + 1}, 8)) ELSE ISNULL(v.SYS_CHANGE_VERSION, 0) END`;
  const asked = `SELECT ${prefix} + CONVERT(varbinary(8), ${before}) FROM CHANGETABLE(VERSION ${target.sql}, (${key.join(', ')}), (${key.map((name) => `t.${name}`).join(', ')})) AS v`;
  return `${unknown} SELECT @mark = ISNULL((${asked}), @mark) FROM ${target.sql} AS t WHERE ${where};`;
}

/** The columns of a spec's row that go into the statement, as the server writes their names. */
export function columnsOf(
  target: WriteTarget,
  spec: WriteSpec,
  row: WriteSpec['rows'][number],
): { column: TargetColumn; name: string; isKey: boolean }[] {
  return Object.keys(row).flatMap((name) => {
    const column = findColumn(target.columns, name);
    return column ? [{ column, name, isKey: spec.key.includes(name) }] : [];
  });
}

/** True for a row in which one of these columns has another value. */
function differing(values: readonly { column: TargetColumn; value: Comparable | null; stored: string }[]): string {
  const some = values.filter(({ value }) => value !== null);
  // EXCEPT takes NULL for equal to NULL, which <> does not; a NULL that is alone has no type to be compared in.
  const list = (of: (value: (typeof some)[number]) => string): string => some.map((value) => exact(value.column, of(value))).join(', ');
  return [
    ...(some.length ? [`EXISTS (SELECT ${list(({ column }) => quoted(column.name))} EXCEPT SELECT ${list(({ stored }) => stored)})`] : []),
    ...values.filter(({ value }) => value === null).map(({ column }) => `${quoted(column.name)} IS NOT NULL`),
  ].join(' OR ');
}

/**
 * A form in which two values are equal only when nothing at all differs: the column's collation takes SMITH for Smith, and
 * comparing pads with blanks. char and nchar are filled with blanks by the server, which are not part of the value.
 */
function exact({ type }: TargetColumn, expression: string): string {
  switch (type.name) {
    case 'char':
    case 'nchar':
      return `CONVERT(varbinary(max), RTRIM(CONVERT(nvarchar(max), ${expression})))`;
    case 'varchar':
    case 'nvarchar':
    case 'text':
    case 'ntext':
    case 'xml':
      return `CONVERT(varbinary(max), CONVERT(nvarchar(max), ${expression}))`;
    case 'image':
      return `CONVERT(varbinary(max), ${expression})`;
    default:
      return expression;
  }
}
