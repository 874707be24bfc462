import type { Knex } from '../open.ts';
import type { Cell } from '../rows.ts';
import { withoutOff } from '../reconciliation/totals.ts';

/** A row of an entity's table: its columns and those that the store adds. */
export type GoldenRow = Record<string, Cell>;

export async function goldenRow(knex: Knex, entity: string, id: number): Promise<GoldenRow | undefined> {
  return (await knex(entity).where({ _id: id }).first()) as GoldenRow | undefined;
}

export async function isGolden(knex: Knex, entity: string, id: number): Promise<boolean> {
  return (await knex(entity).where({ _id: id }).first('_id')) !== undefined;
}

/** Golden records that a source record with this key is linked to. */
export async function goldensOfKey(knex: Knex, entityId: number, key: string, limit: number): Promise<number[]> {
  const ids = (await knex('il_link')
    .whereIn('source_id', knex('il_source').select('id'))
    .where({ entity_id: entityId, source_key: key })
    .whereNotNull('golden_id')
    .orderBy('golden_id')
    .limit(limit)
    .pluck('golden_id')) as number[];
  return [...new Set(ids)];
}

/** Golden records of which one of these columns has this text. */
export async function goldensWithText(
  knex: Knex,
  entity: string,
  columns: readonly string[],
  text: string,
  limit: number,
): Promise<number[]> {
  if (columns.length === 0) return [];
  return (await knex(entity)
    .where((q) => {
      for (const name of columns) void q.orWhere(name, text);
    })
    .orderBy('_id')
    .limit(limit)
    .pluck('_id')) as number[];
}

export interface HistoryRow {
  started_at: string;
  run_id: number;
  action: string;
  /** JSON. */
  changes: string | null;
}

/** What happened to a golden record after it was created, with the runs in which it did. */
export async function historyOf(knex: Knex, entityId: number, goldenId: number): Promise<HistoryRow[]> {
  return (await knex('il_history as h')
    .join('il_run as r', 'r.id', 'h.run_id')
    .where({ entity_id: entityId, golden_id: goldenId })
    .orderBy('h.id')
    .select('r.started_at', 'h.run_id', 'h.action', 'h.changes')) as HistoryRow[];
}

/** Records of an entity, without those that only sources gave whose pipelines are off. */
export interface Counted {
  entity: string;
  entityId: number;
  off: readonly number[];
}

/** When receipts were taken: from a day or moment on, up to a day or before a moment. */
export interface ReceivedIn {
  from?: string | undefined;
  to?: string | undefined;
  before?: string | undefined;
}

/** Receipts in the order of their ids, after `after`; with `through`, up to that id. */
export async function receiptsAfter(
  knex: Knex,
  { entity, entityId, off }: Counted,
  after: number,
  filter: ReceivedIn & { limit: number; notVoided: boolean; through?: number | undefined },
): Promise<GoldenRow[]> {
  const query = knex(`${entity} as g`).select('g.*').where('g._id', '>', after).orderBy('g._id').limit(filter.limit);
  if (filter.through !== undefined) void query.where('g._id', '<=', filter.through);
  if (filter.notVoided) void query.where((q) => void q.whereNot('g.status', 'voided').orWhereNull('g.status'));
  if (filter.from) void query.where('g.received_on', '>=', filter.from);
  if (filter.to) void query.where('g.received_on', '<=', filter.to);
  if (filter.before) void query.where('g.received_on', '<', filter.before);
  return (await withoutOff(knex, query, entityId, off)) as GoldenRow[];
}

/** A receipt as its lines name it. */
export interface ReceiptNumber {
  source: string | null;
  number: string;
}

/**
 * Lines of these receipts, in the order of their ids as far as they are of one source. They are asked for by source and number: that is
 * what lines are indexed by.
 */
export async function linesOfReceipts(
  knex: Knex,
  { entity, entityId, off }: Counted,
  receipts: Iterable<ReceiptNumber>,
): Promise<GoldenRow[]> {
  const bySource = new Map<string | null, Set<string>>();
  for (const { source, number } of receipts) {
    const numbers = bySource.get(source);
    if (numbers) numbers.add(number);
    else bySource.set(source, new Set([number]));
  }
  const found: GoldenRow[] = [];
  for (const [source, numbers] of bySource) {
    const list = [...numbers].sort();
    for (let i = 0; i < list.length; i += 500) {
      const query = knex(`${entity} as g`)
        .select('g.*')
        .where({ 'g.source': source })
        .whereIn('g.receipt_number', list.slice(i, i + 500))
        .orderBy('g._id');
      found.push(...((await withoutOff(knex, query, entityId, off)) as GoldenRow[]));
    }
  }
  return found;
}

/** On which day, or at which moment, each of these receipts was taken; one that is gone, or has none, is not there. */
export async function daysOfReceipts(knex: Knex, entity: string, ids: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let i = 0; i < ids.length; i += 500) {
    const rows = (await knex(entity)
      .whereIn('_id', ids.slice(i, i + 500))
      .whereNotNull('received_on')
      .select('_id', 'received_on')) as { _id: number; received_on: string }[];
    for (const row of rows) found.set(Number(row._id), row.received_on);
  }
  return found;
}

/** Day and amount of these receipts, in minor units; one that is gone is not there. */
export async function amountsOfReceipts(
  knex: Knex,
  entity: string,
  ids: readonly number[],
): Promise<Map<number, { day: string | null; minor: number; currency: string | null }>> {
  const found = new Map<number, { day: string | null; minor: number; currency: string | null }>();
  for (let i = 0; i < ids.length; i += 500) {
    const rows = (await knex(entity)
      .whereIn('_id', ids.slice(i, i + 500))
      .select('_id', 'received_on', 'amount', 'amount_currency')) as Record<string, string | number | null>[];
    for (const row of rows)
      found.set(Number(row._id), {
        day: row.received_on as string | null,
        minor: Number(row.amount ?? 0),
        currency: row.amount_currency as string | null,
      });
  }
  return found;
}
