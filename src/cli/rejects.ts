import { EXIT_CODES } from '../core/outcome.ts';
import type { Replayed } from '../engine/replay.ts';
import { Option } from 'commander';
import type { Reject } from '../store/rejects.ts';
import { type Cli, wholeNumber } from './cli.ts';
import { plural } from './table.ts';

/** `interlocal rejects list | show | replay | dismiss` */
export function registerRejects(cli: Cli): void {
  const rejects = cli.program.command('rejects').description('Records that were set aside: why, and what to do.');

  rejects
    .command('list')
    .argument('[pipeline]')
    .addOption(new Option('--state <state>', 'which').choices(['open', 'replayed', 'superseded']).default('open'))
    .option('--limit <n>', 'how many', wholeNumber, 200)
    .description('List them with file, line and reason.')
    .action(async (pipeline: string | undefined, options: { state: Reject['state']; limit: number }) => {
      const { withTown } = await import('./town.ts');
      const { listRejects, countOpenRejects } = await import('../store/rejects.ts');
      const { textOfProblem } = await import('../core/errors.ts');
      await withTown(cli, async ({ knex }) => {
        const list = await listRejects(knex, { pipeline, state: options.state, limit: options.limit });
        const all = await countOpenRejects(knex);
        cli.print(
          {
            rejects: list.map((r) => ({
              id: r.id,
              pipeline: r.pipeline,
              state: r.state,
              key: r.key,
              file: r.file,
              line: r.line,
              record: r.record,
              readable: r.readable,
              problems: r.problems,
            })),
          },
          () =>
            list.length === 0
              ? 'Nothing is set aside.'
              : [
                  ...list.map((r) => [`#${r.id} ${r.pipeline}`, ...r.problems.map((p) => `    ${textOfProblem(p)}`)].join('\n')),
                  '',
                  `${plural(list.length, 'record')} shown, ${all} open in all. Mend the file at its source and run the pipeline again, or mend the mapping and run: interlocal rejects replay`,
                ].join('\n'),
        );
      });
    });

  rejects
    .command('show')
    .argument('<id>')
    .description('One of them with its raw record. It may hold personal data.')
    .action(async (id: string) => {
      const { withTown } = await import('./town.ts');
      const { listRejects } = await import('../store/rejects.ts');
      const { ConfigError, textOfProblem } = await import('../core/errors.ts');
      await withTown(cli, async ({ knex }) => {
        const [r] = await listRejects(knex, { ids: [Number(id.replace('#', ''))], limit: 1 });
        if (!r)
          throw new ConfigError({
            code: 'REJECT_UNKNOWN',
            place: {},
            message: `There is no reject ${id}.`,
            hint: 'interlocal rejects list shows them.',
          });
        cli.print(
          {
            id: r.id,
            pipeline: r.pipeline,
            state: r.state,
            key: r.key,
            first_run: r.firstRun,
            last_run: r.lastRun,
            file: r.file,
            line: r.line,
            record: r.record,
            readable: r.readable,
            problems: r.problems,
            raw: r.raw,
          },
          () => [`#${r.id} ${r.pipeline} (${r.state})`, ...r.problems.map((p) => `    ${textOfProblem(p)}`), '', r.raw].join('\n'),
        );
      });
    });

  rejects
    .command('replay')
    .argument('[ids...]', 'ids of rejects; none: all open ones')
    .option('--pipeline <pipeline>', 'only those of this pipeline')
    .description('Map them again, after the mapping, a lookup table or the connector was mended.')
    .action(async (ids: string[], options: { pipeline?: string }) => {
      const { withTown } = await import('./town.ts');
      const { replayRejects } = await import('../engine/replay.ts');
      const { listRejects } = await import('../store/rejects.ts');
      await withTown(cli, async (engine) => {
        const numbers = ids.length ? ids.map((id) => Number(id.replace('#', ''))) : undefined;
        const open = await listRejects(engine.knex, { pipeline: options.pipeline, state: 'open', ids: numbers, limit: 1_000_000 });
        const pipelines = [...new Set(open.map((r) => r.pipeline))].filter((p) => engine.project.pipelines.has(p));
        const results: Replayed[] = [];
        for (const pipeline of pipelines) results.push(await replayRejects(engine, pipeline, numbers, { signal: cli.signal }));
        const left = results.reduce((n, r) => n + r.rejected + r.unreadable, 0);
        cli.setExit(left > 0 ? EXIT_CODES.partial : 0);
        cli.print({ replayed: results }, () =>
          results.length === 0
            ? 'Nothing is set aside.'
            : results
                .map(
                  (r) =>
                    `${r.pipeline}: ${plural(r.replayed, 'record')} replayed${r.skipped ? `, ${r.skipped} skipped as the pipeline says now` : ''}, ${r.rejected} still set aside${r.unreadable ? `, ${r.unreadable} can only be mended in the file itself` : ''}`,
                )
                .join('\n'),
        );
      });
    });

  rejects
    .command('dismiss')
    .argument('<ids...>')
    .description('Close them without using them; they stay on record as superseded.')
    .action(async (ids: string[]) => {
      const { withTown } = await import('./town.ts');
      const { dismissRejects } = await import('../store/rejects.ts');
      const { actorOf } = await import('../config/actor.ts');
      await withTown(cli, async ({ knex }) => {
        const numbers = ids.map((id) => Number(id.replace('#', '')));
        const n = await dismissRejects(knex, numbers, actorOf());
        cli.print({ dismissed: n }, () => `${plural(n, 'record')} dismissed.`);
      });
    });
}
