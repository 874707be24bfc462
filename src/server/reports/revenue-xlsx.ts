import type { Worksheet } from 'exceljs';
import { minorDigits, plainMoney } from '../../core/money.ts';
import type { RevenueRow } from '../../engine/revenue.ts';
import { accountText, spanText, unreconciledReasons } from './revenue-totals.ts';

/**
 * The report as an Excel workbook: "Revenue", one line for each row, and "Not reconciled" with the reasons. Amounts are
 * real numbers. Excel keeps numbers as doubles: each is the nearest to its cents and shows them exactly.
 */
export async function revenueXlsx(rows: readonly RevenueRow[], town: string): Promise<Uint8Array> {
  const { default: excel } = await import('exceljs');
  const book = new excel.Workbook();
  book.creator = 'Interlocal';
  book.title = `Revenue of ${town}`;

  const revenue = sheetOf(book.addWorksheet('Revenue'), [
    ['Department', 26],
    ['Account', 26],
    ['Tender', 14],
    ['Period', 14],
    ['Currency', 10],
    ['Receipts', 10],
    ['Amount', 16],
    ['Reconciled', 16],
    ['Not reconciled', 16],
    ['Reasons', 60],
  ]);
  for (const row of rows) {
    const line = revenue.addRow([
      row.department,
      accountText(row),
      row.tender,
      row.period,
      row.currency,
      row.receipts,
      cellOf(row.amount, row.currency),
      cellOf(row.reconciled, row.currency),
      cellOf(row.unreconciled, row.currency),
      row.reasons.join('; '),
    ]);
    for (const column of [7, 8, 9]) line.getCell(column).numFmt = numberFormat(row.currency);
  }

  const open = sheetOf(book.addWorksheet('Not reconciled'), [
    ['Reason', 90],
    ['Lines', 10],
    ['Not reconciled', 16],
    ['Currency', 10],
    ['Departments', 50],
    ['Periods', 24],
  ]);
  for (const group of unreconciledReasons(rows)) {
    const line = open.addRow([
      group.reason,
      group.lines,
      cellOf(group.amount, group.currency),
      group.currency,
      group.departments.join(', '),
      spanText(group.periods),
    ]);
    line.getCell(3).numFmt = numberFormat(group.currency);
  }
  return new Uint8Array(await book.xlsx.writeBuffer());
}

/** Header bold and frozen, with a filter on every column. */
function sheetOf(sheet: Worksheet, columns: readonly (readonly [header: string, width: number])[]): Worksheet {
  sheet.columns = columns.map(([header, width]) => ({ header, width }));
  sheet.views = [{ state: 'frozen', ySplit: 1 }];
  sheet.getRow(1).font = { bold: true };
  sheet.autoFilter = { from: { row: 1, column: 1 }, to: { row: 1, column: columns.length } };
  return sheet;
}

function cellOf(minor: number, currency: string): number {
  return Number(plainMoney(minor, currency));
}

function numberFormat(currency: string): string {
  const digits = minorDigits(currency);
  return digits === 0 ? '#,##0' : `#,##0.${'0'.repeat(digits)}`;
}
