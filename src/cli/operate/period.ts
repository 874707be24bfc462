import { counted } from '../../core/text/counted.ts';
import { visibleLine } from '../../core/text/visible.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import type { PeriodStatus } from '../../engine/periods/periods.ts';
import type { Engine } from '../../engine/run/engine.ts';
import type { ShapeOf } from '../../reports/shapes/shapes.ts';
import type { Cli } from '../cli.ts';
import { tableText } from '../table.ts';

/** `interlocal period list | status | close | reopen` */
export function registerPeriod(cli: Cli): void {
  const period = cli.program.command('period').description('Closing of days, months and fiscal years, with a checklist and two people.');

  period
    .command('list')
    .description('Periods that somebody has begun to close, and how they stand.')
    .action(async () => {
      const { withTown } = await import('../town.ts');
      const { begunPeriods } = await import('../../engine/periods/periods.ts');
      await withTown(cli, async (engine) => {
        const list = (await begunPeriods(engine)).sort(inOrder);
        cli.print(
          'period list',
          {
            periods: list.map((p) => ({
              period: p.id,
              kind: p.kind,
              first: p.first,
              last: p.last,
              state: p.state,
              prepared_by: p.preparedBy,
              closed_by: p.closedBy,
            })),
          },
          () =>
            list.length
              ? tableText(
                  ['period', 'from', 'to', 'state', 'prepared by', 'closed by'],
                  list.map((p) => [p.id, p.first, p.last, p.state, p.preparedBy ?? '', p.closedBy ?? '']),
                )
              : 'No period has been closed yet.',
        );
      });
    });

  period
    .command('status')
    .argument('<period>', 'a day, month or fiscal year: 2026-07-15, 2026-07, 2026/2027')
    .description('How a period stands, its checklist, and what its closing kept.')
    .action(async (text: string) => {
      const { withTown } = await import('../town.ts');
      const { knownPeriod, periodStatus } = await import('../../engine/periods/periods.ts');
      await withTown(cli, async (engine) => show(engine, await periodStatus(engine, knownPeriod(engine, text))));
    });

  period
    .command('close')
    .argument('<period>', 'a day, month or fiscal year that is over')
    .description('Prepare a period for closing; another person closes it with the same command.')
    .action(async (text: string) => {
      const { withTown } = await import('../town.ts');
      const { closePeriod, knownPeriod } = await import('../../engine/periods/periods.ts');
      const { periodReports } = await import('../../reports/ledger/period-reports.ts');
      await withTown(cli, async (engine) => show(engine, await closePeriod(engine, knownPeriod(engine, text), periodReports)));
    });

  period
    .command('reopen')
    .argument('<period>', 'a period that is closed')
    .option('--reason <text>', 'why, in a few words; it is kept on record')
    .description('Ask that a closed period be opened again; another person does it with the same command.')
    .action(async (text: string, options: { reason?: string }) => {
      const { withTown } = await import('../town.ts');
      const { knownPeriod, periodStatus, reopenPeriod } = await import('../../engine/periods/periods.ts');
      const { reasonOf } = await import('../confirm.ts');
      await withTown(cli, async (engine) => {
        const known = knownPeriod(engine, text);
        const { stored } = await periodStatus(engine, known);
        // Who asked has said why; the second person need not say it again.
        const reason = stored.reopenReason ?? (await reasonOf(cli, options.reason, 'it is opened again'));
        show(engine, await reopenPeriod(engine, known, reason));
      });
    });

  function show({ project }: Engine, status: PeriodStatus): void {
    cli.print('period status', periodJson(status), () => periodText(status, project.config.town.time_zone));
  }
}

/** By their last day; a month before the year that ends with it. */
function inOrder(a: { first: string; last: string }, b: { first: string; last: string }): number {
  return a.last.localeCompare(b.last) || b.first.localeCompare(a.first);
}

/** A period as `period status --json` gives it. */
function periodJson({ period, stored, checklist, closings, reports }: PeriodStatus): ShapeOf<'period status'> {
  return {
    period: period.id,
    kind: period.kind,
    first: period.first,
    last: period.last,
    state: stored.state,
    ready: checklist.every(({ state }) => state !== 'to_do'),
    prepared_by: stored.preparedBy,
    prepared_at: stored.preparedAt,
    reopen_asked_by: stored.reopenBy,
    reopen_reason: stored.reopenReason,
    checklist: checklist.map(({ item, title, state, details }) => ({ item, title, state, details })),
    closings: closings.map((c) => ({
      number: c.number,
      prepared_by: c.preparedBy,
      prepared_at: c.preparedAt,
      closed_by: c.closedBy,
      closed_at: c.closedAt,
      run: c.runId,
      reopened_by: c.reopenedBy,
      reopened_at: c.reopenedAt,
      earlier_periods_reopened: c.marks,
    })),
    reports: reports.map(({ name, format, sha256 }) => ({ report: name, format, sha256 })),
  };
}

const STATES = { done: 'done', to_do: 'TO DO', carried: 'carried over' } as const;

function periodText({ period, stored, checklist, closings, reports }: PeriodStatus, zone: string): string {
  const last = closings.at(-1);
  return [
    `${period.id}, ${period.first} to ${period.last}: ${stateText(stored.state, checklist)}`,
    ...checklist.flatMap(({ title, state, details }) => [
      `  ${STATES[state].padEnd(12)}  ${title}`,
      ...details.map((d) => visibleLine(`                  ${d}`)),
    ]),
    ...(stored.state === 'prepared'
      ? [
          `Prepared by ${stored.preparedBy} at ${zonedTime(stored.preparedAt!, zone)}. Another person closes it: interlocal period close ${period.id}`,
        ]
      : []),
    ...(stored.state === 'closed' && last
      ? [
          `Prepared by ${last.preparedBy}, closed by ${last.closedBy} at ${zonedTime(last.closedAt, zone)}, with data up to run ${last.runId}.`,
          ...(last.marks.length ? [`Reopened since: ${last.marks.join(', ')}. What changed there is booked there.`] : []),
          ...(stored.reopenBy
            ? [
                visibleLine(
                  `${stored.reopenBy} asked to reopen it: ${stored.reopenReason}. Another person does it: interlocal period reopen ${period.id}`,
                ),
              ]
            : []),
          `Kept: ${counted(reports.length, 'file')}; interlocal report revenue --in ${period.id} gives the report as it was closed.`,
          ...reports.map(({ name, format, sha256 }) => `  ${sha256}  ${name}.${format}`),
        ]
      : []),
  ].join('\n');
}

function stateText(state: string, checklist: PeriodStatus['checklist']): string {
  if (state !== 'open' && state !== 'reopened') return state;
  const open = checklist.filter((one) => one.state === 'to_do').length;
  return open === 0 ? `${state}, ready to be closed` : `${state}, ${counted(open, 'thing')} to do`;
}
