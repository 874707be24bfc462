import { dateOf, monthOf } from '../calendar.ts';
import type { BusinessDays, Entry } from '../entry.ts';
import { dayOf } from './left-over.ts';
import { type AfterCloseRule, isWhere } from './rules.ts';

/** Of a record that was entered after the close of the month that it is dated in: both days, as day numbers. Undefined: it was not. */
export function afterClose(rule: AfterCloseRule, days: BusinessDays): (entry: Entry) => { entered: number; closed: number } | undefined {
  const closings = new Map<string, number>();
  return (entry) => {
    if (entry.day === null || !isAfter(entry, rule)) return undefined;
    const entered = dayOf(entry.values[rule.entered] ?? null);
    if (entered === null) return undefined;
    const month = monthOf(dateOf(entry.day));
    let closed = closings.get(month);
    if (closed === undefined) closings.set(month, (closed = closingDay(days, month, rule.closes)));
    return entered > closed ? { entered, closed } : undefined;
  };
}

/** Without `where`, refunds are the records with a negative amount. */
function isAfter({ values, minor }: Entry, { where }: AfterCloseRule): boolean {
  return Object.keys(where).length ? isWhere(values, where) : minor < 0;
}

/** The n-th business day after a month. */
function closingDay(days: BusinessDays, month: string, n: number): number {
  const [year, number] = month.split('-').map(Number) as [number, number];
  const first = Date.UTC(year, number, 1) / 86_400_000;
  const goal = days.index(first - 1) + n;
  let day = first;
  while (days.index(day) < goal) day++;
  return day;
}
