import type { Value } from '../../core/record.ts';
import type { Knex } from '../open.ts';

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

/** A record that is there now, by its key; `hash` of what the source said last, where nothing else has to be looked at to know that it is the same. */
export interface LiveHash {
  key: string;
  hash: string | undefined;
}

/** Hashes of what these records said last, of all their links. */
export async function hashesOf(knex: Knex, sourceId: number, keys: readonly string[]): Promise<string[]> {
  const hashes: string[] = [];
  for (let i = 0; i < keys.length; i += 500)
    hashes.push(
      ...((await knex('il_link')
        .where({ source_id: sourceId })
        .whereIn('source_key', keys.slice(i, i + 500))
        .pluck('hash')) as string[]),
    );
  return hashes;
}

const HASHES_AT_ONCE = 20_000;

/**
 * Every record of a source that is there now, in the order of their keys. Without a hash are those of which nothing was made, or whose links
 * do not agree on what was said last.
 */
export async function* liveHashes(knex: Knex, sourceId: number): AsyncGenerator<LiveHash[], void, void> {
  for (let after: string | undefined; ;) {
    const page = knex('il_link').where({ source_id: sourceId }).groupBy('source_key').orderBy('source_key').limit(HASHES_AT_ONCE);
    if (after !== undefined) void page.where('source_key', '>', after);
    const rows = (await page
      .havingRaw('count(*) > count(deleted_run)')
      .select('source_key as key')
      .min('hash as low')
      .max('hash as high')
      .max('golden_id as golden')) as { key: string; low: string; high: string; golden: number | null }[];
    if (rows.length === 0) return;
    yield rows.map(({ key, low, high, golden }) => ({ key, hash: low === high && low !== '' && golden !== null ? low : undefined }));
    after = rows.at(-1)!.key;
  }
}

/** Does the store know any record of this source? */
export async function hasLinks(knex: Knex, sourceId: number): Promise<boolean> {
  return (await knex('il_link').where({ source_id: sourceId }).first('source_key')) !== undefined;
}

export async function isEmpty(knex: Knex, entity: string): Promise<boolean> {
  return (await knex(entity).first('_id')) === undefined;
}
