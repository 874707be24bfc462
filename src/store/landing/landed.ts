import type { Value } from '../../core/record.ts';
import { type AddedDigests, dialectOf, type PageOfDigests } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { type Digests, LENGTH_OF_DIGEST } from './digests.ts';

/** A landed record, read back as the source gave it. */
export interface Landed {
  id: number;
  key: string;
  runId: number;
  file: string | null;
  record: number;
  line: number | null;
  values: Record<string, Value>;
}

const SELECT = ['d.id', 'd.source_key', 'd.run_id', 'd.record', 'd.line', 'd.raw', 's.columns', 'f.path as file'] as const;

/** The records of a source that are there now, in the order of their keys, after `after`. */
export async function landedAfter(knex: Knex, sourceId: number, after: string, limit: number): Promise<Landed[]> {
  return dialectOf(knex).readInOrder(knex, (ordered) => landedPage(ordered, sourceId, after, limit));
}

async function landedPage(knex: Knex, sourceId: number, after: string, limit: number): Promise<Landed[]> {
  const keys = knex('il_link')
    .where({ source_id: sourceId })
    .where('source_key', '>', after)
    .whereNull('deleted_run')
    .distinct('source_key', 'landed_id')
    .orderBy('source_key')
    .limit(limit)
    .as('k');
  const rows = await knex(keys)
    .join('il_landed as d', 'd.id', 'k.landed_id')
    .join('il_shape as s', 's.id', 'd.shape_id')
    .leftJoin('il_file as f', 'f.id', 'd.file_id')
    .select(...SELECT)
    .orderBy('k.source_key');
  return (rows as Record<string, unknown>[]).map(landedOf);
}

export async function landedById(knex: Knex, ids: readonly number[]): Promise<Map<number, Landed & { sourceId: number }>> {
  const rows = await knex('il_landed as d')
    .join('il_shape as s', 's.id', 'd.shape_id')
    .leftJoin('il_file as f', 'f.id', 'd.file_id')
    .whereIn('d.id', [...ids])
    .select('d.source_id', ...SELECT);
  return new Map(
    (rows as Record<string, unknown>[]).map((row) => [row.id as number, { ...landedOf(row), sourceId: row.source_id as number }]),
  );
}

function landedOf(row: Record<string, unknown>): Landed {
  const columns = JSON.parse(row.columns as string) as string[];
  const raw = JSON.parse(row.raw as string) as Value[];
  return {
    id: row.id as number,
    key: row.source_key as string,
    runId: row.run_id as number,
    file: row.file as string | null,
    record: row.record as number,
    line: row.line as number | null,
    values: Object.fromEntries(columns.map((name, i) => [name, raw[i] ?? null])),
  };
}

/** The next time the source gives these records they count as changed, whatever they say. */
export async function forgetHashes(knex: Knex, sourceId: number, keys: readonly string[]): Promise<void> {
  for (let i = 0; i < keys.length; i += 500)
    await knex('il_link')
      .where({ source_id: sourceId })
      .whereIn('source_key', keys.slice(i, i + 500))
      .update({ hash: '' });
}

/** How many records of a source there are now. */
export async function countLive(knex: Knex, sourceId: number): Promise<number> {
  const [row] = (await knex('il_link')
    .where({ source_id: sourceId })
    .whereNull('deleted_run')
    .countDistinct({ n: 'source_key' })) as unknown as {
    n: number;
  }[];
  return Number(row!.n);
}

/**
 * How many links the records of a source have, those of deleted ones as well: never fewer than there are records. Counting the records
 * themselves takes five times as long where links keep what was mapped. The plus has SQLite count in its smallest index.
 */
export async function countLinks(knex: Knex, sourceId: number): Promise<number> {
  const [row] = (await knex('il_link').whereRaw('+source_id = ?', [sourceId]).count({ n: '*' })) as { n: number | string }[];
  return Number(row!.n);
}

/** What is known of some of a source's records: one for each of their links. */
export interface KnownLink {
  key: string;
  /** Of what the source said last. */
  hash: string;
  /** The source has not deleted it. */
  live: boolean;
}

export async function linksAmong(knex: Knex, sourceId: number, keys: readonly string[]): Promise<KnownLink[]> {
  const links: KnownLink[] = [];
  for (let i = 0; i < keys.length; i += 500)
    for (const { key, hash, deleted } of (await knex('il_link')
      .where({ source_id: sourceId })
      .whereIn('source_key', keys.slice(i, i + 500))
      .select('source_key as key', 'hash', 'deleted_run as deleted')) as { key: string; hash: string; deleted: number | null }[])
      links.push({ key, hash, live: deleted === null });
  return links;
}

const KEYS_AT_ONCE = 20_000;

/** Records that are there now. */
export interface LiveHashes {
  count: number;
  /** false: two records said the same, or there are more than was said; what comes behind that was not added. */
  unique: boolean;
}

/** So many are worth a thread of their own, where the store has one to offer. */
const MANY_LINKS = 50_000;

/**
 * Adds what the records of a source that are there now said last, in some order, and tells of each part of them. Left out are the hashes of
 * those of which nothing was made, or whose links do not agree. Each part comes as one text: as rows they take three times as long.
 */
export async function* addLiveHashes(knex: Knex, sourceId: number, into: Digests): AsyncGenerator<LiveHashes, void, void> {
  const thread = into.memory.most >= MANY_LINKS ? dialectOf(knex).openDigester?.(knex, into.memory) : undefined;
  const page = (on: Knex, after: string | undefined): Knex.QueryBuilder =>
    on(livePage(on, sourceId, after).as('p')).select(on.raw("count(*) AS n, max(p.k) AS last, string_agg(p.h, '') AS text"));
  const part = async (after?: string): Promise<AddedDigests & { text?: string }> => {
    if (thread) return thread.add(page(knex, after));
    const [row] = (await dialectOf(knex).readInOrder(knex, async (ordered) => page(ordered, after))) as PageOfDigests[];
    return { count: Number(row!.n), last: row!.last, text: row!.text ?? '', unique: true };
  };
  let next = part();
  try {
    for (;;) {
      const { count, last, text, unique } = await next;
      if (last === null) return;
      // A database server, or the thread, makes the next part meanwhile.
      next = part(last);
      next.catch(() => {});
      yield { count, unique: unique && (text === undefined || into.addAll(text)) };
    }
  } finally {
    await next.catch(() => {});
    await thread?.close();
  }
}

/** Keys and hashes of the same records, in the order of the keys; `hash` is '' where the other leaves it out. */
export async function* liveKeys(knex: Knex, sourceId: number): AsyncGenerator<{ key: string; hash: string }[], void, void> {
  for (let after: string | undefined; ;) {
    const rows = (await dialectOf(knex).readInOrder(knex, async (ordered) => livePage(ordered, sourceId, after))) as {
      k: string;
      h: string;
    }[];
    if (rows.length === 0) return;
    yield rows.map(({ k, h }) => ({ key: k, hash: h }));
    after = rows.at(-1)!.k;
  }
}

function livePage(knex: Knex, sourceId: number, after: string | undefined): Knex.QueryBuilder {
  const page = knex('il_link')
    .where({ source_id: sourceId })
    .groupBy('source_key')
    .orderBy('source_key')
    .limit(KEYS_AT_ONCE)
    .havingRaw('count(*) > count(deleted_run)')
    .select(
      'source_key as k',
      knex.raw(
        `CASE WHEN min(hash) = max(hash) AND length(min(hash)) = ${LENGTH_OF_DIGEST} AND max(golden_id) IS NOT NULL THEN min(hash) ELSE '' END AS h`,
      ),
    );
  if (after !== undefined) void page.where('source_key', '>', after);
  return page;
}

/** Does the store know any record of this source? */
export async function hasLinks(knex: Knex, sourceId: number): Promise<boolean> {
  return (await knex('il_link').where({ source_id: sourceId }).first('source_key')) !== undefined;
}
