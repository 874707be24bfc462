import type { Problem } from '../../core/errors.ts';
import { listRejects } from '../../store/landing/rejects.ts';
import { startRun } from '../../store/ledger/runs.ts';
import { tryOut } from '../../store/try-out.ts';
import type { GoldenChange } from '../golden/golden-records.ts';
import type { Engine } from './engine.ts';
import { openRun, type RunOptions } from './open-run.ts';
import { outcomeOf } from './outcome.ts';
import type { RunResult } from './result.ts';
import { work } from './work.ts';

export interface Preview extends RunResult {
  changes: GoldenChange[];
  rejects: Problem[];
  /** There were more than are listed. */
  moreChanges: number;
}

/**
 * What a run would do, exactly: nothing of it stays in the store, and no file is moved. With a store in a file it is done on a copy, so
 * no transaction is open while a source is read; on a database server in a transaction that is rolled back.
 */
export async function previewPipeline(engine: Engine, id: string, options: RunOptions & { limit: number }): Promise<Preview> {
  const started = performance.now();
  return tryOut(engine.knex, engine.project.dataFolder, async ({ knex, held }) => {
    const changes: GoldenChange[] = [];
    let more = 0;
    const onChange = (change: GoldenChange): void => void (changes.length < options.limit ? changes.push(change) : more++);
    const runId = await startRun(knex, id);
    const run = openRun(engine, { pipeline: id, id: runId, knex, preview: { held, onChange } }, options);
    const outcome = await outcomeOf(run, () => work(run));
    const rejects = await listRejects(knex, { state: 'open', lastRun: runId, limit: options.limit });
    return {
      pipeline: id,
      outcome,
      counts: run.counts,
      durationMs: Math.round(performance.now() - started),
      problems: run.problems,
      notes: run.notes,
      changes,
      moreChanges: more,
      rejects: rejects.flatMap(({ problems }) => problems),
    };
  });
}
