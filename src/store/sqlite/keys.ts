import type { Knex } from 'knex';
import type { KeySet } from '../dialect.ts';

/** Keys in a temporary table of the store's one connection. */
export async function keySet(knex: Knex, sourceId: number): Promise<KeySet> {
  await knex.raw('CREATE TEMPORARY TABLE IF NOT EXISTS il_seen (source_key TEXT PRIMARY KEY) WITHOUT ROWID');
  await knex.raw('DELETE FROM il_seen');
  return {
    async add(keys, open) {
      for (let i = 0; i < keys.length; i += 500) {
        const some = keys.slice(i, i + 500);
        await (open ?? knex).raw(`INSERT OR IGNORE INTO il_seen VALUES ${some.map(() => '(?)').join(', ')}`, some);
      }
    },
    absent: async () =>
      (await knex('il_link')
        .where({ source_id: sourceId })
        .whereNull('deleted_run')
        .whereNotExists(knex('il_seen').whereRaw('il_link.source_key = il_seen.source_key'))
        .distinct('source_key')
        .orderBy('source_key')
        .pluck('source_key')) as string[],
    drop: async () => void (await knex.raw('DELETE FROM il_seen')),
  };
}

export async function renamings(trx: Knex.Transaction, table: string): Promise<void> {
  await trx.raw(`CREATE TEMPORARY TABLE IF NOT EXISTS ${table} (former TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE) WITHOUT ROWID`);
  await trx.raw(`DELETE FROM ${table}`);
}
