import { type KnownMatches, knownMatches } from './known-matches.ts';
import { beginComparing, type MatchRecord, recordsOfMatches, saveMatchRecords } from './matches.ts';
import { type EventRow, insertEvents, insertFirstEvents, isKnownFromMatch } from './match-events.ts';
import { forgetKeys } from './settled.ts';
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

export interface SavedMatches {
  added: number;
  revoked: number;
  /** Of the matches that were found, in their order. */
  ids: number[];
}

/** Matches that are saved at once. */
const CHUNK = 2000;

/** Matches of a run while they are saved, some at a time. */
export interface MatchSaving {
  /** What is new is added, and what is there stays. Gives their ids, in their order. */
  add(found: Iterable<PassMatch>): Promise<number[]>;
  /** What was not found is revoked. */
  finish(namesOf: (golden: number, side: 'left' | 'right') => string): Promise<Omit<SavedMatches, 'ids'>>;
}

/**
 * Saves the matches of a run in its transaction, each change with an event. `among`: only these stored matches were looked at, and all
 * others stay as they are.
 */
export async function beginPassMatches(
  trx: Knex.Transaction,
  run: { pipeline: string; id: number; at: string; basis: string },
  among?: ReadonlySet<number>,
): Promise<MatchSaving> {
  const { pipeline } = run;
  await beginComparing(trx, run);
  const known = await knownMatches(trx, pipeline, among);
  let added = 0;
  return {
    async add(found) {
      const saved: SavedMatches = { added: 0, revoked: 0, ids: [] };
      let chunk: PassMatch[] = [];
      for (const match of found) {
        chunk.push(match);
        if (chunk.length < CHUNK) continue;
        await saveChunk(trx, run, chunk, known, saved);
        chunk = [];
      }
      await saveChunk(trx, run, chunk, known, saved);
      added += saved.added;
      return saved.ids;
    },
    async finish(namesOf) {
      let revoked = 0;
      for await (const gone of known.rest()) {
        for (let i = 0; i < gone.length; i += CHUNK) await revoke(trx, run, gone.slice(i, i + CHUNK), namesOf);
        revoked += gone.length;
      }
      return { added, revoked };
    },
  };
}

/** Saves all matches of a run at once, see beginPassMatches. Gives the ids of what was found, in its order. */
export async function savePassMatches(
  trx: Knex.Transaction,
  run: { pipeline: string; id: number; at: string; basis: string },
  found: Iterable<PassMatch>,
  namesOf: (golden: number, side: 'left' | 'right') => string,
  among?: ReadonlySet<number>,
): Promise<SavedMatches> {
  const saving = await beginPassMatches(trx, run, among);
  const ids = await saving.add(found);
  return { ids, ...(await saving.finish(namesOf)) };
}

async function saveChunk(
  trx: Knex.Transaction,
  run: { pipeline: string; id: number; at: string },
  chunk: readonly PassMatch[],
  known: KnownMatches,
  saved: SavedMatches,
): Promise<void> {
  const again = [...(await known.find(chunk.map(({ contentId }) => contentId))).values()];
  const stored = new Map((await matchesById(trx, again)).map((match) => [match.contentId, match]));
  const records = Map.groupBy(await recordsOfMatches(trx, again), ({ match }) => match);
  const fresh: PassMatch[] = [];
  for (const match of chunk) {
    const before = stored.get(match.contentId);
    if (before) await refresh(trx, run, before, match, records.get(before.id) ?? []);
    else fresh.push(match);
  }
  await insertFirstEvents(
    trx,
    fresh.map((match) => ({ ...eventOfFound(match, run), isKnown: isKnownFromMatch(match) })),
  );
  let next = await insertMatches(trx, run, fresh);
  for (const { contentId } of chunk) saved.ids.push(stored.get(contentId)?.id ?? next++);
  saved.added += fresh.length;
}

async function revoke(
  trx: Knex.Transaction,
  run: { pipeline: string; id: number; at: string },
  ids: readonly number[],
  namesOf: (golden: number, side: 'left' | 'right') => string,
): Promise<void> {
  const records = Map.groupBy(await recordsOfMatches(trx, ids), ({ match }) => match);
  const matches = await matchesById(trx, ids);
  await insertEvents(
    trx,
    matches.map((gone) => {
      const names = (records.get(gone.id) ?? []).map(({ golden, side }) => [side, namesOf(golden, side)]);
      return eventOf(gone.contentId, run, 'run', 'revoked', { run: run.id, rule: gone.rule, records: names });
    }),
  );
  for (const gone of matches) await removeMatch(trx, gone);
}

async function matchesById(knex: Knex, ids: readonly number[]): Promise<StoredPassMatch[]> {
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
  if (filter.startsWith !== undefined)
    void query.where('content_id', '>=', filter.startsWith).where('content_id', '<', `${filter.startsWith}g`);
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

async function refresh(
  trx: Knex.Transaction,
  run: { id: number; at: string; pipeline: string },
  before: StoredPassMatch,
  now: PassMatch,
  stored: readonly MatchRecord[],
): Promise<void> {
  const changed = before.state !== now.state || before.rule !== now.rule || before.left !== now.left || before.right !== now.right;
  if (changed) {
    await insertEvents(trx, [eventOfFound(now, run)]);
    await trx('il_match')
      .where({ id: before.id })
      .update({ ...columnsOf(now), run_id: run.id });
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

/** Gives the id of the first one; the others follow. */
async function insertMatches(trx: Knex.Transaction, run: { pipeline: string; id: number }, matches: readonly PassMatch[]): Promise<number> {
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
  return first;
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

function eventOfFound({ contentId, madeBy, state, rule }: PassMatch, run: { pipeline: string; id: number; at: string }): EventRow {
  return eventOf(contentId, run, madeBy === 'rule' ? 'run' : 'person', state, { run: run.id, rule });
}

function eventOf(
  contentId: string,
  run: { pipeline: string; at: string },
  actor: string,
  action: EventRow['action'],
  detail: Record<string, unknown>,
): EventRow {
  return { contentId, pipeline: run.pipeline, at: run.at, actor, action, detail };
}
