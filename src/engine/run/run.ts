import { actorOf } from '../../config/actor.ts';
import { FatalError, type Problem } from '../../core/errors.ts';
import { noCounts } from '../../core/outcome.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { storeFailure } from '../../store/failures.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { closeLostRuns, finishRun, noteProgress, startRun } from '../../store/ledger/runs.ts';
import type { Lock } from '../../store/lock-holder.ts';
import { takeLock } from '../../store/locks.ts';
import type { Knex } from '../../store/open.ts';
import { noteChanges } from '../../store/revenue/marks.ts';
import { auditConfiguration } from './audit-configuration.ts';
import { takeConfiguration } from './configuration.ts';
import type { Run } from './context.ts';
import type { Engine, UnrecordedRun } from './engine.ts';
import { finishRuns } from './finish-runs.ts';
import { openRun, type RunOptions } from './open-run.ts';
import { outcomeOf } from './outcome.ts';
import type { RunResult } from './result.ts';
import { work } from './work.ts';

export type { Engine, RunOptions, UnrecordedRun };

const OFF = 'This pipeline is off, so it was not run. To run it, change mode in its file.';

/**
 * Runs one pipeline. Never throws for what a source, a file or a record is to blame for: that is in the result. Throws
 * FatalError PIPELINE_RUNNING when another process runs it now.
 */
export async function runPipeline(engine: Engine, id: string, options: RunOptions): Promise<RunResult> {
  const pipeline = engine.project.pipelines.get(id)!.value;
  if (pipeline.mode === 'off') options.onNote?.(id, OFF);
  if (pipeline.mode === 'off') return { pipeline: id, outcome: 'succeeded', counts: noCounts(), durationMs: 0, problems: [], notes: [OFF] };
  const lock = await takeLock(engine.knex, `pipeline:${id}`).catch((error: unknown) => notRecorded(engine, id, error));
  if (!('release' in lock))
    throw new FatalError({
      code: 'PIPELINE_RUNNING',
      place: { system: id },
      message: `This pipeline is already running, on ${lock.host} in process ${lock.pid}, last active at ${zonedTime(lock.heartbeat_at, engine.project.config.town.time_zone)}.`,
      hint: 'Wait until that run has ended; interlocal status shows it. If the process no longer answers, end it: the next run resumes where it stopped.',
    });
  return underLock(engine, id, lock, options);
}

async function underLock(engine: Engine, id: string, lock: Lock, options: RunOptions): Promise<RunResult> {
  const started = performance.now();
  const { knex } = engine;
  const actor = options.actor ?? actorOf();
  try {
    const refused = await refusedConfiguration(engine, actor, options.adoptConfiguration).catch((error: unknown) =>
      notRecorded(engine, id, error),
    );
    if (refused) return await refusedRun(knex, id, refused).catch((error: unknown) => notRecorded(engine, id, error));
    const run = await begin(engine, id, lock, actor, options).catch((error: unknown) => notRecorded(engine, id, error));
    const outcome = await outcomeOf(run, () => work(run));
    const result = { pipeline: id, outcome, counts: run.counts, durationMs: Math.round(performance.now() - started) };
    const { problems, notes } = run;
    try {
      await finishRun(knex, { id: run.id, ...result, problems, notes }, options.began);
      for (const { code, place, message } of problems)
        if (code === 'HOST_KEY_CHANGED')
          await appendAudit(knex, {
            actor,
            action: 'host_key_refused',
            subject: place.system ?? connectionOf(run) ?? id,
            detail: { message },
          });
    } catch (error) {
      const failure = storeFailure(error);
      if (!failure) throw error;
      if (!problems.some(({ code }) => code === failure.code)) problems.push(...failure.problems);
      unrecorded(engine, id, problems);
      return { ...result, outcome: 'failed', problems, notes };
    }
    engine.unrecorded?.delete(id);
    if (!options.othersFollow) await finishRuns(engine, [result], options);
    return { ...result, problems, notes };
  } finally {
    await lock.release();
  }
}

function connectionOf({ pipeline }: Run): string | undefined {
  return pipeline.source?.connection ?? pipeline.deliver?.connection;
}

const PROGRESS_EVERY_MS = 10_000;

/** The same run, whose progress others see: what it counts moves, or it has something to say. */
function withNotedProgress(run: Run): Run {
  let last = performance.now();
  let [before, said] = ['', run.notes.length];
  return {
    ...run,
    progress(at) {
      run.progress(at);
      const now = `${at.what} ${at.done}`;
      if (now === before && said === run.notes.length) return;
      [before, said] = [now, run.notes.length];
      if (performance.now() - last < PROGRESS_EVERY_MS) return;
      last = performance.now();
      // The store is busy or closing: the next step tells it.
      noteProgress(run.knex, run.id, new Date()).catch(() => {});
    },
  };
}

async function refusedConfiguration({ project, knex }: Engine, actor: string, adopt?: boolean): Promise<FatalError | undefined> {
  try {
    await takeConfiguration(knex, project, actor, adopt);
    return undefined;
  } catch (error) {
    if (error instanceof FatalError && /^CONFIG_/.test(error.code)) return error;
    throw error;
  }
}

/** A run that did not begin, on record like one that failed: pages, status and /health show it. */
async function refusedRun(knex: Knex, id: string, { problems }: FatalError): Promise<RunResult> {
  await closeLostRuns(knex, id);
  const result: RunResult = { pipeline: id, outcome: 'failed', counts: noCounts(), durationMs: 0, problems: [...problems], notes: [] };
  await finishRun(knex, { ...result, id: await startRun(knex, id) });
  return result;
}

/** Everything of a run that is in the store before its work begins. */
async function begin(engine: Engine, id: string, lock: Lock, actor: string, options: RunOptions): Promise<Run> {
  const { knex } = engine;
  await closeLostRuns(knex, id);
  await auditConfiguration(knex, engine.project, id, actor);
  if (engine.project.pipelines.get(id)!.value.reconcile?.passes) await noteChanges(knex);
  return withNotedProgress(openRun(engine, { pipeline: id, id: await startRun(knex, id, options.began), knex, locks: [lock] }, options));
}

/** The run could not even begin in the store: FatalError in place of what the database says. */
function notRecorded(engine: Engine, id: string, error: unknown): never {
  const failure = storeFailure(error);
  if (!failure) throw error;
  unrecorded(engine, id, failure.problems);
  throw failure;
}

function unrecorded(engine: Engine, id: string, problems: readonly Problem[]): void {
  (engine.unrecorded ??= new Map()).set(id, { at: new Date(), problems });
}
