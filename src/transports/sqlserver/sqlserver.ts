import { ConfigError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { milliseconds, readOptions } from '../options.ts';
import type { QuerySpec, QueryTransport, TransportContext } from '../transport.ts';
import { buildQuery, OWN_PREFIX } from './build-query.ts';
import type { BuiltQuery, Source } from './build-query.ts';
import { databaseOf, readChanges } from './changes/changes.ts';
import { findTable, quoted } from './catalog.ts';
import type { ServerTable } from './catalog.ts';
import { checkServer } from './check.ts';
import { checkTable } from './write/check-table.ts';
import { readingOf } from './column-types.ts';
import { connect, remoteOf } from './connect.ts';
import type { Connections } from './connect.ts';
import { describe } from './describe.ts';
import { sqlserverSettings } from './options.ts';
import { readBack } from './write/read-back.ts';
import { parseSelect } from './select-statement.ts';
import type { SelectStatement } from './select-statement.ts';
import { streamRows } from './stream-rows.ts';
import { trackingMark } from './changes/tracking-context.ts';
import { writeRows } from './write/rows.ts';
import { checkTarget, findTarget } from './write/target.ts';
import type { WriteTarget } from './write/target.ts';

/**
 * Reads from Microsoft SQL Server. `options` with the secrets filled in; nothing is opened before the first call. Values come as exact
 * text (see column-types.ts), rows as a stream, identifiers from the server's own catalog and values as parameters only.
 * Throws ConfigError for wrong options, and from every call what errors.ts makes of the server's error.
 */
export function openSqlServer(options: Record<string, unknown>, context: TransportContext): QueryTransport {
  const settings = readOptions(sqlserverSettings, options, context.connection);
  const system = context.connection;
  const streaming = {
    connection: system,
    signal: context.signal,
    // The driver's own timer covers the time to the first row; ours, a little longer, the time between rows.
    patience: milliseconds(settings.request_timeout) + 2000,
    total: settings.total_timeout,
    totalMs: milliseconds(settings.total_timeout),
  };
  const tables = new Map<string, Promise<ServerTable>>();
  const targets = new Map<string, Promise<WriteTarget>>();
  let opened: Promise<Connections> | undefined;
  let openedToWrite: Promise<Connections> | undefined;

  function connections(): Promise<Connections> {
    opened ??= connect(settings, context);
    opened.catch(() => (opened = undefined));
    return opened;
  }

  /** Never a readable secondary: what is written, and what was, is at the primary. */
  function writing(): Promise<Connections> {
    if (!settings.read_only_intent) return connections();
    openedToWrite ??= connect({ ...settings, read_only_intent: false }, context);
    openedToWrite.catch(() => (openedToWrite = undefined));
    return openedToWrite;
  }

  function target(on: Connections, name: string): Promise<WriteTarget> {
    let found = targets.get(name);
    if (!found) {
      targets.set(name, (found = findTarget(on.run, system, name)));
      found.catch(() => targets.delete(name));
    }
    return found;
  }

  /** A table's columns are asked once: they do not change within a run. */
  function table(on: Connections, name: string): Promise<ServerTable> {
    let found = tables.get(name);
    if (!found) {
      tables.set(name, (found = findTable(on.run, system, name)));
      found.catch(() => tables.delete(name));
    }
    return found;
  }

  async function prepare(on: Connections, spec: QuerySpec): Promise<BuiltQuery> {
    if (spec.sql === undefined) return buildQuery(spec, await sourcesOf(spec.tables ?? [], (name) => table(on, name)), system);
    const statement = readSelect(spec.sql, system);
    const parameters = checkedParameters(statement, spec.parameters ?? {}, system);
    const from = `(${statement.select}\n)`;
    const columns = await describe(on, statement.commonTables, `${from} AS t`, parameters);
    return buildQuery(spec, [{ name: 'sql', from, columns }], system, statement.commonTables, parameters);
  }

  return {
    kind: 'query',
    async *query(spec) {
      const on = await connections();
      const query = await prepare(on, spec);
      yield* streamRows(on, query, streaming);
    },
    async scalar(sql) {
      const statement = readSelect(sql, system);
      const on = await connections();
      const from = `(${statement.select}\n) AS t ([value])`;
      const [column] = await describe(on, statement.commonTables, from, checkedParameters(statement, {}, system));
      const reading = column && readingOf(column.type, 't.[value]', 'text');
      if (!reading)
        throw new ConfigError(
          problem(
            system,
            'SQL_COLUMN_TYPE',
            `The statement gives a value of type ${column?.type.name ?? 'unknown'}, whose values have no exact form as text, so nothing was read.`,
            'CONVERT it.',
          ),
        );
      const rows = await on.run(
        `${statement.commonTables ? `WITH ${statement.commonTables} ` : ''}SELECT ${reading.select} AS [value] FROM ${from}`,
        {},
      );
      const value = (rows[0]?.[0] ?? null) as string | number | null;
      return value === null ? null : (reading.finish ?? String)(value);
    },
    database: async () => databaseOf(await connections()),
    async *changes(spec) {
      // Change Tracking is not there on a readable secondary (error 22117).
      const on = await writing();
      yield* readChanges(on, await target(on, spec.table), spec, {
        username: remoteOf(settings, context).username,
        mark: trackingMark(system),
        ...streaming,
      });
    },
    async write(spec) {
      const on = await writing();
      const found = await target(on, spec.table);
      const { username } = remoteOf(settings, context);
      checkTarget(found, spec, system, username);
      return writeRows(on, found, spec, { connection: system, username, mark: trackingMark(system), signal: context.signal });
    },
    async readBack(spec) {
      const on = await writing();
      return readBack(on, await target(on, spec.table), spec, system);
    },
    check: () => checkServer(settings, context),
    async checkTable(spec) {
      const on = await writing();
      return checkTable(() => target(on, spec.table), spec, system, remoteOf(settings, context).username);
    },
    async close() {
      const closing = [opened, openedToWrite];
      opened = openedToWrite = undefined;
      targets.clear();
      for (const one of closing) await (await one?.catch(() => undefined))?.close();
    },
  };
}

/** All tables that are not there are told at once. */
async function sourcesOf(names: readonly string[], table: (name: string) => Promise<ServerTable>): Promise<Source[]> {
  const found = await Promise.allSettled(names.map(table));
  const unknown = found.flatMap((result) =>
    result.status === 'rejected' && result.reason instanceof ConfigError ? result.reason.problems : [],
  );
  for (const result of found) if (result.status === 'rejected' && !unknown.length) throw result.reason;
  if (unknown.length) throw new ConfigError(unknown);
  return found.flatMap((result, i) =>
    result.status === 'fulfilled'
      ? [{ name: names[i]!, from: `${quoted(result.value.schema)}.${quoted(result.value.name)}`, columns: result.value.columns }]
      : [],
  );
}

function readSelect(sql: string, system: string): SelectStatement {
  const statement = parseSelect(sql);
  if (Array.isArray(statement)) throw new ConfigError(statement.map((p) => ({ ...p, place: { ...p.place, system } })));
  return statement;
}

/** The parameters under the names that the statement uses; each must be given, and each must be used. */
function checkedParameters(statement: SelectStatement, given: Record<string, string>, system: string): Record<string, string> {
  const problems: Problem[] = [];
  const left = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), { name, value }]));
  const parameters: Record<string, string> = {};
  for (const name of statement.parameters) {
    const value = left.get(name.toLowerCase())?.value;
    left.delete(name.toLowerCase());
    if (name.toLowerCase().startsWith(OWN_PREFIX))
      problems.push(problem(system, 'SQL_PARAMETER', `The name @${name} is reserved for Interlocal.`, 'Give the parameter another name.'));
    else if (value === undefined)
      problems.push(
        problem(
          system,
          'SQL_PARAMETER',
          `The statement uses @${name}, but parameters has no ${name}.`,
          'Add it to parameters of the query in the connector.',
        ),
      );
    else parameters[name] = value;
  }
  for (const { name } of left.values())
    problems.push(
      problem(
        system,
        'SQL_PARAMETER',
        `The parameter ${name} is not used: the statement has no @${name}.`,
        'Remove it from parameters in the connector, or use it in sql.',
      ),
    );
  if (problems.length) throw new ConfigError(problems);
  return parameters;
}

function problem(system: string, code: string, message: string, hint: string): Problem {
  return { code, place: { system, path: 'sql' }, message, hint };
}
