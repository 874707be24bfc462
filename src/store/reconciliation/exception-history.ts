import type { Knex } from '../open.ts';
import { NotKept } from '../landing/as-of.ts';
import { type ExceptionEvent, type ExceptionState, listExceptions, type StoredException, UNFINISHED } from './exceptions.ts';

/** What was written off since an instant and still is: who did it and how much, in minor units. */
export async function writtenOff(knex: Knex, since: string): Promise<{ actor: string; minor: number; currency: string }[]> {
  const rows = (await knex('il_exception_event as v')
    .join('il_exception as e', 'e.id', 'v.exception_id')
    .where({ 'v.action': 'resolved', 'e.state': 'resolved', 'e.reason': 'written_off' })
    .where('v.at', '>=', since)
    .whereNotExists(
      knex('il_exception_event as later')
        .select('later.number')
        .whereRaw('later.exception_id = v.exception_id AND later.number > v.number')
        .where('later.action', 'resolved'),
    )
    .select('v.actor', 'e.minor', 'e.currency')) as { actor: string; minor: number; currency: string }[];
  return rows.map(({ actor, minor, currency }) => ({ actor, minor: Number(minor), currency }));
}

/**
 * Exceptions as they stood before an instant, those that somebody still had to deal with: by what happened to each until then. An
 * amount or due day that changed later is the one of then. Throws NotKept where a due day was changed since and the earlier one was not
 * kept, which is so of exceptions of an earlier version.
 */
export async function exceptionsOpenBefore(knex: Knex, instant: string): Promise<StoredException[]> {
  const rows = (await knex('il_exception_event')
    .where('at', '<', instant)
    .orderBy(['exception_id', 'number'])
    .select('exception_id', 'action', 'detail')) as { exception_id: string; action: ExceptionEvent['action']; detail: string }[];
  const then = new Map<
    string,
    { state: ExceptionState; minor: number | undefined; owner: string | null; dueOn: string | null | undefined; since?: string | null }
  >();
  for (const row of rows) {
    let one = then.get(row.exception_id);
    if (!one) then.set(row.exception_id, (one = { state: 'open', minor: undefined, owner: null, dueOn: undefined }));
    const detail = JSON.parse(row.detail) as { minor?: number; owner?: string; due_on?: string | null; since?: string | null };
    one.state = STATE_AFTER[row.action] ?? one.state;
    if ((row.action === 'reopened' || row.action === 'found_again') && one.owner !== null) one.state = 'assigned';
    one.minor = detail.minor ?? one.minor;
    one.owner = detail.owner ?? one.owner;
    if (detail.due_on !== undefined) one.dueOn = detail.due_on;
    if (detail.since !== undefined) one.since = detail.since;
  }
  const dueSince = new Set(
    (await knex('il_exception_event')
      .where('at', '>=', instant)
      .whereIn('action', ['due_set', 'changed', 'found_again'])
      .pluck('exception_id')) as string[],
  );
  return (await listExceptions(knex, {})).flatMap((exception) => {
    const was = then.get(exception.id);
    if (!was || !UNFINISHED.includes(was.state)) return [];
    if (was.dueOn === undefined && dueSince.has(exception.id))
      throw new NotKept(`When exception ${exception.id.slice(0, 8)} was due then is not kept. Give a later time.`);
    const { state, minor, owner, dueOn, since = exception.since } = was;
    return [
      {
        ...exception,
        state,
        owner,
        minor: minor ?? exception.minor,
        dueOn: dueOn === undefined ? exception.dueOn : dueOn,
        since,
        reason: null,
      },
    ];
  });
}

/** In which state an event leaves an exception; one that is not here changes nothing about it. */
const STATE_AFTER: Partial<Record<ExceptionEvent['action'], ExceptionState>> = {
  opened: 'open',
  assigned: 'assigned',
  waiting: 'waiting',
  resolved: 'resolved',
  reopened: 'open',
  closed: 'closed',
  found_again: 'open',
};

/** Whether any of these pipelines had begun a run, or had found anything, before an instant. */
export async function hadRunBefore(knex: Knex, pipelines: readonly string[], instant: string): Promise<boolean> {
  if (await knex('il_exception_event').where('at', '<', instant).first('number')) return true;
  const run = (await knex('il_run')
    .whereIn('pipeline', [...pipelines])
    .where('started_at', '<', instant)
    .first('id')) as { id: number } | undefined;
  return run !== undefined;
}
