import type { Value } from '../../core/record.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';

/** A stored record, also one that its source deleted, with what its source said last. */
export interface StoredRecord {
  key: string;
  values: Record<string, Value>;
}

/** The records of a source, in the order of their keys, after `after`. */
export async function storedAfter(knex: Knex, sourceId: number, after: string, limit: number): Promise<StoredRecord[]> {
  return dialectOf(knex).readInOrder(knex, (ordered) => storedPage(ordered, sourceId, after, limit));
}

async function storedPage(knex: Knex, sourceId: number, after: string, limit: number): Promise<StoredRecord[]> {
  const newest = knex('il_link')
    .where({ source_id: sourceId })
    .where('source_key', '>', after)
    .groupBy('source_key')
    .select('source_key', knex.raw('max(landed_id) AS landed_id'))
    .orderBy('source_key')
    .limit(limit)
    .as('k');
  const rows = (await knex(newest)
    .join('il_landed as d', 'd.id', 'k.landed_id')
    .join('il_shape as s', 's.id', 'd.shape_id')
    .select('k.source_key', 'd.raw', 's.columns')
    .orderBy('k.source_key')) as { source_key: string; raw: string; columns: string }[];
  return rows.map((row) => {
    const raw = JSON.parse(row.raw) as Value[];
    return {
      key: row.source_key,
      values: Object.fromEntries((JSON.parse(row.columns) as string[]).map((name, i) => [name, raw[i] ?? null])),
    };
  });
}

/** New keys of a source's records, kept in a temporary table so that memory does not grow with them. */
export interface NewKeys {
  /** Gives the key of another record that was given this new key before, and then keeps nothing. */
  add(former: string, key: string): Promise<string | undefined>;
  /** Puts them in the place of the former ones, in links and landed records. Gives how many of them differ. */
  apply(): Promise<number>;
}

export async function newKeys(trx: Knex.Transaction, sourceId: number): Promise<NewKeys> {
  await dialectOf(trx).renamings(trx, 'il_rekey');
  return {
    async add(former, key) {
      const same = (await trx('il_rekey').where({ key }).first('former')) as { former: string } | undefined;
      if (!same) await trx('il_rekey').insert({ former, key });
      return same?.former;
    },
    async apply() {
      await trx('il_rekey').whereRaw('former = key').delete();
      const [{ n }] = (await trx('il_rekey').count({ n: '*' })) as [{ n: number }];
      const renamed = 'source_key = (SELECT key FROM il_rekey WHERE former = source_key)';
      const concerned = 'source_id = ? AND source_key IN (SELECT former FROM il_rekey)';
      await trx.raw(`UPDATE il_landed SET ${renamed} WHERE ${concerned}`, [sourceId]);
      // One record's new key may be another's former one: they change places by way of a source that there is not.
      await trx.raw(`UPDATE il_link SET source_id = -1, ${renamed} WHERE ${concerned}`, [sourceId]);
      await trx.raw('UPDATE il_link SET source_id = ? WHERE source_id = -1', [sourceId]);
      await trx.raw('DROP TABLE il_rekey');
      return Number(n);
    },
  };
}
