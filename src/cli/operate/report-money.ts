import { type Command, Option } from 'commander';
import { ConfigError } from '../../core/errors.ts';
import type { Engine } from '../../engine/run/run.ts';
import type { Standing } from '../../reconciliation/standing.ts';
import type { CLOSING_REPORTS } from '../../reports/period-reports.ts';
import type { Report } from '../../reports/report-table.ts';
import type { Cli } from '../cli.ts';
import { keptFormat, type OutputOptions, outputFormat, withOutput, writeKept, writeReport } from './report-output.ts';

interface RangeOptions extends OutputOptions {
  from?: string;
  to?: string;
  in?: string;
}

interface ReceiptOptions extends RangeOptions {
  department?: string;
  account?: string;
  tender?: string;
  standing?: Standing;
}

interface AsOfOptions extends OutputOptions {
  asOf?: string;
}

interface Range {
  from?: string | undefined;
  to?: string | undefined;
}

/** Reports that are made of tables: `interlocal report reconciled | adjustments | exceptions | entries | journals | journal | gaps | drawers | receipts | years | trace | aging | outstanding | proof-of-cash | unposted`. */
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

  ranged(
    'entries',
    'Summarized journal entries of reconciled revenue, balanced in each fund, and what is in none of them.',
    async (engine, range) => (await import('../../reports/entries.ts')).entriesReport(engine, range),
  );
  live(
    'journals',
    'Journal entries that were made for the ledger: state of each, what it corrects, and the number that the ledger gave it.',
    async (engine, range) => (await import('../../reports/journals.ts')).journalsReport(engine, range),
  );
  withOutput(report.command('journal'))
    .argument('<entry>', 'its number, as report journals shows it')
    .description('One journal entry with its lines, and what it has of each receipt.')
    .action(async (text: string, options: OutputOptions) =>
      made(options, async (engine) => {
        const { idsOf } = await import('../known.ts');
        return (await import('../../reports/journals.ts')).journalReport(engine, idsOf([text])[0]!);
      }),
    );
  live('gaps', 'Receipt numbers that are missing between two that were used, by place.', async (engine, range) =>
    (await import('../../reports/gaps.ts')).gapsReport(engine, range),
  );
  live('drawers', 'What each cashier took at each place on each day, by way of paying; refunds and voids apart.', async (engine, range) =>
    (await import('../../reports/drawers.ts')).drawersReport(engine, range),
  );

  withOutput(report.command('proof-of-cash'))
    .argument('<pipeline>', 'a reconciliation whose right side is the bank')
    .requiredOption('--in <period>', 'a day, month or fiscal year')
    .description('Four-column proof of cash: beginning, receipts, disbursements, ending, from the bank to the books.')
    .action(async (pipeline: string, options: OutputOptions & { in: string }) =>
      made(options, async (engine) => {
        const { checkReconciliationName } = await import('../../reports/exceptions.ts');
        const { knownPeriod } = await import('../../engine/periods/periods.ts');
        checkReconciliationName(engine.project, pipeline);
        return (await import('../../reports/proof-of-cash.ts')).proofOfCash(engine, pipeline, knownPeriod(engine, options.in));
      }),
    );

  withOutput(report.command('unposted'))
    .option('--as-of <date>', 'receipts up to this day, YYYY-MM-DD (default: today)')
    .description('Receipts that a pipeline sends to the ledger and that it has not taken: by state, with amount and oldest day.')
    .action(async (options: AsOfOptions) =>
      made(options, async (engine) => (await import('../../reports/unposted.ts')).unpostedReport(engine, await dayOf(engine, options))),
    );

  withOutput(withRange(report.command('receipts')))
    .option('--department <name>', 'only this department')
    .option('--account <account>', 'this account only; "(no account)" as the revenue report has it')
    .option('--tender <tender>', 'paid in this way only')
    .addOption(new Option('--standing <standing>', 'only what stands so').choices(['reconciled', 'in_transit', 'exception', 'not_covered']))
    .description('The receipts behind a figure of the revenue report, with how each stands and why.')
    .action(async (options: ReceiptOptions) =>
      made(options, async (engine) => {
        const { department, account, tender, standing } = options;
        const range = await daysOf(engine, options);
        return (await import('../../reports/receipts.ts')).receiptsReport(engine, { ...range, department, account, tender, standing });
      }),
    );

  withOutput(report.command('years'))
    .requiredOption('--in <period>', 'a day, month or fiscal year; next to it stands the same a year before')
    .addOption(new Option('--by <rows>', 'what the rows are').choices(['department', 'account', 'tender']).default('department'))
    .description('Revenue of a period next to that of the same period a year before.')
    .action(async (options: OutputOptions & { in: string; by: 'department' | 'account' | 'tender' }) =>
      made(options, async (engine) => {
        const { knownPeriod } = await import('../../engine/periods/periods.ts');
        const { first, last } = knownPeriod(engine, options.in);
        return (await import('../../reports/years.ts')).yearsReport(engine, { from: first, to: last }, options.by);
      }),
    );

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

  /** A report over days or a period that no closing keeps: of what is here now. */
  function live(name: string, description: string, make: (engine: Engine, range: Range) => Promise<Report>): void {
    withOutput(withRange(report.command(name)))
      .description(description)
      .action(async (options: RangeOptions) => made(options, async (engine) => make(engine, await daysOf(engine, options))));
  }

  async function daysOf(engine: Engine, options: RangeOptions): Promise<Range> {
    const { knownPeriod } = await import('../../engine/periods/periods.ts');
    const range = await rangeOf(options);
    if (options.in === undefined) return range;
    const { first, last } = knownPeriod(engine, options.in);
    return { from: first, to: last };
  }

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
    withOutput(withRange(report.command(name)))
      .description(description)
      .action(async (options: RangeOptions) => {
        const { withTown } = await import('../town.ts');
        const format = outputFormat(cli, options);
        const { from, to } = await rangeOf(options);
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

function withRange(command: Command): Command {
  return command
    .option('--from <date>', 'first day, YYYY-MM-DD')
    .option('--to <date>', 'last day, YYYY-MM-DD')
    .option('--in <period>', 'one day, month or fiscal year: 2026-07-15, 2026-07, 2026/2027; what a closing keeps is shown as it was kept');
}

async function rangeOf(options: RangeOptions): Promise<Range> {
  const { readRevenueQuery } = await import('../../reports/revenue-query.ts');
  const { from, to } = readRevenueQuery({ from: options.from, to: options.to }, (option) => `--${option}`);
  if (options.in !== undefined && (from ?? to) !== undefined) throw eitherPeriodOrDays();
  return { from, to };
}

export function eitherPeriodOrDays(): ConfigError {
  const message = '--in names a period: --from and --to have no place next to it.';
  return new ConfigError({ code: 'USAGE', place: { path: '--in' }, message, hint: 'Give one or the other.' });
}
