import type { DayRange } from '../../core/time/time.ts';
import { type LegTotal, legTotals } from '../../engine/revenue/legs.ts';
import { type RevenuePart, revenueParts } from '../../engine/revenue/read-sums.ts';
import { addSplit, noSplit, type Split } from '../../reconciliation/standing.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { receiptsDrill } from '../revenue/receipts.ts';
import { columnsFrom, type Report, type ReportRow, SPLIT_COLUMNS } from '../output/table.ts';

/** All money of a period in one currency. Minor units; the four figures of the split add up to the amount. */
export interface MoneyTotal {
  currency: string;
  receipts: number;
  amount: number;
  split: Split;
}

export interface Reconciled {
  money: MoneyTotal[];
  legs: LegTotal[];
}

/** How all money of a period stands, and how each reconciliation (leg) stands by itself. */
export async function reconciledTotals(engine: Engine, range: DayRange): Promise<Reconciled> {
  const facts = moneyTotals();
  for await (const fact of revenueParts(engine, range)) facts.add(fact);
  return { money: facts.totals(), legs: await legTotals(engine, range) };
}

/** Adds facts up by currency. */
function moneyTotals(): { add(fact: Pick<RevenuePart, 'currency' | 'count' | 'amount' | 'split'>): void; totals(): MoneyTotal[] } {
  const totals = new Map<string, MoneyTotal>();
  return {
    add(fact) {
      let total = totals.get(fact.currency);
      if (!total) totals.set(fact.currency, (total = { currency: fact.currency, receipts: 0, amount: 0, split: noSplit() }));
      total.receipts += fact.count;
      total.amount += fact.amount;
      addSplit(total.split, fact.split);
    },
    totals: () => [...totals.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1)),
  };
}

const FIGURES = ['amount:Total:money', ...SPLIT_COLUMNS] as const;

/** `report reconciled`. */
export async function reconciledReport(engine: Engine, range: DayRange): Promise<Report> {
  const { money, legs } = await reconciledTotals(engine, range);
  const days = { first: range.from ?? null, last: range.to ?? null };
  const undated = legs.filter((leg) => leg.undated > 0);
  const dateless = [...new Set(legs.filter((leg) => leg.dateField === null).map(({ pipeline, name }) => `${name} of ${pipeline}`))];
  return {
    title: 'Reconciled money',
    definition: { report: 'reconciled', from: range.from ?? null, to: range.to ?? null },
    notes: [
      'Total = reconciled + on its way + exception + not covered. Only confirmed matches of the present version of a record count.',
      ...undated.map(({ pipeline, name, undated: n }) => `${pipeline}: ${n} of ${name} have no date and are in no period.`),
      ...(dateless.length && (range.from || range.to) ? [`Without a date field, counted in every period: ${dateless.join(', ')}.`] : []),
    ],
    tables: [
      {
        name: 'money',
        title: 'All money taken',
        drills: [receiptsDrill(range, [])],
        columns: columnsFrom('currency:Currency', 'receipts:Receipts:count', ...FIGURES),
        rows: money.map(({ currency, receipts, amount, split }): ReportRow => ({ ...days, currency, receipts, amount, ...split })),
      },
      {
        name: 'reconciliations',
        title: 'By reconciliation',
        drills: [
          {
            as: 'drill',
            what: 'Records of a line; --standing exception and the like give those of one of the four columns',
            command: ['report', 'records'],
            args: ['pipeline'],
            options: { '--side': 'side', '--from': 'first', '--to': 'last' },
          },
        ],
        columns: columnsFrom('pipeline:Reconciliation', 'side:Side', 'name:What', 'currency:Currency', 'records:Records:count', ...FIGURES),
        rows: legs.map(({ pipeline, side, name, dateField, currency, records, amount, split }): ReportRow => {
          // Without a date they count in every period.
          return { ...(dateField === null ? {} : days), pipeline, side, name, currency, records, amount, ...split };
        }),
      },
    ],
  };
}
