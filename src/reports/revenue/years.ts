import { revenueLedger } from '../../engine/revenue/ledger.ts';
import { revenueParts } from '../../engine/revenue/read-sums.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { dayBefore } from '../../reconciliation/periods/fiscal.ts';
import { daysInMonth } from '../../core/time/time.ts';
import { GROUP_TITLES, type Grouped, type RevenueGroup, revenueGroups } from './groups.ts';
import type { Drill } from '../output/drill.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** `report years`: revenue of some days next to that of the same days a year before, by department, account, fund or another name. */
export async function yearsReport(engine: Engine, range: { from: string; to: string }, by: RevenueGroup, asOf?: string): Promise<Report> {
  const namesOf = revenueGroups(engine.project, [by]);
  const before = { from: yearBefore(range.from), to: yearBefore(range.to) };
  const sums = new Map<string, { name: string; currency: string; amount: number; before: number; inYearBefore: boolean }>();
  for (const [days, column] of [
    [range, 'amount'],
    [before, 'before'],
  ] as const)
    for await (const entry of entriesOf(engine, days, by, asOf)) {
      const name = namesOf(entry)[0]!;
      const id = JSON.stringify([name, entry.currency]);
      let sum = sums.get(id);
      if (!sum) sums.set(id, (sum = { name, currency: entry.currency, amount: 0, before: 0, inYearBefore: false }));
      sum[column] += entry.amount;
      if (column === 'before') sum.inYearBefore = true;
    }
  // As of a time only closed days are kept, so what was known of earlier days then cannot be asked.
  const known = asOf === undefined ? await isKnownBefore(engine, before, sums.values()) : 'yes';
  const rows = [...sums.values()].sort((a, b) => (a.name + a.currency < b.name + b.currency ? -1 : 1));
  const totals = [...Map.groupBy(rows, ({ currency }) => currency)].map(([currency, some]) => ({
    name: 'Total',
    currency,
    amount: some.reduce((sum, row) => sum + row.amount, 0),
    before: some.reduce((sum, row) => sum + row.before, 0),
  }));
  return {
    title: `Revenue by ${by}, year over year`,
    definition: { report: 'years', from: range.from, to: range.to, by, ...(asOf === undefined ? {} : { as_of: asOf }) },
    notes: [
      `${range.from} to ${range.to}, and ${before.from} to ${before.to}. Adjustments of closed periods count where they became known.`,
      ...(known === 'no'
        ? [`There is no receipt of ${before.to} or earlier: the year before is not known, so its columns are empty.`]
        : known === 'since'
          ? [`There is no receipt of a day before ${before.from}: of the year before, only a part may be known.`]
          : []),
    ],
    tables: [
      {
        name: 'years',
        drills: [
          receiptsOf('drill', `Receipts of a line of ${range.from} to ${range.to}`, range, by),
          receiptsOf('drill_before', 'Those of the year before', before, by),
        ],
        title: 'Year over year',
        columns: columnsFrom(
          `${by}:${GROUP_TITLES[by]}`,
          'currency:Currency',
          'amount:This year:money',
          'before:Year before:money',
          'change:Change:money',
          'percent:Percent',
        ),
        rows: [...rows, ...totals].map(({ name, currency, amount, before: then }, i): ReportRow => ({
          [by]: name,
          // The total leads to all receipts.
          only: i < rows.length ? name : null,
          currency,
          amount,
          before: known === 'no' ? null : then,
          change: known === 'no' ? null : amount - then,
          percent: percentOf(amount, then),
        })),
      },
    ],
  };
}

/** Are the days before known: from a day that is earlier, `since` one of their own at the earliest, or not at all? */
async function isKnownBefore(
  engine: Engine,
  before: { from: string; to: string },
  sums: Iterable<{ inYearBefore: boolean }>,
): Promise<'yes' | 'since' | 'no'> {
  for await (const _ of revenueParts(engine, { to: dayBefore(before.from) })) return 'yes';
  return [...sums].some(({ inYearBefore }) => inYearBefore) ? 'since' : 'no';
}

function receiptsOf(as: Drill['as'], what: string, { from, to }: { from: string; to: string }, by: RevenueGroup): Drill {
  return { as, what, command: ['report', 'receipts', '--from', from, '--to', to], options: { [`--${by}`]: 'only' } };
}

/** To one decimal, from whole cents; null where there was nothing before. */
function percentOf(amount: number, before: number): string | null {
  if (before === 0) return null;
  const tenths = (BigInt(amount - before) * 2000n) / BigInt(Math.abs(before));
  // Half a tenth is rounded away from zero.
  const rounded = (tenths + (tenths < 0n ? -1n : 1n)) / 2n;
  const digits = (rounded < 0n ? -rounded : rounded).toString().padStart(2, '0');
  return `${rounded < 0n ? '-' : ''}${digits.slice(0, -1)}.${digits.slice(-1)}%`;
}

/** The same day a year before; of February 29, February 28. The last day of a month stays the last. */
function yearBefore(day: string): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const last = daysInMonth(year - 1, month);
  const same = date === daysInMonth(year, month) ? last : Math.min(date, last);
  return `${String(year - 1).padStart(4, '0')}-${day.slice(5, 7)}-${String(same).padStart(2, '0')}`;
}

/** What the sums that are kept tell apart; the receipts themselves are read for the rest, and as of a time. */
const KEPT: readonly RevenueGroup[] = ['department', 'fund', 'account', 'tender'];

function entriesOf(
  engine: Engine,
  days: { from: string; to: string },
  by: RevenueGroup,
  asOf: string | undefined,
): AsyncIterable<Grouped & { currency: string; amount: number }> {
  return asOf === undefined && KEPT.includes(by) ? revenueParts(engine, days) : revenueLedger(engine, days, { asOf });
}
