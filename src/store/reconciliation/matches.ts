import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { recordsOf, type Side } from './totals.ts';
import { restrict, type Within } from './within.ts';

/** Records of both sides that a reconciliation found to be the same money. */
export interface Match {
  id: number;
  pipeline: string;
  runId: number;
  /** The values of match_on. */
  key: string[];
  currency: string;
  /** Minor units. */
  left: number;
  right: number;
  /** proposed: a pass found it and a person has to confirm it. contested: see contest. */
  state: 'confirmed' | 'proposed' | 'contested';
  reason: string | null;
}

export type MatchSide = 'left' | 'right';

/** One record of a match, in the version that was looked at. */
export interface MatchRecord {
  match: number;
  side: MatchSide;
  entityId: number;
  golden: number;
  version: number;
  minor: number;
}

/** What a reconciliation compared with, and in which run. */
export interface Compared {
  runId: number;
  /** JSON, as the caller made it. */
  basis: string;
  /** Its run has ended, and was not stopped. */
  finished: boolean;
}

/** Forgets what the last run of a reconciliation matched, and remembers what this one compares with. */
export async function beginMatches(trx: Knex, pipeline: string, runId: number, basis: string): Promise<void> {
  await trx('il_match_record').whereIn('match_id', trx('il_match').where({ pipeline }).select('id')).delete();
  await trx('il_match').where({ pipeline }).delete();
  // What a reconciliation by passes had kept is gone with its matches.
  await trx('il_settled').where({ pipeline }).delete();
  await beginComparing(trx, { pipeline, id: runId, basis });
}

/** Remembers what a run of a reconciliation compares with. */
export async function beginComparing(trx: Knex, { pipeline, id, basis }: { pipeline: string; id: number; basis: string }): Promise<void> {
  await trx('il_reconciliation').insert({ pipeline, run_id: id, basis, number: id }).onConflict('pipeline').merge(['run_id', 'basis']);
}

/** Saves matches; gives their ids in the same order. */
export async function saveMatches(trx: Knex.Transaction, matches: readonly Omit<Match, 'id' | 'state' | 'reason'>[]): Promise<number[]> {
  const [last] = (await trx('il_match').max({ id: 'id' })) as { id: number | null }[];
  const first = Number(last?.id ?? 0) + 1;
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_match',
    ['id', 'pipeline', 'run_id', 'rule', 'key', 'currency', 'left_minor', 'right_minor', 'state'],
    matches.map((m, i) => [first + i, m.pipeline, m.runId, 'keys', JSON.stringify(m.key), m.currency, m.left, m.right, 'confirmed']),
  );
  return matches.map((_, i) => first + i);
}

export async function saveMatchRecords(trx: Knex.Transaction, records: readonly MatchRecord[]): Promise<void> {
  await saveRecordsOf(
    trx,
    records.map((record) => ({ match: record.match, records: [record] })),
  );
}

/** Saves the records of these matches. */
export async function saveRecordsOf(
  trx: Knex.Transaction,
  matches: readonly { match: number; records: readonly Omit<MatchRecord, 'match'>[] }[],
): Promise<void> {
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_match_record',
    ['match_id', 'side', 'entity_id', 'golden_id', 'version', 'minor'],
    matches.flatMap(({ match, records }) => records.map((r) => [match, r.side, r.entityId, r.golden, r.version, r.minor])),
  );
}

/** The reconciliations that have compared: all that may have matches. */
export async function reconciliations(knex: Knex): Promise<string[]> {
  return (await knex('il_reconciliation').pluck('pipeline')) as string[];
}

/** What each reconciliation compared with last, by pipeline. */
export async function lastCompared(knex: Knex): Promise<Map<string, Compared>> {
  const rows = (await knex('il_reconciliation as c')
    .leftJoin('il_run as r', 'r.id', 'c.run_id')
    .select('c.pipeline', 'c.run_id', 'c.basis', 'r.outcome')) as {
    pipeline: string;
    run_id: number;
    basis: string;
    outcome: string | null;
  }[];
  return new Map(
    rows.map((row) => [
      row.pipeline,
      { runId: Number(row.run_id), basis: row.basis, finished: row.outcome !== null && row.outcome !== 'aborted' },
    ]),
  );
}

export async function matchesOf(knex: Knex, pipeline: string): Promise<Match[]> {
  return ((await knex('il_match').where({ pipeline }).orderBy('id')) as Record<string, unknown>[]).map(matchOf);
}

/** A match that a record is in: how it stands, and the version of the record that was looked at. */
export interface MatchOfRecord {
  pipeline: string;
  side: MatchSide;
  golden: number;
  version: number;
  match: number;
  /** What the match uses of the record, in minor units. */
  minor: number;
  state: Match['state'];
  /** Why it is contested. */
  reason: string | null;
}

/** The matches of records with ids from `from` to `to` in these pipelines, with the version that was looked at. */
export async function matchesOfRecords(
  knex: Knex,
  query: { pipelines: readonly string[]; entityId: number; from: number; to: number },
): Promise<MatchOfRecord[]> {
  const rows = (await knex('il_match_record as m')
    .join('il_match as p', 'p.id', 'm.match_id')
    .where('m.entity_id', query.entityId)
    .whereBetween('m.golden_id', [query.from, query.to])
    .whereIn('p.pipeline', [...query.pipelines])
    .orderBy('m.match_id')
    .select('p.pipeline', 'm.side', 'm.golden_id', 'm.version', 'm.match_id', 'm.minor', 'p.state', 'p.reason')) as Record<
    string,
    unknown
  >[];
  return rows.map((row) => ({
    pipeline: row.pipeline as string,
    side: row.side as MatchSide,
    golden: Number(row.golden_id),
    version: Number(row.version),
    match: Number(row.match_id),
    minor: Number(row.minor),
    state: row.state as Match['state'],
    reason: row.reason as string | null,
  }));
}

/** Matches of a pipeline of which a record on this side is gone or is another version now. `within`: ids of records that may be. */
export async function changedMatches(
  knex: Knex,
  pipeline: string,
  side: MatchSide,
  { entity, entityId }: { entity: string; entityId?: number },
  within?: Within,
): Promise<number[]> {
  const query = knex('il_match_record as m')
    .join('il_match as p', 'p.id', 'm.match_id')
    .leftJoin(`${entity} as g`, 'g._id', 'm.golden_id')
    .where({ 'p.pipeline': pipeline, 'm.side': side })
    .where((either) => void either.whereNull('g._id').orWhereRaw('g._run <> m.version'))
    .distinct('m.match_id');
  if (within && entityId !== undefined) void query.where('m.entity_id', entityId);
  restrict(query, 'm.golden_id', within);
  return ((await query.pluck('m.match_id')) as number[]).map(Number);
}

/** Matches of sums of a pipeline by their keys, as they are stored. */
export async function matchesOfKeys(
  knex: Knex,
  pipeline: string,
  keys: readonly string[],
): Promise<{ id: number; key: string; currency: string }[]> {
  const found: { id: number; key: string; currency: string }[] = [];
  for (let i = 0; i < keys.length; i += 500)
    found.push(
      ...((await knex('il_match')
        .where({ pipeline })
        .whereNull('content_id')
        .whereIn('key', keys.slice(i, i + 500))
        .select('id', 'key', 'currency')) as { id: number; key: string; currency: string }[]),
    );
  return found.map((row) => ({ ...row, id: Number(row.id) }));
}

/** Values of `columns` of records of a side that no match of the pipeline has in their present version. `within`: as in changedMatches. */
export async function unmatchedRecords(
  knex: Knex,
  pipeline: string,
  which: MatchSide,
  side: Side,
  columns: readonly string[],
  within?: Within,
): Promise<{ values: (string | number | null)[]; currency: string | null }[]> {
  const known = knex('il_match_record as m')
    .join('il_match as p', 'p.id', 'm.match_id')
    .select('m.golden_id')
    .whereRaw('m.golden_id = g._id AND m.version = g._run')
    .where({ 'm.entity_id': side.entityId, 'm.side': which, 'p.pipeline': pipeline });
  const query = recordsOf(knex, side)
    .whereNotExists(known)
    .distinct([...columns.map((c, i) => `g.${c} as k${i}`), `g.${side.amount}_currency as _currency`]);
  restrict(query, 'g._id', within);
  const rows = (await query) as Record<string, string | number | null>[];
  return rows.map((row) => ({ values: columns.map((_, i) => row[`k${i}`] ?? null), currency: row._currency as string | null }));
}

/**
 * Matches of both pipelines that have a record in common, on these sides. `but`: records of this entity with this value in a column
 * do not count.
 */
export async function sharedRecords(
  knex: Knex,
  a: { pipeline: string; side: MatchSide },
  b: { pipeline: string; side: MatchSide },
  but?: { entity: string; column: string; value: string },
): Promise<{ a: number; b: number }[]> {
  const query = knex('il_match as p')
    .join('il_match_record as m', 'm.match_id', 'p.id')
    .join('il_match_record as n', (on) => void on.on('n.entity_id', 'm.entity_id').andOn('n.golden_id', 'm.golden_id'))
    .join('il_match as q', 'q.id', 'n.match_id')
    .where({ 'p.pipeline': a.pipeline, 'm.side': a.side, 'q.pipeline': b.pipeline, 'n.side': b.side })
    .distinct({ a: 'p.id', b: 'q.id' });
  if (but)
    void query.whereNotExists(
      knex(`${but.entity} as g`)
        .select('g._id')
        .whereRaw('g._id = m.golden_id')
        .where({ [`g.${but.column}`]: but.value }),
    );
  return (await query) as { a: number; b: number }[];
}

/** Every record of these matches. */
export async function recordsOfMatches(knex: Knex, ids: readonly number[]): Promise<MatchRecord[]> {
  const found: MatchRecord[] = [];
  for (let i = 0; i < ids.length; i += 500) {
    const rows = (await knex('il_match_record').whereIn('match_id', ids.slice(i, i + 500))) as Record<string, unknown>[];
    for (const row of rows)
      found.push({
        match: Number(row.match_id),
        side: row.side as MatchSide,
        entityId: Number(row.entity_id),
        golden: Number(row.golden_id),
        version: Number(row.version),
        minor: Number(row.minor),
      });
  }
  return found;
}

/** Says of these matches that they are contested, and why. */
export async function contest(knex: Knex, reasons: ReadonlyMap<number, string>): Promise<void> {
  for (const [id, reason] of reasons) await knex('il_match').where({ id }).update({ state: 'contested', reason });
}

/** Takes back what was said of matches of these pipelines. */
export async function uncontest(knex: Knex, pipelines: readonly string[]): Promise<void> {
  await knex('il_match')
    .whereIn('pipeline', [...pipelines])
    // Written out, so that the index of contested matches is used.
    .whereRaw("state = 'contested'")
    .update({ state: 'confirmed', reason: null });
}

function matchOf(row: Record<string, unknown>): Match {
  return {
    id: Number(row.id),
    pipeline: row.pipeline as string,
    runId: Number(row.run_id),
    // Of passes the column holds the name of the pass.
    key: row.content_id === null ? (JSON.parse(row.key as string) as string[]) : [],
    currency: row.currency as string,
    left: Number(row.left_minor),
    right: Number(row.right_minor),
    state: row.state as Match['state'],
    reason: row.reason as string | null,
  };
}
