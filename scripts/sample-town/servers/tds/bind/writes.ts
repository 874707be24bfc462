// INSERT, UPDATE and DELETE. Every value goes through tds_store, which converts it to its column's type or says why it cannot.
import { bindPredicate, bindValue, arithmetic } from './expressions.ts';
import { bindQuery } from './queries.ts';
import { bindSource, qualifiersOf } from './sources.ts';
import { newScope, nextAlias, sourceColumn } from './scope.ts';
import type { Binding, Scope } from './scope.ts';
import { coerce, refuseImplicit, value } from './bound-values.ts';
import type { Bound } from './bound-values.ts';
import type { Column, Table } from '../catalog/catalog.ts';
import { types } from '../wire/column-types.ts';
import { SqlServerError, invalidColumn, invalidObject, nullRefused, unsupported } from '../execute/sql-errors.ts';
import { quoteIdentifier } from '../sqlite/sqlite.ts';
import type { Expression, NamedTable, SelectItem, TableSource, WriteStatement } from '../parse/sql-syntax.ts';
import type { ResultColumn } from '../wire/columns.ts';

export interface BoundWrite {
  sql: string;
  table: Table;
  action: 'INSERT' | 'UPDATE' | 'DELETE';
  /** What OUTPUT gives back; empty without it. */
  output: ResultColumn[];
}

export function bindWrite(binding: Binding, statement: WriteStatement, identityInsert: boolean): BoundWrite {
  switch (statement.kind) {
    case 'insert':
      return bindInsert(binding, statement, identityInsert);
    case 'update':
      return bindUpdate(binding, statement);
    case 'delete':
      return bindDelete(binding, statement);
  }
}

function bindInsert(binding: Binding, statement: Extract<WriteStatement, { kind: 'insert' }>, identityInsert: boolean): BoundWrite {
  const table = writable(binding, statement.target.name);
  const columns =
    statement.columns?.map((name) => columnNamed(table, name)) ?? table.columns.filter((column) => !column.identity && !column.computed);
  for (const column of columns) refuseGenerated(table, column, identityInsert);
  const list = (kept: Column[]): string => (kept.length === 0 ? '' : ` (${kept.map(({ name }) => quoteIdentifier(name)).join(', ')})`);
  const scope = newScope(undefined);
  const returning = bindOutput(binding, table, statement.output, 'inserted');
  const into = `INSERT INTO ${quoteIdentifier(table.sqliteName)}`;
  if (statement.rows !== undefined) {
    if (columns.length > 0 && statement.rows[0]?.length === 0) {
      return { sql: `${into} DEFAULT VALUES${returning.sql}`, table, action: 'INSERT', output: returning.columns };
    }
    refuseMissing(binding, table, columns);
    const kept = columns.map((column, index) => ({ column, index })).filter(({ column }) => column.type.name !== 'rowversion');
    const rows = statement.rows.map((row) => {
      if (row.length !== columns.length) throw wrongCount(statement.columns !== undefined, row.length < columns.length);
      refuseRowversion(columns, row);
      return `(${kept.map(({ column, index }) => insertedValue(binding, scope, table, column, row[index] as Expression | 'default')).join(', ')})`;
    });
    return {
      sql: `${into}${list(kept.map(({ column }) => column))} VALUES ${rows.join(', ')}${returning.sql}`,
      table,
      action: 'INSERT',
      output: returning.columns,
    };
  }
  if (statement.query === undefined) throw unsupported('INSERT without VALUES or SELECT');
  const insertable = statement.columns === undefined ? columns.filter(({ type }) => type.name !== 'rowversion') : columns;
  refuseRowversion(
    insertable,
    insertable.map(() => undefined),
  );
  const { sql } = bindQuery(binding, statement.query, undefined, (items) => {
    if (items.length !== insertable.length) throw wrongCount(statement.columns !== undefined, items.length < insertable.length);
    return items.map((item, index) => value(stored(binding, table, insertable[index] as Column, item, 'INSERT'), item.type));
  });
  return {
    sql: `${into}${list(insertable)} SELECT * FROM (${sql}) WHERE true${returning.sql}`,
    table,
    action: 'INSERT',
    output: returning.columns,
  };
}

function insertedValue(binding: Binding, scope: Scope, table: Table, column: Column, given: Expression | 'default'): string {
  if (given === 'default') return column.defaultText === undefined ? 'NULL' : `(${column.defaultText})`;
  return stored(binding, table, column, bindValue(binding, scope, given), 'INSERT');
}

function stored(binding: Binding, table: Table, column: Column, from: Bound, statement: 'INSERT' | 'UPDATE'): string {
  // Refuses what T-SQL would not convert by itself; the conversion is tds_store's.
  refuseImplicit(from.type, column.type);
  const position = binding.stores.length;
  binding.stores.push({
    from: from.type,
    to: column.type,
    table: `${binding.catalog.databaseName}.${table.schema}.${table.name}`,
    column: column.name,
    nullable: column.nullable,
    native: column.native,
    statement,
    last: null,
  });
  return `tds_store(${from.sql}, ${position})`;
}

function refuseGenerated(table: Table, column: Column, identityInsert: boolean): void {
  if (column.computed)
    throw new SqlServerError({
      number: 271,
      message: `The column "${column.name}" cannot be modified because it is either a computed column or is the result of a UNION operator.`,
    });
  if (column.identity && !identityInsert) {
    throw new SqlServerError({
      number: 544,
      message: `Cannot insert explicit value for identity column in table '${table.name}' when IDENTITY_INSERT is set to OFF.`,
    });
  }
}

function refuseRowversion(columns: readonly Column[], row: readonly (Expression | 'default' | undefined)[]): void {
  columns.forEach((column, index) => {
    if (column.type.name === 'rowversion' && row[index] !== 'default') {
      throw new SqlServerError({
        number: 273,
        message:
          'Cannot insert an explicit value into a timestamp column. Use INSERT with a column list to exclude the timestamp column, or insert a DEFAULT into the timestamp column.',
      });
    }
  });
}

function refuseMissing(binding: Binding, table: Table, given: readonly Column[]): void {
  const missing = table.columns.find(
    (column) =>
      !given.includes(column) &&
      !column.nullable &&
      !column.identity &&
      !column.computed &&
      column.defaultText === undefined &&
      column.type.name !== 'rowversion',
  );
  if (missing !== undefined) throw nullRefused(missing.name, `${binding.catalog.databaseName}.${table.schema}.${table.name}`, 'INSERT');
}

function wrongCount(listed: boolean, fewer: boolean): SqlServerError {
  if (!listed)
    return new SqlServerError({ number: 213, message: 'Column name or number of supplied values does not match table definition.' });
  const [number, comparison] = fewer ? [109, 'more'] : [110, 'fewer'];
  return new SqlServerError({
    number: number as number,
    class: 15,
    message: `There are ${comparison} columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.`,
  });
}

function bindUpdate(binding: Binding, statement: Extract<WriteStatement, { kind: 'update' }>): BoundWrite {
  const target = findTarget(binding, statement.target, statement.from);
  const { table } = target;
  const scope = newScope(undefined);
  const alias = nextAlias(binding);
  scope.sources.push({ qualifiers: target.qualifiers, columns: table.columns.map((column) => sourceColumn(alias, column)) });
  const others = target.others.map((source) => bindSource(binding, scope, source));
  const conditions = target.conditions.map((condition) => bindPredicate(binding, scope, condition));
  const changes = statement.set.map(({ column: parts, operator, value: given }) => {
    const column = columnNamed(table, parts[parts.length - 1] as string);
    if (column.type.name === 'rowversion') throw new SqlServerError({ number: 272, message: 'Cannot update a timestamp column.' });
    if (column.identity) throw new SqlServerError({ number: 8102, message: `Cannot update identity column '${column.name}'.` });
    if (column.computed) refuseGenerated(table, column, true);
    const name = quoteIdentifier(column.name);
    if (given === 'default') return `${name} = ${column.defaultText === undefined ? 'NULL' : `(${column.defaultText})`}`;
    const bound = bindValue(binding, scope, given);
    const result = operator === undefined ? bound : arithmetic(operator, sourceColumn(alias, column).bound, bound);
    return `${name} = ${stored(binding, table, column, result, 'UPDATE')}`;
  });
  if (statement.where !== undefined) conditions.push(bindPredicate(binding, scope, statement.where));
  if (statement.top !== undefined) {
    if (others.length > 0) throw unsupported('UPDATE TOP with FROM');
    conditions.splice(0, conditions.length, firstRows(binding, table, alias, conditions, statement.top));
  }
  const from = others.length === 0 ? '' : ` FROM ${others.join(', ')}`;
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const returning = bindOutput(binding, table, statement.output, 'inserted');
  const sql = `UPDATE ${quoteIdentifier(table.sqliteName)} AS ${alias} SET ${changes.join(', ')}${from}${where}${returning.sql}`;
  return { sql, table, action: 'UPDATE', output: returning.columns };
}

function bindDelete(binding: Binding, statement: Extract<WriteStatement, { kind: 'delete' }>): BoundWrite {
  const target = findTarget(binding, statement.target, statement.from);
  const { table } = target;
  const scope = newScope(undefined);
  const alias = nextAlias(binding);
  scope.sources.push({ qualifiers: target.qualifiers, columns: table.columns.map((column) => sourceColumn(alias, column)) });
  let conditions: string[];
  if (target.others.length === 0) conditions = statement.where === undefined ? [] : [bindPredicate(binding, scope, statement.where)];
  else {
    const others = target.others.map((source) => bindSource(binding, scope, source)).join(', ');
    const joined = [...target.conditions, ...(statement.where === undefined ? [] : [statement.where])].map((condition) =>
      bindPredicate(binding, scope, condition),
    );
    conditions = [`EXISTS (SELECT 1 FROM ${others} WHERE ${joined.length === 0 ? 'true' : joined.join(' AND ')})`];
  }
  if (statement.top !== undefined) conditions = [firstRows(binding, table, alias, conditions, statement.top)];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const returning = bindOutput(binding, table, statement.output, 'deleted');
  return {
    sql: `DELETE FROM ${quoteIdentifier(table.sqliteName)} AS ${alias}${where}${returning.sql}`,
    table,
    action: 'DELETE',
    output: returning.columns,
  };
}

function firstRows(binding: Binding, table: Table, alias: string, conditions: readonly string[], top: Expression): string {
  if (!table.hasRowid) throw unsupported(`TOP on ${table.name}, which SQLite keeps WITHOUT ROWID`);
  const limit = coerce(bindValue(binding, newScope(undefined), top), types.bigint, true).sql;
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return `${alias}.rowid IN (SELECT rowid FROM ${quoteIdentifier(table.sqliteName)} AS ${alias}${where} LIMIT ${limit})`;
}

interface Target {
  table: Table;
  qualifiers: string[];
  /** The other tables of FROM, to be joined by the conditions. */
  others: TableSource[];
  conditions: Expression[];
}

/** `UPDATE c SET … FROM dbo.T AS c JOIN …`: the target is the table of FROM that has its alias or its name. */
function findTarget(binding: Binding, named: NamedTable, from: TableSource | undefined): Target {
  if (from === undefined) {
    const table = writable(binding, named.name);
    return { table, qualifiers: qualifiersOf(named, [table.schema, table.name]), others: [], conditions: [] };
  }
  const { sources, conditions } = flatten(from);
  const alias = named.name.length === 1 ? (named.name[0] as string).toLowerCase() : undefined;
  const at = sources.findIndex(
    (source) =>
      source.kind === 'table' &&
      (source.alias === undefined ? sameTable(binding, source.name, named.name) : source.alias.toLowerCase() === alias),
  );
  const source = sources[at];
  if (source === undefined || source.kind !== 'table') {
    const table = writable(binding, named.name);
    return { table, qualifiers: qualifiersOf(named, [table.schema, table.name]), others: sources, conditions };
  }
  const table = writable(binding, source.name);
  return {
    table,
    qualifiers: qualifiersOf(source, [table.schema, table.name]),
    others: sources.filter((_, index) => index !== at),
    conditions,
  };
}

function sameTable(binding: Binding, one: readonly string[], other: readonly string[]): boolean {
  const table = binding.catalog.find(one);
  return table !== undefined && table === binding.catalog.find(other);
}

function flatten(source: TableSource): { sources: TableSource[]; conditions: Expression[] } {
  if (source.kind !== 'join') return { sources: [source], conditions: [] };
  if (source.type !== 'INNER' && source.type !== 'CROSS') throw unsupported(`${source.type} JOIN in the FROM of an UPDATE or DELETE`);
  const [left, right] = [flatten(source.left), flatten(source.right)];
  return {
    sources: [...left.sources, ...right.sources],
    conditions: [...left.conditions, ...right.conditions, ...(source.on === undefined ? [] : [source.on])],
  };
}

function writable(binding: Binding, name: readonly string[]): Table {
  const table = binding.catalog.find(name);
  if (table === undefined) throw invalidObject(name.join('.'));
  if (table.kind === 'view') throw unsupported(`writing to the view ${table.name}`);
  return table;
}

function columnNamed(table: Table, name: string): Column {
  const column = table.columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (column === undefined) throw invalidColumn(name);
  return column;
}

/** OUTPUT inserted.x becomes RETURNING, which sees the row before the rowversion trigger has run. */
function bindOutput(
  binding: Binding,
  table: Table,
  items: readonly SelectItem[],
  side: 'inserted' | 'deleted',
): { sql: string; columns: ResultColumn[] } {
  if (items.length === 0) return { sql: '', columns: [] };
  const scope = newScope(undefined);
  const columns = table.columns.filter(({ type }) => side === 'deleted' || type.name !== 'rowversion');
  scope.sources.push({
    qualifiers: [side],
    columns: columns.map((column) => {
      const { bound } = sourceColumn('', column);
      return {
        name: column.name,
        bound: { ...bound, sql: bound.sql.replaceAll(`.${quoteIdentifier(column.name)}`, quoteIdentifier(column.name)) },
      };
    }),
  });
  const bound = items.flatMap((item) => {
    if (item.kind === 'assign') throw unsupported('OUTPUT @variable');
    if (item.kind === 'star') {
      if (columns.length < table.columns.length) throw unsupported(`OUTPUT ${side}.* of a table with a rowversion`);
      return (scope.sources[0] as { columns: { name: string; bound: Bound }[] }).columns;
    }
    if (item.expression.kind !== 'column' || item.expression.parts[0]?.toLowerCase() !== side)
      throw unsupported(`in OUTPUT anything but ${side}.column`);
    const name = item.expression.parts[1] ?? '';
    if (table.columns.some((column) => column.name.toLowerCase() === name.toLowerCase() && !columns.includes(column)))
      throw unsupported(`OUTPUT ${side}.${name}, a rowversion`);
    return [{ name: item.alias ?? name, bound: bindValue(binding, scope, item.expression) }];
  });
  return {
    sql: ` RETURNING ${bound.map((one) => one.bound.sql).join(', ')}`,
    columns: bound.map((one) => ({ name: one.name, type: one.bound.type, nullable: one.bound.nullable })),
  };
}
