import type { Problem } from '../../core/errors.ts';
import type { Knex } from '../open.ts';

export type DifferenceStatus = 'matched' | 'differs' | 'left_only' | 'right_only' | 'unchecked';

/** One key of a reconciliation, a leaf or the roll-up of an outer part of keys. */
export interface Difference {
  key: string[];
  depth: number;
  status: DifferenceStatus;
  /** ISO 4217 code; null in what an older version stored: the town's. */
  currency: string | null;
  /** Minor units; null where that side has nothing. */
  left: number | null;
  right: number | null;
  leftCount: number;
  rightCount: number;
  reason: string | null;
}

/** Replaces what the last run of this reconciliation found. */
export async function saveDifferences(knex: Knex, pipeline: string, runId: number, list: readonly Difference[]): Promise<void> {
  await knex('il_difference').where({ pipeline }).delete();
  const rows = list.map((d, seq) => ({
    pipeline,
    seq,
    run_id: runId,
    depth: d.depth,
    key: JSON.stringify(d.key),
    status: d.status,
    currency: d.currency,
    left_minor: d.left,
    right_minor: d.right,
    left_count: d.leftCount,
    right_count: d.rightCount,
    reason: d.reason,
  }));
  for (let i = 0; i < rows.length; i += 200) await knex('il_difference').insert(rows.slice(i, i + 200));
}

export async function listDifferences(
  knex: Knex,
  pipeline: string,
  filter: { depth?: number; status?: readonly string[]; limit?: number } = {},
): Promise<Difference[]> {
  const query = knex('il_difference').where({ pipeline }).orderBy('seq');
  if (filter.depth !== undefined) void query.where({ depth: filter.depth });
  if (filter.status) void query.whereIn('status', [...filter.status]);
  if (filter.limit !== undefined) void query.limit(filter.limit);
  return ((await query) as Record<string, unknown>[]).map((row) => ({
    key: JSON.parse(row.key as string) as string[],
    depth: row.depth as number,
    status: row.status as DifferenceStatus,
    currency: row.currency as string | null,
    left: row.left_minor === null ? null : Number(row.left_minor),
    right: row.right_minor === null ? null : Number(row.right_minor),
    leftCount: Number(row.left_count),
    rightCount: Number(row.right_count),
    reason: row.reason as string | null,
  }));
}

/** The run that found what is stored, when it has ended; undefined while none did. */
export async function comparedIn(knex: Knex, pipeline: string): Promise<{ id: number; endedAt: string; problems: Problem[] } | undefined> {
  // A reconciliation by passes keeps matches and exceptions, and no differences.
  const row = ((await endedRun(knex, 'il_difference', pipeline)) ?? (await endedRun(knex, 'il_reconciliation', pipeline))) as
    { id: number; ended_at: string; problems: string | null } | undefined;
  return row && { id: Number(row.id), endedAt: row.ended_at, problems: JSON.parse(row.problems ?? '[]') as Problem[] };
}

function endedRun(knex: Knex, table: 'il_difference' | 'il_reconciliation', pipeline: string): Promise<unknown> {
  return knex(`${table} as d`)
    .join('il_run as r', 'r.id', 'd.run_id')
    .where('d.pipeline', pipeline)
    .whereNotNull('r.ended_at')
    .first('r.id', 'r.ended_at', 'r.problems');
}

/** How many of its full keys there are by status. */
export async function differenceCounts(knex: Knex, pipeline: string, depth: number): Promise<Record<DifferenceStatus, number>> {
  const counts: Record<DifferenceStatus, number> = { matched: 0, differs: 0, left_only: 0, right_only: 0, unchecked: 0 };
  const rows = (await knex('il_difference').where({ pipeline, depth }).select('status').count({ n: '*' }).groupBy('status')) as unknown as {
    status: DifferenceStatus;
    n: number;
  }[];
  for (const row of rows) counts[row.status] = Number(row.n);
  return counts;
}
