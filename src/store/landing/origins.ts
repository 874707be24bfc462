import type { Knex } from '../open.ts';

/** One tie of a source record to a golden record. */
export interface RecordLink {
  /** Which item of the record, with the mapping in front where several of one pipeline make the same entity. */
  item: string;
  /** What the mapping made of it, as JSON; null where no other record shares the golden record. */
  mapped: string | null;
}

/** The ties of a source record to one golden record, in the order of their items. */
export async function linksOfRecord(
  knex: Knex,
  of: { sourceId: number; key: string; entityId: number; golden: number },
): Promise<RecordLink[]> {
  const rows = (await knex('il_link')
    .where({ source_id: of.sourceId, source_key: of.key, entity_id: of.entityId, golden_id: of.golden })
    .whereNull('deleted_run')
    .orderBy('item_key')
    .select('item_key', 'mapped')) as { item_key: string; mapped: string | null }[];
  return rows.map((row) => ({ item: row.item_key, mapped: row.mapped }));
}
