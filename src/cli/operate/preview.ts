import { EXIT_CODES } from '../../core/outcome.ts';
import type { EntityConfig } from '../../config/schema/model.ts';
import type { GoldenChange } from '../../engine/golden/golden-records.ts';
import { changeText } from '../change-text.ts';
import { type Cli, countOption } from '../cli.ts';
import { chosenPipelines, resultsTable, runJson } from './run.ts';

/** `interlocal preview PIPELINE` */
export function registerPreview(cli: Cli): void {
  cli.program
    .command('preview')
    .argument('<pipeline>')
    .option('--limit <n>', 'how many changes to list', countOption, 20)
    .description('Show what a run would change; nothing is written and no file is moved.')
    .action(async (name: string, options: { limit: number }) => {
      const { withTown } = await import('../town.ts');
      const { previewPipeline } = await import('../../engine/run/preview.ts');
      const { inOrder } = await import('../../engine/run/order.ts');
      const { progressView } = await import('../progress.ts');
      const { textOfProblems } = await import('../../core/grouped-problems.ts');
      await withTown(cli, async (engine) => {
        const [id] = chosenPipelines(engine.project, [name], false, inOrder);
        const view = progressView(cli);
        const result = await previewPipeline(engine, id!, { signal: cli.signal, limit: options.limit, onProgress: (p) => view.show(p) });
        view.done();
        cli.setExit(EXIT_CODES[result.outcome]);
        cli.print(
          'preview',
          {
            preview: {
              ...runJson(result),
              problems: result.problems,
              notes: result.notes,
              rejects: result.rejects,
              changes: result.changes,
              more_changes: result.moreChanges,
            },
          },
          () =>
            [
              resultsTable([result]),
              '',
              ...(result.problems.length ? [textOfProblems(result.problems)] : []),
              ...result.notes,
              ...(result.rejects.length ? ['Would be rejected:', textOfProblems(result.rejects)] : []),
              ...result.changes.map((change) =>
                wouldBe(change, engine.project.entities.get(change.entity)!.value, engine.project.config.town.currency),
              ),
              ...(result.moreChanges ? [`… and ${result.moreChanges} more`] : []),
              'Nothing was written.',
            ].join('\n'),
        );
      });
    });
}

function wouldBe({ action, entity, changes }: GoldenChange, config: EntityConfig, currency: string): string {
  return `would be ${action}: ${entity} ${changeText(changes, config, { action, currency })}`;
}
