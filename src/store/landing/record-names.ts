import type { Knex } from '../open.ts';

/** What a golden record is called at its source. */
export interface SourceName {
  connection: string;
  key: string;
  /** Which of the records that a mapping made of one; empty: the only one. */
  item: string;
  /** The pipeline that reads it, where another one reads a record with the same key and item from the same connection. */
  pipeline?: string;
}

/**
 * The source name of every golden record of an entity, or of those with ids from `from` to `to`: of several, the first by
 * connection, key and item, so it does not depend on which came first. `several`: what connectionsWithSeveral gave.
 */
export async function sourceNames(
  knex: Knex,
  entityId: number,
  { from, to, several }: { from?: number; to?: number; several?: ReadonlySet<string> } = {},
): Promise<Map<number, SourceName>> {
  const query = linksOf(knex, entityId);
  if (from !== undefined && to !== undefined) void query.whereBetween('l.golden_id', [from, to]);
  else void query.whereNotNull('l.golden_id');
  return named(
    knex,
    entityId,
    (await query) as Record<string, unknown>[],
    several ?? (from === undefined ? await connectionsWithSeveral(knex, entityId) : undefined),
  );
}

/** The source names of these golden records. `several`: what connectionsWithSeveral gave. */
export async function namesOfGolden(
  knex: Knex,
  entityId: number,
  goldens: readonly number[],
  several?: ReadonlySet<string>,
): Promise<Map<number, SourceName>> {
  const rows: Record<string, unknown>[] = [];
  for (let i = 0; i < goldens.length; i += 500)
    rows.push(...((await linksOf(knex, entityId).whereIn('l.golden_id', goldens.slice(i, i + 500))) as Record<string, unknown>[]));
  return named(knex, entityId, rows, several);
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
    for (const row of rows)
      if (row.golden_id !== null && wanted.has(JSON.stringify([row.connection, row.source_key]))) found.push(Number(row.golden_id));
  }
  return found;
}

function linksOf(knex: Knex, entityId: number): Knex.QueryBuilder {
  return knex('il_link as l')
    .join('il_source as s', 's.id', 'l.source_id')
    .where({ 'l.entity_id': entityId })
    .whereNull('l.deleted_run')
    .select('l.golden_id', 's.connection', 's.pipeline', 'l.source_key', 'l.item_key');
}

/** The first name of each golden record, with the pipeline where two of a connection number their records alike. */
async function named(
  knex: Knex,
  entityId: number,
  rows: readonly Record<string, unknown>[],
  several?: ReadonlySet<string>,
): Promise<Map<number, SourceName>> {
  const names = firstOf(rows);
  const candidates = several ?? (await connectionsReadTwice(knex));
  if (candidates.size === 0) return names;
  const keys = new Map<string, Set<string>>();
  for (const { connection, key } of names.values()) {
    if (!candidates.has(connection)) continue;
    const some = keys.get(connection);
    if (some) some.add(key);
    else keys.set(connection, new Set([key]));
  }
  for (const [connection, wanted] of keys) {
    const all = await linksWith(knex, entityId, connection, [...wanted]);
    const goldens = new Map<string, Set<number>>();
    for (const row of all) {
      const name = JSON.stringify([row.source_key, row.item_key]);
      goldens.set(name, (goldens.get(name) ?? new Set()).add(Number(row.golden_id)));
    }
    for (const row of all) {
      const golden = Number(row.golden_id);
      const name = names.get(golden);
      if (!name || name.connection !== connection || name.key !== row.source_key || name.item !== row.item_key) continue;
      if (goldens.get(JSON.stringify([name.key, name.item]))!.size === 1) continue;
      const pipeline = row.pipeline as string;
      if (name.pipeline === undefined || pipeline < name.pipeline) names.set(golden, { ...name, pipeline });
    }
  }
  return names;
}

/** The connections that several pipelines read. */
async function connectionsReadTwice(knex: Knex): Promise<Set<string>> {
  return new Set((await knex('il_source').groupBy('connection').havingRaw('count(*) > 1').pluck('connection')) as string[]);
}

/** The connections of which several pipelines give this entity records: their keys may be alike. To be asked once for many records. */
export async function connectionsWithSeveral(knex: Knex, entityId: number): Promise<Set<string>> {
  const gives = knex('il_link as l').whereRaw('l.source_id = s.id').where({ 'l.entity_id': entityId }).select(knex.raw('1'));
  const query = knex('il_source as s')
    .whereIn('s.connection', [...(await connectionsReadTwice(knex))])
    .whereExists(gives)
    .groupBy('s.connection')
    .havingRaw('count(*) > 1');
  return new Set((await query.pluck('s.connection')) as string[]);
}

async function linksWith(knex: Knex, entityId: number, connection: string, keys: readonly string[]): Promise<Record<string, unknown>[]> {
  const sources = (await knex('il_source').where({ connection }).pluck('id')) as number[];
  const rows: Record<string, unknown>[] = [];
  for (let i = 0; i < keys.length; i += 500)
    rows.push(
      ...((await linksOf(knex, entityId)
        .whereIn('l.source_id', sources)
        .whereIn('l.source_key', keys.slice(i, i + 500))) as Record<string, unknown>[]),
    );
  // Asked of the store, this would make SQLite read all links of the entity, not those with the keys.
  return rows.filter(({ golden_id }) => golden_id !== null);
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

/**
 * The records with this connection and key there, with their amounts in minor units: several where a mapping made several of one, or
 * where two pipelines read records with the same key.
 */
export async function recordsAt(
  knex: Knex,
  at: { entity: string; amount: string; connection: string; key: string },
): Promise<{ golden: number; entityId: number; item: string; pipeline: string; minor: number }[]> {
  const rows = (await knex('il_link as l')
    .join('il_source as s', 's.id', 'l.source_id')
    .join('il_entity as e', 'e.id', 'l.entity_id')
    .join(`${at.entity} as g`, 'g._id', 'l.golden_id')
    .where({ 's.connection': at.connection, 'l.source_key': at.key, 'e.name': at.entity })
    .whereNull('l.deleted_run')
    .orderBy(['l.item_key', 's.pipeline'])
    .select('l.golden_id as golden', 'l.entity_id', 'l.item_key as item', 's.pipeline', `g.${at.amount} as minor`)) as {
    golden: number;
    entity_id: number;
    item: string;
    pipeline: string;
    minor: number | null;
  }[];
  const one = new Map<number, (typeof rows)[number]>();
  for (const row of rows) if (!one.has(Number(row.golden))) one.set(Number(row.golden), row);
  return [...one.values()].map(({ golden, entity_id: entityId, item, pipeline, minor }) => ({
    ...{ golden: Number(golden), entityId: Number(entityId), item, pipeline, minor: Number(minor ?? 0) },
  }));
}
