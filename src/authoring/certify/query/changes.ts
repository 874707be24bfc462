import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, type Verdict } from '../finding.ts';
import { rowWith, tableName, tiedRows, whereKey } from '../recordings/tables.ts';
import { type Contents, using } from '../bench.ts';
import type { QueryContext, TableServer } from './context.ts';
import { saidOf } from '../reading.ts';

/** More than come in one list. */
const MANY = 1100;
/** So many that one deletion is few of them. */
const SOME = 40;

/** All changes of a transaction have one version: killed among them, the next run must read them all. */
export async function oneVersion(context: QueryContext): Promise<Verdict> {
  const tables = tiedRows(context.stream, context.fixture.tables!, MANY);
  if (!tables) return undefined;
  const left = async (killed: boolean): Promise<Contents> =>
    context.withServer(
      (server) =>
        using(context.bench(server), async (bench) => {
          const run = async (): Promise<void> => {
            if (killed)
              await bench.run({
                batchSize: 1000,
                onProgress: () => {
                  throw new Error('killed');
                },
              });
            await bench.run({ batchSize: 1000 });
          };
          await run();
          for (const table of Object.keys(tables)) await server.execute(`DELETE FROM ${tableName(table)}`);
          await run();
          return bench.contents();
        }),
      tables,
    );
  const [whole, killed] = [await left(false), await left(true)];
  if (!isDeepStrictEqual(whole, killed))
    return fails('After being killed and run again, the store differs from that of an undisturbed run.', 'Report this.');
  return whole.deleted.length === MANY
    ? holds(`${counted(MANY, 'row')} read, and deleted in one transaction, each time killed after the first list: none is missing.`)
    : fails(`Of ${MANY} rows that were deleted in one transaction, ${whole.deleted.length} are deleted.`, 'Report this.');
}

export async function trackedDeletion(context: QueryContext): Promise<Verdict> {
  const [name, table] = Object.entries(context.fixture.tables!)[0]!;
  const where = whereKey(context.stream, table, 0);
  if (where === undefined) return undefined;
  return context.withServer((server) =>
    using(context.bench(server), async (bench) => {
      await bench.run();
      await server.execute(`DELETE FROM ${tableName(name)} WHERE ${where}`);
      const run = await bench.run();
      const { deleted } = await bench.contents();
      return deleted.length === 1
        ? holds('A row that was deleted there is deleted by the next run.')
        : fails(`A row was deleted, and ${deleted.length} records are. ${saidOf(run.problems)}`, 'Check primary_key.');
    }),
  );
}

/** The clean-up took changes away that were not read yet: one row was added, one deleted meanwhile. */
export async function expiredChanges(context: QueryContext): Promise<Verdict> {
  return readAnew(context, (server) => server.forgetChanges(), 'The server forgot changes');
}

export async function restored(context: QueryContext): Promise<Verdict> {
  return readAnew(context, (server) => server.restore(), 'The database was restored');
}

async function readAnew(context: QueryContext, happens: (server: TableServer) => Promise<void>, what: string): Promise<Verdict> {
  const { stream, fixture } = context;
  if (stream.incremental?.kind !== 'change_tracking') return undefined;
  const tables = tiedRows(stream, fixture.tables!, SOME);
  const name = tables && Object.keys(tables).find((t) => tables[t]!.rows.length > 0);
  if (!tables || name === undefined) return undefined;
  const where = whereKey(stream, tables[name]!, 0);
  const added = rowWith(stream, name, tables[name]!, {}, 7);
  if (where === undefined || added === undefined) return undefined;
  return context.withServer(
    (server) =>
      using(context.bench(server), async (bench) => {
        await bench.run();
        await server.execute(`DELETE FROM ${tableName(name)} WHERE ${where}`);
        await server.execute(added);
        await happens(server);
        const run = await bench.run();
        const { records, deleted } = await bench.contents();
        const said = run.notes.some((note) => note.includes('everything is read again'));
        const present = Object.keys(records).length;
        if (deleted.length === 1 && present === SOME && said)
          return holds(
            `${what}: everything was read again, ${counted(present, 'record')}; what was added and deleted meanwhile was found.`,
          );
        return fails(`${what}, and ${deleted.length} records are deleted instead of 1. ${saidOf(run.problems)}`, 'Report this.');
      }),
    tables,
  );
}
