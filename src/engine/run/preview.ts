import type { Problem } from '../../core/errors.ts';
import { listRejects } from '../../store/landing/rejects.ts';
import { startRun } from '../../store/ledger/runs.ts';
import { tryOut } from '../../store/try-out.ts';
import type { GoldenChange } from '../golden/golden-records.ts';
import { type Engine, outcomeOf, type RunOptions, sessionOf, work } from './run.ts';
import type { RunResult } from './session.ts';

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
    const runId = await startRun(knex, id);
    const session = await sessionOf(engine, id, runId, knex, options);
    session.preview = true;
    if (held) {
      session.commit = (work) => work(held.landing, held.trx);
      session.begin = async () => held;
    }
    session.onChange = (change) => void (changes.length < options.limit ? changes.push(change) : more++);
    const outcome = await outcomeOf(session, () => work(session));
    const rejects = await listRejects(knex, { state: 'open', lastRun: runId, limit: options.limit });
    return {
      pipeline: id,
      outcome,
      counts: session.counts,
      durationMs: Math.round(performance.now() - started),
      problems: session.problems,
      notes: session.notes,
      changes,
      moreChanges: more,
      rejects: rejects.flatMap(({ problems }) => problems),
    };
  });
}
