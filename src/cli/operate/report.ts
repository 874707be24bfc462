import type { Readable } from 'node:stream';
import type { Project } from '../../config/project.ts';
import { ConfigError, didYouMean } from '../../core/errors.ts';
import { jsonLine } from '../../core/visible.ts';
import type { RevenueRow } from '../../reports/revenue.ts';
import type { Cli } from '../cli.ts';
import { eitherPeriodOrDays, registerMoneyReports } from './report-money.ts';
import { chosenFormat, keptContent, keptFormat, writeOut } from './report-output.ts';

interface RevenueOptions {
  period?: string;
  from?: string;
  to?: string;
  department?: string;
  in?: string;
  format?: string;
  out?: string;
}

const REVENUE_FORMATS = ['table', 'csv', 'json', 'xlsx'];
const RECONCILIATION_FORMATS = ['table', 'csv', 'json'];

/** `interlocal report revenue`, `interlocal report reconciliation` */
export function registerReport(cli: Cli): void {
  const report = cli.program
    .command('report')
    .description('Revenue, what reconciles and what does not and why, and the reports of finance.');

  report
    .command('revenue')
    .option('--period <period>', 'day, month, fiscal-period or fiscal-year (default: month)')
    .option('--from <date>', 'first day, YYYY-MM-DD')
    .option('--to <date>', 'last day, YYYY-MM-DD')
    .option('--in <period>', 'one day, month or fiscal year: 2026-07-15, 2026-07, 2026/2027; for a closed one, the report that was kept')
    .option('--department <name>', 'only this department')
    .option('--format <format>', `${REVENUE_FORMATS.join(', ')} (default: by the ending of --out, otherwise table)`)
    .option('--out <file>', 'write the report to a file')
    .description('Revenue by department, account, tender and period, with what is not reconciled and why.')
    .action(async (options: RevenueOptions) => {
      const { withTown } = await import('../town.ts');
      const { readRevenueQuery } = await import('../../reports/revenue-query.ts');
      const { revenueReport } = await import('../../reports/revenue.ts');
      const { knownDepartment } = await import('../../reports/departments.ts');
      const format = chosenFormat(options.format, options.out, REVENUE_FORMATS, cli.json());
      const query = readRevenueQuery(options, (name) => `--${name}`);
      if (options.in !== undefined && (options.from ?? options.to) !== undefined) throw eitherPeriodOrDays();
      await withTown(cli, async (engine) => {
        if (options.in !== undefined) {
          const { knownPeriod } = await import('../../engine/periods/periods.ts');
          const { keptReport, revenueKind } = await import('../../reports/period-reports.ts');
          const period = knownPeriod(engine, options.in);
          const plain = options.department === undefined && (options.period === undefined || query.period === revenueKind(period));
          const kept = plain ? await keptReport(engine, period, 'revenue', keptFormat(format)) : undefined;
          if (kept) {
            const rows = JSON.parse((await keptReport(engine, period, 'revenue', 'data'))!.content) as RevenueRow[];
            const content = format === 'table' ? await revenueText(rows, format, engine.project) : keptContent(kept);
            if (options.out === undefined) return void process.stdout.write(content as string);
            return writeOut(cli, options.out, content, rows.length);
          }
          query.from = period.first;
          query.to = period.last;
          if (options.period === undefined) query.period = revenueKind(period);
        }
        const all = await revenueReport(engine, { period: query.period, from: query.from, to: query.to });
        const rows = query.department === undefined ? all : all.filter((row) => row.department === query.department);
        if (query.department !== undefined && rows.length === 0) {
          await knownDepartment(engine, query.department);
          cli.note(`The department "${query.department}" has no revenue in this period.`);
        }
        const content = await revenueText(rows, format, engine.project);
        // A workbook always goes to a file.
        if (options.out === undefined) process.stdout.write(content as string);
        else await writeOut(cli, options.out, content, rows.length);
      });
    });

  report
    .command('reconciliation')
    .argument('[pipeline]', 'one reconciliation (default: all)')
    .option('--all', 'also show what agrees and what could not be checked')
    .option('--format <format>', `${RECONCILIATION_FORMATS.join(', ')} (default: table)`)
    .description('Show what each reconciliation found: sums by the outer keys, then each key that differs and by how much.')
    .action(async (pipeline: string | undefined, options: { all?: boolean; format?: string }) => {
      const { withTown } = await import('../town.ts');
      const { readReconciliation, reconciliationIds } = await import('../../reports/reconciliation.ts');
      const { reconciliationText } = await import('./report-reconciliation.ts');
      const format = chosenFormat(options.format, undefined, RECONCILIATION_FORMATS, cli.json());
      await withTown(cli, async (engine) => {
        const ids = reconciliationIds(engine);
        if (pipeline !== undefined && !ids.includes(pipeline)) throw unknownReconciliation(pipeline, ids, engine.project);
        const list = [];
        for (const id of pipeline === undefined ? ids : [pipeline])
          list.push(await readReconciliation(engine, id, { all: options.all === true }));
        process.stdout.write(reconciliationText(list, format, { all: options.all === true, zone: engine.project.config.town.time_zone }));
      });
    });

  registerMoneyReports(cli, report);
}

async function revenueText(rows: readonly RevenueRow[], format: string, project: Project): Promise<string | Readable> {
  const { name } = project.config.town;
  if (format === 'xlsx') return (await import('../../reports/revenue-xlsx.ts')).revenueXlsx(rows, name);
  if (format === 'csv') return (await import('../../reports/revenue-csv.ts')).revenueCsv(rows);
  if (format === 'json') return `${jsonLine((await import('../../reports/revenue-json.ts')).revenueJson(rows))}\n`;
  return `${(await import('./report-revenue.ts')).revenueTable(rows)}\n`;
}

function unknownReconciliation(given: string, ids: readonly string[], project: Project): ConfigError {
  const pipeline = project.pipelines.get(given)?.value;
  const meant = didYouMean(given, ids);
  const message = pipeline?.reconcile
    ? `The reconciliation "${given}" is off.`
    : pipeline
      ? `The pipeline "${given}" is not a reconciliation.`
      : `There is no reconciliation "${given}".`;
  return new ConfigError({
    code: 'PIPELINE_UNKNOWN',
    place: { path: given },
    message,
    hint: meant ? `Did you mean ${meant}?` : `Known: ${ids.join(', ') || 'none yet'}.`,
  });
}
