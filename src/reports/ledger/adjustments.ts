import { revenueLedger } from '../../engine/revenue/ledger.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { originsOf } from '../revenue/origins.ts';
import { TRACE } from '../revenue/receipts.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** `report adjustments`: corrections of closed periods, each in the period in which it became known. */
export async function adjustmentsReport(
  engine: Engine,
  range: { from?: string | undefined; to?: string | undefined },
  asOf?: string,
): Promise<Report> {
  const rows: ReportRow[] = [];
  const goldens: number[] = [];
  for await (const entry of revenueLedger(engine, range, { asOf })) {
    if (entry.corrects === null) continue;
    goldens.push(entry.golden);
    rows.push({
      golden: entry.golden,
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
  const origins = await originsOf(engine, engine.project.config.revenue.receipts, goldens);
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
        drills: [TRACE],
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
          'file:File',
          'line:Line:count',
        ),
        rows: rows.map(({ golden, ...row }): ReportRow => {
          const { file, line } = origins.get(Number(golden)) ?? { file: null, line: null };
          return { ...row, file, line };
        }),
      },
    ],
  };
}
