import { noCounts } from '../../core/outcome.ts';
import { landing } from '../../store/landing/landing.ts';
import { finishRun, startRun } from '../../store/ledger/runs.ts';
import type { Engine } from '../run/engine.ts';
import { behind, entitiesById } from './matched.ts';
import type { MatchedKind } from './members.ts';
import { bringUpToDate } from './resolve-new.ts';

/**
 * Compares what was not compared yet, or everything where the model or its parameters changed: what the next run would do
 * first. Gives false when nothing was to do.
 */
export async function compareNow(
  engine: Engine,
  kind: MatchedKind,
  {
    note,
    stop = () => {},
    progress = () => {},
  }: { note(text: string): void; stop?(): void; progress?(what: string, done: number, total: number): void },
): Promise<boolean> {
  const { knex, project } = engine;
  if ((await behind(engine, kind)) === undefined) return false;
  const started = performance.now();
  const runId = await startRun(knex, `comparison of ${kind.entity.entity}`);
  await bringUpToDate(
    {
      project,
      knex,
      commit: (work) => landing(knex, work, { comparing: true }),
      context: { runId, entities: await entitiesById(engine) },
      note,
      stop,
      progress,
    },
    kind,
  );
  await finishRun(knex, {
    id: runId,
    counts: noCounts(),
    outcome: 'succeeded',
    durationMs: Math.round(performance.now() - started),
    problems: [],
    notes: [],
  });
  return true;
}
