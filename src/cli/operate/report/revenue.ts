import { counted } from '../../../core/text/counted.ts';
import { formatMoney } from '../../../core/money.ts';
import { visibleLine } from '../../../core/text/visible.ts';
import { drillHints } from '../../../reports/output/drill.ts';
import { drillKeys, type RevenueAsked, revenueDrills } from '../../../reports/revenue/drills.ts';
import type { RevenueRow } from '../../../reports/revenue/revenue.ts';
import {
  accountText,
  byDepartment,
  grandTotals,
  reasonsOverlap,
  type RevenueTotal,
  spanText,
  unreconciledReasons,
} from '../../../reports/revenue/totals.ts';
import { tableText } from '../../table.ts';

const HEAD = ['department', 'account', 'paid by', 'period', '', 'receipts', 'amount', 'reconciled', 'not reconciled'];
const RIGHT = [5, 6, 7, 8];
const MAX_REASONS = 20;

/** The revenue report for a terminal: its lines, sums by department and in all, and why what is not reconciled is not. */
export function revenueTable(rows: readonly RevenueRow[], asked: RevenueAsked): string {
  if (rows.length === 0) return 'There is no revenue in this period.';
  const lines: string[][] = [];
  const departments = byDepartment(rows);
  for (const { department, rows: own, totals } of departments) {
    for (const row of own) lines.push([row.department, accountText(row), row.tender, periodText(row), ...figures(row)]);
    if (departments.length > 1)
      for (const total of totals)
        lines.push(
          [`${department}, total`, '', '', '', ...figures(total)],
          HEAD.map(() => ''),
        );
  }
  for (const total of grandTotals(rows)) lines.push(['Total', '', '', '', ...figures(total)]);
  const first = rows.map((row) => ({ ...drillKeys(row, asked), unreconciled: row.unreconciled }));
  const hints = drillHints({ rows: first, drills: revenueDrills(asked).lines });
  return [tableText(HEAD, lines, RIGHT), ...hints.map(visibleLine), '', ...notReconciled(rows).map(visibleLine)].join('\n');
}

/** A correction names the closed period that it corrects. */
function periodText({ period, corrects }: RevenueRow): string {
  return corrects === null ? period : `${period}, corrects ${corrects}`;
}

function figures(x: RevenueTotal): string[] {
  return [
    x.currency,
    x.receipts.toLocaleString('en-US'),
    ...[x.amount, x.reconciled, x.unreconciled].map((minor) => formatMoney(minor, x.currency)),
  ];
}

function notReconciled(rows: readonly RevenueRow[]): string[] {
  const reasons = unreconciledReasons(rows);
  if (reasons.length === 0) return ['All of it is reconciled.'];
  const shown = reasons.slice(0, MAX_REASONS);
  return [
    'Not reconciled',
    ...shown.map(
      (r) =>
        `  ${formatMoney(r.amount, r.currency)} ${r.currency} on ${counted(r.lines, 'line')}, ${counted(r.receipts, 'receipt')} (${r.departments.join(', ')}; ${spanText(r.periods)}): ${r.reason}`,
    ),
    ...(reasons.length > shown.length
      ? [`  … and ${counted(reasons.length - shown.length, 'more reason')}; --format csv has them all.`]
      : []),
    ...(reasonsOverlap(rows) ? ['An amount with several reasons is counted under each.'] : []),
  ];
}
