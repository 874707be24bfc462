// A statement bound against the catalog and prepared in SQLite, kept for the next time the same text comes with the same types.
import { bindCall } from '../bind/functions.ts';
import { bindPredicate, bindValue } from '../bind/expressions.ts';
import { bindQuery, withTables } from '../bind/queries.ts';
import { newScope } from '../bind/scope.ts';
import type { Binding, ParameterSource } from '../bind/scope.ts';
import { bindWrite } from '../bind/writes.ts';
import type { BoundWrite } from '../bind/writes.ts';
import { describeType, isDecimal, isFloat } from '../wire/column-types.ts';
import type { TypedValue } from '../wire/parameter-values.ts';
import type { Session } from './session.ts';
import { permissionDenied } from './sql-errors.ts';
import type { SqliteStatement, SqliteValue } from '../sqlite/sqlite.ts';
import type { Expression, Query, Statement, WriteStatement } from '../parse/sql-syntax.ts';
import type { ResultColumn } from '../wire/columns.ts';

export interface Plan {
  prepared: SqliteStatement;
  parameters: Map<string, ParameterSource>;
  columns: ResultColumn[];
  locks: boolean;
  write: BoundWrite | undefined;
  /** Where in the session's stores this statement's columns are. */
  stores: [number, number];
}

type Variables = ReadonlyMap<string, TypedValue>;

const remembered = new WeakMap<Session, WeakMap<object, { signature: string; plan: Plan }>>();

function cached(session: Session, node: object, variables: Variables, make: () => Plan): Plan {
  let plans = remembered.get(session);
  if (plans === undefined || session.stores.length > 20_000) {
    session.stores.length = 0;
    plans = new WeakMap();
    remembered.set(session, plans);
  }
  session.catalog();
  const signature = `${session.generation};${session.identityInsert};${[...variables].map(([name, one]) => `${name} ${describeType(one.type)} ${isPlain(one.value)}`).join()}`;
  const known = plans.get(node);
  if (known?.signature === signature) return known.plan;
  const plan = make();
  plans.set(node, { signature, plan });
  return plan;
}

function isPlain(value: SqliteValue): boolean {
  return typeof value !== 'string' || !/[^\u0000-\u007f]/.test(value);
}

function newBinding(session: Session, variables: Variables): Binding {
  return {
    nested: { call: bindCall, query: bindQuery },
    catalog: session.catalog(),
    variables,
    stores: session.stores,
    parameters: new Map(),
    systemViews: new Set(),
    tables: new Set(),
    locks: false,
    aliases: 0,
  };
}

function prepare(
  session: Session,
  binding: Binding,
  sql: string,
  columns: ResultColumn[],
  write: BoundWrite | undefined,
  storesFrom: number,
): Plan {
  const views = [...binding.systemViews].map((name) => `${name} AS MATERIALIZED (SELECT * FROM ${name}_rows)`).join(', ');
  const prepared = session.db.prepare(views === '' ? sql : withTables(views, sql));
  if (columns.length > 0) {
    prepared.raw(true);
    // Numbers above 2^53 come whole only as bigint, which costs; most result sets have none.
    prepared.safeIntegers(columns.some(({ type }) => type.name === 'bigint' || isDecimal(type)));
  }
  return { prepared, parameters: binding.parameters, columns, locks: binding.locks, write, stores: [storesFrom, session.stores.length] };
}

export function planQuery(session: Session, query: Query, variables: Variables): Plan {
  return cached(session, query, variables, () => {
    const binding = newBinding(session, variables);
    const bound = bindQuery(binding, query, undefined);
    return prepare(session, binding, bound.sql, bound.columns, undefined, session.stores.length);
  });
}

export function planWrite(session: Session, statement: WriteStatement, variables: Variables): Plan {
  return cached(session, statement, variables, () => {
    const binding = newBinding(session, variables);
    const storesFrom = session.stores.length;
    const write = bindWrite(binding, statement, session.identityInsert);
    if (session.login.readOnly) throw permissionDenied(write.action, write.table.name, binding.catalog.databaseName, write.table.schema);
    return prepare(session, binding, write.sql, write.output, write, storesFrom);
  });
}

/** One value: for SET, DECLARE, PRINT, IF and their like. */
export function planValue(session: Session, expression: Expression, variables: Variables, condition = false): Plan {
  return cached(session, expression, variables, () => {
    const binding = newBinding(session, variables);
    const scope = newScope(undefined);
    if (condition) {
      const sql = `SELECT ${bindPredicate(binding, scope, expression)}`;
      return prepare(
        session,
        binding,
        sql,
        [{ name: '', type: { name: 'bit', length: 0, precision: 0, scale: 0 }, nullable: true }],
        undefined,
        session.stores.length,
      );
    }
    const bound = bindValue(binding, scope, expression);
    return prepare(
      session,
      binding,
      `SELECT ${bound.sql}`,
      [{ name: '', type: bound.type, nullable: true }],
      undefined,
      session.stores.length,
    );
  });
}

/** The values of a plan's placeholders now. Integers as bigint: SQLite's driver binds other numbers as floats. */
export function placeholderValues(session: Session, plan: Plan, variables: Variables): Record<string, SqliteValue> {
  const values: Record<string, SqliteValue> = {};
  for (const [placeholder, source] of plan.parameters) {
    const variable = source.kind === 'variable' ? variables.get(source.name) : undefined;
    const value = source.kind === 'session' ? session.value(source.name) : (variable?.value ?? null);
    const float = variable !== undefined && isFloat(variable.type);
    values[placeholder] = typeof value === 'number' && Number.isInteger(value) && !float ? BigInt(value) : value;
  }
  return values;
}

const compileErrors = new Set([102, 104, 107, 108, 137, 145, 147, 205, 207, 209, 4104, 8120, 8121, 8127, 40000]);

/**
 * SQL Server compiles a batch before it runs any of it: a wrong column in the second statement keeps the first from running. A
 * missing table does not, because it might be created meanwhile.
 */
export function compileAhead(session: Session, statements: readonly Statement[], variables: Variables): void {
  for (const statement of statements) {
    try {
      if (statement.kind === 'select' && !assigns(statement.query)) planQuery(session, statement.query, variables);
      else if (statement.kind === 'insert' || statement.kind === 'update' || statement.kind === 'delete')
        planWrite(session, statement, variables);
      else if (statement.kind === 'if')
        compileAhead(session, statement.otherwise === undefined ? [statement.then] : [statement.then, statement.otherwise], variables);
      else if (statement.kind === 'block') compileAhead(session, statement.statements, variables);
    } catch (error) {
      if (error instanceof Error && 'number' in error && compileErrors.has(error.number as number)) throw error;
    }
  }
}

export function assigns(query: Query): boolean {
  return query.body.kind === 'select' && query.body.items.some(({ kind }) => kind === 'assign');
}
