import type { Period } from '../../reconciliation/periods/fiscal.ts';
import type { Knex } from '../open.ts';

export type PeriodState = 'open' | 'prepared' | 'closed' | 'reopened';

/** What the store knows of a period: one that nobody has begun to close is not there. */
export interface StoredPeriod {
  id: string;
  kind: 'day' | 'month' | 'year';
  first: string;
  last: string;
  state: PeriodState;
  preparedBy: string | null;
  /** UTC. */
  preparedAt: string | null;
  /** SHA-256 of the figures that were prepared. */
  figures: string | null;
  /** The closing in force. */
  closing: number | null;
  /** Who asked that it be opened again; another person has to do it. */
  reopenBy: string | null;
  reopenAt: string | null;
  reopenReason: string | null;
}

/** One closing; a period that was reopened and closed again has several. */
export interface Closing {
  number: number;
  period: string;
  preparedBy: string;
  preparedAt: string;
  closedBy: string;
  closedAt: string;
  /** The newest run whose data is in it. */
  runId: number;
  checklist: unknown;
  reopenedBy: string | null;
  reopenedAt: string | null;
  /** Earlier periods that were reopened since. */
  marks: string[];
}

/** A report of a closed period, as bytes that never change. */
export interface ClosingReport {
  name: string;
  format: 'data' | 'json' | 'csv' | 'xlsx';
  /** Text; a workbook as base64. */
  content: string;
  sha256: string;
}

export async function listPeriods(knex: Knex, states?: readonly PeriodState[]): Promise<StoredPeriod[]> {
  const query = knex('il_period').orderBy(['first', 'last']);
  if (states) void query.whereIn('state', [...states]);
  return ((await query) as Record<string, unknown>[]).map(periodOf);
}

export async function storedPeriod(knex: Knex, id: string): Promise<StoredPeriod | undefined> {
  const row = (await knex('il_period').where({ id }).first()) as Record<string, unknown> | undefined;
  return row && periodOf(row);
}

export async function savePeriod(trx: Knex, p: StoredPeriod): Promise<void> {
  const row = {
    id: p.id,
    kind: p.kind,
    first: p.first,
    last: p.last,
    state: p.state,
    prepared_by: p.preparedBy,
    prepared_at: p.preparedAt,
    figures: p.figures,
    closing: p.closing,
    reopen_by: p.reopenBy,
    reopen_at: p.reopenAt,
    reopen_reason: p.reopenReason,
  };
  await trx('il_period').insert(row).onConflict('id').merge();
}

/** Adds a closing and gives its number. In a write transaction. */
export async function insertClosing(trx: Knex, c: Omit<Closing, 'number' | 'reopenedBy' | 'reopenedAt' | 'marks'>): Promise<number> {
  const [last] = (await trx('il_closing').max({ n: 'number' })) as { n: number | null }[];
  const number = Number(last?.n ?? 0) + 1;
  await trx('il_closing').insert({
    number,
    period: c.period,
    prepared_by: c.preparedBy,
    prepared_at: c.preparedAt,
    closed_by: c.closedBy,
    closed_at: c.closedAt,
    run_id: c.runId,
    checklist: JSON.stringify(c.checklist),
    marks: '[]',
  });
  return number;
}

/** The oldest first. */
export async function listClosings(knex: Knex, period?: string): Promise<Closing[]> {
  const rows = await knex('il_closing')
    .where(period === undefined ? {} : { period })
    .orderBy('number');
  return (rows as Record<string, unknown>[]).map(closingOf);
}

/** The closings that there were at a moment (UTC), and the periods that were closed then. */
export async function closingsAt(
  knex: Knex,
  moment: string,
): Promise<{ closings: Set<number>; inForce: (Period & { closing: number })[] }> {
  const rows = (await knex('il_closing as c')
    .join('il_period as p', 'p.id', 'c.period')
    .where('c.closed_at', '<=', moment)
    .orderBy('c.number')
    .select('c.number', 'c.reopened_at', 'p.id', 'p.kind', 'p.first', 'p.last')) as (Period & {
    number: number;
    reopened_at: string | null;
  })[];
  return {
    closings: new Set(rows.map(({ number }) => Number(number))),
    inForce: rows
      .filter(({ reopened_at }) => reopened_at === null || reopened_at > moment)
      .map(({ number, id, kind, first, last }) => ({ closing: Number(number), id, kind, first, last })),
  };
}

/** Closes no more: says by whom it was reopened. */
export async function endClosing(trx: Knex, number: number, reopenedBy: string, reopenedAt: string): Promise<void> {
  await trx('il_closing').where({ number }).update({ reopened_by: reopenedBy, reopened_at: reopenedAt });
}

/** Marks closings in force of other periods that end later: an earlier period was reopened. Gives their periods. */
export async function markLaterClosings(trx: Knex, reopened: { id: string; last: string; closing: number }): Promise<string[]> {
  const rows = (await trx('il_closing as c')
    .join('il_period as p', 'p.closing', 'c.number')
    .where('p.state', 'closed')
    .where('p.last', '>', reopened.last)
    .whereNot('p.id', reopened.id)
    .orderBy('p.first')
    .select('c.number', 'c.marks', 'c.period')) as { number: number; marks: string; period: string }[];
  for (const row of rows) {
    const marks = [...new Set([...(JSON.parse(row.marks) as string[]), reopened.id])];
    await trx('il_closing')
      .where({ number: row.number })
      .update({ marks: JSON.stringify(marks) });
  }
  return rows.map(({ period }) => period);
}

export async function saveClosingReports(trx: Knex, closing: number, reports: readonly ClosingReport[]): Promise<void> {
  for (const report of reports) await trx('il_closing_report').insert({ closing, ...report });
}

export async function closingReport(
  knex: Knex,
  closing: number,
  name: string,
  format: ClosingReport['format'],
): Promise<ClosingReport | undefined> {
  const row = (await knex('il_closing_report').where({ closing, name, format }).first('name', 'format', 'content', 'sha256')) as
    ClosingReport | undefined;
  return row && { ...row };
}

/** What a closing kept, without the content. */
export async function closingReports(knex: Knex, closing: number): Promise<Omit<ClosingReport, 'content'>[]> {
  return (await knex('il_closing_report')
    .where({ closing })
    .whereNot({ format: 'data' })
    .orderBy(['name', 'format'])
    .select('name', 'format', 'sha256')) as Omit<ClosingReport, 'content'>[];
}

/** A text that changes when a period is closed or reopened. */
export async function stateOfPeriods(knex: Knex): Promise<string> {
  const rows = (await knex('il_period').whereNotNull('closing').orderBy('id').select('id', 'state', 'closing')) as StoredPeriod[];
  return JSON.stringify(rows.map(({ id, state, closing }) => [id, state, Number(closing)]));
}

function periodOf(row: Record<string, unknown>): StoredPeriod {
  return {
    id: row.id as string,
    kind: row.kind as StoredPeriod['kind'],
    first: row.first as string,
    last: row.last as string,
    state: row.state as PeriodState,
    preparedBy: row.prepared_by as string | null,
    preparedAt: row.prepared_at as string | null,
    figures: row.figures as string | null,
    closing: row.closing === null ? null : Number(row.closing),
    reopenBy: row.reopen_by as string | null,
    reopenAt: row.reopen_at as string | null,
    reopenReason: row.reopen_reason as string | null,
  };
}

function closingOf(row: Record<string, unknown>): Closing {
  return {
    number: Number(row.number),
    period: row.period as string,
    preparedBy: row.prepared_by as string,
    preparedAt: row.prepared_at as string,
    closedBy: row.closed_by as string,
    closedAt: row.closed_at as string,
    runId: Number(row.run_id),
    checklist: JSON.parse(row.checklist as string),
    reopenedBy: row.reopened_by as string | null,
    reopenedAt: row.reopened_at as string | null,
    marks: JSON.parse(row.marks as string) as string[],
  };
}
