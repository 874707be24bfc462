import { counted } from '../../core/text/counted.ts';
import { ConfigError, didYouMean, FatalError } from '../../core/errors.ts';
import { textOfProblems } from '../../core/grouped-problems.ts';
import { escalate, EXIT_CODES, noCounts, type Outcome } from '../../core/outcome.ts';
import type { Project } from '../../config/project.ts';
import type { RunResult } from '../../engine/run/result.ts';
import type { ShapeOf } from '../../reports/shapes/shapes.ts';
import type { Cli } from '../cli.ts';
import { tableText } from '../table.ts';

/** `interlocal run PIPELINE… | --all` */
export function registerRun(cli: Cli): void {
  cli.program
    .command('run')
    .argument('[pipelines...]', 'names of pipelines to run, in this order')
    .option('--all', 'run all pipelines that are not off, in their order')
    .option('--adopt-configuration', "use this folder's configuration, although another folder's has replaced it in the store")
    .description('Run pipelines now. It is safe to run them again at any time: nothing is read or entered twice.')
    .action(async (names: string[], options: { all?: boolean; adoptConfiguration?: boolean }) => {
      const { withTown } = await import('../town.ts');
      const { runPipeline } = await import('../../engine/run/run.ts');
      const { inOrder } = await import('../../engine/run/order.ts');
      const { finishRuns } = await import('../../engine/run/finish-runs.ts');
      const { progressView } = await import('../progress.ts');
      await withTown(cli, async (engine) => {
        const ids = chosenPipelines(engine.project, names, options.all === true, inOrder);
        const view = progressView(cli);
        const results: RunResult[] = [];
        let outcome: Outcome = 'succeeded';
        const onNote = (pipeline: string, text: string): void => view.line(`${pipeline}: ${text}`);
        const one = async (id: string): Promise<void> => {
          if (cli.signal.aborted) return;
          const result = await runPipeline(engine, id, {
            signal: cli.signal,
            adoptConfiguration: options.adoptConfiguration === true,
            othersFollow: true,
            onProgress: (p) => view.show(p),
            onNote,
          }).catch((error: unknown) => notRun(id, error, options.all === true));
          results.push(result);
          outcome = escalate(outcome, result.outcome);
          view.line(resultLine(result, engine.project.pipelines.get(id)?.value.deliver !== undefined));
          for (const line of textOfProblems(result.problems).split('\n')) if (line) view.line(`  ${line}`);
        };
        if (options.all) await sideBySide(engine.project, ids, one);
        else for (const id of ids) await one(id);
        await finishRuns(engine, results, { signal: cli.signal, onNote });
        results.sort((a, b) => ids.indexOf(a.pipeline) - ids.indexOf(b.pipeline));
        if (cli.signal.aborted) outcome = escalate(outcome, 'aborted');
        view.done();
        cli.setExit(EXIT_CODES[outcome]);
        cli.print('run', { runs: results.map(runJson) }, () => resultsTable(results));
      });
    });
}

/** All of them, side by side as far as their systems and what they wait for allow. */
async function sideBySide(project: Project, ids: readonly string[], run: (id: string) => Promise<void>): Promise<void> {
  const { placeInOrder } = await import('../../engine/run/order.ts');
  const { turnsOf } = await import('../../worker/turns.ts');
  const turns = turnsOf(project.config.runs.at_once);
  const ended = new Map<string, Promise<void>>();
  for (const id of ids) {
    const { systems, last } = placeInOrder(project, id);
    const others = last ? [...ended.values()] : project.pipelines.get(id)!.value.after.flatMap((other) => ended.get(other) ?? []);
    const mine = Promise.allSettled(others).then(() => turns.take(systems, () => run(id)));
    mine.catch(() => {}); // told below, when all have ended
    ended.set(id, mine);
  }
  for (const result of await Promise.allSettled(ended.values())) if (result.status === 'rejected') throw result.reason;
}

/** Another process runs it now: with --all that is this pipeline's failure, and no reason to leave the others out. */
function notRun(pipeline: string, error: unknown, all: boolean): RunResult {
  if (!all || !(error instanceof FatalError)) throw error;
  return { pipeline, outcome: 'failed', counts: noCounts(), durationMs: 0, problems: [...error.problems], notes: [] };
}

/** One run as `run --json` gives it. */
export function runJson(r: RunResult): ShapeOf<'run'>['runs'][number] {
  return { pipeline: r.pipeline, outcome: r.outcome, ...r.counts, duration_ms: r.durationMs };
}

export function chosenPipelines(
  project: Project,
  names: readonly string[],
  all: boolean,
  inOrder: (project: Project) => string[],
): string[] {
  const ordered = inOrder(project);
  if (all && names.length > 0)
    throw new ConfigError({
      code: 'USAGE',
      place: {},
      message: `--all runs every pipeline, but ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} named as well.`,
      hint: 'Leave out --all, or the names.',
    });
  if (all) return ordered;
  if (names.length === 0)
    throw new ConfigError({
      code: 'USAGE',
      place: {},
      message: 'Name the pipelines to run, or use --all.',
      hint: `Known: ${ordered.join(', ') || 'none yet'}.`,
    });
  const unknown = names.filter((name) => !project.pipelines.has(name));
  if (unknown.length)
    throw new ConfigError(
      unknown.map((name) => {
        const meant = didYouMean(name, project.pipelines.keys());
        return {
          code: 'PIPELINE_UNKNOWN',
          place: { path: name },
          message: `There is no pipeline "${name}".`,
          hint: meant ? `Did you mean ${meant}?` : `Known: ${ordered.join(', ') || 'none yet'}.`,
        };
      }),
    );
  return [...names];
}

/** What an outbound pipeline sent, and what came of it, is in its notes. */
function resultLine(r: RunResult, outbound: boolean): string {
  const c = r.counts;
  const parts = [`${counted(c.read, 'record')} ${outbound ? 'looked at' : 'read'}`];
  if (c.created) parts.push(`${c.created.toLocaleString('en-US')} new`);
  if (c.changed) parts.push(`${c.changed.toLocaleString('en-US')} changed`);
  if (c.deleted) parts.push(`${c.deleted.toLocaleString('en-US')} deleted`);
  if (c.unchanged) parts.push(`${c.unchanged.toLocaleString('en-US')} unchanged`);
  if (c.skipped) parts.push(`${c.skipped.toLocaleString('en-US')} skipped`);
  if (c.rejected) parts.push(`${c.rejected.toLocaleString('en-US')} ${outbound ? 'refused' : 'rejected'}`);
  return `${r.pipeline}: ${r.outcome}, ${parts.join(', ')} (${(r.durationMs / 1000).toFixed(1)} s)`;
}

export function resultsTable(results: readonly RunResult[]): string {
  const n = (x: number): string => x.toLocaleString('en-US');
  return tableText(
    ['pipeline', 'outcome', 'read', 'new', 'changed', 'unchanged', 'skipped', 'rejected', 'deleted', 'seconds'],
    results.map((r) => [
      r.pipeline,
      r.outcome,
      n(r.counts.read),
      n(r.counts.created),
      n(r.counts.changed),
      n(r.counts.unchanged),
      n(r.counts.skipped),
      n(r.counts.rejected),
      n(r.counts.deleted),
      (r.durationMs / 1000).toFixed(1),
    ]),
    [2, 3, 4, 5, 6, 7, 8, 9],
  );
}
