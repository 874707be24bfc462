import { plainMoney } from '../../core/money.ts';
import type { ShapeOf } from '../shapes/shapes.ts';
import { drillsOf } from '../output/drill.ts';
import { drillKeys, type RevenueAsked, revenueDrills } from './drills.ts';
import type { RevenueRow } from './revenue.ts';

/** The revenue report as `report revenue --json` and /api/revenue give it. */
export function revenueJson(rows: readonly RevenueRow[], asked: RevenueAsked): ShapeOf<'report revenue'> {
  const { lines } = revenueDrills(asked);
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
      ...drillsOf(lines, drillKeys(row, asked)),
    })),
  };
}
