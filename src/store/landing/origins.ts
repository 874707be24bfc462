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

/** Where the present version of a golden record came from. */
export interface RecordOrigin {
  connection: string;
  key: string;
  /** null: it was not a file. */
  file: string | null;
  line: number | null;
}

/** Where each of these golden records came from; one that is gone is not there. The entity's name comes from the validated model. */
export async function originsOfGoldens(knex: Knex, entity: string, goldens: readonly number[]): Promise<Map<number, RecordOrigin>> {
  const found = new Map<number, RecordOrigin>();
  for (let i = 0; i < goldens.length; i += 500) {
    const rows = (await knex(`${entity} as g`)
      .join('il_landed as d', 'd.id', 'g._landed')
      .join('il_source as s', 's.id', 'd.source_id')
      .leftJoin('il_file as f', 'f.id', 'd.file_id')
      .whereIn('g._id', goldens.slice(i, i + 500))
      .select('g._id', 's.connection', 'd.source_key', 'f.path', 'd.line')) as Record<string, unknown>[];
    for (const row of rows)
      found.set(Number(row._id), {
        connection: row.connection as string,
        key: row.source_key as string,
        file: (row.path as string | null) ?? null,
        line: row.line === null || row.line === undefined ? null : Number(row.line),
      });
  }
  return found;
}
