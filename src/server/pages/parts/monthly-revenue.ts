import type { RevenueRow } from '../../../reports/revenue/revenue.ts';
import { MAX_SERIES } from './chart.ts';

/** Revenue by department and month in one currency; minor units. */
export interface MonthlyRevenue {
  currency: string;
  /** Each month from the first to the last, also those without revenue: `2026-03`. */
  months: string[];
  /** The greatest first. */
  departments: { name: string; months: number[]; total: number; unreconciled: number }[];
  months_total: number[];
  total: number;
  unreconciled: number;
  /** There are earlier months than these. */
  earlier: boolean;
}

/** The latest `count` months of report lines by month; undefined when there are none in this currency. */
export function monthlyRevenue(rows: readonly RevenueRow[], currency: string, count: number): MonthlyRevenue | undefined {
  const own = rows.filter((row) => row.currency === currency && /^\d{4}-\d\d$/.test(row.period));
  const periods = own.map((row) => row.period).sort();
  const last = periods.at(-1);
  if (last === undefined) return undefined;
  const months = monthsUntil(periods[0]!, last, count);
  const shown = own.filter((row) => row.period >= months[0]!);
  const departments = [...Map.groupBy(shown, (row) => row.department)]
    .map(([name, list]) => ({
      name,
      months: months.map((month) =>
        sum(
          list.filter((row) => row.period === month),
          'amount',
        ),
      ),
      total: sum(list, 'amount'),
      unreconciled: sum(list, 'unreconciled'),
    }))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
  return {
    currency,
    months,
    departments,
    months_total: months.map((_, i) => departments.reduce((total, d) => total + d.months[i]!, 0)),
    total: sum(shown, 'amount'),
    unreconciled: sum(shown, 'unreconciled'),
    earlier: periods[0]! < months[0]!,
  };
}

/** For the chart: the smaller departments together, when there are too many to tell apart. */
export function chartSeries({ departments, months }: MonthlyRevenue): { name: string; values: number[] }[] {
  const all = departments.filter((d) => d.months.some((minor) => minor !== 0));
  const alone = all.length > MAX_SERIES + 1 ? all.slice(0, MAX_SERIES) : all;
  const rest = all.slice(alone.length);
  const series = alone.map((d) => ({ name: d.name, values: d.months }));
  if (rest.length > 0)
    series.push({
      name: `${rest.length} other departments`,
      values: months.map((_, i) => rest.reduce((total, d) => total + d.months[i]!, 0)),
    });
  return series;
}

function sum(rows: readonly RevenueRow[], field: 'amount' | 'unreconciled'): number {
  return rows.reduce((total, row) => total + row[field], 0);
}

function monthsUntil(first: string, last: string, count: number): string[] {
  const months: string[] = [];
  let [year, month] = [Number(last.slice(0, 4)), Number(last.slice(5, 7))];
  while (months.length < count) {
    const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
    if (text < first) break;
    months.unshift(text);
    if (--month === 0) [year, month] = [year - 1, 12];
  }
  return months;
}
