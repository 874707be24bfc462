import type { DayRange } from '../../core/time/time.ts';
import type { Drill } from '../output/drill.ts';
import type { ReportRow } from '../output/table.ts';
import { receiptsDrill } from './receipts.ts';
import { periodDays, type RevenueRow } from './revenue.ts';

/** What a revenue report was asked for: its days, one department, and on which day (MM-DD) the town's fiscal year starts. */
export interface RevenueAsked extends DayRange {
  department?: string | undefined;
  starts: string;
}

/** Where the lines, the totals and the reasons of the revenue report lead: to their receipts. */
export function revenueDrills({ from, to, department }: RevenueAsked): Record<'lines' | 'totals' | 'reasons', Drill[]> {
  const asked = { from, to, department };
  const more = { '--corrects': 'corrected', '--receipt': 'receipt', '--refunds': 'refunds', '--rest': 'rest' };
  return {
    lines: [receiptsDrill(asked, ['department', 'tender'], { '--account': 'on', ...more })],
    totals: [receiptsDrill(asked, [])],
    reasons: [{ ...receiptsDrill(asked, [], { '--why': 'reason' }), what: 'Receipts of a reason' }],
  };
}

/** What the drill of a line is read from. */
export function drillKeys(row: RevenueRow, { starts, ...range }: RevenueAsked): ReportRow {
  return {
    department: row.department,
    on: row.account,
    tender: row.tender,
    receipt: row.receipt,
    ...periodDays(row.period, starts, range),
    corrected: row.corrects ?? 'none',
    // What is taken and what is paid back have lines of their own where the account is not known.
    refunds: row.account !== '(no account)' || row.receipt !== null ? null : row.amount < 0 ? 'only' : 'none',
    rest: row.account !== '(no account)' ? null : row.receipt === null ? 'none' : 'only',
  };
}
