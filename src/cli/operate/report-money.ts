import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { type OutputOptions, outputFormat, withOutput, writeReport } from './report-output.ts';

interface RangeOptions extends OutputOptions {
  from?: string;
  to?: string;
}

/** Reports that are made of tables: `interlocal report reconciled`. */
export function registerMoneyReports(cli: Cli, report: Command): void {
  withOutput(report.command('reconciled'))
    .option('--from <date>', 'first day, YYYY-MM-DD')
    .option('--to <date>', 'last day, YYYY-MM-DD')
    .description(
      'All money, and each side of each reconciliation: reconciled, in transit, exception, not covered; the four add up to the total.',
    )
    .action(async (options: RangeOptions) => {
      const { withTown } = await import('../town.ts');
      const { readRevenueQuery } = await import('../../reports/revenue-query.ts');
      const { reconciledReport } = await import('../../reports/reconciled.ts');
      const format = outputFormat(cli, options);
      const { from, to } = readRevenueQuery({ from: options.from, to: options.to }, (name) => `--${name}`);
      await withTown(cli, async (engine) => writeReport(cli, await reconciledReport(engine, { from, to }), format, options));
    });
}
