import { Readable } from 'node:stream';
import type { Project } from '../../../config/project.ts';
import { REVENUE_GROUPS } from '../../../config/revenue-groups.ts';
import { ConfigError, didYouMean } from '../../../core/errors.ts';
import type { DayRange } from '../../../core/time/time.ts';
import { shapedJson } from '../../../reports/shapes/json.ts';
import type { RevenueAsked } from '../../../reports/revenue/drills.ts';
import type { RevenueRow } from '../../../reports/revenue/revenue.ts';
import type { Cli } from '../../cli.ts';
import type { Period } from '../../../reconciliation/periods/fiscal.ts';
import type { Engine } from '../../../engine/run/engine.ts';
import { registerMoneyReports } from './money.ts';
import { keptContent, keptFormat, type OutputOptions, outputFormat, withOutput, writeOn, writeOut, writeReport } from './output.ts';

interface RevenueOptions extends OutputOptions {
  period?: string;
  from?: string;
  to?: string;
  department?: string;
  in?: string;
  by?: string;
  asOf?: string;
}

/** Other options than department narrow what is split up by --by. */
const NARROW = [...REVENUE_GROUPS.filter((group) => group !== 'department'), 'standing'] as const;
const FORMATS = ['table', 'csv', 'json', 'xlsx', 'html'];

/** `interlocal report revenue`, `interlocal report reconciliation` */
export function registerReport(cli: Cli): void {
  const report = cli.program
    .command('report')
    .description('Revenue, what reconciles and what does not and why, and the reports of finance.');

  const revenue = withOutput(report.command('revenue'))
    .option('--period <period>', 'day, month, fiscal-period or fiscal-year (default: month)')
    .option('--from <date>', 'first day, YYYY-MM-DD')
    .option('--to <date>', 'last day, YYYY-MM-DD')
    .option('--in <period>', 'one day, month or fiscal year: 2026-07-15, 2026-07, 2026/2027; for a closed one, the report that was kept')
    .option('--by <groups>', `split it up by these, joined by commas: ${REVENUE_GROUPS.join(', ')}`)
    .option('--department <name>', 'only this department');
  for (const name of NARROW) revenue.option(`--${name} <${name}>`, `only this ${name}`);
  revenue
    .option(
      '--as-of <time>',
      'as things were known then: a day, which means its end, or 2026-06-08T17:00; of periods that were closed then',
    )
    .description('Revenue by department, account, tender and period, with what is not reconciled and why; or by what --by says.')
    .action(async (options: RevenueOptions & Partial<Record<(typeof NARROW)[number], string>>) => {
      const { withTown } = await import('../../town.ts');
      const { readRevenueQuery } = await import('../../../reports/revenue/query.ts');
      const { revenueReport } = await import('../../../reports/revenue/revenue.ts');
      const { knownDepartment } = await import('../../../reports/revenue/departments.ts');
      const { makingOf, readDefinition } = await import('../../../reports/report-request.ts');
      const format = outputFormat(cli, options);
      const query = readRevenueQuery(options, (name) => `--${name}`);
      if (options.in !== undefined && (options.from ?? options.to) !== undefined) throw eitherPeriodOrDays();
      const narrow = Object.fromEntries(NARROW.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
      const { by, department } = options;
      await withTown(cli, async (engine) => {
        const making = makingOf(engine, options.asOf);
        let period: Period | undefined;
        if (options.in !== undefined) {
          const { periodOf } = await import('../../../reports/catalog.ts');
          const { keptReport, revenueKind } = await import('../../../reports/ledger/period-reports.ts');
          period = periodOf(engine, options.in, making);
          const usual = options.period === undefined || query.period === revenueKind(period);
          const plain = usual && department === undefined && by === undefined && Object.keys(narrow).length === 0;
          const at = (kind: Parameters<typeof keptReport>[3]) =>
            keptReport(engine, period!, 'revenue', kind, { asOf: making.asOf?.moment });
          const data = plain ? await at('data') : undefined;
          if (data) {
            const rows = JSON.parse(data.content) as RevenueRow[];
            const bytes = format === 'table' || format === 'html' || options.table !== undefined ? undefined : await at(keptFormat(format));
            return give(engine, rows, format, options, { from: period.first, to: period.last }, bytes && keptContent(bytes));
          }
          query.from = period.first;
          query.to = period.last;
          if (options.period === undefined) query.period = revenueKind(period);
        }
        if (by !== undefined || making.asOf || Object.keys(narrow).length > 0) {
          const { makeReport } = await import('../../../reports/catalog.ts');
          const days = Object.fromEntries(
            Object.entries({ from: query.from, to: query.to, department }).filter(([, value]) => value !== undefined),
          );
          const groups = by === undefined ? {} : { by: by.split(',').map((group) => group.trim()) };
          const definition = readDefinition({ report: 'revenue', ...days, ...narrow, period: query.period, ...groups });
          return writeReport(cli, engine, await makeReport(engine, definition, making), format, options);
        }
        const all = await revenueReport(engine, { period: query.period, from: query.from, to: query.to });
        const rows = query.department === undefined ? all : all.filter((row) => row.department === query.department);
        if (query.department !== undefined && rows.length === 0) {
          await knownDepartment(engine, query.department);
          cli.note(`The department "${query.department}" has no revenue in this period.`);
        }
        await give(engine, rows, format, options, { from: query.from, to: query.to });
      });
    });

  report
    .command('reconciliation')
    .argument('[pipeline]', 'one reconciliation (default: all)')
    .option('--all', 'also show what agrees and what could not be checked')
    .option('--format <format>', `${FORMATS.join(', ')} (default: by the ending of --out, otherwise table); html is for printing`)
    .option('--out <file>', 'write the report to a file')
    .option('--table <name>', 'keys, or the states of the records of those by passes; a CSV file has one table')
    .description('Show what each reconciliation found: sums by the outer keys, then each key that differs and by how much.')
    .action(async (pipeline: string | undefined, options: OutputOptions & { all?: boolean }) => {
      const { withTown } = await import('../../town.ts');
      const { readReconciliation, reconciliationIds } = await import('../../../reports/reconciliation/reconciliation.ts');
      const { reconciliationText } = await import('./reconciliation.ts');
      const format = outputFormat(cli, options);
      await withTown(cli, async (engine) => {
        const ids = reconciliationIds(engine);
        if (pipeline !== undefined && !ids.includes(pipeline)) throw unknownReconciliation(pipeline, ids, engine.project);
        const list = [];
        for (const id of pipeline === undefined ? ids : [pipeline])
          list.push(await readReconciliation(engine, id, { all: options.all === true }));
        if (format === 'csv' || format === 'xlsx' || format === 'html' || options.table !== undefined) {
          const { reconciliationTables } = await import('../../../reports/reconciliation/tables.ts');
          return writeReport(
            cli,
            engine,
            reconciliationTables(list, { pipeline: pipeline ?? null, all: options.all === true }),
            format,
            options,
          );
        }
        const text = reconciliationText(list, format, { all: options.all === true, zone: engine.project.config.town.time_zone });
        if (options.out === undefined) process.stdout.write(text);
        else await writeOut(cli, options.out, text, text.split('\n').length - 1);
      });
    });

  registerMoneyReports(cli, report);

  /** `kept`: the bytes of a closing, which are given as they are. */
  async function give(
    engine: Engine,
    rows: RevenueRow[],
    format: string,
    options: RevenueOptions,
    range: DayRange,
    kept?: string | Readable,
  ): Promise<void> {
    const asked = { ...range, department: options.department, starts: engine.project.config.town.fiscal_year_starts };
    if (format === 'html' || options.table !== undefined) {
      const { revenueTables } = await import('../../../reports/revenue/tables.ts');
      const { period = null, from = null, to = null, in: within = null, department = null } = options;
      return writeReport(
        cli,
        engine,
        revenueTables(rows, { report: 'revenue', period, in: within, from, to, department }, asked),
        format,
        options,
      );
    }
    const content = kept ?? (await revenueText(rows, format, engine.project, asked));
    // A workbook always goes to a file.
    if (options.out === undefined) await writeOn(content);
    else await writeOut(cli, options.out, content, rows.length);
  }
}

async function revenueText(rows: readonly RevenueRow[], format: string, project: Project, asked: RevenueAsked): Promise<string | Readable> {
  const { name } = project.config.town;
  if (format === 'xlsx') return (await import('../../../reports/revenue/xlsx.ts')).revenueXlsx(rows, name);
  if (format === 'csv') return Readable.from((await import('../../../reports/revenue/csv.ts')).revenueCsvLines(rows));
  if (format === 'json')
    return `${shapedJson('report revenue', (await import('../../../reports/revenue/json.ts')).revenueJson(rows, asked))}\n`;
  return `${(await import('./revenue.ts')).revenueTable(rows, asked)}\n`;
}

function eitherPeriodOrDays(): ConfigError {
  const message = '--in already says which days the report covers, so --from and --to cannot be given with it.';
  return new ConfigError({ code: 'USAGE', place: { path: '--in' }, message, hint: 'Leave out --in, or --from and --to.' });
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
