import { outstandingOn, type OutstandingItem } from '../../engine/reconciliation/outstanding.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { ageInBusinessDays } from './exceptions.ts';
import type { Drill } from '../output/drill.ts';
import { originsOf } from '../revenue/origins.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/** Which items of a side are meant. */
export interface OutstandingFilter {
  side?: 'left' | 'right' | undefined;
  /** Only money that came in, or that went out. */
  refunds?: 'only' | 'none' | undefined;
}

/** Where the lines of a balance lead, by what their rows have: `balance` a side, `out` a side, `accepted`. */
export function outstandingDrills(pipeline: string, asOf: string, as: Drill['as'] = 'drill'): Drill[] {
  const records = ['report', 'records', pipeline, '--to', asOf];
  return [
    { as, what: 'Records of a balance, each with its file and line', command: records, options: { '--side': 'balance' }, where: 'balance' },
    {
      as,
      what: 'Outstanding items of a side',
      command: ['report', 'outstanding', pipeline, '--as-of', asOf],
      options: { '--side': 'out', '--refunds': 'refunds' },
      more: ['--table', 'outstanding'],
      where: 'out',
    },
    { as, what: 'Matches whose sides differ', command: records, options: { '--state': 'accepted' }, where: 'accepted' },
  ];
}

function goldensOn(items: readonly OutstandingItem[], side: 'left' | 'right'): number[] {
  return items.filter((item) => item.side === side).map(({ golden }) => golden);
}

/**
 * `report outstanding PIPELINE`: both sides of a reconciliation at the end of a day, and the items that are between them. The last
 * line foots: left − outstanding of the left + outstanding of the right + accepted differences = right.
 */
export async function outstandingReport(engine: Engine, pipeline: string, asOf: string, filter: OutstandingFilter = {}): Promise<Report> {
  const { leftName, rightName, entities, totals, items, withoutDay } = await outstandingOn(engine, pipeline, asOf);
  const line = (currency: string, what: string, amount: number, leads: ReportRow = {}): ReportRow => ({ what, currency, amount, ...leads });
  const origins = {
    left: await originsOf(engine, entities.left, goldensOn(items, 'left')),
    right: await originsOf(engine, entities.right, goldensOn(items, 'right')),
  };
  const isAsked = ({ side, amount }: OutstandingItem): boolean =>
    (filter.side === undefined || side === filter.side) && (filter.refunds === undefined || amount < 0 === (filter.refunds === 'only'));
  const out = (['left', 'right'] as const).filter((side) => withoutDay[side] > 0);
  return {
    title: `${pipeline}: ${leftName} and ${rightName} on ${asOf}`,
    main: 'outstanding',
    definition: {
      report: 'outstanding',
      pipeline,
      as_of: asOf,
      ...(filter.side === undefined ? {} : { side: filter.side }),
      ...(filter.refunds === undefined ? {} : { refunds: filter.refunds }),
    },
    notes: [
      `All records that are here, up to ${asOf}; what came to an account before them is not.`,
      'Cleared on: the day of what it was matched with after that day.',
      ...out.map(
        (side) => `${withoutDay[side]} of ${side === 'left' ? leftName : rightName} have no date or no amount and are on neither side.`,
      ),
    ],
    tables: [
      {
        name: 'summary',
        title: 'Summary',
        drills: outstandingDrills(pipeline, asOf),
        columns: columnsFrom('what:What', 'currency:Currency', 'amount:Amount:money'),
        rows: totals.flatMap((t) => [
          line(t.currency, `Balance of ${leftName}`, t.left, { balance: 'left' }),
          line(t.currency, `Less what is not in ${rightName}`, -t.leftOutstanding, { out: 'left' }),
          line(t.currency, `Plus what is not in ${leftName}`, t.rightOutstanding, { out: 'right' }),
          line(t.currency, 'Accepted differences', t.differences, { accepted: 'different' }),
          line(t.currency, `Balance of ${rightName}`, t.right, { balance: 'right' }),
          line(t.currency, 'Unexplained', t.right - (t.left - t.leftOutstanding + t.rightOutstanding + t.differences)),
        ]),
      },
      {
        name: 'outstanding',
        title: 'Outstanding items',
        drills: [
          {
            as: 'drill',
            what: 'An item and what it is tied to',
            command: ['report', 'records', pipeline],
            options: { '--record': 'key' },
          },
        ],
        columns: columnsFrom(
          'on:On',
          'day:Day',
          'system:System',
          'key:Reference',
          'currency:Currency',
          'amount:Amount:money',
          'age:Business days:count',
          'cleared_on:Cleared on',
          'exception:Exception',
          'file:File',
          'line:Line:count',
        ),
        rows: items.filter(isAsked).map((item): ReportRow => {
          const on = item.side === 'left' ? leftName : rightName;
          const age = ageInBusinessDays(engine.project, item.day, asOf);
          const { day, connection: system, key, currency, amount, clearedOn: cleared_on, exception } = item;
          const { file, line: at } = origins[item.side].get(item.golden) ?? { file: null, line: null };
          return { on, day, system, key, currency, amount, age, cleared_on, exception, file, line: at };
        }),
      },
    ],
  };
}
