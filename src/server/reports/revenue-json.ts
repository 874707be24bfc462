import { plainMoney } from '../../core/money.ts';
import type { RevenueRow } from '../../engine/revenue.ts';

/** A report line as machines get it: amounts are decimal text, `"1234.50"`. */
export type RevenueJsonRow = Omit<RevenueRow, 'amount' | 'reconciled' | 'unreconciled' | 'byReason'> &
  Record<'amount' | 'reconciled' | 'unreconciled', string>;

/** The contract of `report revenue --json` and of /api/revenue. */
export function revenueJson(rows: readonly RevenueRow[]): { rows: RevenueJsonRow[] } {
  return {
    rows: rows.map((row) => ({
      department: row.department,
      account: row.account,
      tender: row.tender,
      period: row.period,
      currency: row.currency,
      receipts: row.receipts,
      amount: plainMoney(row.amount, row.currency),
      reconciled: plainMoney(row.reconciled, row.currency),
      unreconciled: plainMoney(row.unreconciled, row.currency),
      reasons: row.reasons,
    })),
  };
}
