import type { Project } from '../../config/project.ts';
import { type LedgerEntry, revenueLedger } from '../../engine/revenue/ledger.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { addSplit, noSplit, type Standing } from '../../reconciliation/standing.ts';
import { knownNames } from '../known-names.ts';
import { originsOf } from './origins.ts';
import type { Drill } from '../output/drill.ts';
import { columnsFrom, type Report, type ReportRow, SPLIT_COLUMNS } from '../output/table.ts';
import { REVENUE_GROUPS, revenueGroups } from './groups.ts';
import type { RevenueGroup } from './groups.ts';

/** Which receipts: each name narrows it; `(no account)` and the like as the revenue report has them. */
export interface ReceiptFilter extends Partial<Record<RevenueGroup, string | undefined>> {
  from?: string | undefined;
  to?: string | undefined;
  standing?: Standing | undefined;
  /** Only what corrects this closed period; `none`: only what corrects none. */
  corrects?: string | undefined;
  /** The number of one receipt. */
  receipt?: string | undefined;
  /** Only amounts below zero, or none of these. */
  refunds?: 'only' | 'none' | undefined;
  /** Only what the lines of a receipt do not add up to, or none of that. */
  rest?: 'only' | 'none' | undefined;
  /** Only what this is the reason of, why it is not reconciled: in the words of the revenue report. */
  why?: string | undefined;
}

/** Whether an entry is one of those that are asked for. */
export function receiptPicker(project: Pick<Project, 'config'>, filter: ReceiptFilter): (entry: LedgerEntry) => boolean {
  const asked = REVENUE_GROUPS.filter((group) => filter[group] !== undefined);
  const namesOf = revenueGroups(project, asked);
  const { standing, corrects, receipt, refunds, rest, why } = filter;
  return (entry) =>
    (corrects === undefined || (entry.corrects ?? 'none') === corrects) &&
    (receipt === undefined || entry.receiptNumber === receipt) &&
    (refunds === undefined || entry.amount < 0 === (refunds === 'only')) &&
    (rest === undefined || (entry.part === 'rest') === (rest === 'only')) &&
    (why === undefined || entry.reasons.includes(why)) &&
    // A correction may leave an amount at 0.00 and move cents from one standing to another.
    (standing === undefined || entry.split[standing] !== 0) &&
    namesOf(entry).every((name, i) => name === filter[asked[i]!]);
}

/** That what is asked for is the name of something, at any time. For reports that found nothing. Throws ConfigError REPORT_NAME_UNKNOWN. */
export async function checkReceiptFilter(engine: Engine, filter: ReceiptFilter): Promise<void> {
  const asked = REVENUE_GROUPS.filter((group) => filter[group] !== undefined);
  if (asked.length === 0) return;
  const namesOf = revenueGroups(engine.project, asked);
  const names = knownNames(Object.fromEntries(asked.map((group) => [group, filter[group]])));
  // A system is known before it has sent anything, and a code of the model before anything has it.
  const fields = engine.project.entities.get(engine.project.config.revenue.receipts)?.value.fields;
  for (const group of asked) for (const value of fields?.[group]?.values ?? []) names.see(group, value);
  for (const connection of Object.keys(engine.project.connections)) names.see('system', connection);
  for await (const entry of revenueLedger(engine, {})) for (const [i, name] of namesOf(entry).entries()) names.see(asked[i]!, name);
  names.check();
}

/** `report receipts`: the receipts behind a figure of the revenue report, each with its file and line; their sum is the figure. */
export async function receiptsReport(engine: Engine, filter: ReceiptFilter): Promise<Report> {
  const { from, to, department, account, tender, standing } = filter;
  const picks = receiptPicker(engine.project, filter);
  const entries: LedgerEntry[] = [];
  const sums = new Map<string, { amount: number; split: ReturnType<typeof noSplit> }>();
  for await (const entry of revenueLedger(engine, { from, to })) {
    if (!picks(entry)) continue;
    entries.push(entry);
    let sum = sums.get(entry.currency);
    if (!sum) sums.set(entry.currency, (sum = { amount: 0, split: noSplit() }));
    sum.amount += entry.amount;
    addSplit(sum.split, entry.split);
  }
  if (entries.length === 0) await checkReceiptFilter(engine, filter);
  entries.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const origins = await originsOf(
    engine,
    engine.project.config.revenue.receipts,
    entries.map(({ golden }) => golden),
  );
  const figures = ['amount:Amount:money', ...SPLIT_COLUMNS] as const;
  const more = Object.fromEntries(
    [...REVENUE_GROUPS, ...ONLY].flatMap((name) => (filter[name] === undefined ? [] : [[name, filter[name]]])),
  );
  return {
    title: 'Receipts',
    main: 'receipts',
    definition: {
      report: 'receipts',
      from: from ?? null,
      to: to ?? null,
      department: department ?? null,
      account: account ?? null,
      tender: tender ?? null,
      standing: standing ?? null,
      ...more,
    },
    notes: [
      'A receipt that its lines split over accounts is once for each. File and line are those of its present version.',
      'interlocal report trace RECEIPT leads on from here, to the deposit, the bank and the ledger.',
    ],
    tables: [
      {
        name: 'totals',
        title: 'Total',
        columns: columnsFrom('currency:Currency', ...figures),
        rows: [...sums].sort().map(([currency, { amount, split }]): ReportRow => ({ currency, amount, ...split })),
      },
      {
        name: 'receipts',
        title: 'Receipts',
        drills: [TRACE],
        columns: columnsFrom(
          'booked_on:Counts on',
          'receipt:Receipt',
          'source:System',
          'day:Taken on',
          'department:Department',
          'account:Account',
          'program:Program',
          'tender:Paid by',
          'channel:Channel',
          'place:Place',
          'batch:Batch',
          'cashier:Cashier',
          'currency:Currency',
          ...figures,
          'corrects:Corrects',
          'why:Why not reconciled',
          'file:File',
          'line:Line:count',
        ),
        rows: entries.map((entry): ReportRow => {
          const { bookedOn: booked_on, receiptNumber: receipt, source, day, currency, amount, split, corrects, reasons } = entry;
          const { department: taken, account: on, program, tender: by, channel, place, batch, cashier } = entry;
          const { file, line } = origins.get(entry.golden) ?? { file: null, line: null };
          const names = { department: taken, account: on, program, tender: by, channel, place, batch, cashier };
          return {
            booked_on,
            receipt,
            source,
            day,
            ...names,
            currency,
            amount,
            ...split,
            corrects,
            why: reasons.join('; ') || null,
            file,
            line,
          };
        }),
      },
    ],
  };
}

/** Where a table of receipts leads: to the deposit, the bank and the ledger. */
export const TRACE: Drill = {
  as: 'drill',
  what: 'From a receipt to the deposit, the bank and the ledger',
  command: ['report', 'trace'],
  args: ['receipt'],
};

/** What narrows receipts besides the groups. */
const ONLY = ['corrects', 'receipt', 'refunds', 'rest', 'why'] as const;

/**
 * Where a figure of revenue leads: to its receipts. `filter` is what the report was asked for; the options that the rows have values for
 * take the place of those. `more`: further options by the keys of the rows.
 */
export function receiptsDrill(filter: ReceiptFilter, groups: readonly RevenueGroup[], more: Readonly<Record<string, string>> = {}): Drill {
  const own: readonly string[] = groups;
  const asked = Object.entries(filter).filter(
    ([name, value]) => value !== undefined && !own.includes(name) && name !== 'from' && name !== 'to',
  );
  return {
    as: 'drill',
    what: 'Receipts of a line; --standing exception and the like give those of one of the four columns',
    command: ['report', 'receipts'],
    options: { '--from': 'first', '--to': 'last', ...Object.fromEntries(groups.map((group) => [`--${group}`, group])), ...more },
    more: asked.flatMap(([name, value]) => [`--${name}`, String(value)]),
  };
}

function key(entry: LedgerEntry): string {
  const { bookedOn, source, receiptNumber, account, part, corrects } = entry;
  return [bookedOn, source, receiptNumber, account ?? '', part, corrects ?? '', String(entry.amount)].join('\u0000');
}
