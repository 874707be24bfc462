import type { Cell } from '../rows.ts';
import type { Knex } from '../open.ts';
import type { Counted, GoldenRow } from './golden.ts';

/** The records of an entity as they were at a moment, laid over pages of what they are now. */
export interface RecordsThen {
  /**
   * A page of then: `now` is the page of today's records after `after`, in the order of their ids. A record that was not there then has
   * `_absent`.
   */
  page(now: readonly GoldenRow[], after: number, limit: number): GoldenRow[];
}

/** Why records cannot be told as they were: a sentence. */
export class NotKept extends Error {}

/**
 * Records as they were at a moment (UTC), by undoing what their history has since. Throws NotKept where the history does not allow it: a
 * run was working on them at that moment, a connection was renamed since, or it is not known whether a deleted one was there yet.
 */
export async function receiptsAsOf(knex: Knex, { entity, entityId, off }: Counted, moment: string): Promise<RecordsThen> {
  for (const { id, pipeline } of await workingAt(knex, moment))
    if (await touched(knex, entity, entityId, Number(id)))
      throw new NotKept(`A run of ${pipeline} was changing these records at that moment. Give a time before or after it.`);
  const renamed = (await knex('il_audit').where({ action: 'connection_renamed' }).where('at', '>', moment).first('at')) as
    { at: string } | undefined;
  if (renamed) throw new NotKept(`A connection was renamed on ${renamed.at.slice(0, 10)} (UTC). Give a time after that.`);
  const later = new Set(((await knex('il_run').where('started_at', '>', moment).pluck('id')) as number[]).map(Number));
  const first = later.size ? Math.min(...later) : Number.POSITIVE_INFINITY;
  const changes = Number.isFinite(first) ? await changesSince(knex, entityId, first, later) : new Map<number, Change[]>();
  const then = new Map<number, Record<string, Cell>>();
  const gone: GoldenRow[] = [];
  for (const [golden, list] of changes) {
    const row = (await knex(entity).where({ _id: golden }).first()) as GoldenRow | undefined;
    let state: GoldenRow | undefined = row && { ...row };
    // The newest first.
    for (const { action, values } of list.toReversed()) {
      if (action === 'restored') state = undefined;
      else
        state = { ...(state ?? {}), ...Object.fromEntries(Object.entries(values).map(([name, [before]]) => [name, before])), _id: golden };
    }
    if (list.some(({ action }) => action !== 'changed')) {
      if (state && !(await wasThere(knex, entityId, golden, later, off))) state = undefined;
    } else if (row && later.has(Number(row._created))) state = undefined;
    if (row) then.set(golden, state ?? { _id: golden, _absent: 1 });
    else if (state) gone.push(state);
  }
  gone.sort((a, b) => Number(a._id) - Number(b._id));
  return {
    page(now, after, limit) {
      const upTo = now.length < limit ? Number.POSITIVE_INFINITY : Number(now.at(-1)!._id);
      const rows = now.map((row): GoldenRow => {
        const known = then.get(Number(row._id));
        return known ?? (later.has(Number(row._created)) ? { _id: row._id!, _absent: 1 } : row);
      });
      const lost = gone.filter(({ _id }) => Number(_id) > after && Number(_id) <= upTo);
      return lost.length ? [...rows, ...lost].sort((a, b) => Number(a._id) - Number(b._id)) : rows;
    },
  };
}

/** Runs that begin at the same time on two machines may be dated in the other order. */
const TOLERATED_MS = 5 * 60_000;

/**
 * Throws NotKept where a run that is dated after a moment (UTC) was before one that is dated earlier: the clock was ahead, and what is
 * dated by it may have been there at that moment or not.
 */
export async function assertDatedInOrder(knex: Knex, moment: string): Promise<void> {
  const last = (await knex('il_run').where('started_at', '<=', moment).max('id as id').first()) as { id: number | null } | undefined;
  if (last?.id === null || last?.id === undefined) return;
  const odd = (await knex('il_run')
    .where('id', '<', last.id)
    .where('started_at', '>', new Date(Date.parse(moment) + TOLERATED_MS).toISOString())
    .orderBy('id')
    .first('pipeline', 'started_at')) as { pipeline: string; started_at: string } | undefined;
  if (odd)
    throw new NotKept(
      `The clock was ahead when a run of ${odd.pipeline} was dated ${odd.started_at.slice(0, 10)} (UTC), so it is not known what was there at that time. Leave the time out for what is known today.`,
    );
}

/** Runs that worked at a moment (UTC): what they had done until then is not kept. */
export async function workingAt(knex: Knex, moment: string): Promise<{ id: number; pipeline: string }[]> {
  return (await knex('il_run')
    .where('started_at', '<=', moment)
    .where((end) => void end.whereNull('ended_at').orWhere('ended_at', '>', moment))
    .orderBy('id')
    .select('id', 'pipeline')) as { id: number; pipeline: string }[];
}

interface Change {
  action: string;
  values: Record<string, [Cell, Cell]>;
}

async function changesSince(knex: Knex, entityId: number, first: number, later: ReadonlySet<number>): Promise<Map<number, Change[]>> {
  const rows = (await knex('il_history')
    .where({ entity_id: entityId })
    .where('run_id', '>=', first)
    .orderBy(['golden_id', 'id'])
    .select('golden_id', 'run_id', 'action', 'changes')) as { golden_id: number; run_id: number; action: string; changes: string | null }[];
  const found = new Map<number, Change[]>();
  for (const row of rows) {
    if (!later.has(Number(row.run_id))) continue;
    const list = found.get(Number(row.golden_id)) ?? [];
    list.push({ action: row.action, values: JSON.parse(row.changes ?? '{}') as Change['values'] });
    found.set(Number(row.golden_id), list);
  }
  return found;
}

async function touched(knex: Knex, entity: string, entityId: number, run: number): Promise<boolean> {
  if (await knex('il_history').where({ entity_id: entityId, run_id: run }).first('id')) return true;
  return (await knex(entity).where({ _created: run }).first('_id')) !== undefined;
}

/** Of a record that was deleted since: whether it was there then, and not only from a pipeline that is off. */
async function wasThere(
  knex: Knex,
  entityId: number,
  golden: number,
  later: ReadonlySet<number>,
  off: readonly number[],
): Promise<boolean> {
  const links = (await knex('il_link').where({ entity_id: entityId, golden_id: golden }).select('source_id', 'source_key')) as {
    source_id: number;
    source_key: string;
  }[];
  if (links.length === 0)
    throw new NotKept('Of a record that was deleted since, it is not known when it was made. Give a time after that.');
  for (const { source_id, source_key } of links) {
    if (off.includes(Number(source_id))) continue;
    const runs = ((await knex('il_landed').where({ source_id, source_key }).pluck('run_id')) as number[]).map(Number);
    if (runs.some((run) => !later.has(run))) return true;
  }
  return false;
}
