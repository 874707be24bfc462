import { hash } from 'node:crypto';
import { redact } from '../../config/secrets/secrets.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { takeId } from '../sequence.ts';

/** What is written down. Words are stable: reports and alerts go by them. */
export const AUDIT_ACTIONS = [
  'legacy_allowed',
  'legacy_ended',
  'host_key_changed',
  'host_key_refused',
  'config_changed',
  'config_adopted',
  'records_rekeyed',
  'records_remapped',
  'connection_renamed',
  'reject_dismissed',
  'reject_reopened',
  'reject_replayed',
  'delivery_approved',
  'delivery_dismissed',
  'delivery_retried',
  'delivery_settled',
  'delivery_undone',
  'period_prepared',
  'period_unprepared',
  'period_closed',
  'period_reopen_asked',
  'period_reopened',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number] | (string & {});

export interface NewAuditEntry {
  /** The operating system's account, or `schedule`: actorOf() of src/config. */
  actor: string;
  action: AuditAction;
  /** Id of a connection, a pipeline or a period. */
  subject: string;
  /** Neither secrets nor personal data: ids, settings, counts. */
  detail?: Record<string, unknown>;
}

export interface AuditEntry extends Required<NewAuditEntry> {
  id: number;
  /** UTC. */
  at: string;
}

/**
 * Adds one entry. Give it the transaction that does what is written down, so both are there or neither is; without one it makes
 * its own. Texts that are secrets of this process are taken out of `detail`, as everywhere.
 */
export async function appendAudit(knex: Knex, entry: NewAuditEntry): Promise<void> {
  if (!knex.isTransaction) return dialectOf(knex).write(knex, async (trx) => appendAudit(trx, entry));
  // Taking the id takes the write lock: nobody else adds a row between reading the last one and writing this one.
  const id = await takeId(knex, 'audit');
  const last = (await knex('il_audit').orderBy('id', 'desc').first('hash')) as { hash: string } | undefined;
  const { actor, action, subject, detail = {} } = entry;
  const row = { id, at: new Date().toISOString(), actor, action, subject, detail: JSON.stringify(cleaned(detail)) };
  await knex('il_audit').insert({ ...row, hash: hashOf(row, last?.hash ?? '') });
}

/** The newest `limit` entries, in the order in which they were written. `since`: from this instant or UTC date on. */
export async function listAudit(
  knex: Knex,
  filter: { since?: string | undefined; action?: string | undefined; subject?: string | undefined; limit: number },
): Promise<AuditEntry[]> {
  const query = knex('il_audit').orderBy('id', 'desc').limit(filter.limit);
  if (filter.since !== undefined) void query.where('at', '>=', filter.since);
  if (filter.action !== undefined) void query.where({ action: filter.action });
  if (filter.subject !== undefined) void query.where({ subject: filter.subject });
  return ((await query) as AuditRow[]).reverse().map(({ id, at, actor, action, subject, detail }) => ({
    id,
    at,
    actor,
    action,
    subject,
    detail: JSON.parse(detail) as AuditEntry['detail'],
  }));
}

/** The actions and subjects that the log has entries of. */
export async function auditWords(knex: Knex): Promise<{ actions: string[]; subjects: string[] }> {
  return {
    actions: (await knex('il_audit').distinct('action').pluck('action')) as string[],
    subjects: (await knex('il_audit').distinct('subject').pluck('subject')) as string[],
  };
}

export interface AuditVerdict {
  entries: number;
  /** Of the newest entry: note it elsewhere, and that nothing up to it was changed can be shown later. Empty without entries. */
  head: string;
  /** The first entry that is not what was written, or that lacks the one before it; null when all are whole. */
  broken: number | null;
}

/** Goes through the whole log: each row must have the hash that its own values and the row before give, and no number may be missing. */
export async function verifyAudit(knex: Knex): Promise<AuditVerdict> {
  let [before, entries] = ['', 0];
  for (;;) {
    const rows = (await knex('il_audit').where('id', '>', entries).orderBy('id').limit(1000)) as AuditRow[];
    for (const row of rows) {
      if (row.id !== entries + 1 || row.hash !== hashOf(row, before)) return { entries, head: before, broken: entries + 1 };
      entries = row.id;
      before = row.hash;
    }
    if (rows.length === 0) break;
  }
  // The sequence knows how many there were, also when the newest were cut off.
  const next = (await knex('il_sequence').where({ name: 'audit' }).first('next')) as { next: number } | undefined;
  return { entries, head: before, broken: next !== undefined && Number(next.next) !== entries + 1 ? entries + 1 : null };
}

type AuditRow = Omit<AuditEntry, 'detail'> & { detail: string; hash: string };

function hashOf({ id, at, actor, action, subject, detail }: Omit<AuditRow, 'hash'>, before: string): string {
  return hash('sha256', JSON.stringify([before, id, at, actor, action, subject, detail]));
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cleaned(inner)]));
}
