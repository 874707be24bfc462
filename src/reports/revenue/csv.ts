import { plainMoney } from '../../core/money.ts';
import type { RevenueRow } from './revenue.ts';
import { spreadsheetCsvLines } from '../output/spreadsheet-csv.ts';

const HEAD = [
  'department',
  'account',
  'paid by',
  'period',
  'currency',
  'receipts',
  'amount',
  'reconciled',
  'not reconciled',
  'reasons',
  'receipts not reconciled',
  'receipt',
  'on its way',
  'exception',
  'not covered',
  'corrects',
];

/** The report as delimited text, one line for each row; several reasons are joined by "; ". */
export function revenueCsv(rows: readonly RevenueRow[]): string {
  return [...revenueCsvLines(rows)].join('');
}

/** The same some hundred lines at a time. */
export function revenueCsvLines(rows: readonly RevenueRow[]): Iterable<string> {
  return spreadsheetCsvLines(
    HEAD,
    rows
      .values()
      .map((row) => [
        { text: row.department },
        { text: row.account },
        { text: row.tender },
        { text: row.period },
        { text: row.currency },
        { number: String(row.receipts) },
        { number: plainMoney(row.amount, row.currency) },
        { number: plainMoney(row.reconciled, row.currency) },
        { number: plainMoney(row.unreconciled, row.currency) },
        { text: row.reasons.join('; ') },
        { number: String(row.unreconciledReceipts) },
        { text: row.receipt ?? '' },
        ...[row.inTransit, row.exception, row.notCovered].map((minor) => ({ number: plainMoney(minor, row.currency) })),
        { text: row.corrects ?? '' },
      ]),
  );
}
