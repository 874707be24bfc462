import { ConfigError, RetriableError } from '../../../core/errors.ts';
import type { Problem } from '../../../core/errors.ts';
import type { SourceRecord } from '../../../core/record.ts';
import type { ChangesPart, ChangesSpec } from '../../transport.ts';
import { buildChanges, CHANGED, CONTEXT, THERE } from './build-changes.ts';
import { buildQuery } from '../build-query.ts';
import { findColumn, quoted } from '../catalog.ts';
import type { Connections, Transaction } from '../connect.ts';
import { streamRows } from '../stream-rows.ts';
import type { StreamOptions } from '../stream-rows.ts';
import { isEcho } from './tracking-context.ts';
import type { TrackingMark } from './tracking-context.ts';
import type { WriteTarget } from '../write/target.ts';

export interface ChangesContext extends StreamOptions {
  username: string;
  mark: TrackingMark;
}

/**
 * Reads what changed as Microsoft prescribes: within one SNAPSHOT transaction the position is found to be still valid, the next one
 * is asked for, and the rows are read; nothing that commits meanwhile can fall between. A version is given when a transaction
 * commits, so one which was open is read with the next position.
 */
export async function* readChanges(
  on: Connections,
  target: WriteTarget,
  spec: ChangesSpec,
  context: ChangesContext,
): AsyncGenerator<ChangesPart, void, void> {
  const key = keyOf(target, spec, context);
  const database = await databaseOf(on);
  await refuseWithoutSnapshots(on, context);
  const transaction = await on.begin('snapshot');
  try {
    const versions = await versionsOf(on, transaction, target, context);
    const { since } = spec;
    const whole = !since
      ? 'first'
      : since.database !== database
        ? 'database'
        : BigInt(versions.current) < BigInt(since.version)
          ? 'rewound'
          : BigInt(since.version) < BigInt(versions.least)
            ? 'expired'
            : undefined;
    yield { kind: 'start', position: { version: versions.current, database }, ...(whole ? { whole } : {}) };
    const within = { request: (parameters: Record<string, string>) => transaction.request(parameters), errorOf: on.errorOf };
    if (whole) {
      const source = { name: spec.table, from: target.sql, columns: target.columns };
      const query = buildQuery({ ...spec, orderBy: key }, [source], context.connection);
      for await (const records of streamRows(within, query, context)) yield { kind: 'rows', records };
    } else {
      const query = buildChanges(spec, target, key, since!.version, context.connection);
      let number = 0;
      for await (const rows of streamRows(within, query, context))
        yield {
          kind: 'rows',
          records: rows.flatMap((row) => {
            const record = changed(row, spec, context, since!.version);
            return record ? [{ ...record, number: ++number }] : [];
          }),
        };
      await refuseForgotten(on, target, since!.version, context);
    }
    await transaction.commit();
  } finally {
    await transaction.rollback();
  }
}

/**
 * family_guid is of the database and its backups, recovery_fork_guid changes with each restore; both are the same on all replicas, and
 * readable for everybody unless VIEW ANY DATABASE was taken from public. Where they are not (Azure SQL Database has no such view
 * either), the broker's GUID tells databases apart, though not a restore: then only a version that went back does.
 */
export async function databaseOf(on: Connections): Promise<string> {
  const rows = await on.run(FORK, {}).catch((error: unknown) => {
    if (error instanceof ConfigError) return [];
    throw error;
  });
  const [family, fork] = (rows[0] ?? []) as (string | null)[];
  if (family && fork) return `${family}/${fork}`;
  const [[broker] = []] = await on.run(BROKER, {});
  return `broker ${String(broker)}`;
}

const FORK = `SELECT CONVERT(varchar(36), family_guid), CONVERT(varchar(36), recovery_fork_guid)
FROM sys.database_recovery_status WHERE database_id = DB_ID()`;
const BROKER = 'SELECT CONVERT(varchar(36), service_broker_guid) FROM sys.databases WHERE database_id = DB_ID()';
const SNAPSHOTS = 'SELECT CONVERT(int, snapshot_isolation_state), name FROM sys.databases WHERE database_id = DB_ID()';
const VERSIONS = `SELECT CONVERT(varchar(20), CHANGE_TRACKING_CURRENT_VERSION()),
CONVERT(varchar(20), CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(@table))), DB_NAME()`;
const LEAST = 'SELECT CONVERT(varchar(20), CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(@table)))';

async function refuseWithoutSnapshots(on: Connections, { connection }: ChangesContext): Promise<void> {
  const [[state, name] = []] = await on.run(SNAPSHOTS, {});
  if (state === undefined || state === 1) return;
  throw new ConfigError({
    code: 'SQL_SNAPSHOT_OFF',
    place: { system: connection },
    message: `Snapshot isolation is off in the database ${String(name)}. It is needed to read the changes of a table consistently.`,
    hint: `Ask its administrator to run: ALTER DATABASE ${quoted(String(name))} SET ALLOW_SNAPSHOT_ISOLATION ON;`,
  });
}

/** Both versions; NULL of the server's functions says only that there is none, and why is found out here. */
async function versionsOf(
  on: Connections,
  transaction: Transaction,
  target: WriteTarget,
  context: ChangesContext,
): Promise<{ current: string; least: string }> {
  const { connection, username } = context;
  let rows: unknown[][];
  try {
    rows = (await transaction.request({ table: target.sql }).query(VERSIONS)).recordset as unknown as unknown[][];
  } catch (error) {
    throw on.errorOf(error);
  }
  const [current, least, database] = rows[0] as (string | null)[];
  if (current !== null && least !== null) return { current: current!, least: least! };
  const refuse = (message: string, hint: string): ConfigError =>
    new ConfigError({ code: 'SQL_CHANGES_OFF', place: { system: connection, path: target.name }, message, hint });
  if (current === null)
    throw refuse(
      `The database ${database} does not track changes.`,
      `Ask its administrator to run: ALTER DATABASE ${quoted(database!)} SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = ON); and then: ALTER TABLE ${target.sql} ENABLE CHANGE_TRACKING;`,
    );
  if (!target.may.viewChanges)
    throw new ConfigError({
      code: 'SQL_RIGHTS',
      place: { system: connection, path: target.name },
      message: `The login ${username} may not see the changes of ${target.name}.`,
      hint: `Have the owner of the database run: GRANT VIEW CHANGE TRACKING ON ${target.sql} TO ${quoted(username)};`,
    });
  throw refuse(
    `The changes of ${target.name} are not tracked.`,
    `Have the owner of the database run: ALTER TABLE ${target.sql} ENABLE CHANGE_TRACKING;`,
  );
}

/** The clean-up does not wait for snapshots: what it took away while we read might be missing. */
async function refuseForgotten(on: Connections, target: WriteTarget, since: string, { connection }: ChangesContext): Promise<void> {
  const [[least] = []] = (await on.run(LEAST, { table: target.sql })) as (string | null)[][];
  if (least && BigInt(since) >= BigInt(least)) return;
  throw new RetriableError({
    code: 'SQL_CHANGES_EXPIRED',
    place: { system: connection, path: target.name },
    message: `The server discarded changes of ${target.name} while they were being read.`,
    hint: 'Everything is read again. If this continues, run the pipeline more often, or have CHANGE_RETENTION raised.',
  });
}

/** The primary key, as the server writes it. Change Tracking knows rows by it, so a deletion has nothing else. */
function keyOf(target: WriteTarget, spec: ChangesSpec, { connection }: ChangesContext): string[] {
  const wanted = spec.key.map((name) => findColumn(target.columns, name)?.name ?? name);
  const same = target.primaryKey.length === wanted.length && target.primaryKey.every((name) => wanted.includes(name));
  if (same) return spec.key;
  const problem: Problem = {
    code: 'SQL_CHANGES_KEY',
    place: { system: connection, path: 'primary_key' },
    message: target.primaryKey.length
      ? `The primary key of ${target.name} is ${target.primaryKey.join(', ')}, but that of the stream is ${spec.key.join(', ')}.`
      : `${target.name} has no primary key, or this login cannot see it; without one its changes cannot be tracked.`,
    hint: target.primaryKey.length
      ? `Set primary_key: [${target.primaryKey.join(', ')}].`
      : 'Use another kind of cursor, or ask the vendor for a primary key.',
  };
  throw new ConfigError(problem);
}

/** One row of changes as a record; undefined for what this connection wrote itself. */
function changed(row: SourceRecord, spec: ChangesSpec, context: ChangesContext, since: string): SourceRecord | undefined {
  const { values } = row;
  const names = [...spec.columns.map(({ name }) => name), ...(spec.tableField ? [spec.tableField] : [])];
  if (values[THERE] !== '1') {
    const key = Object.fromEntries(spec.key.map((name, i) => [name, values[`${CHANGED}${i}`]!]));
    return { ...row, values: spec.tableField ? { ...key, [spec.tableField]: spec.table } : key, deleted: true };
  }
  if (!spec.echo && isEcho(context.mark, values[CONTEXT] as string | null, since)) return undefined;
  return { ...row, values: Object.fromEntries(names.map((name) => [name, name === spec.tableField ? spec.table : values[name]!])) };
}
