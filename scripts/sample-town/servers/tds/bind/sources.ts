// FROM: tables, system views, common and derived tables, VALUES, CHANGETABLE, and their joins.
import { bindPredicate, bindValue, unify } from './expressions.ts';
import { newScope, nextAlias, sourceColumn } from './scope.ts';
import type { Binding, BoundQuery, CommonTableScope, Scope, Source } from './scope.ts';
import { coerce, literal, value } from './bound-values.ts';
import type { Bound } from './bound-values.ts';
import { changesColumns, changesSql, versionSql } from '../change-tracking.ts';
import type { Table } from '../catalog/catalog.ts';
import { types } from '../wire/column-types.ts';
import { SqlServerError, invalidColumn, invalidObject } from '../execute/sql-errors.ts';
import type { Expression, NamedTable, TableSource } from '../parse/sql-syntax.ts';
import { quoteIdentifier } from '../sqlite/sqlite.ts';
import { systemView } from '../catalog/system-views.ts';

const lockingHints = new Set(['UPDLOCK', 'HOLDLOCK', 'XLOCK', 'TABLOCKX', 'SERIALIZABLE', 'REPEATABLEREAD']);

/** Adds the sources to the scope and gives the text after FROM. */
export function bindSource(binding: Binding, scope: Scope, source: TableSource): string {
  switch (source.kind) {
    case 'table':
      return bindTable(binding, scope, source);
    case 'join': {
      const left = bindSource(binding, scope, source.left);
      const right = bindSource(binding, scope, source.right);
      // CROSS JOIN would forbid SQLite to reorder the tables.
      const type = source.type === 'CROSS' || source.type === 'INNER' ? 'JOIN' : `${source.type} JOIN`;
      const on = source.on === undefined ? '' : ` ON ${bindPredicate(binding, scope, source.on)}`;
      return `${left} ${type} ${source.right.kind === 'join' ? `(${right})` : right}${on}`;
    }
    case 'derived': {
      const inner = binding.nested.query(binding, source.query, enclosing(scope));
      const names = columnNames(inner, source.columns, source.alias);
      const alias = nextAlias(binding);
      const table = nextAlias(binding);
      addSource(
        scope,
        [source.alias.toLowerCase()],
        derivedColumns(
          alias,
          inner,
          names.map((_, index) => `c${index + 1}`),
          names,
        ),
      );
      const list = names.map((_, index) => `c${index + 1}`).join(', ');
      return `(WITH ${table}(${list}) AS (${inner.sql}) SELECT * FROM ${table}) AS ${alias}`;
    }
    case 'rows':
      return bindRows(binding, scope, source);
    case 'changes':
      return bindChanges(binding, scope, source);
    case 'version':
      return bindVersion(binding, scope, source);
  }
}

/** A derived table does not see its neighbors in FROM, only what is around the query and its common tables. */
function enclosing(scope: Scope): Scope | undefined {
  return scope.parent;
}

function addSource(scope: Scope, qualifiers: string[], columns: Source['columns']): void {
  scope.sources.push({ qualifiers, columns });
}

function bindTable(binding: Binding, scope: Scope, source: NamedTable): string {
  if (source.hints.some((hint) => lockingHints.has(hint))) binding.locks = true;
  const alias = nextAlias(binding);
  const common = source.name.length === 1 ? commonTable(scope, source.name[0] as string) : undefined;
  if (common !== undefined) {
    addSource(
      scope,
      [(source.alias ?? common.name).toLowerCase()],
      common.columns.map(({ name, bound }) => ({ name, bound: { ...bound, sql: `${alias}.${quoteIdentifier(name)}` } })),
    );
    return `${common.sqliteName} AS ${alias}`;
  }
  const view = systemView(source.name, binding.catalog.databaseName);
  if (view !== undefined) {
    binding.systemViews.add(view.sqliteName);
    const columns = view.columns.map((column) => ({
      name: column.name,
      bound: value(`${alias}.${quoteIdentifier(column.name)}`, column.type),
    }));
    addSource(scope, qualifiersOf(source, [view.schema, view.name]), columns);
    return `${view.sqliteName} AS ${alias}`;
  }
  const table = binding.catalog.find(source.name);
  if (table === undefined) throw invalidObject(source.name.join('.'));
  binding.tables.add(table);
  addSource(
    scope,
    qualifiersOf(source, [table.schema, table.name]),
    table.columns.map((column) => sourceColumn(alias, column)),
  );
  return `${quoteIdentifier(table.sqliteName)} AS ${alias}`;
}

function commonTable(scope: Scope, name: string): CommonTableScope | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.commonTables.find((table) => table.name === name.toLowerCase());
    if (found !== undefined) return found;
  }
  return undefined;
}

export function qualifiersOf(source: NamedTable, [schema, name]: readonly string[]): string[] {
  if (source.alias !== undefined) return [source.alias.toLowerCase()];
  return [`${name}`, `${schema}.${name}`, source.name.join('.')].map((one) => one.toLowerCase());
}

export function columnNames(query: BoundQuery, given: readonly string[] | undefined, table: string): string[] {
  const names = given ?? query.columns.map(({ name }) => name);
  if (names.length !== query.columns.length)
    throw new SqlServerError({ number: 8158, message: `'${table}' has more columns than were specified in the column list.` });
  const missing = names.indexOf('');
  if (missing >= 0)
    throw new SqlServerError({ number: 8155, state: 2, message: `No column name was specified for column ${missing + 1} of '${table}'.` });
  return [...names];
}

export function derivedColumns(
  alias: string,
  query: BoundQuery,
  sqliteNames: readonly string[],
  names: readonly string[] = sqliteNames,
): Source['columns'] {
  return query.columns.map((column, index) => ({
    name: names[index] as string,
    bound: value(`${alias}.${quoteIdentifier(sqliteNames[index] as string)}`, column.type, {
      nullable: column.nullable,
      native: column.native,
    }),
  }));
}

function bindRows(binding: Binding, scope: Scope, source: Extract<TableSource, { kind: 'rows' }>): string {
  const rows = source.rows.map((row) => row.map((one) => bindValue(binding, scope.parent ?? newScope(undefined), one)));
  const unified = source.columns.map((_, index) => unify(rows.map((row) => row[index] ?? literal(null, types.null))));
  const alias = nextAlias(binding);
  const table = nextAlias(binding);
  addSource(
    scope,
    [source.alias.toLowerCase()],
    source.columns.map((name, index) => {
      const column = (unified[index] as Bound[])[0] as Bound;
      return { name, bound: value(`${alias}.c${index + 1}`, column.type, { native: column.native }) };
    }),
  );
  const list = rows.map((_, row) => `(${unified.map((column) => (column[row] as Bound).sql).join(', ')})`);
  return `(WITH ${table}(${source.columns.map((_, index) => `c${index + 1}`).join(', ')}) AS (VALUES ${list.join(', ')}) SELECT * FROM ${table}) AS ${alias}`;
}

function trackedTable(binding: Binding, name: readonly string[]): Table {
  const table = binding.catalog.find(name);
  if (table === undefined) throw invalidObject(name.join('.'));
  if (!table.changeTracked)
    throw new SqlServerError({ number: 22105, message: `Change tracking is not enabled on table '${table.name}'.` });
  return table;
}

/** The last change of one row; its key may be columns of the query around this one. */
function bindVersion(binding: Binding, scope: Scope, source: Extract<TableSource, { kind: 'version' }>): string {
  const table = trackedTable(binding, source.table);
  const alias = nextAlias(binding);
  const columns = changesColumns(table);
  const key = source.key.map((name, index) => {
    const column = columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (column === undefined) throw invalidColumn(name);
    return { name: column.name, sql: bindValue(binding, scope, source.values[index] as Expression).sql };
  });
  addSource(
    scope,
    [source.alias.toLowerCase()],
    columns
      .filter(({ name }) => ['SYS_CHANGE_VERSION', 'SYS_CHANGE_CONTEXT'].includes(name))
      .map((column) => ({ name: column.name, bound: value(`${alias}.${quoteIdentifier(column.name)}`, column.type, { nullable: true }) })),
  );
  return `(${versionSql(table, key)}) AS ${alias}`;
}

function bindChanges(binding: Binding, scope: Scope, source: Extract<TableSource, { kind: 'changes' }>): string {
  const table = trackedTable(binding, source.table);
  const since = coerce(bindValue(binding, scope, source.since), types.bigint);
  const alias = nextAlias(binding);
  const columns = changesColumns(table);
  const names = source.columns ?? columns.map(({ name }) => name);
  addSource(
    scope,
    [source.alias.toLowerCase()],
    columns.map((column, index) => ({
      name: names[index] ?? column.name,
      bound: value(`${alias}.${quoteIdentifier(column.name)}`, column.type, { native: column.native }),
    })),
  );
  return `(${changesSql(table, since.sql)}) AS ${alias}`;
}
