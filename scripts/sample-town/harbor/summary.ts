import { tableText } from '../../../src/cli/table.ts';
import { formatMoney } from '../../../src/core/money.ts';
import { listPeriods } from '../../../src/store/reconciliation/periods.ts';
import type { Engine } from '../../../src/engine/run/run.ts';
import { exceptionLines } from '../../../src/reports/reconciliation/exceptions.ts';
import { revenueReport } from '../../../src/reports/revenue/revenue.ts';
import { SECOND_YEAR } from './books.ts';

/** How the harbor stands after its two years, for a person who sees it for the first time. */
export async function harborText(engine: Engine, { folder, before }: { folder: string; before: boolean }): Promise<string> {
  const closed = (await listPeriods(engine.knex, ['closed'])).map(({ id, kind }) => ({ id, kind }));
  const list = await exceptionLines(engine, {}, SECOND_YEAR.last);
  const causes = list.filter(({ cause }) => cause === null);
  const types = [...Map.groupBy(causes, ({ type }) => type)].sort(([a], [b]) => (a < b ? -1 : 1));
  const years = Map.groupBy(await revenueReport(engine, { period: 'fiscal-year' }), ({ period }) => period);
  const sums = [...years].map(([period, rows]) => [
    period,
    ...(['amount', 'reconciled', 'unreconciled'] as const).map((name) =>
      formatMoney(
        rows.reduce((sum, row) => sum + row[name], 0),
        'USD',
      ),
    ),
  ]);
  const project = `--project ${folder}`;
  return [
    `The harbor of Maplewood${before ? ' is' : ', two fiscal years, is now'} in ${folder}. Closed: ${closed.filter(({ kind }) => kind === 'month').length} months and ${closed
      .filter(({ kind }) => kind === 'year')
      .map(({ id }) => id)
      .join(', ')}.`,
    tableText(['fiscal year', 'revenue', 'reconciled', 'not reconciled'], sums, [1, 2, 3]),
    `${causes.length} exceptions, ${list.length - causes.length} echoes of them:`,
    tableText(
      ['type', 'exceptions', 'what happened, for example'],
      types.map(([type, some]) => [type, String(some.length), some[0]!.sentence]),
      [1],
    ),
    [
      `What is really so: ${folder}/truth.json. Look at:`,
      `  npx interlocal exceptions list ${project}`,
      `  npx interlocal period status ${closed.at(-1)?.id ?? SECOND_YEAR.id} ${project}`,
      `  npx interlocal report years --in 2025/2026 ${project}`,
    ].join('\n'),
  ]
    .join('\n\n')
    .replace(/^(?=.)/gm, '  ');
}
