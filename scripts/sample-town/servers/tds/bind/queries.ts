// Queries: select lists, grouping, set operators, ordering and paging; and the types of the columns that come out.
import { commonType, describeType, isDecimal, types } from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import { aggregateNames } from './functions.ts';
import { bindPredicate, bindValue } from './expressions.ts';
import { newScope, nextAlias } from './scope.ts';
import type { Binding, BoundQuery, QueryColumn, Scope, Transform } from './scope.ts';
import { bindSource, columnNames, derivedColumns } from './sources.ts';
import { coerce, equalityKey, orderKey, value } from './bound-values.ts';
import type { Bound } from './bound-values.ts';
import { SqlServerError, invalidColumn, syntaxError, unsupported } from '../execute/sql-errors.ts';
import { quoteIdentifier } from '../sqlite/sqlite.ts';
import type { Expression, OrderItem, Query, QueryBody, Select, SelectItem } from '../parse/sql-syntax.ts';

/** `transform` reshapes the select list, to bring a subquery's column into the type or key it is needed in. */
export function bindQuery(binding: Binding, query: Query, parent: Scope | undefined, transform?: Transform): BoundQuery {
  const around = newScope(parent);
  const withClause = query.with.map((table) => bindCommonTable(binding, around, table)).join(', ');
  const { body, orderBy, offset } = query;
  if (offset !== undefined && orderBy.length === 0) throw syntaxError('OFFSET');
  const bound =
    body.kind === 'select'
      ? bindSelect(binding, around, body, transform, orderBy, limitOf(binding, around, query, body.top))
      : bindSet(binding, around, body, transform, orderBy, limitOf(binding, around, query, undefined));
  return withClause === '' ? bound : { ...bound, sql: withTables(withClause, bound.sql) };
}

/** Puts tables before a statement that may have a WITH of its own already. */
export function withTables(tables: string, sql: string): string {
  return sql.startsWith('WITH ') ? `WITH ${tables}, ${sql.slice(5)}` : `WITH ${tables} ${sql}`;
}

function bindCommonTable(binding: Binding, around: Scope, table: Query['with'][number]): string {
  const inner = bindQuery(binding, table.query, around);
  const sqliteName = nextAlias(binding);
  const names = columnNames(inner, table.columns, table.name);
  around.commonTables.push({ name: table.name.toLowerCase(), sqliteName, columns: derivedColumns('', inner, names) });
  return `${sqliteName}(${names.map(quoteIdentifier).join(', ')}) AS (${inner.sql})`;
}

function limitOf(binding: Binding, scope: Scope, query: Query, top: Expression | undefined): string {
  const count = (expression: Expression): string => {
    const bound = bindValue(binding, scope, expression);
    if (bound.type.name === 'bit' || bound.type.name === 'float')
      throw new SqlServerError({
        number: 1060,
        class: 15,
        message: 'The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.',
      });
    return coerce(bound, types.bigint, true).sql;
  };
  if (top !== undefined && query.offset !== undefined)
    throw new SqlServerError({ number: 10741, class: 15, message: 'A TOP can not be used in the same query or sub-query as a OFFSET.' });
  if (top !== undefined) return ` LIMIT ${count(top)}`;
  if (query.offset === undefined) return '';
  return ` LIMIT ${query.fetch === undefined ? '-1' : count(query.fetch)} OFFSET ${count(query.offset)}`;
}

interface Item {
  name: string;
  bound: Bound;
}

function bindSelect(
  binding: Binding,
  around: Scope,
  select: Select,
  transform: Transform | undefined,
  orderBy: OrderItem[],
  limit: string,
): BoundQuery {
  const scope = newScope(around);
  const from = select.from === undefined ? '' : ` FROM ${bindSource(binding, scope, select.from)}`;
  const where = select.where === undefined ? '' : ` WHERE ${bindPredicate(binding, scope, select.where)}`;
  const groups = select.groupBy.map((expression) => bindValue(binding, scope, expression));
  // SQLite would take an integer here for a position.
  if (groups.some(({ fixed }) => fixed))
    throw new SqlServerError({
      number: 164,
      class: 15,
      message: 'Each GROUP BY expression must contain at least one column that is not an outer reference.',
    });
  const grouping = groups.length > 0 || select.having !== undefined || hasAggregate(select, orderBy);
  if (grouping) {
    scope.grouped = new Set(groups.map(({ sql }) => sql));
    scope.aggregates = true;
  }
  const items = select.items.flatMap((item) => bindItem(binding, scope, item));
  const groupBy = groups.length === 0 ? '' : ` GROUP BY ${groups.map(equalityKey).join(', ')}`;
  const having =
    select.having === undefined ? '' : ` HAVING ${bindPredicate(binding, { ...scope, clause: 'HAVING clause' }, select.having)}`;
  const order = bindOrder(binding, { ...scope, clause: 'ORDER BY clause' }, items, orderBy, select.distinct);
  const outputs = transform === undefined ? items.map(({ bound }) => bound) : transform(items.map(({ bound }) => bound));
  // DISTINCT compares as the collation does.
  const list = outputs.map((bound) => (select.distinct ? orderKeyKeepingValue(bound) : bound.sql)).join(', ');
  const sql = `SELECT ${select.distinct ? 'DISTINCT ' : ''}${list}${from}${where}${groupBy}${having}${order}${limit}`;
  return { sql, columns: outputs.map((bound, index) => columnOf(items[index]?.name ?? '', bound)) };
}

function orderKeyKeepingValue(bound: Bound): string {
  return orderKey(bound).endsWith(' COLLATE NOCASE') ? orderKey(bound) : bound.sql;
}

function columnOf(name: string, bound: Bound): QueryColumn {
  return { name, type: bound.type, nullable: bound.nullable, native: bound.native };
}

function bindItem(binding: Binding, scope: Scope, item: SelectItem): Item[] {
  if (item.kind === 'assign') throw unsupported('SELECT @variable = … together with other columns');
  if (item.kind === 'expression') {
    const bound = bindValue(binding, scope, item.expression);
    const own = item.expression.kind === 'column' ? (item.expression.parts[item.expression.parts.length - 1] as string) : '';
    return [{ name: item.alias ?? own, bound }];
  }
  const qualifier = item.qualifier.join('.').toLowerCase();
  const sources = scope.sources.filter(({ qualifiers }) => qualifier === '' || qualifiers.includes(qualifier));
  if (sources.length === 0) {
    throw qualifier === ''
      ? syntaxError('*')
      : new SqlServerError({
          number: 107,
          class: 15,
          message: `The column prefix '${item.qualifier.join('.')}' does not match with a table name or alias name used in the query.`,
        });
  }
  return sources.flatMap((source) =>
    source.columns.map(({ name, bound }) => {
      if (scope.grouped !== undefined && !scope.grouped.has(bound.sql)) bindValue(binding, scope, { kind: 'column', parts: [name] });
      return { name, bound };
    }),
  );
}

/** ORDER BY takes an alias of the select list before a column of the tables, and a bare integer for a position. */
function bindOrder(binding: Binding, scope: Scope, items: Item[], orderBy: OrderItem[], distinct: boolean): string {
  if (orderBy.length === 0) return '';
  const keys = orderBy.map(({ expression, descending }) => {
    const bound = orderedItem(items, expression) ?? bindValue(binding, scope, expression);
    if (distinct && !items.some((item) => item.bound.sql === bound.sql)) {
      throw new SqlServerError({
        number: 145,
        class: 15,
        message: 'ORDER BY items must appear in the select list if SELECT DISTINCT is specified.',
      });
    }
    return `${constantKey(bound)}${descending ? ' DESC' : ''}`;
  });
  return ` ORDER BY ${keys.join(', ')}`;
}

/** SQLite would take a bare integer for a position here. */
function constantKey(bound: Bound): string {
  return bound.fixed ? `(${bound.sql} IS NULL)` : orderKey(bound);
}

function orderedItem(items: Item[], expression: Expression): Bound | undefined {
  if (expression.kind === 'literal' && expression.type.name === 'int') {
    const item = items[Number(expression.value) - 1];
    if (item === undefined)
      throw new SqlServerError({
        number: 108,
        message: `The ORDER BY position number ${String(expression.value)} is out of range of the number of items in the select list.`,
      });
    return item.bound;
  }
  if (expression.kind !== 'column' || expression.parts.length !== 1) return undefined;
  const name = (expression.parts[0] as string).toLowerCase();
  return items.find((item) => item.name.toLowerCase() === name)?.bound;
}

function hasAggregate(select: Select, orderBy: OrderItem[]): boolean {
  const expressions = [
    ...select.items.map((item) => (item.kind === 'star' ? undefined : item.expression)),
    select.having,
    ...orderBy.map(({ expression }) => expression),
  ];
  return expressions.some((expression) => expression !== undefined && containsAggregate(expression));
}

function containsAggregate(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(containsAggregate);
  if (typeof node !== 'object' || node === null || Buffer.isBuffer(node)) return false;
  if ('kind' in node && (node.kind === 'scalar query' || node.kind === 'exists')) return false;
  if (
    'kind' in node &&
    node.kind === 'call' &&
    'name' in node &&
    aggregateNames.has(String(node.name)) &&
    (!('over' in node) || node.over === undefined)
  )
    return true;
  // The query of an IN has aggregates of its own; its operand may have some of ours.
  return Object.entries(node).some(([key, child]) => key !== 'query' && containsAggregate(child));
}

function bindSet(
  binding: Binding,
  around: Scope,
  body: Exclude<QueryBody, Select>,
  transform: Transform | undefined,
  orderBy: OrderItem[],
  limit: string,
): BoundQuery {
  const leaves = leavesOf(body).map((leaf) => bindLeaf(binding, around, leaf));
  const first = leaves[0] as BoundQuery;
  for (const leaf of leaves) {
    if (leaf.columns.length !== first.columns.length) {
      throw new SqlServerError({
        number: 205,
        message:
          'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
      });
    }
  }
  const columns = first.columns.map((column, index): QueryColumn => {
    const all = leaves.map((leaf) => leaf.columns[index] as QueryColumn);
    const type = all.map((one) => one.type).reduce(commonType);
    return { name: column.name, type, nullable: all.some(({ nullable }) => nullable), native: false };
  });
  const collate = hasDuplicateRemoval(body);
  const shape: Transform = (items) => items.map((item, index) => shaped(item, (columns[index] as QueryColumn).type, collate));
  const sql = emitSet(binding, around, body, shape);
  if (transform === undefined && orderBy.length === 0 && limit === '') return { sql, columns };
  const alias = nextAlias(binding);
  const names = columns.map((_, index) => `c${index + 1}`);
  const outer = columns.map((column, index): Item => ({
    name: column.name,
    bound: value(`${alias}.c${index + 1}`, column.type, { nullable: column.nullable }),
  }));
  const keys = orderBy.map(({ expression, descending }) => {
    const bound = orderedItem(outer, expression);
    if (bound === undefined) {
      if (expression.kind === 'column') throw invalidColumn(expression.parts.join('.'));
      throw new SqlServerError({
        number: 104,
        message: 'ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.',
      });
    }
    return `${orderKey(bound)}${descending ? ' DESC' : ''}`;
  });
  const outputs = transform === undefined ? outer.map(({ bound }) => bound) : transform(outer.map(({ bound }) => bound));
  const order = keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`;
  const table = nextAlias(binding);
  return {
    sql: `WITH ${table}(${names.join(', ')}) AS (${sql}) SELECT ${outputs.map((bound) => bound.sql).join(', ')} FROM ${table} AS ${alias}${order}${limit}`,
    columns: outputs.map((bound, index) => columnOf((outer[index] as Item).name, bound)),
  };
}

function shaped(item: Bound, type: SqlType, collate: boolean): Bound {
  const common = coerce(item, type);
  if (isDecimal(type) && common.native)
    return value(`tds_decimal(${common.sql}, '${describeType(type)}')`, type, { nullable: item.nullable });
  return collate ? value(orderKeyKeepingValue(common), type, { nullable: item.nullable }) : common;
}

function hasDuplicateRemoval(body: QueryBody): boolean {
  return body.kind === 'set' && (body.operator !== 'UNION ALL' || hasDuplicateRemoval(body.left) || hasDuplicateRemoval(body.right));
}

type Leaf = Select | { kind: 'nested'; query: Query };

function leavesOf(body: QueryBody): Leaf[] {
  return body.kind === 'set' ? [...leavesOf(body.left), ...leavesOf(body.right)] : [body];
}

function bindLeaf(binding: Binding, around: Scope, leaf: Leaf, transform?: Transform): BoundQuery {
  if (leaf.kind === 'nested') return bindQuery(binding, leaf.query, around, transform);
  if (leaf.top === undefined) return bindSelect(binding, around, leaf, transform, [], '');
  const limit = limitOf(binding, around, { with: [], body: leaf, orderBy: [], offset: undefined, fetch: undefined }, leaf.top);
  const limited = bindSelect(binding, around, leaf, transform, [], limit);
  return { ...limited, sql: `SELECT * FROM (${limited.sql})` };
}

/** SQLite evaluates compound operators from left to right and takes no parentheses: a right-hand compound becomes a subquery. */
function emitSet(binding: Binding, around: Scope, body: QueryBody, shape: Transform): string {
  if (body.kind !== 'set') {
    const leaf = bindLeaf(binding, around, body, shape).sql;
    return body.kind === 'nested' ? `SELECT * FROM (${leaf})` : leaf;
  }
  const right = emitSet(binding, around, body.right, shape);
  return `${emitSet(binding, around, body.left, shape)} ${body.operator} ${body.right.kind === 'set' ? `SELECT * FROM (${right})` : right}`;
}
