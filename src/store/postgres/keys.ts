import type { Knex } from 'knex';
import type { KeySet } from '../dialect.ts';

/**
 * Keys in a table of the store, by source: a temporary one would be another one on each connection of the pool. The lock of the pipeline
 * keeps two runs of one source apart.
 */
export async function keySet(knex: Knex, sourceId: number): Promise<KeySet> {
  const drop = async (): Promise<void> => void (await knex('il_seen').where({ source_id: sourceId }).delete());
  await drop();
  return {
    async add(keys, open) {
      if (keys.length > 0)
        await (open ?? knex).raw('INSERT INTO il_seen SELECT ?::bigint, unnest(?::text[]) ON CONFLICT DO NOTHING', [sourceId, [...keys]]);
    },
    absent: async () =>
      (await knex('il_link as l')
        .where({ 'l.source_id': sourceId })
        .whereNull('l.deleted_run')
        .whereNotExists(knex('il_seen as s').where({ 's.source_id': sourceId }).whereRaw('l.source_key = s.source_key'))
        .distinct('l.source_key')
        .orderBy('l.source_key')
        .pluck('l.source_key')) as string[],
    drop,
  };
}

export async function renamings(trx: Knex.Transaction, table: string): Promise<void> {
  await trx.raw(
    `CREATE TEMPORARY TABLE ${table} (former text COLLATE "C" PRIMARY KEY, key text COLLATE "C" NOT NULL UNIQUE) ON COMMIT DROP`,
  );
}
