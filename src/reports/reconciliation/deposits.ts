import { type DayRange, isWithin } from '../../core/time/time.ts';
import type { Side } from '../../reconciliation/entry.ts';
import type { Project } from '../../config/project.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import { ConfigError } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { compositionOf, type GroupRecord, type RecordGroup } from '../../engine/reconciliation/composition.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { knownNames } from '../known-names.ts';
import { originsOf } from '../revenue/origins.ts';
import { TRACE } from '../revenue/receipts.ts';
import { receiptsOfTenders } from './receipts-of-tenders.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';
import { exceptionSentences } from './exceptions.ts';

/** The field that says how a record was paid, and what else is told of it. */
const FIELDS = ['receipt_number', 'source', 'tender', 'type', 'branch', 'cashier', 'batch', 'reference', 'slip_number'] as const;
const TENDERS = ['cash', 'check', 'card', 'electronic'] as const;

/**
 * `report deposits`: what each deposit is made up of, by the reconciliation that ties receipts or their payments to deposits: the sums
 * by way of paying, each receipt, what does not agree, and what is in no deposit. A deposit counts on its own day, a receipt that is in
 * none on the day on which it was taken.
 */
export async function depositsReport(
  engine: Engine,
  pipeline: string,
  range: DayRange & { deposit?: string | undefined },
): Promise<Report> {
  const { project } = engine;
  const config = project.pipelines.get(pipeline)!.value.reconcile!;
  const taken = takingsSide(project, config);
  const other: Side = taken === 'left' ? 'right' : 'left';
  const { entities, groups } = await compositionOf(engine, pipeline, { left: FIELDS, right: FIELDS });
  const goldens = (side: Side, list: readonly RecordGroup[]): number[] => list.flatMap((group) => group[side].map(({ golden }) => golden));
  const within = groups.filter((group) => group[other].some(({ day }) => isWithin(day, range)));
  const deposits = await originsOf(engine, entities[other].entity, goldens(other, within));
  const keysOf = (group: RecordGroup): string[] => group[other].map(({ golden }) => deposits.get(golden)?.key ?? `#${golden}`);
  const { deposit } = range;
  const made = deposit === undefined ? within : within.filter((group) => keysOf(group).includes(deposit));
  if (deposit !== undefined && made.length === 0) {
    const names = knownNames({ deposit });
    for (const { key } of (await originsOf(engine, entities[other].entity, goldens(other, groups))).values()) names.see('deposit', key);
    names.check();
  }
  const missing =
    deposit === undefined
      ? groups.filter((group) => group[other].length === 0 && group[taken].some(({ day }) => isWithin(day, range)))
      : [];
  const shown = [...made, ...missing];
  const parts = await originsOf(engine, entities[taken].entity, goldens(taken, shown));
  const receipts = await receiptsOfTenders(
    engine,
    entities[taken].entity,
    shown.flatMap((group) => group[taken]),
  );
  const sentences = await exceptionSentences(
    engine,
    shown.flatMap((group) => group.exceptions),
  );
  const nameOf = (group: RecordGroup): string => keysOf(group).sort().join(', ');
  const partRow = (record: GroupRecord, more: ReportRow): ReportRow => {
    const { receipt_number: receipt, source } = record.values;
    const of = receipts.get(record.golden);
    const origin = parts.get(record.golden);
    return {
      ...more,
      receipt: text(receipt) ?? origin?.key ?? `#${record.golden}`,
      system: origin?.connection ?? text(source),
      day: record.day,
      tender: tenderOf(record),
      place: text(record.values.branch) ?? of?.place ?? null,
      cashier: text(record.values.cashier) ?? of?.cashier ?? null,
      currency: record.currency,
      amount: record.minor,
      file: origin?.file ?? null,
      line: origin?.line ?? null,
    };
  };
  const rows = made.map((group) => ({ group, name: nameOf(group), first: group[other].map(({ day }) => day ?? '').sort()[0]! }));
  rows.sort((a, b) => (`${a.first}\u0000${a.name}` < `${b.first}\u0000${b.name}` ? -1 : 1));
  const openRows = missing
    .flatMap((group) =>
      group[taken].filter(({ day }) => isWithin(day, range)).map((record) => partRow(record, { what: whyMissing(group, sentences) })),
    )
    .sort(byDayAndReceipt);
  return {
    title: `What each deposit is made up of, by ${pipeline}`,
    definition: {
      report: 'deposits',
      pipeline,
      from: range.from ?? null,
      to: range.to ?? null,
      ...(deposit === undefined ? {} : { deposit }),
    },
    notes: [
      `Deposits are ${entities[other].name}, what they are made up of is ${entities[taken].name}. Difference = deposit less receipts.`,
      'A line with several deposits is tied as a whole: which receipt is in which of them is not known.',
    ],
    main: 'deposits',
    tables: [
      {
        name: 'deposits',
        title: 'Deposits',
        drills: [
          {
            as: 'drill',
            what: 'Receipts of a deposit, each with its file and line',
            command: ['report', 'deposits', pipeline],
            options: { '--deposit': 'one' },
            more: ['--table', 'receipts'],
          },
        ],
        columns: columnsFrom(
          'deposit:Deposit',
          'system:System',
          'day:Day',
          'currency:Currency',
          'amount:Deposited:money',
          'receipts:Receipts:count',
          ...TENDERS.map((tender) => `${tender}:${capital(tender)}:money`),
          'other:Other:money',
          'taken:Receipts in all:money',
          'difference:Difference:money',
          'state:State',
          'what:What is missing',
          'file:File',
          'line:Line:count',
        ),
        rows: rows.flatMap(({ group, name, first }) =>
          currenciesOf(group).map((currency): ReportRow => {
            const own = group[taken].filter((record) => record.currency === currency);
            const sum = (list: readonly GroupRecord[]): number => list.reduce((total, { minor }) => total + minor, 0);
            const amount = sum(group[other].filter((record) => record.currency === currency));
            const by = (tender: string): number => sum(own.filter((record) => tenderOf(record) === tender));
            const origin = deposits.get(group[other][0]!.golden);
            return {
              deposit: name,
              one: keysOf(group).sort()[0]!,
              system: origin?.connection ?? null,
              day: first,
              currency,
              amount,
              receipts: own.length,
              ...Object.fromEntries(TENDERS.map((tender) => [tender, by(tender)])),
              other: sum(own.filter((record) => !(TENDERS as readonly string[]).includes(tenderOf(record) ?? ''))),
              taken: sum(own),
              difference: amount - sum(own),
              state: STATES[group.state],
              what: whatIsMissing(group, own.length, amount - sum(own), currency, sentences),
              file: origin?.file ?? null,
              line: origin?.line ?? null,
            };
          }),
        ),
      },
      {
        name: 'receipts',
        title: 'Receipts in deposits',
        drills: [TRACE],
        columns: columnsFrom('deposit:Deposit', ...PART_COLUMNS, 'state:State', 'rule:Rule'),
        rows: rows.flatMap(({ group, name }) =>
          group[taken]
            .map((record) => partRow(record, { deposit: name, state: STATES[group.state], rule: group.rule }))
            .sort(byDayAndReceipt),
        ),
      },
      {
        name: 'not_deposited',
        title: 'In no deposit',
        drills: [TRACE],
        columns: columnsFrom(...PART_COLUMNS, 'what:Why'),
        rows: openRows,
      },
    ],
  };
}

const PART_COLUMNS = [
  'receipt:Receipt',
  'system:System',
  'day:Taken on',
  'tender:Paid by',
  'place:Place',
  'cashier:Cashier',
  'currency:Currency',
  'amount:Amount:money',
  'file:File',
  'line:Line:count',
] as const;

/** In words; of what no match has, nothing is settled. */
const STATES: Record<RecordGroup['state'], string> = {
  confirmed: 'matched',
  proposed: 'proposed, a person has to confirm it',
  contested: 'used by another reconciliation too',
  changed: 'a record changed since it was matched',
  key: 'does not agree',
  exception: 'exception',
  alone: 'not matched',
};

/** Reconciliations that say what deposits are made up of: of receipts, or of their payments, with deposits. */
export function depositPipelines(project: Project): string[] {
  return [...project.pipelines.values()]
    .filter(({ value: { reconcile, mode } }) => {
      if (!reconcile || mode === 'off') return false;
      const entities = [reconcile.left.entity, reconcile.right.entity];
      return entities.includes('deposit') && entities.some((entity) => isTaken(project, entity));
    })
    .map(({ value }) => value.pipeline)
    .sort();
}

/** The one reconciliation that is meant where none is named. Throws ConfigError USAGE where there are none or several. */
export function theOnly(pipelines: readonly string[], what: string): string {
  if (pipelines.length === 1) return pipelines[0]!;
  throw new ConfigError({
    code: 'USAGE',
    place: { path: 'pipeline' },
    message: pipelines.length ? `Several reconciliations have ${what}.` : `No reconciliation has ${what}.`,
    hint: pipelines.length
      ? `Name one: ${pipelines.join(', ')}.`
      : 'If there is one whose sides have other names, name that reconciliation. If not, docs/reconciliation.md shows how to make one.',
  });
}

function isTaken(project: Project, entity: string): boolean {
  return entity === project.config.revenue.receipts || entity === 'tender';
}

/** The side that has the receipts or payments; of two other things, the left. */
function takingsSide(project: Project, config: ReconciliationConfig): Side {
  return isTaken(project, config.right.entity) && !isTaken(project, config.left.entity) ? 'right' : 'left';
}

function whatIsMissing(
  group: RecordGroup,
  receipts: number,
  difference: number,
  currency: string,
  sentences: ReadonlyMap<string, string>,
): string | null {
  const told = group.exceptions.flatMap((id) => sentences.get(id) ?? []);
  if (told.length) return told.join(' ');
  if (receipts === 0) return 'No receipt is known for it.';
  if (group.state === 'changed') return 'A record changed since it was matched: run the reconciliation.';
  if (difference === 0) return group.state === 'key' ? 'The sums agree, but it is not matched: run the reconciliation.' : null;
  return difference > 0
    ? `Receipts of ${plainMoney(difference, currency)} are missing.`
    : `${plainMoney(-difference, currency)} of the receipts was not deposited.`;
}

function whyMissing(group: RecordGroup, sentences: ReadonlyMap<string, string>): string {
  const told = group.exceptions.flatMap((id) => sentences.get(id) ?? []);
  if (told.length) return told.join(' ');
  return group.state === 'key'
    ? 'There is no deposit to compare it with.'
    : 'It is on its way, or the reconciliation has not run since it came.';
}

function currenciesOf(group: RecordGroup): string[] {
  return [...new Set([...group.left, ...group.right].map(({ currency }) => currency))].sort();
}

function tenderOf({ values }: GroupRecord): string | null {
  return text(values.tender) ?? text(values.type);
}

function byDayAndReceipt(a: ReportRow, b: ReportRow): number {
  const key = (row: ReportRow): string => [row.day, row.system, row.receipt, row.tender].join('\u0000');
  return key(a) < key(b) ? -1 : 1;
}

function text(value: string | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
