import { EXIT_CODES } from '../core/outcome.ts';
import type { Cli } from './cli.ts';
import { chosenPipelines, resultsTable, runJson } from './run.ts';

/** `interlocal preview PIPELINE` */
export function registerPreview(cli: Cli): void {
  cli.program
    .command('preview')
    .argument('<pipeline>')
    .option('--limit <n>', 'how many changes to list', '20')
    .description('What a run would change; nothing is written and no file is moved.')
    .action(async (name: string, options: { limit: string }) => {
      const { withTown } = await import('./town.ts');
      const { previewPipeline } = await import('../engine/run.ts');
      const { inOrder } = await import('../engine/order.ts');
      const { progressView } = await import('./progress.ts');
      const { textOfProblem } = await import('../core/errors.ts');
      await withTown(cli, async (engine) => {
        const [id] = chosenPipelines(engine.project, [name], false, inOrder);
        const view = progressView(cli);
        const result = await previewPipeline(engine, id!, { signal: cli.signal, limit: Number(options.limit), onProgress: (p) => view.show(p) });
        view.done();
        cli.setExit(EXIT_CODES[result.outcome]);
        cli.print({ preview: { ...runJson(result), problems: result.problems, notes: result.notes, rejects: result.rejects, changes: result.changes, more_changes: result.moreChanges } }, () =>
          [
            resultsTable([result]),
            '',
            ...result.problems.map(textOfProblem),
            ...result.notes,
            ...result.rejects.map((p) => `would be set aside: ${textOfProblem(p)}`),
            ...result.changes.map((c) => `would be ${c.action}: ${c.entity} ${Object.entries(c.changes).map(([k, [a, b]]) => (c.action === 'changed' ? `${k}: ${show(a)} → ${show(b)}` : `${k}: ${show(c.action === 'deleted' ? a : b)}`)).join(', ')}`),
            ...(result.moreChanges ? [`… and ${result.moreChanges} more`] : []),
            'Nothing was written.',
          ].join('\n'),
        );
      });
    });
}

function show(value: string | number | null): string {
  return value === null ? 'nothing' : String(value);
}
