import type { Problem } from '../../core/errors.ts';
import type { EntryLine } from '../../reconciliation/journal-entries.ts';
import type { ReceiptLine } from '../../reconciliation/postings.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { type OutboxState, type PersonDecision, REACHED } from './outbox.ts';

/** What rows of the outbox that are entries have in place of the id of an entity. No entity has it. */
export const ENTRY_ENTITY_ID = 0;

/** A summarized journal entry. It is never changed: other content is another entry. */
export interface StoredEntry {
  number: number;
  id: string;
  pipeline: string;
  connection: string;
  period: string;
  first: string;
  last: string;
  department: string | null;
  tender: string | null;
  currency: string;
  corrects: number | null;
  receipts: number;
  /** All debits, minor units. */
  total: number;
  lines: EntryLine[];
  run: number;
  madeAt: string;
}

/** An entry with what became of it: the newest row of the outbox that is it. */
export interface EntryOnItsWay extends StoredEntry {
  state: OutboxState;
  /** The row of the outbox. */
  row: number;
  delivery: number | null;
  decision: PersonDecision | null;
  problems: Problem[];
  /** The number that the ledger gave it. */
  theirNumber: string | null;
}

const COLUMNS = [
  'entry',
  'part',
  'golden_id',
  'source',
  'receipt_number',
  'day',
  'department',
  'tender',
  'fund',
  'account',
  'what',
  'debit',
] as const;

export async function insertEntry(trx: Knex.Transaction, entry: StoredEntry, of: readonly ReceiptLine[]): Promise<void> {
  const { madeAt, run, lines, ...rest } = entry;
  await trx('il_entry').insert({ ...rest, lines: JSON.stringify(lines), made_at: madeAt, run_id: run });
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_entry_part',
    COLUMNS,
    of.map((one, i) => [
      entry.number,
      i + 1,
      one.golden,
      one.source,
      one.receiptNumber,
      one.day,
      one.department,
      one.tender,
      one.fund,
      one.account,
      one.what,
      one.debit,
    ]),
  );
}

/** The number of the entry of a pipeline that has this id. */
export async function entryNumber(knex: Knex, pipeline: string, id: string): Promise<number | undefined> {
  const row = (await knex('il_entry').where({ pipeline, id }).first('number')) as { number: number } | undefined;
  return row && Number(row.number);
}

export interface EntryFilter {
  pipeline?: string | undefined;
  connection?: string | undefined;
  /** Only entries that have money of this receipt. */
  golden?: number | undefined;
  number?: number | undefined;
}

/** Entries with what became of each, in the order of their numbers. */
export async function listEntries(knex: Knex, filter: EntryFilter): Promise<EntryOnItsWay[]> {
  const query = knex('il_entry as e')
    .join('il_outbox as o', (on) => {
      void on.on('o.pipeline', 'e.pipeline').andOn('o.golden_id', 'e.number');
      void on.andOnVal('o.entity_id', ENTRY_ENTITY_ID).andOnVal('o.latest', 1);
    })
    .orderBy(['e.number', 'o.id'])
    .select('e.*', 'o.id as row_id', 'o.state', 'o.delivery_id', 'o.decision', 'o.problems', 'o.their_number');
  if (filter.pipeline !== undefined) void query.where('e.pipeline', filter.pipeline);
  if (filter.connection !== undefined) void query.where('e.connection', filter.connection);
  if (filter.number !== undefined) void query.where('e.number', filter.number);
  if (filter.golden !== undefined)
    void query.whereIn('e.number', knex('il_entry_part').where({ golden_id: filter.golden }).distinct('entry'));
  // An entry that was mapped to another key has a withdrawn row as well: what is not withdrawn says how it stands.
  const byNumber = new Map<number, EntryOnItsWay>();
  for (const row of (await query) as Record<string, unknown>[]) {
    const entry = entryOf(row);
    const known = byNumber.get(entry.number);
    if (!known || known.state === 'withdrawn') byNumber.set(entry.number, entry);
  }
  return [...byNumber.values()];
}

/**
 * Is the money of an entry accounted for? It is in the ledger or may be there, a person said that it is not to be sent, or a person had it sent
 * once more as it is. Everything else is not in the ledger, and may be made again.
 */
export function isSettled({ state, decision }: Pick<EntryOnItsWay, 'state' | 'decision'>): boolean {
  return REACHED.includes(state) || state === 'dismissed' || (state === 'queued' && decision?.did === 'retry');
}

/** What an entry has of each receipt. */
export async function receiptLinesOf(knex: Knex, { number, currency }: Pick<StoredEntry, 'number' | 'currency'>): Promise<ReceiptLine[]> {
  const rows = (await knex('il_entry_part').where({ entry: number }).orderBy('part')) as Record<string, unknown>[];
  return rows.map((row) => ({
    golden: Number(row.golden_id),
    source: row.source as string,
    receiptNumber: row.receipt_number as string,
    day: row.day as string,
    department: row.department as string | null,
    tender: row.tender as string | null,
    currency,
    fund: row.fund as string,
    account: row.account as string,
    what: row.what as ReceiptLine['what'],
    debit: Number(row.debit),
  }));
}

/** What entries have of the revenue of a receipt, by their numbers; minor units. */
export async function revenueInEntries(knex: Knex, golden: number): Promise<Map<number, number>> {
  const rows = (await knex('il_entry_part').where({ golden_id: golden, what: 'revenue' }).select('entry', 'debit')) as {
    entry: number;
    debit: number | string;
  }[];
  const sums = new Map<number, number>();
  for (const { entry, debit } of rows) sums.set(Number(entry), (sums.get(Number(entry)) ?? 0) - Number(debit));
  return sums;
}

function entryOf(row: Record<string, unknown>): EntryOnItsWay {
  return {
    number: Number(row.number),
    id: row.id as string,
    pipeline: row.pipeline as string,
    connection: row.connection as string,
    period: row.period as string,
    first: row.first as string,
    last: row.last as string,
    department: row.department as string | null,
    tender: row.tender as string | null,
    currency: row.currency as string,
    corrects: row.corrects === null ? null : Number(row.corrects),
    receipts: Number(row.receipts),
    total: Number(row.total),
    lines: JSON.parse(row.lines as string) as EntryLine[],
    run: Number(row.run_id),
    madeAt: row.made_at as string,
    state: row.state as OutboxState,
    row: Number(row.row_id),
    delivery: row.delivery_id === null ? null : Number(row.delivery_id),
    decision: row.decision === null ? null : (JSON.parse(row.decision as string) as PersonDecision),
    problems: row.problems === null ? [] : (JSON.parse(row.problems as string) as Problem[]),
    theirNumber: row.their_number as string | null,
  };
}
