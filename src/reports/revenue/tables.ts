import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';
import { drillKeys, type RevenueAsked, revenueDrills } from './drills.ts';
import type { RevenueRow } from './revenue.ts';
import { accountText, grandTotals, spanText, unreconciledReasons } from './totals.ts';

/** The revenue report as tables, for what is made of every report alike. */
export function revenueTables(rows: readonly RevenueRow[], definition: Report['definition'], asked: RevenueAsked): Report {
  const drills = revenueDrills(asked);
  const { from, to, starts } = asked;
  const whole = { first: from ?? null, last: to ?? null };
  return {
    title: 'Revenue',
    definition,
    notes: ['Not reconciled is on its way, exception and not covered together. Reasons overlap where an amount has several.'],
    tables: [
      {
        name: 'revenue',
        title: 'Revenue',
        drills: drills.lines,
        columns: columnsFrom(
          'department:Department',
          'account:Account',
          'tender:Paid by',
          'period:Period',
          'currency:Currency',
          'receipts:Receipts:count',
          'amount:Amount:money',
          'reconciled:Reconciled:money',
          'unreconciled:Not reconciled:money',
          'in_transit:On its way:money',
          'exception:Exception:money',
          'not_covered:Not covered:money',
          'corrects:Corrects',
          'reasons:Reasons',
        ),
        rows: rows.map((row): ReportRow => {
          const { department, tender, period, currency, receipts, amount, reconciled, unreconciled, corrects } = row;
          const split = { in_transit: row.inTransit, exception: row.exception, not_covered: row.notCovered };
          const reasons = row.reasons.join('; ') || null;
          return {
            ...drillKeys(row, { from, to, starts }),
            department,
            account: accountText(row),
            tender,
            period,
            currency,
            receipts,
            amount,
            reconciled,
            unreconciled,
            ...split,
            corrects,
            reasons,
          };
        }),
      },
      {
        name: 'totals',
        title: 'Total',
        drills: drills.totals,
        columns: columnsFrom(
          'currency:Currency',
          'receipts:Receipts:count',
          'amount:Amount:money',
          'reconciled:Reconciled:money',
          'unreconciled:Not reconciled:money',
        ),
        rows: grandTotals(rows).map(({ unreconciledReceipts: _, ...total }): ReportRow => ({ ...whole, ...total })),
      },
      {
        name: 'not_reconciled',
        title: 'Why not reconciled',
        drills: drills.reasons,
        columns: columnsFrom(
          'reason:Reason',
          'receipts:Receipts:count',
          'currency:Currency',
          'amount:Not reconciled:money',
          'departments:Departments',
          'periods:Periods',
        ),
        rows: unreconciledReasons(rows).map(({ reason, receipts, currency, amount, departments, periods }): ReportRow => {
          return { ...whole, reason, receipts, currency, amount, departments: departments.join(', '), periods: spanText(periods) };
        }),
      },
    ],
  };
}
