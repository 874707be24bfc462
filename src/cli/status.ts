import type { OutboundStatus } from '../engine/outbound/status.ts';
import { EXIT_ATTENTION } from '../core/outcome.ts';
import type { Health } from '../engine/status.ts';
import type { Cli } from './cli.ts';
import { tableText } from './table.ts';

/** As /health of the server says it. */
const EXIT: Record<Health, number> = { ok: 0, attention: EXIT_ATTENTION, failing: 1 };

/** `interlocal status` */
export function registerStatus(cli: Cli): void {
  cli.program
    .command('status')
    .description('How each pipeline did last, what is set aside, and what is waiting.')
    .action(async () => {
      const { withTown } = await import('./town.ts');
      const { healthOf, statusOf, worstOf } = await import('../engine/status.ts');
      const { installationOf } = await import('../engine/doctor/look.ts');
      const { checkText } = await import('./doctor.ts');
      const { weakTexts } = await import('../engine/weak-connections.ts');
      const { forAPerson, forAPersonText } = await import('../engine/outbound/status.ts');
      const { textOfProblem } = await import('../core/errors.ts');
      await withTown(cli, async (engine) => {
        const status = await statusOf(engine);
        const installation = await installationOf(engine);
        cli.setExit(EXIT[worstOf([...status.map(healthOf), installation.state])]);
        cli.print({ pipelines: status, doctor: installation }, () => {
          const table = tableText(
            ['pipeline', 'mode', 'schedule', 'last run', 'outcome', 'read', 'set aside now'],
            status.map((s) => [
              s.pipeline,
              s.mode,
              s.schedule ?? '',
              s.last_run?.started_at.slice(0, 19).replace('T', ' ') ?? 'never',
              s.last_run?.outcome ?? (s.running ? 'running' : ''),
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
            ...(s.last_run?.problems ?? []).map((p) => `${s.pipeline}: ${textOfProblem(p)}`),
            ...(s.last_run?.notes ?? []).map((n) => `${s.pipeline}: ${n}`),
          ]);
          return [
            table,
            ...(goesOut.length ? ['', outboundTable(goesOut, forAPerson)] : []),
            ...(waits.length ? ['', ...waits] : []),
            ...(found.length ? ['', ...found.map(checkText)] : []),
            ...(weak.length ? ['', ...weak] : []),
            ...(details.length ? ['', ...details] : []),
          ].join('\n');
        });
      });
    });
}

function outboundTable(
  list: readonly { pipeline: string; outbound: OutboundStatus }[],
  forAPerson: (outbound: OutboundStatus) => number,
): string {
  return tableText(
    ['goes out', 'to', 'for a person', 'not sent yet', 'on its way', 'overdue', 'last delivery'],
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
    ...(person ? [`${pipeline}: for a person: ${person}. See: ${see}`] : []),
    ...(o.overdue ? [`${pipeline}: ${late} had no answer for longer than the sink allows. See: interlocal deliver sent ${pipeline}`] : []),
  ];
}
