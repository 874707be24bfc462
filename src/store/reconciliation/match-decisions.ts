import type { Knex } from '../open.ts';

/** What people decided about the matches of a reconciliation. */
export interface StoredDecision {
  contentId: string;
  pipeline: string;
  verdict: 'same' | 'not_same';
  left: string[];
  right: string[];
  /** Right less left in minor units, when it was decided. */
  difference: number;
  actor: string;
  /** UTC. */
  at: string;
  reason: string;
}

export async function listDecisions(knex: Knex, pipeline: string): Promise<StoredDecision[]> {
  const rows = (await knex('il_match_decision').where({ pipeline }).orderBy('match_id')) as Record<string, unknown>[];
  return rows.map((row) => ({
    contentId: row.match_id as string,
    pipeline,
    verdict: row.verdict as 'same' | 'not_same',
    left: JSON.parse(row.left as string) as string[],
    right: JSON.parse(row.right as string) as string[],
    difference: Number(row.difference),
    actor: row.actor as string,
    at: row.at as string,
    reason: row.reason as string,
  }));
}

/** Keeps a decision; a later one about the same records takes its place, and both are in the match's events. */
export async function saveDecision(trx: Knex, { contentId, left, right, ...rest }: StoredDecision): Promise<void> {
  await trx('il_match_decision')
    .insert({ ...rest, match_id: contentId, left: JSON.stringify(left), right: JSON.stringify(right) })
    .onConflict('match_id')
    .merge();
}
