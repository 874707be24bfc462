import type { RevenueRow } from './revenue.ts';

/** Sums of report lines in one currency; minor units. */
export interface RevenueTotal {
  currency: string;
  receipts: number;
  amount: number;
  reconciled: number;
  unreconciled: number;
  unreconciledReceipts: number;
}

/** One reason why money is not reconciled. What has several reasons counts under each. */
export interface UnreconciledReason {
  reason: string;
  currency: string;
  /** Report lines that it is on. */
  lines: number;
  /** Minor units that it holds back. */
  amount: number;
  /** Receipts, or parts of one: a refund may take their amount to 0.00. */
  receipts: number;
  departments: string[];
  /** Earliest first. */
  periods: string[];
}

/** An account as people read it: what is known of a rest is the receipt that it is of. */
export function accountText(row: Pick<RevenueRow, 'account' | 'receipt'>): string {
  return row.receipt === null ? row.account : `${row.account}, receipt ${row.receipt}`;
}

/** In all, one for each currency. */
export function grandTotals(rows: readonly RevenueRow[]): RevenueTotal[] {
  const totals = new Map<string, RevenueTotal>();
  for (const row of rows) {
    let total = totals.get(row.currency);
    if (!total)
      totals.set(
        row.currency,
        (total = { currency: row.currency, receipts: 0, amount: 0, reconciled: 0, unreconciled: 0, unreconciledReceipts: 0 }),
      );
    total.receipts += row.receipts;
    total.amount += row.amount;
    total.reconciled += row.reconciled;
    total.unreconciled += row.unreconciled;
    total.unreconciledReceipts += row.unreconciledReceipts;
  }
  return [...totals.values()];
}

export interface DepartmentRevenue {
  department: string;
  rows: RevenueRow[];
  totals: RevenueTotal[];
}

/** The lines of each department with their sums, in the order of the report. */
export function byDepartment(rows: readonly RevenueRow[]): DepartmentRevenue[] {
  return [...Map.groupBy(rows, (row) => row.department)].map(([department, list]) => ({
    department,
    rows: list,
    totals: grandTotals(list),
  }));
}

/** Why what is not reconciled is not; the largest amounts first. */
export function unreconciledReasons(rows: readonly RevenueRow[]): UnreconciledReason[] {
  const found = new Map<string, UnreconciledReason & { in: Set<string>; at: Set<string> }>();
  for (const row of rows)
    for (const [reason, amount] of Object.entries(row.byReason)) {
      const id = `${row.currency}\u001f${reason}`;
      let group = found.get(id);
      if (!group)
        found.set(
          id,
          (group = {
            reason,
            currency: row.currency,
            lines: 0,
            amount: 0,
            receipts: 0,
            departments: [],
            periods: [],
            in: new Set(),
            at: new Set(),
          }),
        );
      group.lines++;
      group.amount += amount;
      group.receipts += row.receiptsByReason[reason] ?? 0;
      group.in.add(row.department);
      group.at.add(row.period);
    }
  return [...found.values()]
    .map(({ in: departments, at, ...group }) => ({ ...group, departments: [...departments].sort(), periods: [...at].sort() }))
    .sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount) || (a.reason < b.reason ? -1 : 1));
}

/** Some money has several reasons, so the amounts of all reasons add up to more than what is not reconciled. */
export function reasonsOverlap(rows: readonly RevenueRow[]): boolean {
  return rows.some((row) => Object.values(row.byReason).reduce((sum, amount) => sum + amount, 0) !== row.unreconciled);
}

/** `2026-03`, or `2026-01 to 2026-06` for several. */
export function spanText(periods: readonly string[]): string {
  return periods.length < 2 ? (periods[0] ?? '') : `${periods[0]!} to ${periods.at(-1)!}`;
}
