import type { Knex } from 'knex';
import { openKnex } from '../open.ts';

/** A store in a folder that is thrown away: killed processes are tried with it, not power cuts, and the disk need not confirm each commit. */
export async function openScratch(folder: string): Promise<Knex> {
  const knex = await openKnex('sqlite:data/store.db', folder);
  await knex.raw('PRAGMA synchronous = OFF');
  return knex;
}

/** Until `clear` is called, storing this record of a file or page fails, within the transaction of its batch. */
export async function failWhileStoring(knex: Knex, record: number): Promise<{ clear(): Promise<void> }> {
  await knex.raw(
    `CREATE TEMP TRIGGER il_fail BEFORE INSERT ON il_landed WHEN NEW.record = ${Math.trunc(record)} BEGIN SELECT RAISE(ABORT, 'killed'); END`,
  );
  return { clear: async () => void (await knex.raw('DROP TRIGGER il_fail')) };
}
