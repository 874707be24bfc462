import { ConfigError, didYouMean } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { nameList } from '../../core/text/name-list.ts';
import type { QuerySpec } from '../transport.ts';
import { findColumn, quoted } from './catalog.ts';
import type { ServerColumn } from './catalog.ts';
import { readingOf } from './column-types.ts';
import type { Reading } from './column-types.ts';
import { comparable } from './changes/positions.ts';

/** What is read from: a table of the catalog, or the manifest's SELECT in parentheses. */
export interface Source {
  /** As people know it: `dbo.CR10101`, `sql`. */
  name: string;
  /** `[dbo].[CR10101]`, `(SELECT …)` */
  from: string;
  columns: readonly ServerColumn[];
}

export interface BuiltQuery {
  sql: string;
  /** Name without @ → text. */
  parameters: Record<string, string>;
  /** What was selected, in order. */
  columns: { name: string; finish: Reading['finish'] }[];
}

/** Beginning of the names made here; the parameters of a manifest may not begin so. */
export const OWN_PREFIX = 'interlocal_';

/**
 * Builds the SELECT of a spec over one or more sources. Each source makes the text of its columns, and compares, by its own types:
 * open and history tables whose types differ a little are both read exactly. Rows are ordered by the columns, not by their text.
 * `given` are the parameters that the manifest's own SELECT has. Throws ConfigError with every column that is missing, has no
 * exact text or is compared with what it cannot be.
 *
 * With several tables a tie-breaker that is unique in each is not unique in all, so the tie itself is read again (>=): a row too
 * many is dropped later, a row too few would be lost.
 */
export function buildQuery(
  spec: QuerySpec,
  sources: readonly Source[],
  connection: string,
  commonTables = '',
  given: Record<string, string> = {},
): BuiltQuery {
  const work: Work = { spec, connection, union: sources.length > 1, problems: [], parameters: { ...given }, orderBy: orderOf(spec) };
  spec.onColumns?.(new Map(sources.flatMap((source) => source.columns.map((c) => [c.name, typeText(c.type)] as const))));
  const columns: BuiltQuery['columns'] = spec.columns.map((column) => ({ name: column.name, finish: undefined }));
  if (spec.columns.length === 0)
    work.problems.push({
      code: 'SQL_NO_COLUMNS',
      place: { system: connection, path: 'columns' },
      message: 'The stream names no column to be read.',
      hint: 'Name the columns in schema.fields of the stream in the connector.',
    });
  const branches = sources.map((source) => branch(work, source, columns));
  if (work.union) refuseMixedFloats(work, sources);
  if (spec.tableField) {
    if (columns.some((column) => column.name === spec.tableField))
      work.problems.push({
        code: 'SQL_TABLE_FIELD',
        place: { system: connection, path: 'table_field' },
        message: `Nothing was read, because table_field is ${spec.tableField}, which is also the name of a column.`,
        hint: 'In the connector, give table_field another name.',
      });
    columns.push({ name: spec.tableField, finish: undefined });
  }
  if (work.problems.length)
    throw new ConfigError([...new Map(work.problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values()]);

  const withClause = commonTables ? `WITH ${commonTables} ` : '';
  if (!work.union) return { sql: withClause + branches[0]!, parameters: work.parameters, columns };
  const order = work.orderBy.length ? ` ORDER BY ${work.orderBy.map((_, i) => `u.${sortName(i)}`).join(', ')}` : '';
  const names = columns.map((column) => `u.${quoted(column.name)}`).join(', ');
  return { sql: `${withClause}SELECT ${names} FROM (${branches.join(' UNION ALL ')}) AS u${order}`, parameters: work.parameters, columns };
}

/** What all the sources of one query have in common while it is built. */
interface Work {
  spec: QuerySpec;
  connection: string;
  union: boolean;
  problems: Problem[];
  parameters: Record<string, string>;
  orderBy: string[];
}

/** `nvarchar(40)`, `numeric(19,2)`, as the catalog says it. */
function typeText({ name, length, precision, scale }: ServerColumn['type']): string {
  if (length !== undefined) return `${name}(${length === -1 ? 'max' : length})`;
  return (name === 'numeric' || name === 'decimal') && precision !== undefined ? `${name}(${precision},${scale ?? 0})` : name;
}

function orderOf({ orderBy, after }: QuerySpec): string[] {
  if (orderBy?.length) return [...orderBy];
  return after ? [after.cursor, ...(after.tie ? [after.tie] : [])] : [];
}

/** The SELECT over one source. In a union the columns that order it go along, as they are. */
function branch(work: Work, source: Source, columns: BuiltQuery['columns']): string {
  const { spec, union, orderBy } = work;
  const items: string[] = [];
  for (const [i, wanted] of spec.columns.entries()) {
    const found = column(work, source, wanted.name, 'columns');
    if (!found) continue;
    const reading = readingOf(found.type, `t.${quoted(found.name)}`, wanted.type);
    if (!reading) work.problems.push(unreadable(work, source, found));
    else {
      items.push(`${reading.select} AS ${quoted(wanted.name)}`);
      columns[i]!.finish ??= reading.finish;
    }
  }
  if (spec.tableField) items.push(`${bind(work, source.name)} AS ${quoted(spec.tableField)}`);
  const sorts = orderBy.map((name) => `t.${quoted(column(work, source, name, 'order_by')?.name ?? name)}`);
  if (union) items.push(...sorts.map((sort, i) => `${sort} AS ${sortName(i)}`));
  const conditions = conditionsOf(work, source);
  const where = conditions.length ? ` WHERE ${conditions.join(' AND ')}` : '';
  const order = !union && sorts.length ? ` ORDER BY ${sorts.join(', ')}` : '';
  return `SELECT ${items.join(', ')} FROM ${source.from} AS t${where}${order}`;
}

function conditionsOf(work: Work, source: Source): string[] {
  const { where = [], after, before } = work.spec;
  const conditions = where.map((condition) => compare(work, source, condition.column, condition.is, condition.value, 'where'));
  if (after) {
    const { cursor, cursorValue, tie, tieValue, inclusive } = after;
    if (tie === undefined || tieValue === undefined || inclusive)
      conditions.push(compare(work, source, cursor, inclusive ? '>=' : '>', cursorValue, 'after'));
    else {
      // Not "cursor > x OR (cursor = x AND tie > y)": this form is one range of an index.
      const later = compare(work, source, cursor, '>', cursorValue, 'after');
      const tied = compare(work, source, tie, work.union ? '>=' : '>', tieValue, 'after');
      conditions.push(compare(work, source, cursor, '>=', cursorValue, 'after'), `(${later} OR ${tied})`);
    }
  }
  if (before) conditions.push(compare(work, source, before.cursor, '<', before.value, 'before'));
  return conditions;
}

function compare(work: Work, source: Source, name: string, is: string, value: string, path: string): string {
  const found = column(work, source, name, path);
  if (!found) return '';
  const made = comparable(found.type, value);
  if (typeof made !== 'string') return `t.${quoted(found.name)} ${is} ${made.sql(bind(work, made.parameter))}`;
  work.problems.push({
    code: 'SQL_VALUE_TYPE',
    place: { system: work.connection, path },
    message: `${JSON.stringify(value)} ${made} (column ${found.name} of ${source.name} is ${found.type.name}).`,
    hint: 'Correct the value where the connector or the connection gives it.',
  });
  return '';
}

/** One parameter for one text, however often it is compared. */
function bind(work: Work, value: string): string {
  const known = Object.keys(work.parameters).find((name) => name.startsWith(OWN_PREFIX) && work.parameters[name] === value);
  const name = known ?? `${OWN_PREFIX}${Object.keys(work.parameters).length + 1}`;
  work.parameters[name] = value;
  return `@${name}`;
}

function sortName(index: number): string {
  return `[${OWN_PREFIX}sort_${index + 1}]`;
}

function column(work: Work, source: Source, name: string, path: string): ServerColumn | undefined {
  const found = findColumn(source.columns, name);
  if (found) return found;
  const names = source.columns.map((c) => c.name);
  const meant = didYouMean(name, names);
  work.problems.push({
    code: 'SQL_COLUMN_UNKNOWN',
    place: { system: work.connection, path },
    message: `${source.name} has no column called ${JSON.stringify(name)}.`,
    hint: meant
      ? `Did you mean ${meant}? Correct the name in the connector.`
      : `Correct the name in the connector. The table has ${nameList(names, 40)}.`,
  });
  return undefined;
}

function unreadable(work: Work, source: Source, found: ServerColumn): Problem {
  return {
    code: 'SQL_COLUMN_TYPE',
    place: { system: work.connection, path: 'columns' },
    message: `Column ${found.name} of ${source.name} is of type ${found.type.name}, whose values have no exact form as text, so nothing was read.`,
    hint: 'In the connector, read it with sql instead of columns, and CONVERT it there to text or a number.',
  };
}

/** A float is the one type that does not travel as text: next to text, the server would make floats of the other table's numbers. */
function refuseMixedFloats(work: Work, sources: readonly Source[]): void {
  for (const { name } of work.spec.columns) {
    const types = sources.map((source) => findColumn(source.columns, name)?.type.name).filter((type) => type !== undefined);
    const floats = types.filter((type) => type === 'float' || type === 'real').length;
    if (floats > 0 && (floats < types.length || new Set(types).size > 1))
      work.problems.push({
        code: 'SQL_COLUMN_TYPE',
        place: { system: work.connection, path: 'columns' },
        message: `Column ${name} is ${[...new Set(types)].join(' in one table and ')} in another, so the tables cannot be read as one exactly.`,
        hint: 'In the connector, write one stream for each of the tables.',
      });
  }
}
