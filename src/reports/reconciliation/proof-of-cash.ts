import { dayBefore, type Period } from '../../reconciliation/periods/fiscal.ts';
import { type Outstanding, outstandingOn, type OutstandingItem } from '../../engine/reconciliation/outstanding.ts';
import type { Engine } from '../../engine/run/engine.ts';
import type { Drill } from '../output/drill.ts';
import { outstandingDrills } from './bank-reconciliation.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** The four columns, in minor units. Disbursements are negative. */
interface Columns {
  beginning: number;
  receipts: number;
  disbursements: number;
  ending: number;
}

/**
 * `report proof-of-cash PIPELINE --in PERIOD`: the balance of the right side (the bank) carried over to that of the left (the books),
 * at the beginning, at the end, and for what came in and went out between. Every column foots: the last line is 0.00 in each.
 */
export async function proofOfCash(engine: Engine, pipeline: string, period: Period): Promise<Report> {
  const begin = await outstandingOn(engine, pipeline, dayBefore(period.first));
  const end = await outstandingOn(engine, pipeline, period.last, period.first);
  const currencies = [...new Set(end.totals.map(({ currency }) => currency))].sort();
  return {
    title: `Proof of cash, ${pipeline}, ${period.id}`,
    definition: { report: 'proof-of-cash', pipeline, period: period.id },
    notes: [
      'Beginning + receipts + disbursements = ending, in every line. Disbursements are negative.',
      `Netted inside matches: what ${end.rightName} shows as one sum and ${end.leftName} as several of both signs.`,
      ...(['left', 'right'] as const)
        .filter((side) => end.withoutDay[side] > 0)
        .map(
          (side) =>
            `${end.withoutDay[side]} of ${side === 'left' ? end.leftName : end.rightName} have no date or no amount and are in no line.`,
        ),
    ],
    tables: [
      {
        name: 'proof',
        title: 'Proof of cash',
        drills: proofDrills(pipeline, period),
        columns: columnsFrom(
          'line:Line',
          'currency:Currency',
          'beginning:Beginning:money',
          'receipts:Receipts:money',
          'disbursements:Disbursements:money',
          'ending:Ending:money',
        ),
        rows: currencies.flatMap((currency) => linesOf(begin, end, currency)),
      },
    ],
  };
}

/**
 * Where the lines lead: those of a balance to its records, at the beginning, between and at the end; those of items to the items of the
 * day before the period, or of its last day.
 */
function proofDrills(pipeline: string, { first, last }: Period): Drill[] {
  const before = dayBefore(first);
  const records = ['report', 'records', pipeline];
  const between: Omit<Drill, 'as' | 'options'> = {
    what: 'Records of receipts and disbursements',
    command: [...records, '--from', first, '--to', last],
  };
  return [
    { as: 'drill', ...between, options: { '--side': 'balance' }, where: 'balance' },
    { as: 'drill', ...between, what: 'Matched records, of which some are netted', options: { '--state': 'netted' }, where: 'netted' },
    ...outstandingDrills(pipeline, last, 'drill_ending'),
    ...outstandingDrills(pipeline, before, 'drill_beginning').map((drill): Drill =>
      drill.where === 'out' ? { ...drill, options: { '--side': 'begins' }, where: 'begins', what: 'Items at the beginning' } : drill,
    ),
  ];
}

function linesOf(begin: Outstanding, end: Outstanding, currency: string): ReportRow[] {
  const none = { left: 0, leftOutstanding: 0, rightOutstanding: 0, differences: 0, right: 0 };
  const [b, e] = [begin, end].map(({ totals }) => totals.find((total) => total.currency === currency) ?? none) as [
    typeof none,
    typeof none,
  ];
  const moved = end.movements.find((m) => m.currency === currency) ?? { leftIn: 0, leftOut: 0, rightIn: 0, rightOut: 0 };
  const bank = { beginning: b.right, receipts: moved.rightIn, disbursements: moved.rightOut, ending: e.right };
  const books = { beginning: b.left, receipts: moved.leftIn, disbursements: moved.leftOut, ending: e.left };
  const adjustments: [string, Columns, ReportRow][] = [
    [`On ${end.leftName} only, at the beginning`, atBeginning(signed(begin.items, 'left', currency), 1), { begins: 'left' }],
    [`On ${end.leftName} only, at the end`, atEnd(signed(end.items, 'left', currency), 1), { out: 'left' }],
    [`On ${end.rightName} only, at the beginning`, atBeginning(signed(begin.items, 'right', currency), -1), { begins: 'right' }],
    [`On ${end.rightName} only, at the end`, atEnd(signed(end.items, 'right', currency), -1), { out: 'right' }],
    ['Accepted differences', accepted(b.differences, e.differences), { accepted: 'different' }],
  ];
  const before = [bank, ...adjustments.map(([, columns]) => columns)].reduce(plus);
  // What one side shows as one sum and the other as several of both signs moves between the two columns, and changes no balance.
  const netted = { beginning: 0, receipts: books.receipts - before.receipts, disbursements: before.receipts - books.receipts, ending: 0 };
  const adjusted = plus(before, netted);
  const lines: [string, Columns, ReportRow?][] = [
    [`Balance of ${end.rightName}`, bank, { balance: 'right' }],
    ...adjustments,
    ['Netted inside matches', netted, { netted: 'matched' }],
    [`${end.rightName}, adjusted`, adjusted],
    [`Balance of ${end.leftName}`, books, { balance: 'left' }],
    ['Unexplained', plus(books, times(adjusted, -1))],
  ];
  return lines.map(([line, columns, leads = {}]) => ({ line, currency, ...columns, ...leads }));
}

/** Items by their sign. */
function signed(items: readonly OutstandingItem[], side: 'left' | 'right', currency: string): { in: number; out: number } {
  const own = items.filter((item) => item.side === side && item.currency === currency).map(({ amount }) => amount);
  return { in: own.filter((n) => n >= 0).reduce((a, n) => a + n, 0), out: own.filter((n) => n < 0).reduce((a, n) => a + n, 0) };
}

/** It is in the remote system's balance of the beginning already, and moves there in this period. */
function atBeginning(items: { in: number; out: number }, sign: 1 | -1): Columns {
  return times({ beginning: items.in + items.out, receipts: -items.in, disbursements: -items.out, ending: 0 }, sign);
}

function atEnd(items: { in: number; out: number }, sign: 1 | -1): Columns {
  return times({ beginning: 0, receipts: items.in, disbursements: items.out, ending: items.in + items.out }, sign);
}

function accepted(begin: number, end: number): Columns {
  return times({ beginning: begin, receipts: 0, disbursements: end - begin, ending: end }, -1);
}

function plus(a: Columns, b: Columns): Columns {
  return {
    beginning: a.beginning + b.beginning,
    receipts: a.receipts + b.receipts,
    disbursements: a.disbursements + b.disbursements,
    ending: a.ending + b.ending,
  };
}

function times({ beginning, receipts, disbursements, ending }: Columns, factor: number): Columns {
  // Never -0.
  const by = (n: number): number => n * factor + 0;
  return { beginning: by(beginning), receipts: by(receipts), disbursements: by(disbursements), ending: by(ending) };
}
