// Runs the statements of a batch one after the other, writing results and errors as SQL Server would.
import { setTimeout as sleep } from 'node:timers/promises';

import { setTrackingContext } from '../change-tracking.ts';
import { convertValue } from '../values/conversions.ts';
import { parseBatch } from '../parse/statements.ts';
import type { TypedValue } from '../wire/parameter-values.ts';
import { assigns, compileAhead, placeholderValues, planQuery, planValue, planWrite } from './plans.ts';
import type { Plan } from './plans.ts';
import type { Response } from '../wire/response.ts';
import type { Session } from './session.ts';
import { SqlServerError, asSqlServerError, undeclaredVariable, unsupported } from './sql-errors.ts';
import type { SqliteValue } from '../sqlite/sqlite.ts';
import type { Expression, Query, Select, Statement, WriteStatement } from '../parse/sql-syntax.ts';
import { translateFailure } from '../sqlite/failures.ts';
import type { FailedWrite } from '../sqlite/failures.ts';
import { Canceled } from './write-lock.ts';

export interface Run {
  session: Session;
  response: Response;
  variables: Map<string, TypedValue>;
  signal: AbortSignal;
}

class Returned extends Error {}

const parsed = new Map<string, Statement[]>();

/** Errors go into the response; only Canceled and an error that ends the connection (class 20 and up) are thrown. */
export async function executeBatch(run: Run, sql: string): Promise<void> {
  try {
    const statements = parseRemembered(sql);
    declareAll(statements, run.variables);
    compileAhead(run.session, statements, run.variables);
    for (const statement of statements) await executeStatement(run, statement);
  } catch (error) {
    if (error instanceof Returned) return;
    if (error instanceof Canceled) throw error;
    reportBatchFailure(run, error);
  }
}

function parseRemembered(sql: string): Statement[] {
  let statements = parsed.get(sql);
  if (statements === undefined) {
    if (parsed.size > 500) parsed.clear();
    statements = parseBatch(sql);
    if (sql.length < 10_000) parsed.set(sql, statements);
  }
  return statements;
}

/** A variable is declared for the whole batch, wherever DECLARE stands. */
function declareAll(statements: readonly Statement[], variables: Map<string, TypedValue>): void {
  for (const statement of statements) {
    if (statement.kind === 'declare') for (const { name, type } of statement.variables) variables.set(name, { type, value: null });
    else if (statement.kind === 'block') declareAll(statement.statements, variables);
    else if (statement.kind === 'if')
      declareAll(statement.otherwise === undefined ? [statement.then] : [statement.then, statement.otherwise], variables);
  }
}

/** The batch ends here. A deadlock victim, a failed conversion and, under XACT_ABORT, anything ends the transaction too. */
function reportBatchFailure(run: Run, thrown: unknown): void {
  const { session, response } = run;
  const error = asSqlServerError(thrown);
  session.lastError = error.number;
  const rollsBack = session.abortOnError || [1205, 3960, 241, 242, 245].includes(error.number);
  if (rollsBack && session.transactions.depth > 0) endTransaction(run, 'rollback');
  response.error(error, 1);
  response.done(undefined, true);
  if (error.class >= 20) throw error;
}

/** Runs one statement; an error that ends only the statement is reported here, so the batch goes on. */
async function executeStatement(run: Run, statement: Statement): Promise<void> {
  const { session, response } = run;
  let write: FailedWrite | undefined;
  try {
    if (statement.kind !== 'set option' && statement.kind !== 'block' && statement.kind !== 'if')
      session.instance.onStatement(statement.text);
    await dispatch(run, statement, (failing) => {
      write = failing;
    });
    session.lastError = 0;
  } catch (thrown) {
    if (thrown instanceof Canceled || thrown instanceof Returned) throw thrown;
    const error = translateFailure(thrown, session.catalog(), write);
    session.lastError = error.number;
    session.rowCount = 0;
    if (!error.statementOnly || session.abortOnError) throw error;
    response.error(error, statement.line);
    response.info(3621, 'The statement has been terminated.');
    response.done(undefined, true);
  }
}

async function dispatch(run: Run, statement: Statement, onWrite: (write: FailedWrite) => void): Promise<void> {
  const { session, response, variables } = run;
  switch (statement.kind) {
    case 'select':
      if (assigns(statement.query)) return assignFromQuery(run, statement.query);
      return select(run, statement.query);
    case 'insert':
    case 'update':
    case 'delete':
      return executeWrite(run, statement, onWrite);
    case 'declare':
      for (const { name, type, value } of statement.variables)
        variables.set(name, { type, value: value === undefined ? null : evaluate(run, value, type) });
      return;
    case 'assign': {
      const variable = variables.get(statement.variable);
      if (variable === undefined) throw undeclaredVariable(statement.variable);
      variables.set(statement.variable, { type: variable.type, value: evaluate(run, statement.value, variable.type) });
      return;
    }
    case 'set option':
      return setOption(run, statement.option, statement.value);
    case 'begin transaction':
      beginTransaction(run);
      return response.done();
    case 'commit':
      endTransaction(run, 'commit');
      return response.done();
    case 'rollback':
      if (statement.name !== undefined && session.transactions.hasSavepoint(statement.name))
        session.transactions.rollbackTo(statement.name);
      else endTransaction(run, 'rollback');
      return response.done();
    case 'save':
      session.transactions.save(statement.name ?? '');
      return response.done();
    case 'print':
      return response.info(0, String(evaluate(run, statement.value) ?? ''));
    case 'throw':
      throw new SqlServerError({
        number: statement.number === undefined ? 50000 : Number(evaluate(run, statement.number)),
        message: String(evaluate(run, statement.message)),
        state: Number(evaluate(run, statement.state)),
      });
    case 'if':
      return executeIf(run, statement);
    case 'block':
      for (const inner of statement.statements) await executeStatement(run, inner);
      return;
    case 'use':
      if (statement.database.toLowerCase() !== session.instance.databaseName.toLowerCase()) {
        throw new SqlServerError({
          number: 911,
          message: `Database '${statement.database}' does not exist. Make sure that the name is entered correctly.`,
        });
      }
      return response.databaseChange(session.instance.databaseName);
    case 'wait':
      return wait(run, String(evaluate(run, statement.delay)));
    case 'return':
      throw new Returned();
  }
}

async function select(run: Run, query: Query): Promise<void> {
  const { session, response, signal } = run;
  const plan = planQuery(session, query, run.variables);
  await session.transactions.beforeRead(plan.locks, signal);
  const rows = plan.prepared.iterate(placeholderValues(session, plan, run.variables)) as Iterable<SqliteValue[]>;
  session.rowCount = await response.rows(plan.columns, rows, signal);
  response.done(session.noCount ? undefined : session.rowCount);
}

async function assignFromQuery(run: Run, query: Query): Promise<void> {
  const { session, variables, signal } = run;
  const body = query.body as Select;
  const targets = body.items.map((item) => {
    if (item.kind !== 'assign')
      throw new SqlServerError({
        number: 141,
        class: 15,
        message: 'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.',
      });
    return item.variable;
  });
  const plain: Query = remembered(query, () => ({
    ...query,
    body: {
      ...body,
      items: body.items.map((item) => ({ kind: 'expression', expression: (item as { expression: Expression }).expression, alias: 'v' })),
    },
  }));
  const plan = planQuery(session, plain, variables);
  await session.transactions.beforeRead(plan.locks, signal);
  const rows = plan.prepared.all(placeholderValues(session, plan, variables)) as SqliteValue[][];
  session.rowCount = rows.length;
  const last = rows[rows.length - 1];
  if (last === undefined) return;
  targets.forEach((name, index) => {
    const variable = variables.get(name);
    if (variable === undefined) throw undeclaredVariable(name);
    const from = (plan.columns[index] as (typeof plan.columns)[number]).type;
    variables.set(name, { type: variable.type, value: convertValue(last[index] as SqliteValue, from, variable.type) });
  });
}

const rewritten = new WeakMap<Query, Query>();
function remembered(query: Query, make: () => Query): Query {
  const known = rewritten.get(query) ?? make();
  rewritten.set(query, known);
  return known;
}

async function executeWrite(run: Run, statement: WriteStatement, onWrite: (write: FailedWrite) => void): Promise<void> {
  const { session, response, variables, signal } = run;
  const context = statement.context === undefined ? undefined : (evaluate(run, statement.context) as Buffer | null);
  const plan = planWrite(session, statement, variables);
  const write = plan.write as NonNullable<Plan['write']>;
  onWrite({ table: write.table, action: write.action, stores: session.stores.slice(...plan.stores) });
  await session.transactions.beforeWrite(signal);
  try {
    if (context !== undefined && write.table.changeTracked) setTrackingContext(session.db, context);
    const values = placeholderValues(session, plan, variables);
    if (write.output.length > 0) {
      const rows = plan.prepared.all(values) as SqliteValue[][];
      session.rowCount = await response.rows(write.output, rows, signal);
    } else {
      session.rowCount = plan.prepared.run(values).changes;
    }
    if (write.action === 'INSERT' && session.rowCount > 0 && write.table.columns.some(({ identity }) => identity)) {
      session.identity = BigInt(session.db.prepare('SELECT last_insert_rowid()').pluck().get() as number);
    }
    if (context !== undefined && write.table.changeTracked) setTrackingContext(session.db, null);
    session.transactions.afterWrite();
  } catch (error) {
    session.transactions.afterFailure();
    throw error;
  }
  response.done(session.noCount ? undefined : session.rowCount);
}

async function executeIf(run: Run, statement: Extract<Statement, { kind: 'if' }>): Promise<void> {
  const plan = planValue(run.session, statement.condition, run.variables, true);
  await run.session.transactions.beforeRead(plan.locks, run.signal);
  const [truth] = plan.prepared.get(placeholderValues(run.session, plan, run.variables)) as [SqliteValue];
  if (Number(truth ?? 0) === 1) await executeStatement(run, statement.then);
  else if (statement.otherwise !== undefined) await executeStatement(run, statement.otherwise);
}

/** An expression's value now, in the type of the variable that it is for. */
function evaluate(run: Run, expression: Expression, type?: TypedValue['type']): SqliteValue {
  const plan = planValue(run.session, expression, run.variables);
  const [value] = plan.prepared.get(placeholderValues(run.session, plan, run.variables)) as [SqliteValue];
  return type === undefined ? value : convertValue(value, (plan.columns[0] as (typeof plan.columns)[number]).type, type);
}

async function wait(run: Run, delay: string): Promise<void> {
  const [hours = '0', minutes = '0', seconds = '0'] = delay.split(':');
  try {
    await sleep(((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000, undefined, { signal: run.signal });
  } catch {
    throw new Canceled();
  }
}

/** Options that change how this stand-in answers are honored, those a driver always sends accepted, anything else refused. */
function setOption({ session }: Run, option: string, value: string): void {
  const on = value === 'ON';
  switch (option) {
    case 'NOCOUNT':
      session.noCount = on;
      return;
    case 'XACT_ABORT':
      session.abortOnError = on;
      return;
    case 'IDENTITY_INSERT':
      session.identityInsert = on;
      return;
    case 'LOCK_TIMEOUT':
      session.transactions.lockTimeout = Number(value);
      return;
    case 'TRANSACTION ISOLATION LEVEL':
      session.transactions.isolation = value.toLowerCase() as Session['transactions']['isolation'];
      return;
    case 'IMPLICIT_TRANSACTIONS':
    case 'NOEXEC':
    case 'PARSEONLY':
    case 'FMTONLY':
    case 'SHOWPLAN_ALL':
    case 'SHOWPLAN_XML':
      if (on) throw unsupported(`SET ${option} ON`);
      return;
    case 'QUOTED_IDENTIFIER':
    case 'ANSI_NULLS':
    case 'CONCAT_NULL_YIELDS_NULL':
      if (!on) throw unsupported(`SET ${option} OFF`);
      return;
    case 'DATEFORMAT':
      if (value !== 'MDY') throw unsupported(`SET DATEFORMAT ${value}`);
      return;
    case 'DATEFIRST':
      if (value !== '7') throw unsupported(`SET DATEFIRST ${value}`);
      return;
    case 'ROWCOUNT':
      if (value !== '0') throw unsupported('SET ROWCOUNT');
      return;
    default:
      if (acceptedOptions.test(option)) return;
      throw new SqlServerError({ number: 195, class: 15, message: `'${option}' is not a recognized SET option.` });
  }
}

const acceptedOptions =
  /^(ANSI_NULL_DFLT_ON|ANSI_NULL_DFLT_OFF|ANSI_PADDING|ANSI_WARNINGS|ANSI_DEFAULTS|ARITHABORT|ARITHIGNORE|CURSOR_CLOSE_ON_COMMIT|LANGUAGE|NUMERIC_ROUNDABORT|TEXTSIZE|DEADLOCK_PRIORITY|QUERY_GOVERNOR_COST_LIMIT|STATISTICS \w+|CONTEXT_INFO|FORCEPLAN)(,|$)/;

export function beginTransaction({ session, response }: Run): void {
  session.transactions.begin();
  if (session.transactions.depth === 1) response.transactionChange('begin', descriptorOf(session));
}

export function endTransaction({ session, response }: Run, how: 'commit' | 'rollback'): void {
  const ended = how === 'commit' ? session.transactions.commit() : (session.transactions.rollback(), true);
  if (ended) response.transactionChange(how, descriptorOf(session));
}

/** Eight bytes that stand for the transaction; one connection has one at a time, so its number will do. */
function descriptorOf(session: Session): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(session.spid, 0);
  return bytes;
}
