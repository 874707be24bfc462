import { fiscalPeriod, fiscalYear } from '../core/time.ts';
import { addSplit, noSplit, type Split } from '../reconciliation/standing.ts';
import { type LedgerEntry, revenueLedger } from '../engine/revenue/ledger.ts';
import type { Engine } from '../engine/run/engine.ts';

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
  /** The closed period that it corrects; null: it corrects nothing. */
  corrects: string | null;
  receipts: number;
  amount: number;
  reconciled: number;
  /** What is not: the sum of the next three. */
  unreconciled: number;
  /** On its way, within the time that is normal. */
  inTransit: number;
  /** Somebody has to look at it: it does not agree, it was rejected, or a match needs review. */
  exception: number;
  /** No reconciliation has looked at its present version. */
  notCovered: number;
  /** How many receipts, or parts of one, are not reconciled: a refund may take their sum to 0.00. */
  unreconciledReceipts: number;
  /** Why what is not reconciled is not. */
  reasons: string[];
  /** How much of it each reason holds back; what has several reasons counts under each. */
  byReason: Record<string, number>;
  /** And how many receipts. */
  receiptsByReason: Record<string, number>;
}

/** The revenue report: entries of src/engine/revenue added up by department, account, tender and period. */
export async function revenueReport(
  engine: Engine,
  options: { period: PeriodKind; from?: string; to?: string; department?: string },
): Promise<RevenueRow[]> {
  const sums = revenueSums(options.period, engine.project.config.town.fiscal_year_starts);
  for await (const fact of revenueLedger(engine, options))
    if (options.department === undefined || fact.department === options.department) sums.add(fact);
  return sums.rows();
}

interface Line {
  row: RevenueRow;
  split: Split;
}

/** Adds facts up to report lines. */
export function revenueSums(period: PeriodKind, starts: string): { add(fact: LedgerEntry): void; rows(): RevenueRow[] } {
  const lines = new Map<string, Line>();
  return {
    add(fact) {
      const { reasons, split } = fact;
      const line = lineOf(fact);
      line.row.receipts += fact.count;
      line.row.amount += fact.amount;
      addSplit(line.split, split);
      if (reasons.length === 0) return;
      line.row.unreconciledReceipts++;
      for (const reason of reasons) {
        line.row.byReason[reason] = (line.row.byReason[reason] ?? 0) + fact.amount - split.reconciled;
        line.row.receiptsByReason[reason] = (line.row.receiptsByReason[reason] ?? 0) + 1;
      }
    },
    rows: () =>
      [...lines.values()]
        .map(({ row, split }) => ({
          ...row,
          reconciled: split.reconciled,
          unreconciled: row.amount - split.reconciled,
          inTransit: split.in_transit,
          exception: split.exception,
          notCovered: split.not_covered,
          reasons: Object.keys(row.byReason).sort(),
        }))
        .sort(inOrder),
  };

  function lineOf(fact: LedgerEntry): Line {
    const rest = fact.part === 'rest';
    const names = {
      department: fact.department ?? '(no department)',
      account: fact.account ?? '(no account)',
      receipt: rest ? fact.receiptNumber : null,
      tender: fact.tender ?? '(no tender)',
      period: periodOf(fact.bookedOn, period, starts),
      currency: fact.currency,
      corrects: fact.corrects,
    };
    // What two receipts without an account were for may be two accounts: what is too much in one does not make up for the other.
    const sign = fact.account === null ? Math.sign(fact.amount) : 0;
    const id = JSON.stringify([
      names.department,
      names.account,
      rest && fact.golden,
      names.tender,
      names.period,
      names.currency,
      names.corrects,
      sign,
    ]);
    let line = lines.get(id);
    if (!line) {
      const nothing = { receipts: 0, amount: 0, reconciled: 0, unreconciled: 0, inTransit: 0, exception: 0, notCovered: 0 };
      const row = { ...names, ...nothing, unreconciledReceipts: 0, reasons: [], byReason: {}, receiptsByReason: {} };
      lines.set(id, (line = { row, split: noSplit() }));
    }
    return line;
  }
}

function inOrder(a: RevenueRow, b: RevenueRow): number {
  return (
    order(a.department, b.department) ||
    order(a.account, b.account) ||
    order(a.tender, b.tender) ||
    order(a.period, b.period) ||
    order(a.corrects ?? '', b.corrects ?? '') ||
    order(a.receipt ?? '', b.receipt ?? '') ||
    b.amount - a.amount
  );
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
