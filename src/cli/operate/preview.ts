import { EXIT_CODES } from '../../core/outcome.ts';
import type { EntityConfig } from '../../config/schema/model.ts';
import { formatMoney } from '../../core/money.ts';
import type { GoldenChange } from '../../engine/golden/golden-records.ts';
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
                changeText(change, engine.project.entities.get(change.entity)!.value, engine.project.config.town.currency),
              ),
              ...(result.moreChanges ? [`… and ${result.moreChanges} more`] : []),
              'Nothing was written.',
            ].join('\n'),
        );
      });
    });
}

function changeText({ action, entity, changes }: GoldenChange, config: EntityConfig, currency: string): string {
  const fields = Object.entries(changes).map(([name, [before, after]]) => {
    const money = config.fields[name]?.type === 'money';
    const code = String(changes[`${name}_currency`]?.find((c) => c !== null) ?? currency);
    const show = (value: string | number | null): string =>
      value === null ? 'nothing' : money ? formatMoney(value as number, code) : String(value);
    return action === 'changed' ? `${name}: ${show(before)} → ${show(after)}` : `${name}: ${show(action === 'deleted' ? before : after)}`;
  });
  return `would be ${action}: ${entity} ${fields.join(', ')}`;
}
