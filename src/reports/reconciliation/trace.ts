import { traceReceipt } from '../../engine/reconciliation/trace.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** `report trace KEY`: a receipt, the deposit, the bank and the ledger, each with the file and line it came from. */
export async function traceReport(engine: Engine, key: string): Promise<Report> {
  const steps = await traceReceipt(engine, key);
  return {
    title: `Trace of receipt ${key}`,
    definition: { report: 'trace', key },
    notes: [
      'Each line is one step further from the receipt. in_transit, exception, not_covered: the reconciliation leads no further, and More says why. changed: a record of the match is another version now.',
    ],
    tables: [
      {
        name: 'steps',
        title: 'Steps',
        columns: columnsFrom(
          'step:Step:count',
          'by:By',
          'state:State',
          'rule:Rule',
          'entity:Record',
          'connection:System',
          'key:Key',
          'day:Day',
          'currency:Currency',
          'amount:Amount:money',
          'file:File',
          'line:Line:count',
          'reference:More',
        ),
        rows: steps.map(({ depth, pipeline, ...step }): ReportRow => ({ step: depth, by: pipeline, ...step })),
      },
    ],
  };
}
