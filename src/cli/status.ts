import type { Cli } from './cli.ts';
import { tableText } from './table.ts';

/** `interlocal status` */
export function registerStatus(cli: Cli): void {
  cli.program
    .command('status')
    .description('How each pipeline did last, what is set aside, and what is waiting.')
    .action(async () => {
      const { withTown } = await import('./town.ts');
      const { statusOf } = await import('../engine/status.ts');
      const { weakTexts } = await import('../engine/weak-connections.ts');
      const { textOfProblem } = await import('../core/errors.ts');
      await withTown(cli, async (engine) => {
        const status = await statusOf(engine);
        cli.print({ pipelines: status }, () => {
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
          const weak = weakTexts(status.flatMap((s) => s.weak_encryption));
          const details = status.flatMap((s) => [
            ...(s.last_run?.problems ?? []).map((p) => `${s.pipeline}: ${textOfProblem(p)}`),
            ...(s.last_run?.notes ?? []).map((n) => `${s.pipeline}: ${n}`),
          ]);
          return [table, ...(weak.length ? ['', ...weak] : []), ...(details.length ? ['', ...details] : [])].join('\n');
        });
      });
    });
}
