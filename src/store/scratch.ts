import { dialectOf } from './dialect.ts';
import type { Counting, Cut } from './cut.ts';
import type { Knex } from './open.ts';

/**
 * Stores that are made to try something and are thrown away: what `certify` works with. They are always files, whatever the town's own
 * store is.
 */
export { failWhileStoring, openScratch, writeEmptyStore } from './sqlite/scratch.ts';
export { CutOff, type Cut } from './cut.ts';

/**
 * Makes the n-th commit of this store fail, and everything after it, as if the process had been killed there: nothing is written anymore,
 * not even that the run failed. Gives how many commits there were.
 */
export async function cutAt(knex: Knex, n: number, how: Cut): Promise<Counting> {
  return dialectOf(knex).cutAt(knex, n, how);
}

/** Everything that was committed is in the store's files. */
export async function settle(knex: Knex): Promise<void> {
  await dialectOf(knex).settle(knex);
}

/** The store is that of before anything was sent, as after a restore. `sequence`: of the sink of that name, from there on. */
export async function forgetSent(knex: Knex, sink?: { connection: string; sink: string; sequence: number }): Promise<void> {
  for (const table of ['il_outbox', 'il_delivery']) await knex(table).delete();
  if (sink) await setSequence(knex, sink);
}

/** The next sequence number of a sink. */
export async function setSequence(
  knex: Knex,
  { connection, sink, sequence }: { connection: string; sink: string; sequence: number },
): Promise<void> {
  await knex('il_sequence')
    .insert({ name: `sink:${connection}/${sink}`, next: sequence })
    .onConflict('name')
    .merge();
}

/** The values of all golden records of an entity in the order of their ids, without what the store adds. */
export async function goldenValues(knex: Knex, entity: string): Promise<unknown[][]> {
  const rows = (await knex(entity).orderBy('_id')) as Record<string, unknown>[];
  return rows.map((row) =>
    Object.entries(row)
      .filter(([name]) => !['_id', '_created', '_run', '_landed', '_provenance'].includes(name))
      .map(([, value]) => value),
  );
}

/** The open rejects in the order of their keys: key and codes. */
export async function openRejects(knex: Knex): Promise<string[]> {
  const rows = (await knex('il_reject').where({ state: 'open' }).orderBy('reject_key').select('reject_key', 'problems')) as {
    reject_key: string;
    problems: string;
  }[];
  return rows.map((r) => `${r.reject_key} ${(JSON.parse(r.problems) as { code: string }[]).map((p) => p.code).join(' ')}`);
}

/** Keys of records that their source deleted, in order. */
export async function deletedKeys(knex: Knex): Promise<string[]> {
  return (await knex('il_link').whereNotNull('deleted_run').distinct('source_key').orderBy('source_key').pluck('source_key')) as string[];
}
