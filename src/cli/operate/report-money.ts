import type { Command } from 'commander';
import { ConfigError } from '../../core/errors.ts';
import type { Engine } from '../../engine/run/run.ts';
import type { CLOSING_REPORTS } from '../../reports/period-reports.ts';
import type { Report } from '../../reports/report-table.ts';
import type { Cli } from '../cli.ts';
import { keptFormat, type OutputOptions, outputFormat, withOutput, writeKept, writeReport } from './report-output.ts';

interface RangeOptions extends OutputOptions {
  from?: string;
  to?: string;
  in?: string;
}

interface AsOfOptions extends OutputOptions {
  asOf?: string;
}

interface Range {
  from?: string | undefined;
  to?: string | undefined;
}

/** Reports that are made of tables: `interlocal report reconciled | adjustments | exceptions | gaps | trace | aging | outstanding`. */
export function registerMoneyReports(cli: Cli, report: Command): void {
  ranged(
    'reconciled',
    'All money, and each side of each reconciliation: reconciled, in transit, exception, not covered; the four add up to the total.',
    async (engine, range) => (await import('../../reports/reconciled.ts')).reconciledReport(engine, range),
  );
  ranged('adjustments', 'Corrections of closed periods, each in the period in which it became known.', async (engine, range) =>
    (await import('../../reports/adjustments.ts')).adjustmentsReport(engine, range),
  );
  ranged('exceptions', 'Unresolved exceptions with their age on the last day.', async (engine, { to }) => {
    const { openExceptionsReport, todayIn } = await import('../../reports/exceptions.ts');
    return openExceptionsReport(engine, to ?? todayIn(engine.project));
  });

  withOutput(report.command('gaps'))
    .option('--from <date>', 'first day, YYYY-MM-DD')
    .option('--to <date>', 'last day, YYYY-MM-DD')
    .description('Receipt numbers that are missing between two that were used, by place.')
    .action(async (options: RangeOptions) => {
      const { readRevenueQuery } = await import('../../reports/revenue-query.ts');
      const { from, to } = readRevenueQuery({ from: options.from, to: options.to }, (option) => `--${option}`);
      await made(options, async (engine) => (await import('../../reports/gaps.ts')).gapsReport(engine, { from, to }));
    });

  withOutput(report.command('trace'))
    .argument('<receipt>', 'its number, or the key that its system knows it by')
    .description('The way of a receipt: deposit, bank, ledger, each with the file and line that it came from.')
    .action(async (key: string, options: OutputOptions) =>
      made(options, async (engine) => (await import('../../reports/trace.ts')).traceReport(engine, key)),
    );

  withOutput(report.command('aging'))
    .option('--as-of <date>', 'the day, YYYY-MM-DD (default: today)')
    .description('Unresolved exceptions by type, age and owner, as they stood at the end of a day.')
    .action(async (options: AsOfOptions) =>
      made(options, async (engine) => (await import('../../reports/aging.ts')).agingReport(engine, await dayOf(engine, options))),
    );

  withOutput(report.command('outstanding'))
    .argument('<pipeline>', 'a reconciliation, such as the one of receipts and the bank')
    .option('--as-of <date>', 'the day, YYYY-MM-DD (default: today)')
    .description('Both sides of a reconciliation at the end of a day, and what is outstanding between them: a bank reconciliation.')
    .action(async (pipeline: string, options: AsOfOptions) =>
      made(options, async (engine) => {
        const { checkReconciliationName } = await import('../../reports/exceptions.ts');
        checkReconciliationName(engine.project, pipeline);
        return (await import('../../reports/bank-reconciliation.ts')).outstandingReport(engine, pipeline, await dayOf(engine, options));
      }),
    );

  async function made(options: OutputOptions, make: (engine: Engine) => Promise<Report>): Promise<void> {
    const { withTown } = await import('../town.ts');
    const format = outputFormat(cli, options);
    await withTown(cli, async (engine) => writeReport(cli, await make(engine), format, options));
  }

  async function dayOf(engine: Engine, { asOf }: AsOfOptions): Promise<string> {
    const { todayIn } = await import('../../reports/exceptions.ts');
    const { readRevenueQuery } = await import('../../reports/revenue-query.ts');
    return readRevenueQuery({ to: asOf }, () => '--as-of').to ?? todayIn(engine.project);
  }

  /** A report over days, or over a period; of a closed period, as its closing kept it. */
  function ranged(
    name: (typeof CLOSING_REPORTS)[number],
    description: string,
    make: (engine: Engine, range: Range) => Promise<Report>,
  ): void {
    withOutput(report.command(name))
      .option('--from <date>', 'first day, YYYY-MM-DD')
      .option('--to <date>', 'last day, YYYY-MM-DD')
      .option('--in <period>', 'one day, month or fiscal year: 2026-07-15, 2026-07, 2026/2027; of a closed one, the report that was kept')
      .description(description)
      .action(async (options: RangeOptions) => {
        const { withTown } = await import('../town.ts');
        const { readRevenueQuery } = await import('../../reports/revenue-query.ts');
        const format = outputFormat(cli, options);
        const { from, to } = readRevenueQuery({ from: options.from, to: options.to }, (option) => `--${option}`);
        if (options.in !== undefined && (from ?? to) !== undefined) throw eitherPeriodOrDays();
        await withTown(cli, async (engine) => {
          if (options.in === undefined) return writeReport(cli, await make(engine, { from, to }), format, options);
          const { knownPeriod } = await import('../../engine/periods/periods.ts');
          const { keptReport } = await import('../../reports/period-reports.ts');
          const period = knownPeriod(engine, options.in);
          const kept = await keptReport(engine, period, name, keptFormat(format));
          if (kept) return writeKept(cli, kept, (await keptReport(engine, period, name, 'data'))!, format, options);
          return writeReport(cli, await make(engine, { from: period.first, to: period.last }), format, options);
        });
      });
  }
}

export function eitherPeriodOrDays(): ConfigError {
  const message = '--in names a period: --from and --to have no place beside it.';
  return new ConfigError({ code: 'USAGE', place: { path: '--in' }, message, hint: 'Give one or the other.' });
}
