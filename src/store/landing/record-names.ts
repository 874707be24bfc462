import type { Knex } from '../open.ts';

/** What a golden record is called at its source. */
export interface SourceName {
  connection: string;
  key: string;
  /** Which of the records that a mapping made of one; empty: the only one. */
  item: string;
}

/**
 * The source name of every golden record of an entity, or of those with ids from `from` to `to`: of several, the first by
 * connection, key and item, so it does not depend on which came first.
 */
export async function sourceNames(
  knex: Knex,
  entityId: number,
  { from, to }: { from?: number; to?: number } = {},
): Promise<Map<number, SourceName>> {
  const query = linksOf(knex, entityId);
  if (from !== undefined && to !== undefined) void query.whereBetween('l.golden_id', [from, to]);
  else void query.whereNotNull('l.golden_id');
  return firstOf((await query) as Record<string, unknown>[]);
}

/** The source names of these golden records. */
export async function namesOfGolden(knex: Knex, entityId: number, goldens: readonly number[]): Promise<Map<number, SourceName>> {
  const rows: Record<string, unknown>[] = [];
  for (let i = 0; i < goldens.length; i += 500)
    rows.push(...((await linksOf(knex, entityId).whereIn('l.golden_id', goldens.slice(i, i + 500))) as Record<string, unknown>[]));
  return firstOf(rows);
}

/** Golden ids of records by their connection, as it is called today, and key there. */
export async function goldensByName(
  knex: Knex,
  entityId: number,
  names: readonly { connection: string; key: string }[],
): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < names.length; i += 500) {
    const some = names.slice(i, i + 500);
    const wanted = new Set(some.map(({ connection, key }) => JSON.stringify([connection, key])));
    const rows = (await linksOf(knex, entityId)
      .whereNotNull('l.golden_id')
      .whereIn(
        'l.source_key',
        some.map(({ key }) => key),
      )
      .whereIn(
        'l.source_id',
        knex('il_source')
          .whereIn('connection', [...new Set(some.map(({ connection }) => connection))])
          .select('id'),
      )) as Record<string, unknown>[];
    for (const row of rows) if (wanted.has(JSON.stringify([row.connection, row.source_key]))) found.push(Number(row.golden_id));
  }
  return found;
}

function linksOf(knex: Knex, entityId: number): Knex.QueryBuilder {
  return knex('il_link as l')
    .join('il_source as s', 's.id', 'l.source_id')
    .where({ 'l.entity_id': entityId })
    .whereNull('l.deleted_run')
    .select('l.golden_id', 's.connection', 'l.source_key', 'l.item_key');
}

function firstOf(rows: readonly Record<string, unknown>[]): Map<number, SourceName> {
  const names = new Map<number, SourceName>();
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
