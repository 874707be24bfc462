import type { Knex } from '../open.ts';

/** A record of a reconciliation. */
export interface RecordOfSide {
  pipeline: string;
  side: 'left' | 'right';
  entityId: number;
  golden: number;
}

/** With which single record of the other side a confirmed match of its reconciliation ties each of these; only where it is one to one. */
export async function partnersOf<T extends RecordOfSide>(
  trx: Knex,
  records: readonly T[],
): Promise<Map<T, { entityId: number; golden: number }[]>> {
  const found = new Map<T, { entityId: number; golden: number }[]>();
  if (!records.length) return found;
  const entities = [...new Set(records.map(({ entityId }) => entityId))];
  const own = await inPages(
    records.map(({ golden }) => golden),
    (ids) =>
      trx('il_match_record as r')
        .join('il_match as m', 'm.id', 'r.match_id')
        .where('m.state', 'confirmed')
        // The index has the entity first: without it, all records of all matches are looked at.
        .whereIn('r.entity_id', entities)
        .whereIn('r.golden_id', ids)
        .select('m.id', 'm.pipeline', 'r.side', 'r.entity_id', 'r.golden_id'),
  );
  const matches = new Map(own.map((row) => [keyOf(row), Number(row.id)]));
  const others = await inPages([...new Set(matches.values())], (ids) =>
    trx('il_match_record').whereIn('match_id', ids).select('match_id', 'side', 'entity_id', 'golden_id'),
  );
  const byMatch = Map.groupBy(others, (row) => Number(row.match_id));
  for (const record of records) {
    const { pipeline, side, entityId, golden } = record;
    const id = matches.get(keyOf({ pipeline, side, entity_id: entityId, golden_id: golden }));
    const all = id === undefined ? [] : (byMatch.get(id) ?? []);
    const partners = all.filter((row) => row.side !== side);
    // In a bag of many, what is found of one of them says nothing of the others.
    if (all.length === 2 && partners.length === 1)
      found.set(record, [{ entityId: Number(partners[0]!.entity_id), golden: Number(partners[0]!.golden_id) }]);
  }
  return found;
}

function keyOf({ pipeline, side, entity_id, golden_id }: Record<string, unknown>): string {
  return JSON.stringify([pipeline, side, Number(entity_id), Number(golden_id)]);
}

/** So many ids in one statement. */
const PAGE = 500;

async function inPages(ids: readonly number[], select: (some: number[]) => PromiseLike<unknown>): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let i = 0; i < ids.length; i += PAGE) rows.push(...((await select(ids.slice(i, i + PAGE))) as Record<string, unknown>[]));
  return rows;
}
