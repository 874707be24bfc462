import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import type { IdRange } from '../revenue/marks.ts';

/** Money that is in a closed day for good, or that a closed period booked as a correction of an earlier one. */
export interface BookedRow {
  /** The closing that booked it. */
  closing: number;
  /** The day in whose period it counts. */
  bookedOn: string;
  /** The closed period that it corrects; null: it was there when its own period closed. */
  corrects: string | null;
  golden: number;
  part: string;
  source: string;
  receiptNumber: string;
  day: string;
  department: string | null;
  account: string | null;
  tender: string | null;
  /** These three are empty in what was booked before they were kept. */
  program: string | null;
  channel: string | null;
  place: string | null;
  /** These two as well. */
  batch: string | null;
  cashier: string | null;
  currency: string;
  count: number;
  /** Minor units, as are the next four. */
  amount: number;
  reconciled: number;
  inTransit: number;
  exception: number;
  notCovered: number;
  reasons: string[];
  changed: number;
  /** Only how the money stands changed since its period was closed. */
  moved: boolean;
  /** What the entries of its closing have of it as revenue; null: it is in no entry. */
  posted: number | null;
}

export type NewBooked = Omit<BookedRow, 'closing'>;

const COLUMNS = [
  'number',
  'closing',
  'booked_on',
  'corrects',
  'golden_id',
  'part',
  'source',
  'receipt_number',
  'day',
  'department',
  'account',
  'tender',
  'currency',
  'count',
  'amount',
  'reconciled',
  'in_transit',
  'exception',
  'not_covered',
  'reasons',
  'changed',
  'moved',
  'posted',
  'program',
  'channel',
  'place',
  'batch',
  'cashier',
] as const;

/** In the transaction of a closing. */
export async function insertBooked(trx: Knex.Transaction, closing: number, rows: readonly NewBooked[]): Promise<void> {
  const [last] = (await trx('il_booked').max({ n: 'number' })) as { n: number | null }[];
  const first = Number(last?.n ?? 0) + 1;
  await (
    await dialectOf(trx).rowsOf(trx)
  ).insert(
    'il_booked',
    COLUMNS,
    rows.map((r, i) => [
      first + i,
      closing,
      r.bookedOn,
      r.corrects,
      r.golden,
      r.part,
      r.source,
      r.receiptNumber,
      r.day,
      r.department,
      r.account,
      r.tender,
      r.currency,
      r.count,
      r.amount,
      r.reconciled,
      r.inTransit,
      r.exception,
      r.notCovered,
      JSON.stringify(r.reasons),
      r.changed,
      r.moved ? 1 : 0,
      r.posted,
      r.program,
      r.channel,
      r.place,
      r.batch,
      r.cashier,
    ]),
  );
}

/** The number of what was booked last; 0: nothing was. */
export async function newestBooked(knex: Knex): Promise<number> {
  const [last] = (await knex('il_booked').max({ n: 'number' })) as { n: number | null }[];
  return Number(last?.n ?? 0);
}

export async function anythingBooked(knex: Knex): Promise<boolean> {
  return (await knex('il_booked').first('number')) !== undefined;
}

const PAGE = 5000;

/** All that is booked, by receipt, in the order of their ids. `ids`: of these receipts only, both included. */
export async function* bookedByReceipt(knex: Knex, ids?: IdRange): AsyncGenerator<{ golden: number; rows: BookedRow[] }> {
  let group: { golden: number; rows: BookedRow[] } | undefined;
  for (let [golden, number] = [ids ? ids.first - 1 : 0, Number.MAX_SAFE_INTEGER]; ;) {
    const query = knex('il_booked')
      .where(
        (after) =>
          void after.where('golden_id', '>', golden).orWhere((same) => void same.where({ golden_id: golden }).where('number', '>', number)),
      )
      .orderBy(['golden_id', 'number'])
      .limit(PAGE);
    if (ids) void query.where('golden_id', '<=', ids.last);
    const page = (await query) as Record<string, unknown>[];
    for (const row of page) {
      const booked = bookedOf(row);
      if (group && group.golden !== booked.golden) {
        yield group;
        group = undefined;
      }
      if (group) group.rows.push(booked);
      else group = { golden: booked.golden, rows: [booked] };
    }
    if (page.length < PAGE) break;
    [golden, number] = [Number(page.at(-1)!.golden_id), Number(page.at(-1)!.number)];
  }
  if (group) yield group;
}

/** What is booked in these days, both included, in the order of the receipts' ids. */
export async function* bookedWithin(knex: Knex, from: string, to: string): AsyncGenerator<BookedRow> {
  for (let [golden, number] = [0, 0]; ;) {
    const page = (await knex('il_booked')
      .whereBetween('booked_on', [from, to])
      .where(
        (after) =>
          void after.where('golden_id', '>', golden).orWhere((same) => void same.where({ golden_id: golden }).where('number', '>', number)),
      )
      .orderBy(['golden_id', 'number'])
      .limit(PAGE)) as Record<string, unknown>[];
    for (const row of page) yield bookedOf(row);
    if (page.length < PAGE) return;
    [golden, number] = [Number(page.at(-1)!.golden_id), Number(page.at(-1)!.number)];
  }
}

/** The run that changed each of these records last, also of those that are deleted; a record of which nothing is known is not there. */
export async function lastChanges(knex: Knex, entity: string, entityId: number, goldens: readonly number[]): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (let i = 0; i < goldens.length; i += 500) {
    const ids = goldens.slice(i, i + 500);
    const history = (await knex('il_history')
      .where({ entity_id: entityId })
      .whereIn('golden_id', ids)
      .groupBy('golden_id')
      .select('golden_id')
      .max({ run: 'run_id' })) as { golden_id: number; run: number }[];
    for (const row of history) found.set(Number(row.golden_id), Number(row.run));
    const rows = (await knex(entity).whereIn('_id', ids).select('_id', '_run')) as { _id: number; _run: number }[];
    for (const row of rows) found.set(Number(row._id), Number(row._run));
  }
  return found;
}

function bookedOf(row: Record<string, unknown>): BookedRow {
  return {
    closing: Number(row.closing),
    bookedOn: row.booked_on as string,
    corrects: row.corrects as string | null,
    golden: Number(row.golden_id),
    part: row.part as string,
    source: row.source as string,
    receiptNumber: row.receipt_number as string,
    day: row.day as string,
    department: row.department as string | null,
    account: row.account as string | null,
    tender: row.tender as string | null,
    program: (row.program as string | null) ?? null,
    channel: (row.channel as string | null) ?? null,
    place: (row.place as string | null) ?? null,
    batch: (row.batch as string | null) ?? null,
    cashier: (row.cashier as string | null) ?? null,
    currency: row.currency as string,
    count: Number(row.count),
    amount: Number(row.amount),
    reconciled: Number(row.reconciled),
    inTransit: Number(row.in_transit),
    exception: Number(row.exception),
    notCovered: Number(row.not_covered),
    reasons: JSON.parse(row.reasons as string) as string[],
    changed: Number(row.changed),
    moved: Number(row.moved ?? 0) === 1,
    posted: row.posted === null || row.posted === undefined ? null : Number(row.posted),
  };
}
