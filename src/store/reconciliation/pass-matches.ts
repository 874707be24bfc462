import { type MatchRecord, saveMatchRecords } from './matches.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';

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

export interface MatchEvent {
  number: number;
  /** UTC. */
  at: string;
  actor: string;
  action: 'proposed' | 'confirmed' | 'revoked';
  detail: Record<string, unknown>;
}

export interface SavedMatches {
  added: number;
  revoked: number;
}

/**
 * Saves the matches of a run in its transaction: what is new is added, what is there stays, what is not found anymore is revoked,
 * each with an event. `actor`: who runs it.
 */
export async function savePassMatches(
  trx: Knex.Transaction,
  run: { pipeline: string; id: number; at: string; basis: string },
  found: readonly PassMatch[],
  namesOf: (golden: number, side: 'left' | 'right') => string,
): Promise<SavedMatches> {
  const { pipeline } = run;
  await trx('il_reconciliation').insert({ pipeline, run_id: run.id, basis: run.basis }).onConflict('pipeline').merge();
  const known = new Map((await listPassMatches(trx, { pipeline })).map((m) => [m.contentId, m]));
  const records = await recordsByMatch(trx, pipeline);
  const events: EventRow[] = [];
  const fresh: PassMatch[] = [];
  for (const match of found) {
    const before = known.get(match.contentId);
    known.delete(match.contentId);
    if (!before) fresh.push(match);
    else await refresh(trx, run, before, match, records.get(before.id) ?? [], events);
  }
  for (const gone of known.values()) {
    const names = (records.get(gone.id) ?? []).map(({ golden, side }) => [side, namesOf(golden, side)]);
    events.push(eventOf(gone.contentId, run, 'run', 'revoked', { run: run.id, rule: gone.rule, records: names }));
    await removeMatch(trx, gone.id);
  }
  await insertMatches(trx, run, fresh);
  for (const match of fresh)
    events.push(eventOf(match.contentId, run, match.madeBy === 'rule' ? 'run' : 'person', match.state, { run: run.id, rule: match.rule }));
  await insertEvents(trx, events);
  return { added: fresh.length, revoked: known.size };
}

/** Matches in force, by pipeline, content id (or its beginning) and state; the newest first. */
export async function listPassMatches(
  knex: Knex,
  filter: { pipeline?: string; startsWith?: string; state?: 'proposed' | 'confirmed' | 'contested'; limit?: number },
): Promise<StoredPassMatch[]> {
  const query = knex('il_match').whereNotNull('content_id').orderBy('id', 'desc');
  if (filter.pipeline !== undefined) void query.where({ pipeline: filter.pipeline });
  if (filter.state !== undefined) void query.where({ state: filter.state });
  if (filter.startsWith !== undefined)
    void query.where('content_id', '>=', filter.startsWith).where('content_id', '<', `${filter.startsWith}g`);
  if (filter.limit !== undefined) void query.limit(filter.limit);
  return ((await query) as Record<string, unknown>[]).map((row) => ({
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
  }));
}

/** All that happened to a match, the oldest first. */
export async function matchEvents(knex: Knex, contentId: string): Promise<MatchEvent[]> {
  const rows = (await knex('il_match_event').where({ content_id: contentId }).orderBy('number')) as Record<string, unknown>[];
  return rows.map((row) => ({
    number: Number(row.number),
    at: row.at as string,
    actor: row.actor as string,
    action: row.action as MatchEvent['action'],
    detail: JSON.parse(row.detail as string) as Record<string, unknown>,
  }));
}

/** Adds one event of a person's decision. */
export async function addMatchEvent(
  trx: Knex,
  match: { contentId: string; pipeline: string },
  event: Omit<MatchEvent, 'number'>,
): Promise<void> {
  await insertEvents(trx, [{ ...event, contentId: match.contentId, pipeline: match.pipeline }]);
}

/** A person has confirmed it. */
export async function confirmMatch(trx: Knex, id: number): Promise<void> {
  await trx('il_match').where({ id }).update({ state: 'confirmed', made_by: 'person' });
}

/** It is in force no more; its events tell what it was. */
export async function removeMatch(trx: Knex, id: number): Promise<void> {
  await trx('il_match_record').where({ match_id: id }).delete();
  await trx('il_match').where({ id }).delete();
}

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

/** A record that is in no match and no exception: in transit, or out of scope by the rule named. */
export interface UnmatchedRecord extends Omit<MatchRecord, 'match'> {
  rule: string | null;
}

/** Replaces which records of a reconciliation are in transit or out of scope. */
export async function saveUnmatched(trx: Knex.Transaction, pipeline: string, list: readonly UnmatchedRecord[]): Promise<void> {
  await trx('il_in_transit').where({ pipeline }).delete();
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_in_transit',
    ['pipeline', 'side', 'entity_id', 'golden_id', 'version', 'minor', 'rule'],
    list.map((r) => [pipeline, r.side, r.entityId, r.golden, r.version, r.minor, r.rule]),
  );
}

async function refresh(
  trx: Knex.Transaction,
  run: { id: number; at: string; pipeline: string },
  before: StoredPassMatch,
  now: PassMatch,
  stored: readonly MatchRecord[],
  events: EventRow[],
): Promise<void> {
  const changed = before.state !== now.state || before.rule !== now.rule || before.left !== now.left || before.right !== now.right;
  if (changed) {
    await trx('il_match')
      .where({ id: before.id })
      .update({ ...columnsOf(now), run_id: run.id });
    events.push(eventOf(now.contentId, run, now.madeBy === 'rule' ? 'run' : 'person', now.state, { run: run.id, rule: now.rule }));
  }
  const versions = new Map(stored.map((r) => [`${r.side} ${r.golden}`, r]));
  const same =
    stored.length === now.records.length &&
    now.records.every((r) => {
      const old = versions.get(`${r.side} ${r.golden}`);
      return old?.version === r.version && old.minor === r.minor;
    });
  if (same) return;
  await trx('il_match_record').where({ match_id: before.id }).delete();
  await saveMatchRecords(
    trx,
    now.records.map((r) => ({ ...r, match: before.id })),
  );
}

async function recordsByMatch(trx: Knex, pipeline: string): Promise<Map<number, MatchRecord[]>> {
  const rows = (await trx('il_match_record as r')
    .join('il_match as m', 'm.id', 'r.match_id')
    .where({ 'm.pipeline': pipeline })
    .select('r.*')) as Record<string, unknown>[];
  const found = new Map<number, MatchRecord[]>();
  for (const row of rows) {
    const record: MatchRecord = {
      match: Number(row.match_id),
      side: row.side as 'left' | 'right',
      entityId: Number(row.entity_id),
      golden: Number(row.golden_id),
      version: Number(row.version),
      minor: Number(row.minor),
    };
    const list = found.get(record.match);
    if (list) list.push(record);
    else found.set(record.match, [record]);
  }
  return found;
}

async function insertMatches(trx: Knex.Transaction, run: { pipeline: string; id: number }, matches: readonly PassMatch[]): Promise<void> {
  const [last] = (await trx('il_match').max({ id: 'id' })) as { id: number | null }[];
  const first = Number(last?.id ?? 0) + 1;
  const rows = await dialectOf(trx).rowsOf(trx);
  const columns = [
    'id',
    'pipeline',
    'run_id',
    'first_run',
    'content_id',
    'rule',
    'key',
    'made_by',
    'currency',
    'left_minor',
    'right_minor',
    'state',
    'evidence',
  ];
  await rows.insert(
    'il_match',
    columns,
    matches.map((m, i) => {
      const c = columnsOf(m);
      return [
        first + i,
        run.pipeline,
        run.id,
        run.id,
        m.contentId,
        c.rule,
        c.key,
        c.made_by,
        c.currency,
        c.left_minor,
        c.right_minor,
        c.state,
        c.evidence,
      ];
    }),
  );
  await saveMatchRecords(
    trx,
    matches.flatMap((m, i) => m.records.map((r) => ({ ...r, match: first + i }))),
  );
}

/** `key` holds the name of the pass: matches of keys have their values there. */
function columnsOf(m: PassMatch) {
  return {
    rule: 'pass',
    key: m.rule,
    made_by: m.madeBy,
    currency: m.currency,
    left_minor: m.left,
    right_minor: m.right,
    state: m.state,
    evidence: JSON.stringify(m.evidence),
  };
}

interface EventRow extends Omit<MatchEvent, 'number'> {
  contentId: string;
  pipeline: string;
}

function eventOf(
  contentId: string,
  run: { pipeline: string; at: string },
  actor: string,
  action: MatchEvent['action'],
  detail: Record<string, unknown>,
): EventRow {
  return { contentId, pipeline: run.pipeline, at: run.at, actor, action, detail };
}

async function insertEvents(trx: Knex, events: readonly EventRow[]): Promise<void> {
  for (let i = 0; i < events.length; i += 100) {
    const some = events.slice(i, i + 100);
    const last = (await trx('il_match_event')
      .whereIn(
        'content_id',
        some.map((e) => e.contentId),
      )
      .select('content_id')
      .max({ n: 'number' })
      .groupBy('content_id')) as { content_id: string; n: number }[];
    const numbers = new Map(last.map((row) => [row.content_id, Number(row.n)]));
    await trx('il_match_event').insert(
      some.map((e) => {
        const number = (numbers.get(e.contentId) ?? 0) + 1;
        numbers.set(e.contentId, number);
        const { contentId, detail, ...rest } = e;
        return { ...rest, content_id: contentId, number, detail: JSON.stringify(detail) };
      }),
    );
  }
}

/** Golden ids of the records of a side that are in transit (null) or out of scope (the rule). */
export async function unmatchedOf(knex: Knex, pipeline: string, side: 'left' | 'right'): Promise<Map<number, string | null>> {
  const rows = (await knex('il_in_transit').where({ pipeline, side }).select('golden_id', 'rule')) as {
    golden_id: number;
    rule: string | null;
  }[];
  return new Map(rows.map((row) => [Number(row.golden_id), row.rule]));
}

/** How many records of a side are in a state, and their sum in minor units. */
export interface SideState {
  side: 'left' | 'right';
  currency: string;
  state: 'confirmed' | 'proposed' | 'excepted' | 'in_transit' | 'out_of_scope';
  records: number;
  minor: number;
}

export async function saveSideStates(trx: Knex, pipeline: string, states: readonly SideState[]): Promise<void> {
  await trx('il_side_state').where({ pipeline }).delete();
  if (states.length) await trx('il_side_state').insert(states.map((state) => ({ pipeline, ...state })));
}

export async function sideStates(knex: Knex, pipeline: string): Promise<SideState[]> {
  const rows = (await knex('il_side_state').where({ pipeline }).orderBy(['side', 'currency', 'state'])) as Record<string, unknown>[];
  return rows.map((row) => ({
    side: row.side as SideState['side'],
    currency: row.currency as string,
    state: row.state as SideState['state'],
    records: Number(row.records),
    minor: Number(row.minor),
  }));
}
