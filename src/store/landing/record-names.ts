import type { Knex } from '../open.ts';

/** What a golden record is called at its source. */
export interface SourceName {
  connection: string;
  key: string;
  /** Which of the records that a mapping made of one; empty: the only one. */
  item: string;
}

/**
 * The source name of every golden record of an entity: of several, the first by connection, key and item, so it does not
 * depend on which came first.
 */
export async function sourceNames(knex: Knex, entityId: number): Promise<Map<number, SourceName>> {
  const names = new Map<number, SourceName>();
  const rows = (await knex('il_link as l')
    .join('il_source as s', 's.id', 'l.source_id')
    .where({ 'l.entity_id': entityId })
    .whereNotNull('l.golden_id')
    .whereNull('l.deleted_run')
    .select('l.golden_id', 's.connection', 'l.source_key', 'l.item_key')) as Record<string, unknown>[];
  for (const row of rows) {
    const golden = Number(row.golden_id);
    const name = { connection: row.connection as string, key: row.source_key as string, item: row.item_key as string };
    const known = names.get(golden);
    if (!known || isBefore(name, known)) names.set(golden, name);
  }
  return names;
}

function isBefore(a: SourceName, b: SourceName): boolean {
  if (a.connection !== b.connection) return a.connection < b.connection;
  if (a.key !== b.key) return a.key < b.key;
  return a.item < b.item;
}

/** One record by its connection and key there, with its amount in minor units; undefined when there is none. */
export async function recordAt(
  knex: Knex,
  at: { entity: string; amount: string; connection: string; key: string },
): Promise<{ item: string; minor: number } | undefined> {
  const row = (await knex('il_link as l')
    .join('il_source as s', 's.id', 'l.source_id')
    .join('il_entity as e', 'e.id', 'l.entity_id')
    .join(`${at.entity} as g`, 'g._id', 'l.golden_id')
    .where({ 's.connection': at.connection, 'l.source_key': at.key, 'e.name': at.entity })
    .whereNull('l.deleted_run')
    .orderBy('l.item_key')
    .first('l.item_key', `g.${at.amount} as minor`)) as { item_key: string; minor: number | null } | undefined;
  return row && { item: row.item_key, minor: Number(row.minor ?? 0) };
}
