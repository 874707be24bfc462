import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, holdsBut, holdsFor, NO_RECORD, type Verdict } from '../finding.ts';
import { rowWith, tableName, tableOfCursor, tiedRows } from '../recordings/tables.ts';
import { parseDuration } from '../../../core/time/time.ts';
import { using, type Contents } from '../bench.ts';
import { DELETED, deletedRow } from '../deleted-records.ts';
import { changesOf } from '../file/life.ts';
import { expiredChanges, oneVersion, restored, trackedDeletion } from './changes.ts';
import type { QueryContext } from './context.ts';
import { saidOf } from '../reading.ts';
import { compareWithRecording, storesNothing } from '../recording-check.ts';
import { resumeAfterKills } from '../resume.ts';
import { secretsAbsent } from '../secrets.ts';

export interface QueryCheck {
  check: string;
  title: string;
  run(context: QueryContext): Promise<Verdict>;
}

/** What databases do while they are read. */
export const QUERY_CHECKS: readonly QueryCheck[] = [
  { check: 'recording', title: 'The recording reads as recorded', run: recording },
  { check: 'read_twice', title: 'Reading twice gives every record once', run: readTwice },
  { check: 'resume', title: 'A run killed at any checkpoint resumes there', run: resume },
  { check: 'tied_cursors', title: 'Rows with the same cursor are all read, also across a kill', run: tied },
  { check: 'late_commit', title: 'A row that is committed late is still read', run: lateCommit },
  { check: 'deletes', title: 'A missing row is deleted; many missing rows stop the run', run: deletes },
  { ...DELETED, run: deletedRow },
  { check: 'expired_changes', title: 'Changes that the server has forgotten are found by reading everything', run: expiredChanges },
  { check: 'restored', title: 'A restored database is read again in full', run: restored },
  { check: 'column_removed', title: 'A column that is missing stops the run', run: columnRemoved },
  { check: 'secrets', title: 'No secret reaches messages or the store', run: secrets },
];

async function recording({ fixture, withServer, read }: QueryContext): Promise<Verdict> {
  const reading = await withServer(read);
  return compareWithRecording(fixture, [{ reading }]);
}

async function readTwice(context: QueryContext): Promise<Verdict> {
  return context.withServer((server) =>
    using(context.bench(server), async (bench) => {
      const first = await bench.run();
      if (first.problems.length)
        return fails(`The run failed: ${saidOf(first.problems)}`, 'Correct the connector as the message says, then certify again.');
      const once = await bench.contents();
      const nothing = storesNothing(Object.keys(once.records).length, context.fixture.records.length);
      if (nothing) return nothing;
      const second = await bench.run();
      const twice = await bench.contents();
      if (!isDeepStrictEqual(once, twice))
        return fails(
          `The store differs after the second run (${changesOf(once, twice)}).`,
          'Check primary_key: together its columns must be different for each row.',
        );
      const records = Object.keys(once.records).length;
      return holdsFor(
        records,
        `${counted(records, 'record')} after one run and after two; the second read ${counted(second.counts.read, 'row')}.`,
        NO_RECORD,
      );
    }),
  );
}

async function resume(context: QueryContext): Promise<Verdict> {
  return context.withServer(async (server) => {
    const whole = await using(context.bench(server), async (bench) => (await bench.run(), bench.contents()));
    return resumeAfterKills({
      records: context.fixture.records.length,
      good: context.fixture.records.length,
      whole,
      open: () => context.bench(server),
    });
  });
}

/** More rows than come in one list, all with the same cursor: killed after the first list, none may be lost. */
async function tied(context: QueryContext): Promise<Verdict> {
  const { stream, fixture } = context;
  if (!stream.incremental || stream.incremental.kind === 'rowversion') return undefined;
  if (stream.incremental.kind === 'change_tracking') return oneVersion(context);
  const tables = tiedRows(stream, fixture.tables!, 2500);
  if (!tables) return undefined;
  return context.withServer(async (server) => {
    const whole = await using(context.bench(server), async (bench) => (await bench.run(), bench.contents()));
    const killed = await using(context.bench(server), async (bench): Promise<Contents> => {
      await bench.run({
        batchSize: 1000,
        onProgress: () => {
          throw new Error('killed');
        },
      });
      await bench.run({ batchSize: 1000 });
      return bench.contents();
    });
    const nothing = storesNothing(Object.keys(whole.records).length, context.fixture.records.length);
    if (nothing) return nothing;
    if (!isDeepStrictEqual(whole, killed))
      return fails(
        `Of ${Object.keys(whole.records).length} rows with the same cursor, ${Object.keys(killed.records).length} are in the store after a kill.`,
        'In the connector, give incremental a tie_breaker: a column whose value is different in each row.',
      );
    return holds(
      `${counted(Object.keys(whole.records).length, 'row')} with the same cursor, killed after the first list of them: all there, each once.`,
    );
  }, tables);
}

async function lateCommit(context: QueryContext): Promise<Verdict> {
  const { stream, fixture } = context;
  const { incremental } = stream;
  if (!incremental) return undefined;
  if (incremental.kind === 'rowversion') return lateTransaction(context, 'MIN_ACTIVE_ROWVERSION()');
  if (incremental.kind === 'change_tracking') return lateTransaction(context, 'its version is assigned when it commits');
  const at = tableOfCursor(stream, fixture.tables!);
  if (!at) return undefined;
  const late =
    incremental.kind === 'datetime' && incremental.lookback !== undefined
      ? new Date(at.last - parseDuration(incremental.lookback)! / 2)
      : undefined;
  if (!late)
    return incremental.delay === undefined
      ? holdsBut(
          `Rows are read after the last ${incremental.cursor}. A row that is committed late with an earlier value would be missed.`,
          'Set lookback (the longest a transaction there may last) or delay. Rows read twice are recognized.',
        )
      : holds(`Rows newer than ${incremental.delay} wait, so late commits are not missed.`);
  const statement = rowWith(stream, at.table, fixture.tables![at.table]!, { [incremental.cursor!]: late.toISOString().slice(0, 23) }, 7);
  if (!statement) return undefined;
  return context.withServer((server) =>
    using(context.bench(server), async (bench) => {
      await bench.run();
      const before = Object.keys((await bench.contents()).records).length;
      await server.execute(statement);
      await bench.run();
      const after = Object.keys((await bench.contents()).records).length;
      return after === before + 1
        ? holds(`A row whose ${incremental.cursor} is before the position was found, within the lookback of ${incremental.lookback}.`)
        : fails(
            `A row committed late, within the lookback of ${incremental.lookback}, was not read.`,
            'Check incremental of the stream: lookback must be at least as long as a transaction there can take.',
          );
    }),
  );
}

/** A transaction is open while others commit: its row must come with the next run. */
async function lateTransaction(context: QueryContext, why: string): Promise<Verdict> {
  const { stream, fixture } = context;
  const table = Object.keys(fixture.tables!)[0]!;
  const statement = rowWith(stream, table, fixture.tables![table]!, {}, 7);
  if (!statement) return undefined;
  return context.withServer((server) =>
    using(context.bench(server), async (bench) => {
      await bench.run();
      const before = Object.keys((await bench.contents()).records).length;
      const open = await server.begin();
      await open.execute(statement);
      await bench.run();
      const during = Object.keys((await bench.contents()).records).length;
      await open.commit();
      await bench.run();
      const after = Object.keys((await bench.contents()).records).length;
      if (during !== before) return fails('A row was read before its transaction was committed.', 'Report this.');
      return after === before + 1
        ? holds(`A transaction that was open during a run and committed after it was read by the next (${why}).`)
        : fails('A row that was committed during a run was never read.', 'Report this.');
    }),
  );
}

async function deletes(context: QueryContext): Promise<Verdict> {
  const { stream, fixture } = context;
  if (stream.incremental?.kind === 'change_tracking') return trackedDeletion(context);
  if (!stream.deletes?.when_absent || stream.incremental) return undefined;
  return context.withServer((server) =>
    using(context.bench(server), async (bench) => {
      await bench.run();
      const total = Object.keys((await bench.contents()).records).length;
      for (const table of Object.keys(fixture.tables!)) await server.execute(`DELETE FROM ${tableName(table)}`);
      const run = await bench.run();
      const { deleted } = await bench.contents();
      if (stream.deletes!.max_percent < 100 && total > 0)
        return deleted.length === 0 && run.problems.some((p) => p.code === 'DELETES_TOO_MANY')
          ? holds(
              `Emptied tables would delete ${total} records, more than ${stream.deletes!.max_percent} %: the run stopped and deleted nothing.`,
            )
          : fails(
              `Emptied tables deleted ${deleted.length} of ${total} records.`,
              'Lower deletes.max_percent of the stream, so that an emptied table is noticed.',
            );
      return deleted.length === total
        ? holdsFor(total, `${counted(total, 'record')} deleted.`, NO_RECORD)
        : fails(`${deleted.length} of ${total} deleted.`, 'Check deletes of the stream.');
    }),
  );
}

async function columnRemoved(context: QueryContext): Promise<Verdict> {
  const { fixture, stream } = context;
  const [name, table] = Object.entries(fixture.tables!)[0]!;
  const column =
    Object.keys(table.columns).find((c) => stream.schema.fields[c] && !stream.schema.fields[c].required) ??
    Object.keys(table.columns).find((c) => stream.schema.fields[c]);
  if (column === undefined) return undefined;
  const renamed = {
    ...table,
    columns: Object.fromEntries(Object.entries(table.columns).map(([c, type]) => [c === column ? `${c}_2` : c, type])),
  };
  return context.withServer(
    (server) =>
      using(context.bench(server), async (bench) => {
        const run = await bench.run();
        const stored = Object.keys((await bench.contents()).records).length;
        return run.outcome === 'failed' && stored === 0
          ? holds(`Without ${column}: ${run.problems[0]!.code}, nothing stored.`)
          : fails(`Without ${column} the run ended as ${run.outcome} and stored ${counted(stored, 'record')}.`, 'Report this.');
      }),
    { ...fixture.tables!, [name]: renamed },
  );
}

async function secrets(context: QueryContext): Promise<Verdict> {
  return context.withServer(async (server) => {
    const verdict = await using(context.bench(server), async (bench) => secretsAbsent(bench, [await bench.run()]));
    if (verdict?.state !== 'ok') return verdict;
    // A login that is refused is where a password would be shown.
    return using(context.bench(server, { username: 'nobody' }), async (bench) => {
      const run = await bench.run();
      if (run.outcome !== 'failed') return fails('An unknown user could read.', 'Report this.');
      return secretsAbsent(bench, [run]);
    });
  });
}
