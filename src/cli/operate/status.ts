import type { Health } from '../../core/health.ts';
import { scheduleWords } from '../../core/time/schedule-words.ts';
import type { OutboundStatus } from '../../reports/outbound/deliveries.ts';
import { visibleLine } from '../../core/text/visible.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { EXIT_ATTENTION } from '../../core/outcome.ts';
import type { Cli } from '../cli.ts';
import { tableText } from '../table.ts';

/** As /health of the server says it. */
const EXIT: Record<Health, number> = { ok: 0, attention: EXIT_ATTENTION, failing: 1 };

/** `interlocal status` */
export function registerStatus(cli: Cli): void {
  cli.program
    .command('status')
    .description('Show the last run of each pipeline, rejected records, and what is waiting.')
    .action(async () => {
      const { withTown } = await import('../town.ts');
      const { otherInForce } = await import('../../engine/run/configuration.ts');
      const { healthOf, statusOf, worstOf } = await import('../../reports/status.ts');
      const { installationOf } = await import('../../engine/doctor/look.ts');
      const { checkText } = await import('./doctor.ts');
      const { weakTexts } = await import('../../engine/run/weak-connections.ts');
      const { forAPerson, forAPersonText } = await import('../../reports/outbound/deliveries.ts');
      const { waitingTexts } = await import('../../reports/waiting-files.ts');
      const { textOfProblems } = await import('../../core/grouped-problems.ts');
      await withTown(cli, async (engine) => {
        const status = await statusOf(engine);
        const zone = engine.project.config.town.time_zone;
        const other = await otherInForce(engine.knex, engine.project);
        const installation = await installationOf(engine);
        cli.setExit(EXIT[worstOf([...status.map(healthOf), installation.state])]);
        cli.print(
          'status',
          { configuration: { in_force: other === undefined, other: other ?? null }, pipelines: status, doctor: installation },
          () => {
            const table = tableText(
              ['pipeline', 'mode', 'schedule', 'last run', 'outcome', 'read', 'rejected now'],
              status.map((s) => [
                s.title ? `${s.title} (${s.pipeline})` : s.pipeline,
                s.mode,
                s.schedule ? scheduleWords(s.schedule) : '',
                s.last_run ? zonedTime(s.last_run.started_at, zone) : 'never',
                s.last_run?.outcome ?? (s.stalled_since ? 'stalled' : s.running ? 'running' : ''),
                String(s.last_run?.read ?? ''),
                String(s.open_rejects),
              ]),
              [5, 6],
            );
            const found = installation.checks.filter(({ state }) => state === 'attention' || state === 'wrong');
            const weak = weakTexts(status.flatMap((s) => s.weak_encryption));
            const goesOut = status.flatMap(({ pipeline, outbound }) => (outbound ? [{ pipeline, outbound }] : []));
            const waits = goesOut.flatMap(({ pipeline, outbound }) =>
              waitsTexts(pipeline, outbound, forAPersonText(outbound), forAPerson(outbound)),
            );
            const details = status.flatMap((s) => [
              ...(s.stalled_since
                ? [
                    `${s.pipeline}: stalled: the run has not advanced since ${zonedTime(s.stalled_since, zone)}. It ends when its connection times out.`,
                  ]
                : []),
              ...waitingTexts(s.waiting_files, (utc) => zonedTime(utc, zone)).map((text) => `${s.pipeline}: ${text}`),
              ...(s.last_run?.problems.length ? [`${s.pipeline}: ${textOfProblems(s.last_run.problems)}`] : []),
              ...(s.last_run?.notes ?? []).map((n) => visibleLine(`${s.pipeline}: ${n}`)),
            ]);
            return [
              table,
              ...(other
                ? [
                    '',
                    `The records were last made with another configuration than this folder's: that of ${visibleLine(other.folder)} on ${other.host}, in force since ${zonedTime(other.at, zone)}. The next run uses this folder's.`,
                  ]
                : []),
              ...(goesOut.length ? ['', outboundTable(goesOut, forAPerson)] : []),
              ...(waits.length ? ['', ...waits] : []),
              ...(found.length ? ['', ...found.map(checkText)] : []),
              ...(weak.length ? ['', ...weak] : []),
              ...(details.length ? ['', ...details] : []),
            ].join('\n');
          },
        );
      });
    });
}

function outboundTable(
  list: readonly { pipeline: string; outbound: OutboundStatus }[],
  forAPerson: (outbound: OutboundStatus) => number,
): string {
  return tableText(
    ['goes out', 'to', 'needs attention', 'not sent yet', 'on its way', 'late', 'last delivery'],
    list.map(({ pipeline, outbound: o }) => [
      pipeline,
      `${o.connection}.${o.sink}`,
      String(forAPerson(o)),
      String(o.queued + o.shadow),
      String(o.on_its_way),
      String(o.overdue),
      o.last_delivery ? `${o.last_delivery.name}, ${o.last_delivery.state}` : 'never',
    ]),
    [2, 3, 4, 5],
  );
}

function waitsTexts(pipeline: string, o: OutboundStatus, person: string, count: number): string[] {
  const late = o.overdue === 1 ? '1 delivery has' : `${o.overdue} deliveries have`;
  const see = [
    ...(count > o.to_settle ? [`interlocal deliver list ${pipeline}`] : []),
    ...(o.to_settle ? [`interlocal deliver sent ${pipeline}; interlocal deliver settle`] : []),
  ].join('; ');
  return [
    ...(person ? [`${pipeline}: needs attention: ${person}. See: ${see}`] : []),
    ...(o.overdue
      ? [`${pipeline}: ${late} had no answer for longer than the connector allows. To see which, run interlocal deliver sent ${pipeline}`]
      : []),
  ];
}
