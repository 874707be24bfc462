import { dialectOf } from '../dialect.ts';
import { startOf } from '../ledger/runs.ts';
import type { Knex } from '../open.ts';
import { eventsOf, type StoredEvent } from './events.ts';
import { reconciliations } from './matches.ts';

export type MatchEvent = StoredEvent<'proposed' | 'confirmed' | 'revoked'>;

export interface EventRow extends Omit<MatchEvent, 'number'> {
  contentId: string;
  pipeline: string;
}

/** A match of which nothing is stored but itself. */
interface Confirmed {
  contentId: string;
  pipeline: string;
  rule: string;
  firstRun: number;
}

/** Nearly every match is confirmed by a rule, and nothing happens to it after that: that event is not stored until another one is. */
function isKnownFromMatch({ state, madeBy }: { state: string; madeBy: string }): boolean {
  return state === 'confirmed' && madeBy === 'rule';
}

async function firstEvent(knex: Knex, { rule, firstRun }: Confirmed): Promise<MatchEvent> {
  const at = (await startOf(knex, firstRun)) ?? '';
  return { number: 1, at, actor: 'run', action: 'confirmed', detail: { run: firstRun, rule } };
}

/** All that happened to a match, the oldest first. */
export async function matchEvents(knex: Knex, contentId: string): Promise<MatchEvent[]> {
  const stored = await eventsOf<MatchEvent['action']>(knex, 'il_match_event', { content_id: contentId });
  if (stored.length > 0) return stored;
  const found = await confirmedMatches(knex, await reconciliations(knex), [contentId]);
  return Promise.all(found.map((match) => firstEvent(knex, match)));
}

/** What happened last to the one match that is in force no more and whose id begins so; undefined where there is none, or several. */
export async function lastMatchEvent(knex: Knex, startsWith: string): Promise<MatchEvent | undefined> {
  const ids = await knex('il_match_event')
    .where('content_id', '>=', startsWith)
    .where('content_id', '<', `${startsWith}g`)
    .distinct('content_id')
    .limit(2)
    .pluck('content_id');
  return ids.length === 1 ? (await matchEvents(knex, ids[0] as string)).at(-1) : undefined;
}

/** Adds one event of a person's decision. A match in force is still as it was before. */
export async function addMatchEvent(
  trx: Knex.Transaction,
  match: { contentId: string; pipeline: string },
  event: Omit<MatchEvent, 'number'>,
): Promise<void> {
  await insertEvents(trx, [{ ...event, contentId: match.contentId, pipeline: match.pipeline }]);
}

/** Matches in force to which nothing else has happened, as far as these have no event: each was confirmed by a rule. */
async function confirmedMatches(knex: Knex, pipelines: readonly string[], contentIds: readonly string[]): Promise<Confirmed[]> {
  const rows = (await knex('il_match')
    .whereIn('pipeline', [...pipelines])
    .whereIn('content_id', [...contentIds])
    .select('content_id', 'pipeline', 'key', 'first_run')) as Record<string, unknown>[];
  return rows.map((row) => ({
    contentId: row.content_id as string,
    pipeline: row.pipeline as string,
    rule: row.key as string,
    firstRun: Number(row.first_run),
  }));
}

/** Adds events of matches in force, which are still as they were before, or of matches that have stored events or none at all. */
export async function insertEvents(trx: Knex.Transaction, events: readonly EventRow[]): Promise<void> {
  for (let i = 0; i < events.length; i += 500) {
    const some = events.slice(i, i + 500);
    const numbers = await lastNumbers(
      trx,
      some.map(({ contentId }) => contentId),
    );
    const unknown = new Set(some.flatMap(({ contentId }) => (numbers.has(contentId) ? [] : [contentId])));
    const pipelines = new Set(some.map(({ pipeline }) => pipeline));
    const first: EventRow[] = [];
    for (const match of await confirmedMatches(trx, [...pipelines], [...unknown])) {
      const { contentId, pipeline } = match;
      const { number: _, ...event } = await firstEvent(trx, match);
      first.push({ ...event, contentId, pipeline });
    }
    await insertRows(trx, [...first, ...some], numbers);
  }
}

/** Adds the first event of matches that are in force from now on, but where it is known from the match itself. */
export async function insertFirstEvents<T extends { contentId: string; state: string; madeBy: string }>(
  trx: Knex.Transaction,
  matches: readonly T[],
  eventOf: (match: T) => EventRow,
): Promise<void> {
  const isEmpty = (await trx('il_match_event').first('number')) === undefined;
  const numbers = isEmpty
    ? new Map<string, number>()
    : await lastNumbers(
        trx,
        matches.map(({ contentId }) => contentId),
      );
  const told = matches.filter((match) => !isKnownFromMatch(match) || numbers.has(match.contentId));
  await insertRows(trx, told.map(eventOf), numbers);
}

async function lastNumbers(trx: Knex.Transaction, contentIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await dialectOf(trx).rowsOf(trx);
  const last = await rows.select(
    'SELECT content_id, number FROM il_match_event WHERE content_id = ? ORDER BY number DESC LIMIT 1',
    contentIds.map((contentId) => [contentId]),
  );
  return new Map(last.map(([contentId, number]) => [String(contentId), Number(number)]));
}

async function insertRows(trx: Knex.Transaction, events: readonly EventRow[], numbers: Map<string, number>): Promise<void> {
  const rows = await dialectOf(trx).rowsOf(trx);
  await rows.insert(
    'il_match_event',
    ['content_id', 'number', 'pipeline', 'at', 'actor', 'action', 'detail'],
    events.map(({ contentId, pipeline, at, actor, action, detail }) => {
      const number = (numbers.get(contentId) ?? 0) + 1;
      numbers.set(contentId, number);
      return [contentId, number, pipeline, at, actor, action, JSON.stringify(detail)];
    }),
  );
}
