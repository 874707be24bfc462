import type { Knex } from '../open.ts';
import { takeId } from '../sequence.ts';

interface Name {
  source: string;
  key: string;
}

/** A decision about two members, with who made it. */
export interface Decision {
  id: number;
  a: Name;
  b: Name;
  verdict: 'same' | 'different' | 'later';
  reason: string | null;
  actor: string;
  at: string;
  /** It was taken back. */
  undone: { by: string; at: string } | null;
}

/** Keeps a decision; the two are stored in the order of their names, so a pair is one pair. */
export async function insertDecision(
  trx: Knex,
  decision: { entityId: number; a: Name; b: Name; verdict: Decision['verdict']; reason: string | null; actor: string; at: string },
): Promise<number> {
  const id = await takeId(trx, 'decision');
  const [a, b] = inOrder(decision.a, decision.b);
  await trx('il_decision').insert({
    id,
    entity_id: decision.entityId,
    source_a: a.source,
    key_a: a.key,
    source_b: b.source,
    key_b: b.key,
    verdict: decision.verdict,
    reason: decision.reason,
    actor: decision.actor,
    decided_at: decision.at,
  });
  return id;
}

export async function undoDecision(trx: Knex, id: number, actor: string, at: string): Promise<void> {
  await trx('il_decision').where({ id }).update({ undone_by: actor, undone_at: at });
}

export async function decisionById(knex: Knex, entityId: number, id: number): Promise<Decision | undefined> {
  return decisionOf((await knex('il_decision').where({ entity_id: entityId, id }).first()) as Record<string, unknown> | undefined);
}

/** The last decision about a pair that holds. */
export async function lastDecision(knex: Knex, entityId: number, pair: readonly [Name, Name]): Promise<Decision | undefined> {
  const [a, b] = inOrder(pair[0], pair[1]);
  return decisionOf(
    (await knex('il_decision')
      .where({ entity_id: entityId, source_a: a.source, key_a: a.key, source_b: b.source, key_b: b.key })
      .whereNull('undone_at')
      .orderBy('id', 'desc')
      .first()) as Record<string, unknown> | undefined,
  );
}

/** Decisions, the newest first, taken back or not; about one member, or all. */
export async function listDecisions(knex: Knex, entityId: number, filter: { about?: Name; limit: number }): Promise<Decision[]> {
  const query = knex('il_decision').where({ entity_id: entityId }).orderBy('id', 'desc').limit(filter.limit);
  const about = filter.about;
  if (about)
    void query.where((q) => q.where({ source_a: about.source, key_a: about.key }).orWhere({ source_b: about.source, key_b: about.key }));
  return ((await query) as Record<string, unknown>[]).map((row) => decisionOf(row)!);
}

function inOrder(a: Name, b: Name): [Name, Name] {
  return a.source < b.source || (a.source === b.source && a.key < b.key) ? [a, b] : [b, a];
}

function decisionOf(row: Record<string, unknown> | undefined): Decision | undefined {
  return (
    row && {
      id: Number(row.id),
      a: { source: row.source_a as string, key: row.key_a as string },
      b: { source: row.source_b as string, key: row.key_b as string },
      verdict: row.verdict as Decision['verdict'],
      reason: row.reason as string | null,
      actor: row.actor as string,
      at: row.decided_at as string,
      undone: row.undone_at === null ? null : { by: row.undone_by as string, at: row.undone_at as string },
    }
  );
}
