import { compare } from '../../core/compare.ts';
import { type DayRange, daysInMonth, fiscalPeriod, fiscalYear } from '../../core/time/time.ts';
import { readPeriod } from '../../reconciliation/periods/fiscal.ts';
import { addSplit, noSplit, type Split } from '../../reconciliation/standing.ts';
import { type LedgerEntry, revenueLedger } from '../../engine/revenue/ledger.ts';
import { type RevenueSum, revenueSums } from '../../engine/revenue/read-sums.ts';
import type { Engine } from '../../engine/run/engine.ts';

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

/** The revenue report: what is in src/engine/revenue, added up by department, account, tender and period. */
export async function revenueReport(engine: Engine, options: RevenueOptions): Promise<RevenueRow[]> {
  const { period, ...range } = options;
  const sums = await revenueSums(engine, { by: period === 'day' ? 'day' : 'month', ...range });
  if (!sums) return revenueReportOfReceipts(engine, options);
  const lines = revenueLines(period, engine.project.config.town.fiscal_year_starts);
  for (const sum of sums) lines.addSum(sum);
  return lines.rows();
}

/** The same from every receipt, one by one. */
export async function revenueReportOfReceipts(engine: Engine, options: RevenueOptions): Promise<RevenueRow[]> {
  const lines = revenueLines(options.period, engine.project.config.town.fiscal_year_starts);
  for await (const fact of revenueLedger(engine, options))
    if (options.department === undefined || fact.department === options.department) lines.add(fact);
  return lines.rows();
}

export interface RevenueOptions {
  period: PeriodKind;
  from?: string | undefined;
  to?: string | undefined;
  department?: string | undefined;
}

/** What is added to a line: a fact, or a sum of several that differ in nothing that a line tells. */
interface Added {
  department: string | null;
  account: string | null;
  tender: string | null;
  currency: string;
  corrects: string | null;
  day: string;
  /** The golden record of the receipt that this is the rest of; 0: it is none. */
  rest: number;
  receipt: string | null;
  sign: number;
  facts: number;
  count: number;
  amount: number;
  split: Split;
  reasons: readonly string[];
}

interface Line {
  row: RevenueRow;
  /** The golden record of the receipt that it is the rest of; 0: it is none. */
  rest: number;
  split: Split;
}

/** Adds facts, or sums of them, up to report lines. */
function revenueLines(
  period: PeriodKind,
  starts: string,
): { add(fact: LedgerEntry): void; addSum(sum: RevenueSum): void; rows(): RevenueRow[] } {
  const lines = new Map<string, Line>();
  return {
    add(fact) {
      const rest = fact.part === 'rest';
      add({
        ...fact,
        day: fact.bookedOn,
        rest: rest ? fact.golden : 0,
        receipt: rest ? fact.receiptNumber : null,
        // What two receipts without an account were for may be two accounts: what is too much in one does not make up for the other.
        sign: fact.account === null ? Math.sign(fact.amount) : 0,
        facts: 1,
      });
    },
    addSum(sum) {
      const { reconciled, in_transit, exception, not_covered } = sum;
      add({ ...sum, split: { reconciled, in_transit, exception, not_covered }, reasons: JSON.parse(sum.reasons) as string[] });
    },
    rows: () =>
      [...lines.values()]
        .sort((a, b) => inOrder(a.row, b.row) || a.rest - b.rest)
        .map(({ row, split }) => ({
          ...row,
          reconciled: split.reconciled,
          unreconciled: row.amount - split.reconciled,
          inTransit: split.in_transit,
          exception: split.exception,
          notCovered: split.not_covered,
          reasons: Object.keys(row.byReason).sort(),
        })),
  };

  function add(added: Added): void {
    const { reasons, split } = added;
    const line = lineOf(added);
    line.row.receipts += added.count;
    line.row.amount += added.amount;
    addSplit(line.split, split);
    if (reasons.length === 0) return;
    line.row.unreconciledReceipts += added.facts;
    for (const reason of reasons) {
      line.row.byReason[reason] = (line.row.byReason[reason] ?? 0) + added.amount - split.reconciled;
      line.row.receiptsByReason[reason] = (line.row.receiptsByReason[reason] ?? 0) + added.facts;
    }
  }

  function lineOf({ receipt, rest, sign, ...added }: Added): Line {
    const names = {
      department: added.department ?? '(no department)',
      account: added.account ?? '(no account)',
      receipt,
      tender: added.tender ?? '(no tender)',
      period: periodOf(added.day, period, starts),
      currency: added.currency,
      corrects: added.corrects,
    };
    // A receipt of 0.00 is of no account's money: it stands with what was taken, not on a line of its own.
    const refund = sign < 0;
    const id = JSON.stringify([names.department, names.account, rest, names.tender, names.period, names.currency, names.corrects, refund]);
    let line = lines.get(id);
    if (!line) {
      const nothing = { receipts: 0, amount: 0, reconciled: 0, unreconciled: 0, inTransit: 0, exception: 0, notCovered: 0 };
      const row = { ...names, ...nothing, unreconciledReceipts: 0, reasons: [], byReason: {}, receiptsByReason: {} };
      lines.set(id, (line = { row, rest, split: noSplit() }));
    }
    return line;
  }
}

function inOrder(a: RevenueRow, b: RevenueRow): number {
  return (
    compare(a.department, b.department) ||
    compare(a.account, b.account) ||
    compare(a.tender, b.tender) ||
    compare(a.period, b.period) ||
    compare(a.corrects ?? '', b.corrects ?? '') ||
    compare(a.receipt ?? '', b.receipt ?? '') ||
    b.amount - a.amount ||
    compare(a.currency, b.currency)
  );
}

export function periodOf(date: string, kind: PeriodKind, fiscalYearStarts: string): string {
  if (kind === 'day') return date;
  if (kind === 'month') return date.slice(0, 7);
  if (kind === 'fiscal-year') return fiscalYear(date, fiscalYearStarts);
  return `${fiscalYear(date, fiscalYearStarts)} P${String(fiscalPeriod(date, fiscalYearStarts)).padStart(2, '0')}`;
}

/** The days of a line's period, as far as they are in the days that were asked for. */
export function periodDays(
  period: string,
  fiscalYearStarts: string,
  { from, to }: DayRange,
): { first: string | null; last: string | null } {
  const known = period.length === 7 ? calendarMonth(period) : readPeriod(period, fiscalYearStarts);
  const latest = (a: string | undefined, b: string | undefined): string | null =>
    a === undefined ? (b ?? null) : b !== undefined && b > a ? b : a;
  const earliest = (a: string | undefined, b: string | undefined): string | null =>
    a === undefined ? (b ?? null) : b !== undefined && b < a ? b : a;
  return { first: latest(known?.first, from), last: earliest(known?.last, to) };
}

/** A month by the calendar, which need not be one of the fiscal year. */
function calendarMonth(month: string): { first: string; last: string } {
  const days = daysInMonth(Number(month.slice(0, 4)), Number(month.slice(5, 7)));
  return { first: `${month}-01`, last: `${month}-${String(days).padStart(2, '0')}` };
}
