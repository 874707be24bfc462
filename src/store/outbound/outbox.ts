import type { Problem } from '../../core/errors.ts';
import type { Value, Values } from '../../core/record.ts';
import type { Knex } from '../open.ts';
import { takeId } from '../sequence.ts';

/**
 * Where a record on its way to a sink is. shadow, review, queued, held: not sent yet (held: it was sent before, or its key is, and a
 * person decides). sending, unknown: on its way; unknown: it is not known whether it got there. sent, acknowledged, accepted, rejected: what
 * became of it. refused: it cannot be written as the system wants it. dismissed: by a person. withdrawn: it is gone, and was never sent.
 */
export const OUTBOX_STATES = [
  'shadow',
  'review',
  'queued',
  'held',
  'sending',
  'unknown',
  'sent',
  'acknowledged',
  'accepted',
  'rejected',
  'refused',
  'dismissed',
  'withdrawn',
] as const;
export type OutboxState = (typeof OUTBOX_STATES)[number];

/** The last thing that a person decided about a record, and what it was before: enough to take it back. */
export interface PersonDecision {
  did: 'approve' | 'dismiss' | 'retry' | 'settle';
  by: string;
  /** UTC. */
  at: string;
  reason: string | null;
  from: OutboxState;
  delivery: number | null;
  problems: Problem[];
}

/** A correction on its way to a record of another system. */
export interface Carried {
  /** Canonical field to its value and what the system said before; both as plain text. */
  fields: Record<string, { value: string | null; before: string | null }>;
  /** Field of the sink to [what the system has, what it is to have]. */
  changes: Record<string, [Value, Value]>;
  /** Fields that the system changed itself since the last exchange: a person decides. */
  conflicts: Record<string, { ours: string | null; theirs: string | null; many?: true }>;
  /** The record is made there. `key`: its number there, once that came back. */
  create?: { key?: string };
}

export interface OutboxRow {
  id: number;
  pipeline: string;
  /** JSON list: the values of the idempotency key. */
  key: string;
  version: number;
  /** Is it the newest of its key? */
  latest: boolean;
  entityId: number;
  golden: number;
  operation: 'write' | 'delete';
  state: OutboxState;
  hash: string;
  values: Values;
  problems: Problem[];
  delivery: number | null;
  run: number;
  changedAt: string;
  /** null: no person decided anything about this version. */
  decision: PersonDecision | null;
  /** The record of the target system that a carried correction is for; null for other rows, and for records that are made there. */
  member: number | null;
  /** null: the row is not a carried correction. */
  carried: Carried | null;
  /** The number that the remote system gave the record, such as that of a journal; null where it said none yet. */
  theirNumber: string | null;
}

export type NewOutboxRow = Omit<
  OutboxRow,
  'id' | 'version' | 'latest' | 'delivery' | 'changedAt' | 'decision' | 'member' | 'carried' | 'theirNumber'
> & {
  decision?: PersonDecision | null;
  member?: number | null;
  carried?: Carried | null;
};

/** Of these it is certain, or possible, that the remote system has them. */
export const REACHED: readonly OutboxState[] = ['sending', 'unknown', 'sent', 'acknowledged', 'accepted'];

/** The newest row of each of these keys. */
export async function latestOfKeys(knex: Knex, pipeline: string, keys: readonly string[]): Promise<Map<string, OutboxRow>> {
  const rows = await inPieces(keys, (piece) => knex('il_outbox').where({ pipeline, latest: 1 }).whereIn('outbox_key', piece));
  return new Map(rows.map((row) => [row.key, row]));
}

/** The newest rows of these golden records, one for each key that it had. */
export async function latestOfGoldens(knex: Knex, pipeline: string, goldens: readonly number[]): Promise<OutboxRow[]> {
  return inPieces(goldens, (piece) => knex('il_outbox').where({ pipeline, latest: 1 }).whereIn('golden_id', piece));
}

/** Rows of corrections to these records of other systems, of every pipeline, that reached them or may have; the newest first. */
export async function reachedOfMembers(knex: Knex, members: readonly number[]): Promise<OutboxRow[]> {
  const rows = await inPieces(members, (piece) =>
    knex('il_outbox')
      .whereIn('member_id', piece)
      .whereIn('state', [...REACHED])
      .select('*'),
  );
  return rows.sort((a, b) => b.id - a.id);
}

/** The newest rows of a pipeline for these records of its target system. */
export async function latestOfMembers(knex: Knex, pipeline: string, members: readonly number[]): Promise<OutboxRow[]> {
  return inPieces(members, (piece) => knex('il_outbox').where({ pipeline, latest: 1 }).whereIn('member_id', piece));
}

/** The newest version of a key that reached the remote system, or may have. */
export async function reachedOf(knex: Knex, pipeline: string, key: string): Promise<OutboxRow | undefined> {
  const row = (await knex('il_outbox')
    .where({ pipeline, outbox_key: key })
    .whereIn('state', [...REACHED])
    .orderBy('version', 'desc')
    .first()) as Stored | undefined;
  return row && rowOf(row);
}

/** Puts a new version of a key in; it is the newest from now on. */
export async function insertOutbox(knex: Knex, row: NewOutboxRow): Promise<number> {
  const id = await takeId(knex, 'outbox');
  const own = { pipeline: row.pipeline, outbox_key: row.key };
  const [before] = (await knex('il_outbox').where(own).max({ version: 'version' })) as { version: number | null }[];
  if (before?.version)
    await knex('il_outbox')
      .where({ ...own, latest: 1 })
      .update({ latest: 0 });
  await knex('il_outbox').insert({
    id,
    ...own,
    version: Number(before?.version ?? 0) + 1,
    latest: 1,
    entity_id: row.entityId,
    golden_id: row.golden,
    operation: row.operation,
    state: row.state,
    hash: row.hash,
    values: JSON.stringify(row.values),
    problems: problemText(row.problems),
    run_id: row.run,
    decision: row.decision ? JSON.stringify(row.decision) : null,
    member_id: row.member ?? null,
    carried: row.carried ? JSON.stringify(row.carried) : null,
    changed_at: new Date().toISOString(),
  });
  return id;
}

/** It is not to be sent after all. What went before it is the newest of its key again. */
export async function withdraw(knex: Knex, row: OutboxRow): Promise<void> {
  const before = (await knex('il_outbox')
    .where({ pipeline: row.pipeline, outbox_key: row.key })
    .where('version', '<', row.version)
    .whereNot('state', 'withdrawn')
    .orderBy('version', 'desc')
    .first('id')) as { id: number } | undefined;
  await knex('il_outbox')
    .where({ id: row.id })
    .update({ state: 'withdrawn', latest: before ? 0 : 1, problems: null, changed_at: new Date().toISOString() });
  if (before) await knex('il_outbox').where({ id: before.id }).update({ latest: 1 });
}

export interface OutboxChange {
  state?: OutboxState;
  hash?: string;
  values?: Values;
  problems?: readonly Problem[];
  delivery?: number | null;
  golden?: number;
  operation?: OutboxRow['operation'];
  run?: number;
  decision?: PersonDecision | null;
  carried?: Carried;
  theirNumber?: string | null;
}

/** Changes rows; only those that are in one of `from`, when given. Gives how many were. */
export async function changeOutbox(
  knex: Knex,
  ids: readonly number[],
  change: OutboxChange,
  from?: readonly OutboxState[],
): Promise<number> {
  const fields = {
    ...(change.state === undefined ? {} : { state: change.state }),
    ...(change.hash === undefined ? {} : { hash: change.hash }),
    ...(change.values === undefined ? {} : { values: JSON.stringify(change.values) }),
    ...(change.problems === undefined ? {} : { problems: problemText(change.problems) }),
    ...(change.delivery === undefined ? {} : { delivery_id: change.delivery }),
    ...(change.golden === undefined ? {} : { golden_id: change.golden }),
    ...(change.operation === undefined ? {} : { operation: change.operation }),
    ...(change.run === undefined ? {} : { run_id: change.run }),
    ...(change.carried === undefined ? {} : { carried: JSON.stringify(change.carried) }),
    ...(change.theirNumber === undefined ? {} : { their_number: change.theirNumber }),
    ...(change.decision === undefined ? {} : { decision: change.decision && JSON.stringify(change.decision) }),
    changed_at: new Date().toISOString(),
  };
  let changed = 0;
  for (let i = 0; i < ids.length; i += 500) {
    const query = knex('il_outbox').whereIn('id', ids.slice(i, i + 500));
    if (from) void query.whereIn('state', [...from]);
    changed += await query.update(fields);
  }
  return changed;
}

/** Moves all rows of a pipeline from some states to another. */
export async function moveOutbox(knex: Knex, pipeline: string, from: readonly OutboxState[], to: OutboxState): Promise<void> {
  await knex('il_outbox')
    .where({ pipeline })
    .whereIn('state', [...from])
    .update({ state: to });
}

export interface OutboxFilter {
  pipeline?: string | undefined;
  states?: readonly OutboxState[] | undefined;
  ids?: readonly number[] | undefined;
  delivery?: number | undefined;
  latest?: boolean | undefined;
  limit?: number | undefined;
}

/** Rows in the order in which they were put in. */
export async function listOutbox(knex: Knex, filter: OutboxFilter): Promise<OutboxRow[]> {
  const query = knex('il_outbox').orderBy('id');
  if (filter.pipeline !== undefined) void query.where({ pipeline: filter.pipeline });
  if (filter.states) void query.whereIn('state', [...filter.states]);
  if (filter.ids) void query.whereIn('id', [...filter.ids]);
  if (filter.delivery !== undefined) void query.where({ delivery_id: filter.delivery });
  if (filter.latest) void query.where({ latest: 1 });
  if (filter.limit !== undefined) void query.limit(filter.limit);
  return ((await query) as Stored[]).map(rowOf);
}

/** How many rows there are of each pipeline in each state: the newest of their keys, or all versions. */
export async function countOutbox(
  knex: Knex,
  which: 'latest' | 'all' = 'latest',
): Promise<Map<string, Partial<Record<OutboxState, number>>>> {
  const rows = (await knex('il_outbox')
    .where(which === 'latest' ? { latest: 1 } : {})
    .groupBy('pipeline', 'state')
    .select('pipeline', 'state')
    .count({ n: '*' })) as {
    pipeline: string;
    state: OutboxState;
    n: number;
  }[];
  const counts = new Map<string, Partial<Record<OutboxState, number>>>();
  for (const { pipeline, state, n } of rows) counts.set(pipeline, { ...counts.get(pipeline), [state]: Number(n) });
  return counts;
}

/** Rows that may be sent now: in their order, and none of a key of which an earlier version is still on its way. */
export async function sendableOutbox(knex: Knex, pipeline: string, limit: number): Promise<OutboxRow[]> {
  const rows = (await knex('il_outbox as o')
    .where({ 'o.pipeline': pipeline, 'o.state': 'queued' })
    .whereNotExists((earlier) =>
      earlier
        .select('e.id')
        .from('il_outbox as e')
        .whereRaw('e.pipeline = o.pipeline AND e.outbox_key = o.outbox_key AND e.version < o.version')
        .whereIn('e.state', ['queued', 'sending', 'unknown']),
    )
    .orderBy('o.id')
    .limit(limit)
    .select('o.*')) as Stored[];
  return rows.map(rowOf);
}

interface Stored {
  id: number;
  pipeline: string;
  outbox_key: string;
  version: number;
  latest: number | boolean;
  entity_id: number;
  golden_id: number;
  operation: OutboxRow['operation'];
  state: OutboxState;
  hash: string;
  values: string;
  problems: string | null;
  delivery_id: number | null;
  run_id: number;
  changed_at: string;
  decision: string | null;
  member_id: number | string | null;
  carried: string | null;
  their_number: string | null;
}

function rowOf(row: Stored): OutboxRow {
  return {
    id: Number(row.id),
    pipeline: row.pipeline,
    key: row.outbox_key,
    version: row.version,
    latest: Boolean(row.latest),
    entityId: row.entity_id,
    golden: Number(row.golden_id),
    operation: row.operation,
    state: row.state,
    hash: row.hash,
    values: JSON.parse(row.values) as Values,
    problems: row.problems === null ? [] : (JSON.parse(row.problems) as Problem[]),
    delivery: row.delivery_id === null ? null : Number(row.delivery_id),
    run: Number(row.run_id),
    changedAt: row.changed_at,
    decision: row.decision === null ? null : (JSON.parse(row.decision) as PersonDecision),
    member: row.member_id === null ? null : Number(row.member_id),
    carried: row.carried === null ? null : (JSON.parse(row.carried) as Carried),
    theirNumber: row.their_number,
  };
}

function problemText(problems: readonly Problem[]): string | null {
  return problems.length ? JSON.stringify(problems) : null;
}

async function inPieces<T>(values: readonly T[], query: (piece: T[]) => PromiseLike<unknown>): Promise<OutboxRow[]> {
  const found: OutboxRow[] = [];
  for (let i = 0; i < values.length; i += 500) found.push(...((await query(values.slice(i, i + 500))) as Stored[]).map(rowOf));
  return found;
}
