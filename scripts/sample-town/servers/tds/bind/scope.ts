// Which names a query sees: its tables' columns, then those of the queries around it; the variables; the session's values.
import { isDecimal, isMoment, isPadded, describeType } from '../wire/column-types.ts';
import type { SqlType } from '../wire/column-types.ts';
import type { Bound } from './bound-values.ts';
import { value } from './bound-values.ts';
import type { Catalog, Column, Table } from '../catalog/catalog.ts';
import type { StoreTarget } from '../values/conversions.ts';
import type { TypedValue } from '../wire/parameter-values.ts';
import { ambiguousColumn, invalidColumn, notGrouped, unboundIdentifier, undeclaredVariable } from '../execute/sql-errors.ts';
import type { Expression, Query } from '../parse/sql-syntax.ts';
import { quoteIdentifier } from '../sqlite/sqlite.ts';

export interface SourceColumn {
  name: string;
  bound: Bound;
}

export interface Source {
  /** Names that may come before the dot, lower case: the alias alone, else the table with and without its schema. */
  qualifiers: string[];
  columns: SourceColumn[];
}

export interface CommonTableScope {
  name: string;
  sqliteName: string;
  columns: { name: string; bound: Bound }[];
}

export interface Scope {
  sources: Source[];
  parent: Scope | undefined;
  commonTables: CommonTableScope[];
  /** In a grouped query: the SQL of what is grouped by. A column outside an aggregate must be among it. */
  grouped: Set<string> | undefined;
  clause: 'select list' | 'ORDER BY clause' | 'HAVING clause';
  aggregates: boolean;
}

/** Where a placeholder's value comes from when the statement runs. */
export type ParameterSource = { kind: 'variable'; name: string } | { kind: 'session'; name: string };

export interface QueryColumn {
  name: string;
  type: SqlType;
  nullable: boolean;
  native: boolean;
}

export interface BoundQuery {
  sql: string;
  columns: QueryColumn[];
}

export type Transform = (items: Bound[]) => Bound[];

/** What an expression may hold whose own rules need expressions again; given here, so no file imports itself by way of others. */
export interface NestedRules {
  call(binding: Binding, scope: Scope, call: Extract<Expression, { kind: 'call' }>): Bound;
  query(binding: Binding, query: Query, parent: Scope | undefined, transform?: Transform): BoundQuery;
}

/** One statement being bound, and what it turned out to need. */
export interface Binding {
  nested: NestedRules;
  catalog: Catalog;
  variables: ReadonlyMap<string, TypedValue>;
  stores: StoreTarget[];
  parameters: Map<string, ParameterSource>;
  systemViews: Set<string>;
  tables: Set<Table>;
  /** UPDLOCK, HOLDLOCK and their like: the statement wants what others write to wait. */
  locks: boolean;
  aliases: number;
}

export function newScope(parent: Scope | undefined): Scope {
  return { sources: [], parent, commonTables: [], grouped: undefined, clause: 'select list', aggregates: false };
}

export function nextAlias(binding: Binding): string {
  binding.aliases++;
  return `t${binding.aliases}`;
}

/** A variable as a placeholder. Its own type decides; floats are cast, because SQLite would take 1.0 for the integer 1. */
export function bindVariable(binding: Binding, name: string): Bound {
  const variable = binding.variables.get(name);
  if (variable === undefined) throw undeclaredVariable(name);
  const placeholder = placeholderFor(binding, { kind: 'variable', name });
  const beyondAscii = typeof variable.value === 'string' && /[^\u0000-\u007f]/.test(variable.value);
  const sql = variable.type.name === 'float' || variable.type.name === 'real' ? `CAST(${placeholder} AS REAL)` : placeholder;
  return value(sql, variable.type, { fixed: true, beyondAscii });
}

export function bindSessionValue(binding: Binding, name: string, type: SqlType): Bound {
  return value(placeholderFor(binding, { kind: 'session', name }), type, { fixed: true, nullable: true });
}

function placeholderFor(binding: Binding, source: ParameterSource): string {
  for (const [name, known] of binding.parameters) if (known.kind === source.kind && known.name === source.name) return `:${name}`;
  const name = `p${binding.parameters.size + 1}`;
  binding.parameters.set(name, source);
  return `:${name}`;
}

/** A table's column under an alias. A column that is not stored in canonical form is normalized wherever it is read. */
export function sourceColumn(alias: string, column: Column): SourceColumn {
  const bare = `${alias}.${quoteIdentifier(column.name)}`;
  const fields = { nullable: column.nullable, native: column.native };
  if (column.canonical) return { name: column.name, bound: value(bare, column.type, { ...fields, column: column.name }) };
  return { name: column.name, bound: value(normalized(bare, column.type), column.type, fields) };
}

function normalized(sql: string, type: SqlType): string {
  if (isPadded(type)) return `rtrim(${sql}, ' ')`;
  if (isMoment(type)) return `tds_convert(${sql}, 'varchar(40)', '${describeType(type)}')`;
  return isDecimal(type) ? `tds_decimal(${sql}, '${describeType(type)}')` : sql;
}

export function resolveColumn(scope: Scope, parts: readonly string[]): Bound {
  const label = parts.join('.');
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = lookUp(at, parts);
    if (found === undefined) continue;
    if (at.grouped !== undefined && !at.grouped.has(found.bound.sql)) throw notGrouped(label, at.clause);
    return found.bound;
  }
  if (parts.length === 1) throw invalidColumn(label);
  const qualifier = parts.slice(0, -1).join('.').toLowerCase();
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (at.sources.some(({ qualifiers }) => qualifiers.includes(qualifier))) throw invalidColumn(parts[parts.length - 1] as string);
  }
  throw unboundIdentifier(label);
}

function lookUp(scope: Scope, parts: readonly string[]): SourceColumn | undefined {
  const name = (parts[parts.length - 1] as string).toLowerCase();
  const qualifier = parts.slice(0, -1).join('.').toLowerCase();
  let found: SourceColumn | undefined;
  for (const source of scope.sources) {
    if (parts.length > 1 && !source.qualifiers.includes(qualifier)) continue;
    for (const column of source.columns) {
      if (column.name.toLowerCase() !== name) continue;
      if (found !== undefined) throw ambiguousColumn(parts.join('.'));
      found = column;
    }
  }
  return found;
}
