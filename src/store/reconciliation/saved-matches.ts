import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { type KnownMatches, knownMatches } from './known-matches.ts';
import { type EventRow, insertEvents, insertFirstEvents } from './match-events.ts';
import { beginComparing, type MatchRecord, recordsOfMatches, saveRecordsOf } from './matches.ts';
import { matchesById, type PassMatch, removeMatch, type StoredPassMatch } from './pass-matches.ts';

export interface SavedMatches {
  added: number;
  revoked: number;
  /** Of the matches that were found, in their order. */
  ids: number[];
}

/** Matches that are saved at once. */
const CHUNK = 2000;

/** Matches of a run while they are saved, some at a time. */
interface MatchSaving {
  /** What is new is added, and what is there stays. Gives their ids, in their order. */
  add(found: Iterable<PassMatch>): Promise<number[]>;
  /** What was not found is revoked. */
  finish(namesOf: (golden: number, side: 'left' | 'right') => string): Promise<Omit<SavedMatches, 'ids'>>;
}

/** The run in whose transaction matches are saved. */
interface SavingRun {
  pipeline: string;
  id: number;
  at: string;
  basis: string;
}

const BY_CONTENT = { name: 'il_match_content', table: 'il_match', columns: ['pipeline', 'content_id'] };
/** So many matches that this index, whose order is another one than that of the records, is made again in less time than it is added to. */
const MANY = 50_000;

/**
 * Saves the matches of a run in its transaction, each change with an event, while `work` finds them. `expected`: about so many.
 */
export async function savingMatches<T>(
  trx: Knex.Transaction,
  run: SavingRun,
  expected: number,
  work: (saving: MatchSaving) => Promise<T>,
): Promise<T> {
  await beginComparing(trx, run);
  const known = await knownMatches(trx, run.pipeline);
  const saving = matchSaving(trx, run, known);
  // It is made of all matches, those of other reconciliations too: they must not be many more.
  if (!known.areNone || expected < MANY || expected < (await lastId(trx)) / 4) return work(saving);
  let done: { result: T } | undefined;
  await dialectOf(trx).withoutIndex(trx, BY_CONTENT, async () => void (done = { result: await work(saving) }));
  return done!.result;
}

function matchSaving(trx: Knex.Transaction, run: SavingRun, known: KnownMatches): MatchSaving {
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

/**
 * Saves all matches of a run at once, see savingMatches. `among`: only these stored matches were looked at, and all others stay as they are.
 * Gives the ids of what was found, in its order.
 */
export async function savePassMatches(
  trx: Knex.Transaction,
  run: SavingRun,
  found: Iterable<PassMatch>,
  namesOf: (golden: number, side: 'left' | 'right') => string,
  { among, expected = 0 }: { among?: ReadonlySet<number> | undefined; expected?: number } = {},
): Promise<SavedMatches> {
  const save = async (saving: MatchSaving): Promise<SavedMatches> => {
    const ids = await saving.add(found);
    return { ids, ...(await saving.finish(namesOf)) };
  };
  if (!among) return savingMatches(trx, run, expected, save);
  await beginComparing(trx, run);
  return save(matchSaving(trx, run, await knownMatches(trx, run.pipeline, among)));
}

async function saveChunk(
  trx: Knex.Transaction,
  run: SavingRun,
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
  await insertFirstEvents(trx, fresh, (match) => eventOfFound(match, run));
  let next = await insertMatches(trx, run, fresh);
  for (const { contentId } of chunk) saved.ids.push(stored.get(contentId)?.id ?? next++);
  saved.added += fresh.length;
}

async function revoke(
  trx: Knex.Transaction,
  run: SavingRun,
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

async function refresh(
  trx: Knex.Transaction,
  run: SavingRun,
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
  await saveRecordsOf(trx, [{ match: before.id, records: now.records }]);
}

async function lastId(trx: Knex.Transaction): Promise<number> {
  const [last] = (await trx('il_match').max({ id: 'id' })) as { id: number | null }[];
  return Number(last?.id ?? 0);
}

/** Gives the id of the first one; the others follow. */
async function insertMatches(trx: Knex.Transaction, run: SavingRun, matches: readonly PassMatch[]): Promise<number> {
  const first = (await lastId(trx)) + 1;
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
  await saveRecordsOf(
    trx,
    matches.map(({ records }, i) => ({ match: first + i, records })),
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

function eventOfFound({ contentId, madeBy, state, rule }: PassMatch, run: SavingRun): EventRow {
  return eventOf(contentId, run, madeBy === 'rule' ? 'run' : 'person', state, { run: run.id, rule });
}

function eventOf(contentId: string, run: SavingRun, actor: string, action: EventRow['action'], detail: Record<string, unknown>): EventRow {
  return { contentId, pipeline: run.pipeline, at: run.at, actor, action, detail };
}
