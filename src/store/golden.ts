import type { Knex } from './open.ts';
import type { Cell } from './rows.ts';

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
export async function goldensWithText(knex: Knex, entity: string, columns: readonly string[], text: string, limit: number): Promise<number[]> {
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

/** Receipts in the order of their ids, after `after`; dates are inclusive. */
export async function receiptsAfter(
  knex: Knex,
  entity: string,
  after: number,
  filter: { limit: number; notVoided: boolean; from?: string | undefined; to?: string | undefined },
): Promise<GoldenRow[]> {
  const query = knex(entity).where('_id', '>', after).orderBy('_id').limit(filter.limit);
  if (filter.notVoided) void query.where((q) => void q.whereNot('status', 'voided').orWhereNull('status'));
  if (filter.from) void query.where('received_on', '>=', filter.from);
  if (filter.to) void query.where('received_on', '<=', filter.to);
  return (await query) as GoldenRow[];
}

/** Lines of receipts with these numbers, in the order of their ids. */
export async function linesOfReceipts(knex: Knex, entity: string, numbers: readonly string[]): Promise<GoldenRow[]> {
  const found: GoldenRow[] = [];
  for (let i = 0; i < numbers.length; i += 500)
    found.push(
      ...((await knex(entity)
        .whereIn('receipt_number', numbers.slice(i, i + 500))
        .orderBy('_id')) as GoldenRow[]),
    );
  return found;
}
