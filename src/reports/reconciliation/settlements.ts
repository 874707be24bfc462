import { type DayRange, isWithin } from '../../core/time/time.ts';
import type { Project } from '../../config/project.ts';
import { compositionOf, type GroupRecord, type RecordGroup } from '../../engine/reconciliation/composition.ts';
import { fieldsOf, rulesOf } from '../../engine/reconciliation/pass-rules.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { plainMoney } from '../../core/money.ts';
import { dayNumber } from '../../reconciliation/calendar.ts';
import type { Entry, SettlementPass, Side } from '../../reconciliation/entry.ts';
import { expectedFee, ruleOf } from '../../reconciliation/exceptions/fees.ts';
import { isWhere } from '../../reconciliation/exceptions/rules.ts';
import { netOf, partsOf } from '../../reconciliation/passes/settlement.ts';
import { exceptionSentences } from './exceptions.ts';
import { knownNames } from '../known-names.ts';
import { originsOf } from '../revenue/origins.ts';
import { TRACE } from '../revenue/receipts.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

const FIGURES = [
  'gross',
  'refunds',
  'fees',
  'expected',
  'fee_difference',
  'chargebacks',
  'reserve',
  'net',
  'off',
  'bank',
  'bank_difference',
] as const;
type Figure = (typeof FIGURES)[number];
const TITLES: Record<Figure, string> = {
  gross: 'Gross',
  refunds: 'Refunds',
  fees: 'Fees',
  expected: 'Fees by contract',
  fee_difference: 'Fees over contract',
  chargebacks: 'Chargebacks',
  reserve: 'Reserve',
  net: 'Net',
  off: 'Net less its parts',
  bank: 'At the bank',
  bank_difference: 'Bank less net',
};

/**
 * `report settlements`: each settlement from its gross to its net, its fee next to what the contract gives, and what reached the bank.
 * A figure that is not known is empty, and never 0.00.
 */
export async function settlementsReport(
  engine: Engine,
  pipeline: string,
  range: DayRange & { settlement?: string | undefined },
): Promise<Report> {
  const { project } = engine;
  const config = project.pipelines.get(pipeline)!.value.reconcile!;
  const passes = rulesOf(pipeline, config, project.config.town).passes.filter((one): one is SettlementPass => one.kind === 'settlement');
  const pass = passes.find(({ contract }) => contract.length) ?? passes[0]!;
  const payers: Side = pass.of === 'left' ? 'right' : 'left';
  const wanted = (side: Side): string[] => [
    ...fieldsOf(config, side),
    ...(side === pass.of ? Object.values(pass.parts) : ['receipt_number']),
  ];
  const { entities, groups } = await compositionOf(engine, pipeline, { left: wanted('left'), right: wanted('right') });
  const { settlement } = range;
  const within = groups.filter((group) => group[pass.of].some(({ day }) => isWithin(day, range)));
  const paid = pass.on.length > 0;
  const bank = paid ? await arrivals(engine, pipeline, entities[pass.of].entity) : new Map(groupsByRecord(pipeline, groups, pass.of));
  const origins = await originsOf(
    engine,
    entities[pass.of].entity,
    within.flatMap((group) => group[pass.of].map(({ golden }) => golden)),
  );
  const isAsked = ({ golden }: GroupRecord): boolean => settlement === undefined || origins.get(golden)?.key === settlement;
  const shown = within.filter((group) => group[pass.of].some(isAsked));
  if (shown.length === 0 && settlement !== undefined) {
    const names = knownNames({ settlement });
    const all = groups.flatMap((group) => group[pass.of].map(({ golden }) => golden));
    for (const { key } of (await originsOf(engine, entities[pass.of].entity, all)).values()) names.see('settlement', key);
    names.check();
  }
  const payments = await originsOf(
    engine,
    entities[payers].entity,
    paid ? shown.flatMap((group) => group[payers].map(({ golden }) => golden)) : [],
  );
  const sentences = await exceptionSentences(
    engine,
    shown.flatMap((group) => group.exceptions),
  );
  const rows: ReportRow[] = [];
  const members: ReportRow[] = [];
  for (const group of shown)
    for (const record of group[pass.of].filter((one) => isWithin(one.day, range) && isAsked(one))) {
      const origin = origins.get(record.golden);
      const name = {
        settlement: origin?.key ?? `#${record.golden}`,
        system: origin?.connection ?? null,
        day: record.day,
        currency: record.currency,
      };
      // With several settlements in one group it is not known which payment is in which.
      const items = paid && group[pass.of].length === 1 && group.state === 'confirmed' ? group[payers] : undefined;
      const reached = bank.get(record.golden);
      const { figures, told } = figuresOf(pass, record, items, reached);
      rows.push({
        ...name,
        ...figures,
        bank_on: reached?.day ?? null,
        bank_by: reached?.pipeline ?? null,
        paid_by: paid ? name.settlement : null,
        payments: items?.length ?? null,
        what: [...group.exceptions.flatMap((id) => sentences.get(id) ?? []), ...told].join(' ') || null,
        file: origin?.file ?? null,
        line: origin?.line ?? null,
      });
      if (paid)
        for (const payment of group[payers]) {
          const from = payments.get(payment.golden);
          const receipt = payment.values.receipt_number ?? from?.key ?? `#${payment.golden}`;
          const { day, minor: amount, currency } = payment;
          members.push({
            settlement: name.settlement,
            receipt,
            system: from?.connection ?? null,
            day,
            currency,
            amount,
            state: group.state,
            file: from?.file ?? null,
            line: from?.line ?? null,
          });
        }
    }
  rows.sort(inOrder(['day', 'system', 'settlement']));
  const money = FIGURES.map((figure) => `${figure}:${TITLES[figure]}:money`);
  return {
    title: `Settlements from gross to net, by ${pipeline}`,
    definition: {
      report: 'settlements',
      pipeline,
      from: range.from ?? null,
      to: range.to ?? null,
      ...(settlement === undefined ? {} : { settlement }),
    },
    notes: [
      'Gross - refunds - fees - chargebacks - reserve = net. A figure that is empty is not known.',
      pass.contract.length
        ? 'Fees by contract are what the contract in the pipeline gives. Where the payments are not known one by one, they may be off by half a cent for each.'
        : 'The pipeline names no contract, so fees are not checked.',
      ...(bank.size ? [] : ['No reconciliation ties settlements to the bank, so what reached it is not known.']),
      'The totals add up what is known; a figure that some settlements lack is of the others.',
    ],
    main: 'settlements',
    tables: [
      {
        name: 'settlements',
        title: 'Settlements',
        drills: [
          {
            as: 'drill',
            what: 'Payments of a settlement, each with its file and line',
            command: ['report', 'settlements', pipeline],
            options: { '--settlement': 'settlement' },
            more: ['--table', 'payments'],
            where: 'paid_by',
          },
          {
            as: 'drill_bank',
            what: 'What reached the bank of it',
            command: ['report', 'records'],
            args: ['bank_by'],
            options: { '--record': 'settlement' },
          },
        ],
        columns: columnsFrom(
          'settlement:Settlement',
          'system:System',
          'day:Day',
          'currency:Currency',
          ...money,
          'bank_on:At the bank on',
          'payments:Payments:count',
          'what:What is wrong',
          'file:File',
          'line:Line:count',
        ),
        rows,
      },
      {
        name: 'totals',
        title: 'Total',
        columns: columnsFrom('currency:Currency', 'settlements:Settlements:count', ...money),
        rows: [...Map.groupBy(rows, (row) => String(row.currency))].sort().map(([currency, some]): ReportRow => ({
          currency,
          settlements: some.length,
          ...Object.fromEntries(
            FIGURES.map((figure) => {
              const known = some.flatMap((row) => (row[figure] === null || row[figure] === undefined ? [] : [Number(row[figure])]));
              return [figure, known.length ? known.reduce((sum, n) => sum + n, 0) : null];
            }),
          ),
        })),
      },
      {
        name: 'payments',
        title: 'Payments',
        drills: [TRACE],
        columns: columnsFrom(
          'settlement:Settlement',
          'receipt:Receipt',
          'system:System',
          'day:Taken on',
          'currency:Currency',
          'amount:Amount:money',
          'state:State',
          'file:File',
          'line:Line:count',
        ),
        rows: members.sort(inOrder(['settlement', 'day', 'receipt'])),
      },
    ],
  };
}

/** Reconciliations that check settlements. */
export function settlementPipelines(project: Project): string[] {
  return [...project.pipelines.values()]
    .filter(({ value: { reconcile, mode } }) => mode !== 'off' && reconcile?.passes?.some((pass) => pass.settlement !== undefined))
    .map(({ value }) => value.pipeline)
    .sort();
}

/** What reached the bank of one settlement, or of several together. Minor units. */
interface Reached {
  amount: number;
  day: string | null;
  /** How many settlements it is of. */
  together: number;
  /** The reconciliation that says so. */
  pipeline: string;
}

function figuresOf(
  pass: SettlementPass,
  record: GroupRecord,
  items: readonly GroupRecord[] | undefined,
  reached: Reached | undefined,
): { figures: Record<Figure, number | null>; told: string[] } {
  const entry: Entry = {
    id: '',
    minor: record.minor,
    currency: record.currency,
    day: record.day === null ? null : dayNumber(record.day),
    values: Object.fromEntries(Object.entries(record.values).map(([name, value]) => [name, value === null ? null : String(value)])),
  };
  const monthly = pass.monthly !== undefined && isWhere(entry.values, pass.monthly.where);
  const parts = monthly ? {} : partsOf(pass, entry);
  const rule = monthly ? undefined : ruleOf(pass, entry);
  const net = parts.net ?? record.minor;
  const blankFee = pass.parts.fees !== undefined && parts.fees === undefined;
  const worked = rule?.deducted === 'monthly' ? netOf({ ...parts, fees: 0 }) : blankFee ? null : netOf(parts);
  const known = items?.map(({ minor }) => minor).filter((minor) => minor > 0);
  const whole = known?.reduce((sum, minor) => sum + minor, 0) === parts.gross ? known : undefined;
  const expected = rule && parts.gross !== undefined ? (expectedFee(rule, entry, parts.gross, whole)?.fee ?? null) : null;
  const alone = reached?.together === 1 ? reached.amount : null;
  return {
    figures: {
      gross: parts.gross ?? null,
      refunds: parts.refunds ?? null,
      fees: parts.fees ?? null,
      expected,
      fee_difference: expected === null || parts.fees === undefined ? null : parts.fees - expected,
      chargebacks: parts.chargebacks ?? null,
      reserve: parts.reserve ?? null,
      net,
      off: worked === null || monthly ? null : net - worked,
      bank: alone,
      bank_difference: alone === null ? null : alone - net,
    },
    told: [
      ...(monthly ? ['Fees of the month before, debited by themselves.'] : []),
      ...(reached && reached.together > 1
        ? [`It reached the bank in ${plainMoney(reached.amount, record.currency)} together with ${reached.together - 1} more.`]
        : []),
    ],
  };
}

/** What reached the bank, by the golden record of each settlement: by other reconciliations that have settlements on one side. */
async function arrivals(engine: Engine, but: string, entity: string): Promise<Map<number, Reached>> {
  const found = new Map<number, Reached>();
  const { receipts } = engine.project.config.revenue;
  for (const { value } of engine.project.pipelines.values()) {
    const config = value.reconcile;
    if (!config || value.mode === 'off' || value.pipeline === but) continue;
    const side = (['left', 'right'] as const).find((one) => config[one].entity === entity);
    if (!side) continue;
    const other = config[side === 'left' ? 'right' : 'left'].entity;
    if (other === receipts || other === 'tender' || other === entity) continue;
    const { groups } = await compositionOf(engine, value.pipeline, { left: [], right: [] });
    for (const [golden, reached] of groupsByRecord(value.pipeline, groups, side)) if (!found.has(golden)) found.set(golden, reached);
  }
  return found;
}

/** Only what a match in force has is known to have arrived. */
function* groupsByRecord(pipeline: string, groups: readonly RecordGroup[], side: Side): Generator<[number, Reached]> {
  const other = side === 'left' ? 'right' : 'left';
  for (const group of groups) {
    if (group.state !== 'confirmed' || group[other].length === 0) continue;
    const amount = group[other].reduce((sum, { minor }) => sum + minor, 0);
    const day =
      group[other]
        .map((record) => record.day ?? '')
        .sort()
        .at(-1) || null;
    for (const { golden } of group[side]) yield [golden, { amount, day, together: group[side].length, pipeline }];
  }
}

function inOrder(columns: readonly string[]): (a: ReportRow, b: ReportRow) => number {
  const key = (row: ReportRow): string => columns.map((column) => row[column] ?? '').join('\u0000');
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}
