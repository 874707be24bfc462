import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { jsonLine } from '../../core/text/visible.ts';
import type { Period } from '../../reconciliation/periods/fiscal.ts';
import { closingReport, type ClosingReport, closingsAt, storedPeriod } from '../../store/reconciliation/periods.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { adjustmentsReport } from './adjustments.ts';
import { entriesReport } from './entries.ts';
import { openExceptionsReport } from '../reconciliation/exceptions.ts';
import { reconciledReport } from '../reconciliation/reconciled.ts';
import { mainTable, type Report, reportJson, type ReportTable, reportXlsx, tableCsvLines } from '../output/table.ts';
import { type PeriodKind, revenueReport } from '../revenue/revenue.ts';
import { revenueCsv } from '../revenue/csv.ts';
import { shapedJson } from '../shapes/json.ts';
import { revenueJson } from '../revenue/json.ts';
import { revenueXlsx } from '../revenue/xlsx.ts';

export type { ClosingReport };

/** What a closing keeps; entries only where the configuration says how the ledger is built. */
export const CLOSING_REPORTS = ['revenue', 'reconciled', 'exceptions', 'adjustments', 'entries'] as const;

/** How the revenue of a period is split up in the report that its closing keeps. */
export function revenueKind({ kind, id }: Period): PeriodKind {
  if (kind === 'day') return 'day';
  return kind === 'month' ? (id.includes('-P') ? 'fiscal-period' : 'month') : 'fiscal-year';
}

/** The reports that a closing keeps, each as the bytes that everybody gets from then on. */
export async function periodReports(engine: Engine, period: Period): Promise<ClosingReport[]> {
  const range = { from: period.first, to: period.last };
  const { name, fiscal_year_starts: starts } = engine.project.config.town;
  const rows = await revenueReport(engine, { period: revenueKind(period), ...range });
  const reports: [string, Report][] = [
    ['reconciled', await reconciledReport(engine, range)],
    ['exceptions', await openExceptionsReport(engine, period.last)],
    ['adjustments', await adjustmentsReport(engine, range)],
    ...(engine.project.config.ledger ? [['entries', await entriesReport(engine, range)] satisfies [string, Report]] : []),
  ];
  const made: ClosingReport[] = [
    kept('revenue', 'data', JSON.stringify(rows)),
    kept('revenue', 'json', `${shapedJson('report revenue', revenueJson(rows, { ...range, starts }))}\n`),
    kept('revenue', 'csv', revenueCsv(rows)),
    kept('revenue', 'xlsx', (await buffer(await revenueXlsx(rows, name))).toString('base64')),
  ];
  for (const [id, report] of reports)
    made.push(
      kept(id, 'data', JSON.stringify(report)),
      kept(id, 'json', `${jsonLine(reportJson(report))}\n`),
      ...report.tables.map((table) => kept(tableName(id, report, table), 'csv', [...tableCsvLines(table)].join(''))),
      kept(id, 'xlsx', (await buffer(await reportXlsx(report))).toString('base64')),
    );
  return made;
}

function kept(name: string, format: ClosingReport['format'], content: string): ClosingReport {
  const bytes = format === 'xlsx' ? Buffer.from(content, 'base64') : content;
  return { name, format, content, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A CSV file has one table; others than the main one are kept under a name of their own: `entries.not_posted`. */
function tableName(id: string, report: Report, table: ReportTable): string {
  return table === mainTable(report) ? id : `${id}.${table.name}`;
}

/**
 * A report of a closed period as its closing kept it, or one of its other tables in CSV; undefined where the period is not closed, or
 * was not at the moment that is asked for. A workbook is base64.
 */
export async function keptReport(
  { knex }: Engine,
  period: Period,
  name: (typeof CLOSING_REPORTS)[number],
  format: ClosingReport['format'],
  { table, asOf }: { table?: string | undefined; asOf?: string | undefined } = {},
): Promise<ClosingReport | undefined> {
  const stored = asOf === undefined ? await storedPeriod(knex, period.id) : undefined;
  const closing =
    asOf === undefined
      ? stored?.state === 'closed'
        ? stored.closing
        : null
      : (await closingsAt(knex, asOf)).inForce.find(({ id }) => id === period.id)?.closing;
  if (closing === null || closing === undefined) return undefined;
  return closingReport(knex, closing, table === undefined ? name : `${name}.${table}`, format);
}
