import { plainMoney } from '../../core/money.ts';
import type { RevenueRow } from './revenue.ts';

/** A report line as machines get it: amounts are decimal text, `"1234.50"`. */
export type RevenueJsonRow = Pick<
  RevenueRow,
  'department' | 'account' | 'receipt' | 'tender' | 'period' | 'currency' | 'corrects' | 'receipts' | 'reasons'
> &
  Record<'amount' | 'reconciled' | 'unreconciled' | 'in_transit' | 'exception' | 'not_covered', string> & { unreconciled_receipts: number };

/** The contract of `report revenue --json` and of /api/revenue. */
export function revenueJson(rows: readonly RevenueRow[]): { rows: RevenueJsonRow[] } {
  return {
    rows: rows.map((row) => ({
      department: row.department,
      account: row.account,
      receipt: row.receipt,
      tender: row.tender,
      period: row.period,
      currency: row.currency,
      corrects: row.corrects,
      receipts: row.receipts,
      amount: plainMoney(row.amount, row.currency),
      reconciled: plainMoney(row.reconciled, row.currency),
      unreconciled: plainMoney(row.unreconciled, row.currency),
      in_transit: plainMoney(row.inTransit, row.currency),
      exception: plainMoney(row.exception, row.currency),
      not_covered: plainMoney(row.notCovered, row.currency),
      unreconciled_receipts: row.unreconciledReceipts,
      reasons: row.reasons,
    })),
  };
}
