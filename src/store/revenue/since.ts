import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';

/** A block in which records changed since a reconciliation compared them, or may have. */
export interface Since {
  pipeline: string;
  entity: number;
  block: number;
  /** The newest run of all when this was noted. */
  run: number;
}

/** What changed since each reconciliation compared, as far as the sums know it. */
export async function storedSince(knex: Knex): Promise<Since[]> {
  const rows = (await knex('il_revenue_since').select('*')) as { pipeline: string; entity_id: number; block: number; run_id: number }[];
  return rows.map((row) => ({ pipeline: row.pipeline, entity: Number(row.entity_id), block: Number(row.block), run: Number(row.run_id) }));
}

export async function saveSince(trx: Knex.Transaction, list: readonly Since[]): Promise<void> {
  await trx('il_revenue_since').delete();
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_revenue_since',
    ['pipeline', 'entity_id', 'block', 'run_id'],
    list.map((s) => [s.pipeline, s.entity, s.block, s.run]),
  );
}

/** Matches in which something had changed when the sums were made, by reconciliation. */
export async function storedStale(knex: Knex): Promise<Map<string, Set<number>>> {
  const rows = (await knex('il_revenue_stale').select('pipeline', 'match_id')) as { pipeline: string; match_id: number }[];
  const found = new Map<string, Set<number>>();
  for (const { pipeline, match_id } of rows) {
    const set = found.get(pipeline) ?? new Set<number>();
    found.set(pipeline, set.add(Number(match_id)));
  }
  return found;
}

export async function saveStale(trx: Knex.Transaction, stale: ReadonlyMap<string, ReadonlySet<number>>): Promise<void> {
  await trx('il_revenue_stale').delete();
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_revenue_stale',
    ['pipeline', 'match_id'],
    [...stale].flatMap(([pipeline, ids]) => [...ids].map((id) => [pipeline, id])),
  );
}
