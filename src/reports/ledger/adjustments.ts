import { revenueLedger } from '../../engine/revenue/ledger.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** `report adjustments`: corrections of closed periods, each in the period in which it became known. */
export async function adjustmentsReport(
  engine: Engine,
  range: { from?: string | undefined; to?: string | undefined },
  asOf?: string,
): Promise<Report> {
  const rows: ReportRow[] = [];
  for await (const entry of revenueLedger(engine, range, { asOf })) {
    if (entry.corrects === null) continue;
    rows.push({
      booked_on: entry.bookedOn,
      corrects: entry.corrects,
      receipt: entry.receiptNumber,
      source: entry.source,
      day: entry.day,
      department: entry.department,
      account: entry.account,
      tender: entry.tender,
      currency: entry.currency,
      amount: entry.amount,
      run: entry.changed,
      final: entry.booked,
    });
  }
  const key = (row: ReportRow): string => [row.booked_on, row.corrects, row.receipt, row.account, row.tender].map(String).join('\u0000');
  rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : Number(a.amount) - Number(b.amount)));
  return {
    title: 'Adjustments of closed periods',
    definition: { report: 'adjustments', from: range.from ?? null, to: range.to ?? null, ...(asOf === undefined ? {} : { as_of: asOf }) },
    notes: ['What became known after a period was closed counts in the first open day since, and names the period that it corrects.'],
    tables: [
      {
        name: 'adjustments',
        title: 'Adjustments',
        columns: columnsFrom(
          'booked_on:Booked on',
          'corrects:Corrects',
          'receipt:Receipt',
          'source:Source',
          'day:Taken on',
          'department:Department',
          'account:Account',
          'tender:Paid by',
          'currency:Currency',
          'amount:Amount:money',
          'run:Run:count',
          'final:Final:flag',
        ),
        rows,
      },
    ],
  };
}
