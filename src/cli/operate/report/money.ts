import type { Command } from 'commander';
import { REVENUE_GROUPS } from '../../../config/revenue-groups.ts';
import type { Period } from '../../../reconciliation/periods/fiscal.ts';
import type { Engine } from '../../../engine/run/engine.ts';
import type { CLOSING_REPORTS } from '../../../reports/ledger/period-reports.ts';
import type { Report } from '../../../reports/output/table.ts';
import type { Cli } from '../../cli.ts';
import { keptFormat, type OutputOptions, outputFormat, withOutput, writeKept, writeReport } from './output.ts';

type Given = Record<string, string | string[] | undefined> & OutputOptions & { asOf?: string };

const DAYS = ['from', 'to', 'in'] as const;

const OPTIONS: Record<string, [flags: string, description: string]> = {
  from: ['--from <date>', 'first day, YYYY-MM-DD'],
  to: ['--to <date>', 'last day, YYYY-MM-DD'],
  in: ['--in <period>', 'one day, month or fiscal year: 2026-07-15, 2026-07, 2026/2027; what a closing keeps is shown as it was kept'],
  department: ['--department <name>', 'only this department'],
  fund: ['--fund <fund>', 'only this fund'],
  account: ['--account <account>', 'only this account; "(no account)" as the revenue report has it'],
  program: ['--program <name>', 'only this program'],
  tender: ['--tender <tender>', 'paid in this way only'],
  channel: ['--channel <channel>', 'only what came in by this channel'],
  place: ['--place <name>', 'only what was taken at this place'],
  batch: ['--batch <batch>', 'only what belongs to this daily close or batch'],
  system: ['--system <connection>', 'only what came from this system'],
  cashier: ['--cashier <name>', 'only this cashier'],
  standing: ['--standing <standing>', 'only what stands so: reconciled, in_transit, exception, not_covered'],
  corrects: ['--corrects <period>', 'only what corrects this closed period; "none": only what corrects none'],
  receipt: ['--receipt <number>', 'only this receipt'],
  refunds: ['--refunds <which>', 'only: only amounts below zero; none: none of these'],
  what: ['--what <part>', 'only this part of the entries: money, clearing, revenue, "due from", "due to"'],
  rest: ['--rest <which>', 'only: only what the lines of a receipt do not add up to; none: none of that'],
  why: ['--why <reason>', 'only what is not reconciled for this reason, as the revenue report words it'],
  by: ['--by <rows>', `what the rows are: ${REVENUE_GROUPS.join(', ')} (default: department)`],
  side: ['--side <side>', 'only the left or the right side'],
  state: [
    '--state <state>',
    'only what is matched, open, or different (matched, with sides that differ); of passes also confirmed, proposed, in_transit, excepted, out_of_scope',
  ],
  record: ['--record <key>', 'only what is tied to the record with this key'],
  key: ['--key <part...>', 'only records of this key of a reconciliation that compares sums: its parts, one after the other'],
  deposit: ['--deposit <key>', 'only this deposit'],
  settlement: ['--settlement <key>', 'only this settlement'],
  type: ['--type <type>', 'only exceptions of this type'],
  age: ['--age <range>', 'only those of this range of business days, as the report has it: 6-15'],
  owner: ['--owner <name>', 'only those of this owner; "(nobody)": those that have none'],
  'as-of': ['--as-of <time>', 'as things were known then: a day, which means its end, or 2026-06-08T17:00; refused where that is not kept'],
};

/** A report that is made of tables: its options are the keys of its saved definition. */
interface Listed {
  name: string;
  description: string;
  options: readonly string[];
  /** required, or optional where there is only one. */
  pipeline?: 'required' | 'optional';
  /** The option is a day of the report itself. */
  onDay?: boolean;
  needs?: 'in';
}

const REPORTS: readonly Listed[] = [
  {
    name: 'reconciled',
    description:
      'All money, and each side of each reconciliation: reconciled, on its way, exception, not covered; the four add up to the total.',
    options: DAYS,
  },
  { name: 'adjustments', description: 'Corrections of closed periods, each in the period in which it became known.', options: DAYS },
  { name: 'exceptions', description: 'Unresolved exceptions with their age on the last day.', options: DAYS },
  {
    name: 'entries',
    description: 'Summarized journal entries of revenue, balanced in each fund, and what is in none of them.',
    options: DAYS,
  },
  {
    name: 'postings',
    description: 'The receipts behind a line of the summarized entries, each with its file and line.',
    options: [...DAYS, 'account', 'what', 'tender', 'why'],
  },
  {
    name: 'clearing',
    description: 'The clearing accounts over some days, and each receipt that is still in them.',
    options: [...DAYS, 'account'],
  },
  { name: 'gaps', description: 'Receipt numbers that are missing between two that were used, by place.', options: DAYS },
  {
    name: 'drawers',
    description: 'What each cashier took at each place on each day, by way of paying; refunds and voids apart.',
    options: DAYS,
  },
  {
    name: 'drawer',
    description: 'The receipts behind a line of the report drawers, voided ones too.',
    options: [...DAYS, 'place', 'cashier', 'tender'],
  },
  {
    name: 'deposits',
    description: 'What each deposit is made up of: its receipts by way of paying, what does not agree, and what is in no deposit.',
    options: [...DAYS, 'deposit'],
    pipeline: 'optional',
  },
  {
    name: 'settlements',
    description: 'Each settlement from gross to net, its fee next to the contract, and what reached the bank.',
    options: [...DAYS, 'settlement'],
    pipeline: 'optional',
  },
  {
    name: 'records',
    description: 'The records behind any figure of a reconciliation, with what each is tied to, its file and line.',
    options: [...DAYS, 'side', 'state', 'standing', 'record', 'key'],
    pipeline: 'required',
  },
  {
    name: 'proof-of-cash',
    description: 'Four-column proof of cash: beginning, receipts, disbursements, ending, from the bank (the right side) to the books.',
    options: ['in'],
    pipeline: 'required',
    needs: 'in',
  },
  {
    name: 'unposted',
    description: 'Receipts that a pipeline sends to the ledger and that it has not taken: by state, with amount and oldest day.',
    options: [],
    onDay: true,
  },
  {
    name: 'receipts',
    description: 'The receipts behind a figure of the revenue report, with how each stands and why, its file and line.',
    options: [...DAYS, ...REVENUE_GROUPS, 'standing', 'corrects', 'receipt', 'refunds', 'rest', 'why'],
  },
  {
    name: 'years',
    description: 'Revenue of a period next to that of the same period a year before.',
    options: ['in', 'by'],
    needs: 'in',
  },
  {
    name: 'aging',
    description: 'Unresolved exceptions by type, age and owner, as they stood at the end of a day, or at a time.',
    options: ['type', 'age', 'owner'],
    onDay: true,
  },
  {
    name: 'outstanding',
    description: 'Both sides of a reconciliation at the end of a day, and what is outstanding between them: a bank reconciliation.',
    options: ['side', 'refunds'],
    pipeline: 'required',
    onDay: true,
  },
];

/** Reports that are made of tables, those that the town saved under a name, and `interlocal report trace`. */
export function registerMoneyReports(cli: Cli, report: Command): void {
  for (const listed of REPORTS) register(listed);

  withOutput(report.command('journals'))
    .option('--from <date>', 'first day, YYYY-MM-DD')
    .option('--to <date>', 'last day, YYYY-MM-DD')
    .option('--in <period>', 'one day, month or fiscal year')
    .description('Journal entries that were made for the ledger: state of each, what it corrects, and the number that the ledger gave it.')
    .action(async (options: Given) => {
      const { makingOf, readDefinition } = await import('../../../reports/report-request.ts');
      const definition = readDefinition({ report: 'entries', ...definitionOf({ options: DAYS }, options) });
      await made(options, async (engine) => {
        const { daysOf } = await import('../../../reports/catalog.ts');
        const { from, to } = daysOf(engine, definition, makingOf(engine, undefined));
        return (await import('../../../reports/ledger/journals.ts')).journalsReport(engine, { from, to });
      });
    });

  withOutput(report.command('journal'))
    .argument('<entry>', 'its number, as report journals shows it')
    .description('One journal entry with its lines, and what it has of each receipt.')
    .option('--account <account>', 'of the receipts, only this account')
    .action(async (text: string, options: OutputOptions & { account?: string }) => {
      const { idsOf } = await import('../../known.ts');
      await made(options, async (engine) =>
        (await import('../../../reports/ledger/journals.ts')).journalReport(engine, idsOf([text])[0]!, options.account),
      );
    });

  withOutput(report.command('trace'))
    .argument('<receipt>', 'its number, or the key that its system knows it by')
    .description('The way of a receipt: deposit, bank, ledger, each with the file and line that it came from.')
    .action((key: string, options: OutputOptions) =>
      made(options, async (engine) => (await import('../../../reports/reconciliation/trace.ts')).traceReport(engine, key)),
    );

  report
    .command('saved')
    .description('The reports that config/interlocal.yaml has under a name.')
    .action(async () => {
      const { withTown } = await import('../../town.ts');
      const { tableText } = await import('../../table.ts');
      await withTown(cli, async ({ project }) => {
        const list = Object.entries(project.config.reports).map(([name, one]) => ({ name, report: one.report, title: one.title ?? null }));
        cli.print('report saved', { reports: list }, () =>
          list.length
            ? tableText(
                ['name', 'report', 'title'],
                list.map((one) => [one.name, one.report, one.title ?? '']),
              )
            : 'No report is saved. Write reports: in config/interlocal.yaml.',
        );
      });
    });

  withOutput(withOptions(report.command('run'), [...DAYS, 'as-of']))
    .argument('<name>', 'the name of a saved report')
    .description('Make a report that is saved under a name; --in, or --from and --to, take the place of its own days.')
    .action(async (name: string, options: Given) => {
      const { withTown } = await import('../../town.ts');
      const format = outputFormat(cli, options);
      await withTown(cli, async (engine) => {
        const { savedDefinition } = await import('../../../reports/report-request.ts');
        const definition = savedDefinition(engine.project, name, definitionOf({ options: DAYS }, options));
        const table = options.table ?? (format === 'csv' ? definition.table : undefined);
        await write(engine, definition, format, { ...options, ...(table === undefined ? {} : { table }) });
      });
    });

  async function made(options: OutputOptions, make: (engine: Engine) => Promise<Report>): Promise<void> {
    const { withTown } = await import('../../town.ts');
    const format = outputFormat(cli, options);
    await withTown(cli, async (engine) => writeReport(cli, engine, await make(engine), format, options));
  }

  function register(listed: Listed): void {
    const command = withOptions(withOutput(report.command(listed.name)), [...listed.options, 'as-of']).description(listed.description);
    if (listed.pipeline) command.argument(listed.pipeline === 'required' ? '<pipeline>' : '[pipeline]', 'a reconciliation');
    command.action(async (...args: unknown[]) => {
      const pipeline = listed.pipeline ? (args[0] as string | undefined) : undefined;
      const options = args[listed.pipeline ? 1 : 0] as Given;
      const { withTown } = await import('../../town.ts');
      const format = outputFormat(cli, options);
      const { readDefinition } = await import('../../../reports/report-request.ts');
      // A day of the report itself is not a time that things are told as of.
      const onDay = listed.onDay === true && /^\d{4}-\d\d-\d\d$/.test(options.asOf ?? '');
      const given = { report: listed.name, ...(pipeline === undefined ? {} : { pipeline }), ...definitionOf(listed, options) };
      const definition = readDefinition(onDay ? { ...given, as_of: options.asOf } : given);
      await withTown(cli, async (engine) => write(engine, definition, format, onDay ? { ...options, asOf: undefined } : options));
    });
  }

  /** A report of a period that is closed is given as its closing kept it. */
  async function write(
    engine: Engine,
    definition: Awaited<ReturnType<typeof import('../../../reports/report-request.ts').readDefinition>>,
    format: string,
    options: Given,
  ): Promise<void> {
    const { makeReport, periodOf } = await import('../../../reports/catalog.ts');
    const { makingOf } = await import('../../../reports/report-request.ts');
    const { CLOSING_REPORTS: kept, keptReport } = await import('../../../reports/ledger/period-reports.ts');
    const making = makingOf(engine, options.asOf);
    const name = (kept as readonly string[]).includes(definition.report) && definition.report !== 'revenue' ? definition.report : undefined;
    const wanted = (definition as { in?: string }).in;
    if (name !== undefined && wanted !== undefined) {
      const period: Period = periodOf(engine, wanted, making);
      const at = (format_: Parameters<typeof keptReport>[3], table?: string) =>
        keptReport(engine, period, name as (typeof CLOSING_REPORTS)[number], format_, { table, asOf: making.asOf?.moment });
      const data = await at('data');
      if (data) return writeKept(cli, engine, { data, of: (table) => at(keptFormat(format), table) }, format, options);
    }
    await writeReport(cli, engine, await makeReport(engine, definition, making), format, options);
  }
}

function withOptions(command: Command, names: readonly string[]): Command {
  for (const name of names) command.option(...OPTIONS[name]!);
  return command;
}

/** The options that were given, as a definition has them. */
function definitionOf({ options: names }: { options: readonly string[] }, given: Given): Record<string, string | string[]> {
  return Object.fromEntries(names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}
