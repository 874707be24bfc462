import type { Knex } from '../open.ts';
import type { MatchRecord } from './matches.ts';
import { forgetKeys } from './settled.ts';

/** A match that a pass or a person made, as a run found it. */
export interface PassMatch {
  /** Made of its records: the same match in every run. */
  contentId: string;
  /** The name of the pass. */
  rule: string;
  state: 'proposed' | 'confirmed';
  madeBy: 'rule' | 'person';
  currency: string;
  /** Minor units. */
  left: number;
  right: number;
  evidence: Record<string, unknown>;
  records: readonly Omit<MatchRecord, 'match'>[];
  /** Lasting names of its records, for when it is revoked. */
  names: readonly string[];
}

/** A match that is in force, as the store has it. */
export interface StoredPassMatch extends Omit<PassMatch, 'records' | 'names'> {
  id: number;
  pipeline: string;
  firstRun: number;
  runId: number;
}

/** Those of these that are in force, in the order of their ids. */
export async function matchesById(knex: Knex, ids: readonly number[]): Promise<StoredPassMatch[]> {
  const found: StoredPassMatch[] = [];
  for (let i = 0; i < ids.length; i += 500)
    found.push(
      ...(
        (await knex('il_match')
          .whereIn('id', ids.slice(i, i + 500))
          .orderBy('id')) as Record<string, unknown>[]
      ).map(storedOf),
    );
  return found;
}

/** Matches in force, by pipeline, content id (or its beginning) and state; the newest first. */
export async function listPassMatches(
  knex: Knex,
  filter: { pipeline?: string; startsWith?: string; state?: 'proposed' | 'confirmed' | 'contested'; limit?: number },
): Promise<StoredPassMatch[]> {
  const query = knex('il_match').whereNotNull('content_id').orderBy('id', 'desc');
  if (filter.pipeline !== undefined) void query.where({ pipeline: filter.pipeline });
  if (filter.state !== undefined) void query.where({ state: filter.state });
  if (filter.startsWith !== undefined) {
    // The index has the reconciliation first: with all of them named, it is used.
    if (filter.pipeline === undefined) void query.whereIn('pipeline', (await knex('il_reconciliation').pluck('pipeline')) as string[]);
    void query.where('content_id', '>=', filter.startsWith).where('content_id', '<', `${filter.startsWith}g`);
  }
  if (filter.limit !== undefined) void query.limit(filter.limit);
  return ((await query) as Record<string, unknown>[]).map(storedOf);
}

function storedOf(row: Record<string, unknown>): StoredPassMatch {
  return {
    id: Number(row.id),
    pipeline: row.pipeline as string,
    contentId: row.content_id as string,
    rule: row.key as string,
    state: row.state as 'proposed' | 'confirmed',
    madeBy: row.made_by as 'rule' | 'person',
    currency: row.currency as string,
    left: Number(row.left_minor),
    right: Number(row.right_minor),
    evidence: JSON.parse(row.evidence as string) as Record<string, unknown>,
    firstRun: Number(row.first_run),
    runId: Number(row.run_id),
  };
}

/** A person has confirmed it. */
export async function confirmMatch(trx: Knex, id: number): Promise<void> {
  await trx('il_match').where({ id }).update({ state: 'confirmed', made_by: 'person' });
}

/** It is in force no more; its events tell what it was. */
export async function removeMatch(trx: Knex.Transaction, { id, pipeline }: Pick<StoredPassMatch, 'id' | 'pipeline'>): Promise<void> {
  await trx('il_match_record').where({ match_id: id }).delete();
  await forgetKeys(trx, pipeline, [id]);
  await trx('il_match').where({ id }).delete();
}
