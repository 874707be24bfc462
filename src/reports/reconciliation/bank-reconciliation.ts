import { outstandingOn } from '../../engine/reconciliation/outstanding.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { ageInBusinessDays } from './exceptions.ts';
import { columnsFrom, type Report, type ReportRow } from '../output/table.ts';

/**
 * `report outstanding PIPELINE`: both sides of a reconciliation at the end of a day, and the items that are between them. The last
 * line foots: left − outstanding of the left + outstanding of the right + accepted differences = right.
 */
export async function outstandingReport(engine: Engine, pipeline: string, asOf: string): Promise<Report> {
  const { leftName, rightName, totals, items, withoutDay } = await outstandingOn(engine, pipeline, asOf);
  const line = (currency: string, what: string, amount: number): ReportRow => ({ what, currency, amount });
  const out = (['left', 'right'] as const).filter((side) => withoutDay[side] > 0);
  return {
    title: `${pipeline}: ${leftName} and ${rightName} on ${asOf}`,
    main: 'outstanding',
    definition: { report: 'outstanding', pipeline, as_of: asOf },
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
        columns: columnsFrom('what:What', 'currency:Currency', 'amount:Amount:money'),
        rows: totals.flatMap((t) => [
          line(t.currency, `Balance of ${leftName}`, t.left),
          line(t.currency, `Less what ${rightName} does not have`, -t.leftOutstanding),
          line(t.currency, `Plus what ${leftName} does not have`, t.rightOutstanding),
          line(t.currency, 'Accepted differences', t.differences),
          line(t.currency, `Balance of ${rightName}`, t.right),
          line(t.currency, 'Unexplained', t.right - (t.left - t.leftOutstanding + t.rightOutstanding + t.differences)),
        ]),
      },
      {
        name: 'outstanding',
        title: 'Outstanding items',
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
        ),
        rows: items.map((item): ReportRow => {
          const on = item.side === 'left' ? leftName : rightName;
          const age = ageInBusinessDays(engine.project, item.day, asOf);
          const { day, connection: system, key, currency, amount, clearedOn: cleared_on, exception } = item;
          return { on, day, system, key, currency, amount, age, cleared_on, exception };
        }),
      },
    ],
  };
}
