import { revenueLedger } from '../../engine/revenue/ledger.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { addSplit, noSplit, type Split } from '../../reconciliation/standing.ts';
import { columnsFrom, type Report, type ReportRow, SPLIT_COLUMNS } from '../output/table.ts';
import type { ReceiptFilter } from './receipts.ts';
import { checkReceiptFilter, receiptPicker, receiptsDrill } from './receipts.ts';
import { periodDays, type PeriodKind, periodOf } from './revenue.ts';
import { GROUP_TITLES, type RevenueGroup, revenueGroups } from './groups.ts';

interface Sum {
  names: string[];
  period: string;
  currency: string;
  receipts: number;
  amount: number;
  split: Split;
}

/**
 * `report revenue --by …`: revenue split up by what is asked for and by period. Each line is the total of `report receipts` with the
 * same names: none is left out, and what is not known has a line of its own. Corrections count in the period in which they became known.
 */
export async function revenueByReport(
  engine: Engine,
  filter: ReceiptFilter,
  by: readonly RevenueGroup[],
  period: PeriodKind,
  asOf?: string,
): Promise<Report> {
  const { fiscal_year_starts: starts } = engine.project.config.town;
  const namesOf = revenueGroups(engine.project, by);
  const picks = receiptPicker(engine.project, filter);
  const sums = new Map<string, Sum>();
  for await (const entry of revenueLedger(engine, filter, { asOf })) {
    if (!picks(entry)) continue;
    const names = namesOf(entry);
    const at = periodOf(entry.bookedOn, period, starts);
    const key = JSON.stringify([names, at, entry.currency]);
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = { names, period: at, currency: entry.currency, receipts: 0, amount: 0, split: noSplit() }));
    sum.receipts += entry.count;
    sum.amount += entry.amount;
    addSplit(sum.split, entry.split);
  }
  if (sums.size === 0) await checkReceiptFilter(engine, filter);
  const order = (sum: Sum): string => [...sum.names, sum.period, sum.currency].join('\u0000');
  const rows = [...sums.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  const figures = ['currency:Currency', 'receipts:Receipts:count', 'amount:Amount:money', ...SPLIT_COLUMNS] as const;
  const cells = ({ currency, receipts, amount, split }: Omit<Sum, 'names' | 'period'>): ReportRow => ({
    currency,
    receipts,
    amount,
    ...split,
  });
  return {
    title: `Revenue by ${by.join(', ')}`,
    definition: { report: 'revenue', by: by.join(','), period, ...asAsked(filter), ...(asOf === undefined ? {} : { as_of: asOf }) },
    notes: ['Amount = reconciled + on its way + exception + not covered. Corrections of closed periods count where they became known.'],
    main: 'revenue',
    tables: [
      {
        name: 'revenue',
        title: 'Revenue',
        drills: [receiptsDrill(filter, by)],
        columns: columnsFrom(...by.map((group) => `${group}:${GROUP_TITLES[group]}`), 'period:Period', ...figures),
        rows: rows.map((sum): ReportRow => ({
          ...Object.fromEntries(by.map((group, i) => [group, sum.names[i]!])),
          period: sum.period,
          ...periodDays(sum.period, starts, filter),
          ...cells(sum),
        })),
      },
      {
        name: 'totals',
        title: 'Total',
        drills: [receiptsDrill(filter, [])],
        columns: columnsFrom(...figures),
        rows: [...Map.groupBy(rows, ({ currency }) => currency)].sort().map(([currency, some]): ReportRow => {
          const split = noSplit();
          for (const one of some) addSplit(split, one.split);
          const sum = (of: (one: Sum) => number): number => some.reduce((total, one) => total + of(one), 0);
          const days = { first: filter.from ?? null, last: filter.to ?? null };
          return { ...days, ...cells({ currency, receipts: sum((one) => one.receipts), amount: sum((one) => one.amount), split }) };
        }),
      },
    ],
  };
}

/** What was asked for, as a report's definition has it. */
function asAsked(filter: ReceiptFilter): Record<string, string | null> {
  return Object.fromEntries(Object.entries({ from: undefined, to: undefined, ...filter }).map(([name, value]) => [name, value ?? null]));
}
