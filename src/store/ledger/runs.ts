import type { Problem } from '../../core/errors.ts';
import { noCounts, type Outcome, type RunCounts } from '../../core/outcome.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { takeId } from '../sequence.ts';

/** One execution of a pipeline. */
export interface Run extends RunCounts {
  id: number;
  pipeline: string;
  startedAt: string;
  endedAt: string | null;
  /** null while it runs. */
  outcome: Outcome | null;
  durationMs: number | null;
  /** When it last got on; null where that was not noted. */
  progressAt: string | null;
  problems: Problem[];
  notes: string[];
}

/** Begins a run; `at`: when. */
export async function startRun(knex: Knex, pipeline: string, at = new Date()): Promise<number> {
  // In one transaction: whoever sees a run sees all those with smaller numbers.
  if (!knex.isTransaction) return dialectOf(knex).write(knex, (trx) => startRun(trx, pipeline, at));
  const id = await takeId(knex, 'run');
  // A run that is only tried has the number of the next one, and leaves it to that.
  if (!dialectOf(knex).isTrial(knex)) await knex('il_run').insert({ id, pipeline, started_at: at.toISOString() });
  return id;
}

/** When a run began. */
export async function startOf(knex: Knex, id: number): Promise<string | undefined> {
  const row = (await knex('il_run').where({ id }).first('started_at')) as { started_at: string } | undefined;
  return row?.started_at;
}

/** When the last run of a pipeline began that came to its end, milliseconds since 1970; 0 where none did. */
export async function lastRead(knex: Knex, pipeline: string): Promise<number> {
  const row = (await knex('il_run')
    .where({ pipeline })
    .whereIn('outcome', ['succeeded', 'partial'])
    .orderBy('id', 'desc')
    .first('started_at')) as { started_at: string } | undefined;
  return row ? Date.parse(row.started_at) : 0;
}

/** The number of the newest run; 0 before the first. */
export async function newestRun(knex: Knex): Promise<number> {
  const [row] = (await knex('il_run').max({ id: 'id' })) as { id: number | null }[];
  return Number(row?.id ?? 0);
}

/** Runs that have not ended. */
export async function openRuns(knex: Knex): Promise<number[]> {
  return ((await knex('il_run').whereNull('outcome').orderBy('id').pluck('id')) as number[]).map(Number);
}

/** A text that changes when a run of any process begins or ends. */
export async function stateOfRuns(knex: Knex): Promise<string> {
  const rows = (await knex('il_run').orderBy('id', 'desc').limit(50).select('id', 'outcome')) as { id: number; outcome: string | null }[];
  return JSON.stringify(rows.map((row) => [row.id, row.outcome]));
}

/** Saves what a run has done so far; called in each batch's transaction, so the figures survive a kill. */
export async function saveCounts(knex: Knex, runId: number, counts: RunCounts): Promise<void> {
  await knex('il_run')
    .where({ id: runId })
    .update({ ...counts, progress_at: new Date().toISOString() });
}

/** Notes that a run got on, for those who watch it. */
export async function noteProgress(knex: Knex, runId: number, at: Date): Promise<void> {
  await knex('il_run').where({ id: runId }).whereNull('outcome').update({ progress_at: at.toISOString() });
}

export async function finishRun(
  knex: Knex,
  run: { id: number; counts: RunCounts; outcome: Outcome; durationMs: number; problems: readonly Problem[]; notes: readonly string[] },
  at = new Date(),
): Promise<void> {
  await knex('il_run')
    .where({ id: run.id })
    .update({
      ...run.counts,
      outcome: run.outcome,
      ended_at: at.toISOString(),
      duration_ms: run.durationMs,
      problems: run.problems.length ? JSON.stringify(run.problems) : null,
      notes: run.notes.length ? JSON.stringify(run.notes) : null,
    });
}

/** Runs of a pipeline whose process ended without a word: they are said to be aborted. */
export async function closeLostRuns(knex: Knex, pipeline: string): Promise<number> {
  const note = JSON.stringify(['The process ended before the run did; the next run resumed where it stopped.']);
  return knex('il_run')
    .where({ pipeline })
    .whereNull('outcome')
    .update({ outcome: 'aborted', ended_at: new Date().toISOString(), notes: note });
}

/** The newest runs first. */
export async function listRuns(knex: Knex, filter: { pipeline?: string; limit: number }): Promise<Run[]> {
  const query = knex('il_run').orderBy('id', 'desc').limit(filter.limit);
  if (filter.pipeline) void query.where({ pipeline: filter.pipeline });
  return ((await query) as Record<string, unknown>[]).map(runOf);
}

/** The newest run of each pipeline. */
export async function lastRuns(knex: Knex): Promise<Map<string, Run>> {
  const rows = (await knex('il_run').whereIn('id', knex('il_run').max('id').groupBy('pipeline'))) as Record<string, unknown>[];
  return new Map(rows.map((row) => [row.pipeline as string, runOf(row)]));
}

function runOf(row: Record<string, unknown>): Run {
  const counts = noCounts();
  for (const name of Object.keys(counts) as (keyof RunCounts)[]) counts[name] = Number(row[name]);
  return {
    ...counts,
    id: Number(row.id),
    pipeline: row.pipeline as string,
    startedAt: row.started_at as string,
    endedAt: row.ended_at as string | null,
    outcome: row.outcome as Outcome | null,
    durationMs: row.duration_ms as number | null,
    progressAt: row.progress_at as string | null,
    problems: JSON.parse((row.problems as string) ?? '[]') as Problem[],
    notes: JSON.parse((row.notes as string) ?? '[]') as string[],
  };
}
