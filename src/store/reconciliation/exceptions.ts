import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { selectByIds } from '../rows.ts';
import { eventsOf, type StoredEvent } from './events.ts';

export type ExceptionState = 'open' | 'assigned' | 'waiting' | 'resolved' | 'closed';

/** States in which somebody may still have to do something. */
export const UNFINISHED: readonly ExceptionState[] = ['open', 'assigned', 'waiting'];

/** All others are explained by new data. */
export const NOT_CLOSED: readonly ExceptionState[] = [...UNFINISHED, 'resolved'];

/** A record of an exception, by its lasting name. */
export interface ExceptionRecord {
  side: 'left' | 'right';
  entityId: number;
  golden: number;
  record: string;
  /** Minor units. */
  minor: number;
}

/** What a run found. */
export interface NewException {
  id: string;
  type: string;
  /** Minor units at stake. */
  minor: number;
  currency: string;
  /** Calendar date of its first record; null: none has one. */
  since: string | null;
  facts: Readonly<Record<string, string | number>>;
  dueOn: string | null;
  /** money: the money of its records is open because of it. finding: a match may have it. */
  about: 'money' | 'finding';
  records: readonly ExceptionRecord[];
}

export interface StoredException extends Omit<NewException, 'records'> {
  pipeline: string;
  state: ExceptionState;
  leftCount: number;
  rightCount: number;
  firstRun: number;
  lastRun: number;
  owner: string | null;
  /** A person set the due day: no run changes it. */
  dueByPerson: boolean;
  /** Why a person resolved it. */
  reason: string | null;
  /** The exception that this one is an echo of. */
  causeId: string | null;
  /** UTC. */
  changedAt: string;
}

export type ExceptionEvent = StoredEvent<
  'opened' | 'changed' | 'assigned' | 'noted' | 'waiting' | 'resolved' | 'reopened' | 'closed' | 'found_again' | 'due_set' | 'attached'
>;

export interface SavedExceptions {
  opened: number;
  /** Explained by new data: nobody has to do anything anymore. */
  closed: number;
  reopened: number;
  unfinished: number;
}

/**
 * Saves what a run of a reconciliation found, in the run's transaction. What is known keeps its owner, notes and state; what is not
 * found anymore is closed, with `explainedBy` naming the match or rule that took its records. What a person resolved stays
 * resolved while its amount is the same. `among`: only these exceptions were looked at, and all others stay as they are.
 */
export async function saveExceptions(
  trx: Knex,
  run: { pipeline: string; id: number; at: string },
  found: readonly NewException[],
  explainedBy: (records: readonly string[]) => Record<string, unknown>,
  among?: ReadonlySet<string>,
): Promise<SavedExceptions> {
  const ids = among && [...new Set([...among, ...found.map(({ id }) => id)])];
  const known = new Map((await listExceptions(trx, { pipeline: run.pipeline, ...(ids ? { ids } : {}) })).map((e) => [e.id, e]));
  const result: SavedExceptions = { opened: 0, closed: 0, reopened: 0, unfinished: 0 };
  const isNew = found.filter(({ id }) => !known.has(id));
  await insertAll(
    trx,
    'il_exception',
    isNew.map((e) => ({
      ...columnsOf(e),
      id: e.id,
      pipeline: run.pipeline,
      state: 'open',
      first_run: run.id,
      last_run: run.id,
      changed_at: run.at,
    })),
  );
  await insertAll(
    trx,
    'il_exception_record',
    isNew.flatMap((e) => e.records.map((r) => recordRow(e.id, r))),
  );
  await insertAll(
    trx,
    'il_exception_event',
    isNew.map((e) => eventRow(e.id, 1, run.at, SCHEDULE, 'opened', { run: run.id, ...toldOf(e) })),
  );
  result.opened = isNew.length;
  const stored = await recordsOfExceptions(trx, [...known.keys()]);
  const untouched: string[] = [];
  for (const e of found) {
    const before = known.get(e.id);
    known.delete(e.id);
    if (!before) continue;
    if (!sameRecords(stored.get(e.id) ?? [], e.records)) await replaceRecords(trx, e);
    if (await again(trx, run, before, e, result)) continue;
    untouched.push(e.id);
  }
  for (let i = 0; i < untouched.length; i += 500)
    await trx('il_exception')
      .whereIn('id', untouched.slice(i, i + 500))
      .update({ last_run: run.id });
  for (const gone of known.values()) {
    if (!UNFINISHED.includes(gone.state)) continue;
    const records = (stored.get(gone.id) ?? []).map(({ record }) => record).sort();
    await change(trx, gone.id, { state: 'closed' }, run.at, SCHEDULE, 'closed', { run: run.id, ...explainedBy(records) });
    result.closed++;
  }
  const [row] = (await trx('il_exception').where({ pipeline: run.pipeline }).whereIn('state', UNFINISHED).count({ n: '*' })) as {
    n: number;
  }[];
  result.unfinished = Number(row!.n);
  return result;
}

/** The actor of what data did by itself. */
const SCHEDULE = 'run';

/** Whether anything but the number of its last run has changed. */
async function again(
  trx: Knex,
  run: { id: number; at: string },
  before: StoredException,
  now: NewException,
  result: SavedExceptions,
): Promise<boolean> {
  const same = before.minor === now.minor && before.currency === now.currency;
  if (UNFINISHED.includes(before.state)) {
    const rest = columnsAgain(before, now);
    const told = toldOf(now, before);
    const isAsBefore = same && told.since === before.since;
    if (isAsBefore && rest.facts === JSON.stringify(before.facts) && rest.about === before.about) return false;
    // Its age and its due day have to be those of then in a report of an earlier day.
    if (!isAsBefore || told.due_on !== before.dueOn)
      await change(trx, now.id, { ...rest, last_run: run.id }, run.at, SCHEDULE, 'changed', { run: run.id, ...told });
    else
      await trx('il_exception')
        .where({ id: now.id })
        .update({ ...rest, last_run: run.id });
    return true;
  }
  if (before.state === 'resolved' && same) return false;
  const state = before.owner === null ? 'open' : 'assigned';
  await change(trx, now.id, { ...columnsAgain(before, now), state, reason: null, last_run: run.id }, run.at, SCHEDULE, 'found_again', {
    run: run.id,
    ...toldOf(now, before),
  });
  result.reopened++;
  return true;
}

/** What an event keeps, so that the exception can be told as it stood then. */
function toldOf(
  { minor, since, dueOn }: NewException,
  before?: StoredException,
): { minor: number; since: string | null; due_on: string | null } {
  return { minor, since, due_on: before?.dueByPerson ? before.dueOn : dueOn };
}

function sameRecords(stored: readonly ExceptionRecord[], now: readonly ExceptionRecord[]): boolean {
  if (stored.length !== now.length) return false;
  const names = new Map(stored.map((r) => [`${r.side} ${r.record}`, r]));
  return now.every((r) => {
    const before = names.get(`${r.side} ${r.record}`);
    return before?.golden === r.golden && before.minor === r.minor;
  });
}

async function replaceRecords(trx: Knex, { id, records }: NewException): Promise<void> {
  await trx('il_exception_record').where({ exception_id: id }).delete();
  await insertAll(
    trx,
    'il_exception_record',
    records.map((r) => recordRow(id, r)),
  );
}

/** What a person does with one: its new state and the event, together. */
export async function change(
  trx: Knex,
  id: string,
  columns: Record<string, unknown>,
  at: string,
  actor: string,
  action: ExceptionEvent['action'],
  detail: Record<string, unknown>,
): Promise<void> {
  await trx('il_exception')
    .where({ id })
    .update({ ...columns, changed_at: at });
  const [row] = (await trx('il_exception_event').where({ exception_id: id }).max({ n: 'number' })) as { n: number | null }[];
  await trx('il_exception_event').insert(eventRow(id, Number(row?.n ?? 0) + 1, at, actor, action, detail));
}

export async function listExceptions(
  knex: Knex,
  filter: {
    /** Ids that begin so. */
    startsWith?: string;
    ids?: readonly string[];
    pipeline?: string;
    states?: readonly ExceptionState[];
    type?: string;
    owner?: string;
    limit?: number;
  },
): Promise<StoredException[]> {
  const { ids, ...rest } = filter;
  if (ids) {
    const lists: StoredException[] = [];
    for (let i = 0; i < ids.length; i += 500) lists.push(...(await exceptionsAmong(knex, rest, ids.slice(i, i + 500))));
    return lists;
  }
  return exceptionsAmong(knex, rest);
}

type ExceptionFilter = Omit<NonNullable<Parameters<typeof listExceptions>[1]>, 'ids'>;

async function exceptionsAmong(knex: Knex, filter: ExceptionFilter, ids?: readonly string[]): Promise<StoredException[]> {
  // The oldest first; those without a day before all, since it is not known how old they are.
  const query = knex('il_exception').orderByRaw('CASE WHEN since IS NULL THEN 0 ELSE 1 END, since, id');
  if (filter.startsWith !== undefined) {
    // Ids are hexadecimal: the next string after all that begin so ends with a letter past f.
    void query.where('id', '>=', filter.startsWith).where('id', '<', `${filter.startsWith}g`);
  }
  if (ids) void query.whereIn('id', [...ids]);
  if (filter.pipeline !== undefined) void query.where({ pipeline: filter.pipeline });
  if (filter.states) void query.whereIn('state', [...filter.states]);
  if (filter.type !== undefined) void query.where({ type: filter.type });
  if (filter.owner !== undefined) void query.where({ owner: filter.owner });
  if (filter.limit !== undefined) void query.limit(filter.limit);
  return ((await query) as Record<string, unknown>[]).map((row) => ({
    id: row.id as string,
    pipeline: row.pipeline as string,
    type: row.type as string,
    state: row.state as ExceptionState,
    minor: Number(row.minor),
    currency: row.currency as string,
    since: row.since as string | null,
    facts: JSON.parse(row.facts as string) as StoredException['facts'],
    dueOn: row.due_on as string | null,
    leftCount: Number(row.left_count),
    rightCount: Number(row.right_count),
    firstRun: Number(row.first_run),
    lastRun: Number(row.last_run),
    owner: row.owner as string | null,
    dueByPerson: Number(row.due_by_person ?? 0) === 1,
    reason: row.reason as string | null,
    about: row.about as StoredException['about'],
    causeId: row.cause_id as string | null,
    changedAt: row.changed_at as string,
  }));
}

export async function exceptionRecords(knex: Knex, id: string): Promise<ExceptionRecord[]> {
  const rows = (await knex('il_exception_record').where({ exception_id: id }).orderBy(['side', 'record'])) as Record<string, unknown>[];
  return rows.map(recordOf);
}

function recordOf(row: Record<string, unknown>): ExceptionRecord {
  return {
    side: row.side as 'left' | 'right',
    entityId: Number(row.entity_id),
    golden: Number(row.golden_id),
    record: row.record as string,
    minor: Number(row.minor),
  };
}

/** Records of several exceptions, by exception. */
export async function recordsOfExceptions(knex: Knex, ids: readonly string[]): Promise<Map<string, ExceptionRecord[]>> {
  const found = new Map<string, ExceptionRecord[]>();
  for (let i = 0; i < ids.length; i += 500) {
    const rows = (await knex('il_exception_record')
      .whereIn('exception_id', ids.slice(i, i + 500))
      .orderBy(['exception_id', 'side', 'record'])) as Record<string, unknown>[];
    for (const row of rows) {
      const list = found.get(row.exception_id as string);
      if (list) list.push(recordOf(row));
      else found.set(row.exception_id as string, [recordOf(row)]);
    }
  }
  return found;
}

export async function exceptionEvents(knex: Knex, id: string): Promise<ExceptionEvent[]> {
  return eventsOf(knex, 'il_exception_event', { exception_id: id });
}

/** What a run found again; a due day that a person set stays. */
function columnsAgain(before: StoredException, now: NewException): Record<string, unknown> {
  const { due_on, ...columns } = columnsOf(now);
  return before.dueByPerson ? columns : { ...columns, due_on };
}

function columnsOf(e: NewException): Record<string, unknown> {
  return {
    type: e.type,
    minor: e.minor,
    currency: e.currency,
    since: e.since,
    facts: JSON.stringify(e.facts),
    due_on: e.dueOn,
    about: e.about,
    left_count: e.records.filter(({ side }) => side === 'left').length,
    right_count: e.records.filter(({ side }) => side === 'right').length,
  };
}

function recordRow(id: string, r: ExceptionRecord): Record<string, unknown> {
  return { exception_id: id, side: r.side, entity_id: r.entityId, golden_id: r.golden, record: r.record, minor: r.minor };
}

function eventRow(
  id: string,
  number: number,
  at: string,
  actor: string,
  action: ExceptionEvent['action'],
  detail: Record<string, unknown>,
): Record<string, unknown> {
  return { exception_id: id, number, at, actor, action, detail: JSON.stringify(detail) };
}

async function insertAll(trx: Knex, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 50) await trx(table).insert(rows.slice(i, i + 50));
}

/** Ids of the exceptions of a reconciliation, but those that are closed, that any of these records of a side is in. */
export async function exceptionsWith(
  trx: Knex.Transaction,
  pipeline: string,
  side: 'left' | 'right',
  entityId: number,
  goldens: readonly number[],
): Promise<string[]> {
  const rows = await selectByIds(
    await dialectOf(trx).rowsOf(trx),
    `SELECT e.id FROM il_exception_record r JOIN il_exception e ON e.id = r.exception_id
      WHERE r.entity_id = ? AND r.golden_id {ids} AND r.side = ? AND e.pipeline = ? AND e.state <> 'closed'`,
    goldens,
    (some) => [entityId, ...some, side, pipeline],
  );
  return rows.map(([id]) => String(id));
}

/** The exceptions of a reconciliation that hold the money of a side's records, by golden id: those that are not closed by new data. */
export async function exceptionsByRecord(
  knex: Knex,
  pipeline: string,
  side: 'left' | 'right',
): Promise<Map<number, { id: string; type: string; state: ExceptionState }>> {
  const rows = (await knex('il_exception_record as r')
    .join('il_exception as e', 'e.id', 'r.exception_id')
    .where({ 'e.pipeline': pipeline, 'e.about': 'money', 'r.side': side })
    .whereNot('e.state', 'closed')
    .select('r.golden_id', 'e.id', 'e.type', 'e.state')) as { golden_id: number; id: string; type: string; state: ExceptionState }[];
  return new Map(rows.map(({ golden_id, ...rest }) => [Number(golden_id), rest]));
}
