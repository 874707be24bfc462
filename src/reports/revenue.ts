import { calendarDay, fiscalPeriod, fiscalYear, startOfDay } from '../core/time.ts';
import { linesOfReceipts, type ReceivedIn, receiptsAfter } from '../store/golden.ts';
import { columnsOfEntity } from '../store/model-tables.ts';
import type { Knex } from '../store/open.ts';
import { entityIds, listSources } from '../store/sources.ts';
import { heldBy } from '../store/totals.ts';
import { coversOf, type StoredRow } from '../engine/reconciliation/covers.ts';
import type { Engine } from '../engine/run/run.ts';

export type PeriodKind = 'day' | 'month' | 'fiscal-period' | 'fiscal-year';

/** One line of the revenue report. Amounts are minor units. */
export interface RevenueRow {
  department: string;
  /** `(no account)` where it is not known. */
  account: string;
  /** The receipt that this is the rest of, when its lines do not add up to it. Such rests are listed, each by itself. */
  receipt: string | null;
  tender: string;
  period: string;
  currency: string;
  receipts: number;
  amount: number;
  reconciled: number;
  unreconciled: number;
  /** How many receipts, or parts of one, are not reconciled: a refund may take their sum to 0.00. */
  unreconciledReceipts: number;
  /** Why what is not reconciled is not. */
  reasons: string[];
  /** How much of it each reason holds back; what has several reasons counts under each. */
  byReason: Record<string, number>;
  /** And how many receipts. */
  receiptsByReason: Record<string, number>;
}

type Row = StoredRow;

const PAGE = 5000;

/**
 * Revenue by department, account, tender and period: every receipt that is not voided, once; split over accounts by its
 * lines where it has no account of its own. Records that only a pipeline gave that is off do not count. A receipt is
 * reconciled when every reconciliation that covers it proved it for its present version, and that version is its newest.
 */
export async function revenueReport(
  engine: Engine,
  options: { period: PeriodKind; from?: string; to?: string; department?: string },
): Promise<RevenueRow[]> {
  const { project, knex } = engine;
  const { receipts: receiptEntity, lines: lineEntity } = project.config.revenue;
  const entity = project.entities.get(receiptEntity);
  if (!entity) return [];
  const has = new Set(columnsOfEntity(entity.value).map((c) => c.name));
  const { fiscal_year_starts: starts, time_zone: zone, currency: town } = project.config.town;
  const ids = await entityIds(knex);
  const off = (await listSources(knex)).filter((s) => project.pipelines.get(s.pipeline)?.value.mode === 'off').map((s) => s.id);
  const covers = await coversOf(engine, receiptEntity);
  const held = await heldBy(knex, ids.get(receiptEntity)!);
  const lineId = project.entities.has(lineEntity) ? ids.get(lineEntity) : undefined;
  const heldLines = lineId === undefined ? new Map<number, { pipeline: string }>() : await heldBy(knex, lineId);
  const rows = new Map<string, RevenueRow>();

  const add = (
    receipt: Row,
    part: { department: string | null; account: string | null; amount: number; count: number; rest?: boolean },
    reasons: readonly string[],
  ): void => {
    if (options.department !== undefined && part.department !== options.department) return;
    const line = {
      department: part.department ?? '(no department)',
      account: part.account ?? '(no account)',
      receipt: part.rest ? String(receipt.receipt_number ?? `#${receipt._id}`) : null,
      tender: (receipt.tender as string | null) ?? '(no tender)',
      period: periodOf(calendarDay(String(receipt.received_on ?? ''), zone), options.period, starts),
      currency: String(receipt.amount_currency ?? town),
    };
    // What two receipts without an account were for may be two accounts: what is too much in one does not make up for the other.
    const sign = part.account === null ? Math.sign(part.amount) : 0;
    const id = JSON.stringify([line.department, line.account, line.receipt && receipt._id, line.tender, line.period, line.currency, sign]);
    let row = rows.get(id);
    if (!row) {
      const nothing = { receipts: 0, amount: 0, reconciled: 0, unreconciled: 0, unreconciledReceipts: 0 };
      rows.set(id, (row = { ...line, ...nothing, reasons: [], byReason: {}, receiptsByReason: {} }));
    }
    row.receipts += part.count;
    row.amount += part.amount;
    if (reasons.length === 0) row.reconciled += part.amount;
    else {
      row.unreconciled += part.amount;
      row.unreconciledReceipts++;
      for (const reason of reasons) {
        row.byReason[reason] = (row.byReason[reason] ?? 0) + part.amount;
        row.receiptsByReason[reason] = (row.receiptsByReason[reason] ?? 0) + 1;
      }
    }
  };

  for (let after = 0; ;) {
    const page: Row[] = await receiptsAfter(knex, { entity: receiptEntity, entityId: ids.get(receiptEntity)!, off }, after, {
      limit: PAGE,
      notVoided: has.has('status'),
      ...within(options, entity.value.fields.received_on?.type === 'datetime' ? zone : undefined),
    });
    if (page.length === 0) break;
    after = page.at(-1)!._id as number;
    const reasonsOf = await covers.reasonsFor(page);
    const split = page.filter((r) => (r.account ?? null) === null && (r.receipt_number ?? null) !== null);
    const lines = lineId === undefined ? new Map<string, Row[]>() : await linesOf(knex, lineEntity, lineId, off, split);
    page.forEach((receipt, i) => {
      const reasons = [...reasonsOf[i]!];
      const department = (receipt.department ?? null) as string | null;
      const account = (receipt.account ?? null) as string | null;
      const amount = Number(receipt.amount ?? 0);
      const rejected = held.get(receipt._id as number);
      if (rejected) reasons.push(newestRejected(rejected.pipeline, 'it'));
      if ((receipt.amount ?? null) === null) reasons.push('it has no amount');
      const own = lines.get(`${receipt.source as string}\u001f${receipt.receipt_number as string}`);
      if (!own) return add(receipt, { department, account, amount, count: 1 }, reasons);
      // Amounts of two currencies are never taken from each other.
      if (own.some((line) => line.amount !== null && line.amount_currency !== receipt.amount_currency))
        return add(receipt, { department, account: null, amount, count: 1, rest: true }, [
          ...reasons,
          'a line of the receipt is in another currency',
        ]);
      let left = amount;
      own.forEach((line, n) => {
        const of = Number(line.amount ?? 0);
        left -= of;
        const behind = heldLines.get(line._id as number);
        add(
          receipt,
          {
            department: (line.department ?? department) as string | null,
            account: line.account as string | null,
            amount: of,
            count: n === 0 ? 1 : 0,
          },
          behind ? [...reasons, newestRejected(behind.pipeline, 'a line of it')] : reasons,
        );
      });
      if (left !== 0)
        add(receipt, { department, account: null, amount: left, count: 0, rest: true }, [
          ...reasons,
          'the lines of the receipt do not add up to it',
        ]);
    });
  }
  return [...rows.values()]
    .map((row) => ({ ...row, reasons: Object.keys(row.byReason).sort() }))
    .sort(
      (a, b) =>
        order(a.department, b.department) ||
        order(a.account, b.account) ||
        order(a.tender, b.tender) ||
        order(a.period, b.period) ||
        order(a.receipt ?? '', b.receipt ?? '') ||
        b.amount - a.amount,
    );
}

/** What is in the figures is the last good version; it is not known what the newest one says. */
function newestRejected(pipeline: string, what: string): string {
  return `the newest version of ${what} was rejected by ${pipeline}; the last good one is counted`;
}

/** From the first day to the last, both included. `zone`: the days are stored as moments, and are the town's days. */
function within({ from, to }: { from?: string | undefined; to?: string | undefined }, zone: string | undefined): ReceivedIn {
  if (zone === undefined) return { from, to };
  return { from: from && startOfDay(from, zone), before: to && startOfDay(to, zone, 1) };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function periodOf(date: string, kind: PeriodKind, fiscalYearStarts: string): string {
  if (kind === 'day') return date;
  if (kind === 'month') return date.slice(0, 7);
  if (kind === 'fiscal-year') return fiscalYear(date, fiscalYearStarts);
  return `${fiscalYear(date, fiscalYearStarts)} P${String(fiscalPeriod(date, fiscalYearStarts)).padStart(2, '0')}`;
}

async function linesOf(
  knex: Knex,
  lineEntity: string,
  lineId: number,
  off: readonly number[],
  receipts: readonly Row[],
): Promise<Map<string, Row[]>> {
  const lines = new Map<string, Row[]>();
  const numbers = [...new Set(receipts.map((r) => r.receipt_number as string))];
  for (const line of await linesOfReceipts(knex, { entity: lineEntity, entityId: lineId, off }, numbers)) {
    const id = `${line.source as string}\u001f${line.receipt_number as string}`;
    const list = lines.get(id);
    if (list) list.push(line);
    else lines.set(id, [line]);
  }
  return lines;
}
