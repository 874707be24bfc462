import type { Problem } from '../../core/errors.ts';
import type { Values } from '../../core/record.ts';
import { appendAudit, type AuditAction } from '../ledger/audit.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { takeId } from '../sequence.ts';
import { listSources } from '../ledger/sources.ts';

/** A rejected record, with the reason and what the source said. */
export interface Reject {
  id: number;
  sourceId: number;
  pipeline: string;
  key: string;
  state: 'open' | 'replayed' | 'superseded';
  firstRun: number;
  lastRun: number;
  fileId: number | null;
  file: string | null;
  record: number;
  line: number | null;
  /** JSON of the values when `readable`, otherwise the raw text. */
  raw: string;
  readable: boolean;
  problems: Problem[];
  /** The account of the person who dismissed it. */
  dismissedBy: string | null;
}

export interface NewReject {
  sourceId: number;
  key: string;
  runId: number;
  fileId: number | null;
  record: number;
  line: number | null;
  raw: string;
  readable: boolean;
  problems: readonly Problem[];
}

/** Rejects records; one that is rejected already is told again instead of twice. */
export async function putRejects(knex: Knex, rejects: readonly NewReject[]): Promise<void> {
  for (const r of rejects) {
    const fields = {
      last_run: r.runId,
      file_id: r.fileId,
      record: r.record,
      line: r.line,
      raw: r.raw,
      readable: r.readable ? 1 : 0,
      problems: JSON.stringify(r.problems),
    };
    const open = { source_id: r.sourceId, reject_key: r.key, state: 'open' };
    if ((await knex('il_reject').where(open).update(fields)) > 0) continue;
    await knex('il_reject').insert({ id: await takeId(knex, 'reject'), ...open, first_run: r.runId, ...fields });
  }
}

/** Keys of records of a source that are rejected now, or that a person dismissed. */
export async function keysSetAside(knex: Knex, sourceId: number): Promise<string[]> {
  return (await knex('il_reject')
    .where({ source_id: sourceId })
    .where((either) => either.where({ state: 'open' }).orWhereNotNull('dismissed_by'))
    .distinct('reject_key')
    .pluck('reject_key')) as string[];
}

/** Closes the open rejects of these keys: a good record with the key was read. */
export async function closeRejects(
  knex: Knex,
  sourceId: number,
  keys: readonly string[],
  state: 'replayed' | 'superseded',
): Promise<number> {
  let closed = 0;
  for (let i = 0; i < keys.length; i += 500)
    closed += await knex('il_reject')
      .where({ source_id: sourceId, state: 'open' })
      .whereIn('reject_key', keys.slice(i, i + 500))
      .update({ state });
  return closed;
}

/** Closes the open rejects of records that can be used as they are now: those of just this content. */
export async function closeSameRejects(knex: Knex, sourceId: number, records: readonly { key: string; raw: string }[]): Promise<void> {
  const said = new Map(records.map((r) => [r.key, r.raw]));
  const keys = [...said.keys()];
  for (let i = 0; i < keys.length; i += 500) {
    const open = (await knex('il_reject')
      .where({ source_id: sourceId, state: 'open' })
      .whereIn('reject_key', keys.slice(i, i + 500))
      .select('id', 'reject_key', 'raw')) as { id: number; reject_key: string; raw: string }[];
    const same = open.filter((r) => r.raw === said.get(r.reject_key)).map((r) => r.id);
    if (same.length) await knex('il_reject').whereIn('id', same).update({ state: 'superseded' });
  }
}

/** Gives open rejects that were read into values the key that `keyOf` makes of them; where it makes none, they keep theirs. */
export async function rekeyRejects(knex: Knex, sourceId: number, keyOf: (values: Values) => string | undefined): Promise<void> {
  const open = (await knex('il_reject').where({ source_id: sourceId, state: 'open', readable: 1 }).select('id', 'raw')) as {
    id: number;
    raw: string;
  }[];
  for (const { id, raw } of open) {
    const key = keyOf(JSON.parse(raw) as Values);
    if (key !== undefined) await knex('il_reject').where({ id }).update({ reject_key: key });
  }
}

/** Closes open rejects that came from earlier contents of this path, or of any path, and are not in its newest one. */
export async function closeGoneRejects(knex: Knex, sourceId: number, newestFileId: number, path?: string): Promise<number> {
  const files = knex('il_file').where({ source_id: sourceId }).select('id');
  if (path !== undefined) void files.where({ path });
  return knex('il_reject')
    .where({ source_id: sourceId, state: 'open' })
    .whereNot('file_id', newestFileId)
    .whereIn('file_id', files)
    .update({ state: 'superseded' });
}

/** Closes open rejects without using them, and writes down who did and why. Gives the ids of those that were open. */
export async function dismissRejects(knex: Knex, ids: readonly number[], actor: string, reason: string): Promise<number[]> {
  return moveRejects(knex, ids, { from: 'open', to: 'superseded', dismissedBy: actor }, { actor, reason, action: 'reject_dismissed' });
}

/**
 * Opens rejects again that a person dismissed, and writes down who did and why. Gives the ids of those with which it was done: not
 * those whose key has an open one by now, which is what the source says today.
 */
export async function reopenRejects(knex: Knex, ids: readonly number[], actor: string, reason: string): Promise<number[]> {
  return moveRejects(knex, ids, { from: 'superseded', to: 'open', dismissedBy: null }, { actor, reason, action: 'reject_reopened' });
}

async function moveRejects(
  knex: Knex,
  ids: readonly number[],
  { from, to, dismissedBy }: { from: Reject['state']; to: Reject['state']; dismissedBy: string | null },
  { actor, reason, action }: { actor: string; reason: string; action: AuditAction },
): Promise<number[]> {
  return dialectOf(knex).write(knex, async (trx) => {
    const moved: { id: number; source_id: number }[] = [];
    for (let i = 0; i < ids.length; i += 500) {
      const some = trx('il_reject as r')
        .where({ 'r.state': from })
        .whereIn('r.id', ids.slice(i, i + 500));
      if (to === 'open')
        void some
          .whereNotNull('r.dismissed_by')
          .whereNotExists((other) =>
            other
              .select('o.id')
              .from('il_reject as o')
              .whereRaw('o.source_id = r.source_id AND o.reject_key = r.reject_key AND o.state = ?', ['open']),
          );
      const found = (await some.select('r.id', 'r.source_id')) as { id: number; source_id: number }[];
      const foundIds = found.map((row) => row.id);
      await trx('il_reject').whereIn('id', foundIds).update({ state: to, dismissed_by: dismissedBy });
      moved.push(...found);
    }
    const pipelines = new Map((await listSources(trx)).map((s) => [s.id, s.pipeline]));
    for (const [source, rows] of Map.groupBy(moved, (row) => row.source_id)) {
      const detail = { count: rows.length, ids: rows.map((row) => Number(row.id)).slice(0, MAX_NAMED), reason };
      await appendAudit(trx, { actor, action, subject: pipelines.get(source) ?? '', detail });
    }
    return moved.map((row) => Number(row.id));
  });
}

/** So many records are named in one entry of the audit log. */
const MAX_NAMED = 1000;

export async function countOpenRejects(knex: Knex, sourceId?: number): Promise<number> {
  const query = knex('il_reject').where({ state: 'open' }).count({ n: '*' });
  if (sourceId !== undefined) void query.where({ source_id: sourceId });
  return Number(((await query) as { n: number }[])[0]!.n);
}

/** How many there are in a state, of one pipeline or of all. */
export async function countRejects(knex: Knex, filter: { pipeline?: string; state: Reject['state'] }): Promise<number> {
  const query = knex('il_reject as r').join('il_source as s', 's.id', 'r.source_id').where('r.state', filter.state).count({ n: '*' });
  if (filter.pipeline !== undefined) void query.where('s.pipeline', filter.pipeline);
  return Number(((await query) as { n: number }[])[0]!.n);
}

export async function listRejects(
  knex: Knex,
  filter: { pipeline?: string; state?: Reject['state']; ids?: readonly number[]; lastRun?: number; after?: number; limit: number },
): Promise<Reject[]> {
  const query = knex('il_reject as r')
    .join('il_source as s', 's.id', 'r.source_id')
    .leftJoin('il_file as f', 'f.id', 'r.file_id')
    .select('r.*', 's.pipeline', 'f.path as file')
    .orderBy('r.id')
    .limit(filter.limit);
  if (filter.pipeline) void query.where('s.pipeline', filter.pipeline);
  if (filter.state) void query.where('r.state', filter.state);
  if (filter.lastRun !== undefined) void query.where('r.last_run', filter.lastRun);
  if (filter.ids) void query.whereIn('r.id', [...filter.ids]);
  if (filter.after !== undefined) void query.where('r.id', '>', filter.after);
  return ((await query) as Record<string, unknown>[]).map((row) => ({
    id: Number(row.id),
    sourceId: row.source_id as number,
    pipeline: row.pipeline as string,
    key: row.reject_key as string,
    state: row.state as Reject['state'],
    firstRun: Number(row.first_run),
    lastRun: Number(row.last_run),
    fileId: row.file_id === null ? null : Number(row.file_id),
    file: row.file as string | null,
    record: Number(row.record),
    line: row.line === null ? null : Number(row.line),
    raw: row.raw as string,
    readable: Boolean(row.readable),
    problems: JSON.parse(row.problems as string) as Problem[],
    dismissedBy: row.dismissed_by as string | null,
  }));
}
