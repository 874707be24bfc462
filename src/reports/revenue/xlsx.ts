import type { Readable } from 'node:stream';
import type { RevenueRow } from './revenue.ts';
import { accountText, spanText, unreconciledReasons } from './totals.ts';
import { type WorkbookCell, workbookStream } from '../output/workbook.ts';

/**
 * The report as an Excel workbook: "Revenue", one line for each row, and "Not reconciled" with the reasons. Amounts are
 * real numbers. Excel keeps numbers as doubles: each is the nearest to its cents and shows them exactly.
 */
export async function revenueXlsx(rows: readonly RevenueRow[], town: string): Promise<Readable> {
  return workbookStream(`Revenue of ${town}`, [
    {
      name: 'Revenue',
      columns: [
        ['Department', 26],
        ['Account', 26],
        ['Paid by', 14],
        ['Period', 14],
        ['Currency', 10],
        ['Receipts', 10],
        ['Amount', 16],
        ['Reconciled', 16],
        ['Not reconciled', 16],
        ['Reasons', 60],
        ['On its way', 16],
        ['Exception', 16],
        ['Not covered', 16],
        ['Corrects', 14],
      ],
      rows: revenueCells(rows),
    },
    {
      name: 'Not reconciled',
      columns: [
        ['Reason', 90],
        ['Lines', 10],
        ['Not reconciled', 16],
        ['Currency', 10],
        ['Departments', 50],
        ['Periods', 24],
      ],
      rows: reasonCells(rows),
    },
  ]);
}

function* revenueCells(rows: readonly RevenueRow[]): Generator<WorkbookCell[]> {
  for (const row of rows) {
    const { department, tender, period, currency, receipts, amount, reconciled, unreconciled, reasons } = row;
    yield [
      department,
      accountText(row),
      tender,
      period,
      currency,
      receipts,
      { minor: amount, currency },
      { minor: reconciled, currency },
      { minor: unreconciled, currency },
      reasons.join('; '),
      ...[row.inTransit, row.exception, row.notCovered].map((minor) => ({ minor, currency })),
      row.corrects ?? '',
    ];
  }
}

function* reasonCells(rows: readonly RevenueRow[]): Generator<WorkbookCell[]> {
  for (const { reason, lines, amount, currency, departments, periods } of unreconciledReasons(rows))
    yield [reason, lines, { minor: amount, currency }, currency, departments.join(', '), spanText(periods)];
}
