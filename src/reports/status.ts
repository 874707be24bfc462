import type { Health } from '../core/health.ts';
import type { Project } from '../config/project.ts';
import { parseDuration } from '../core/time/time.ts';
import { heldLocks } from '../store/locks.ts';
import { countOpenRejects } from '../store/landing/rejects.ts';
import { lastRuns, type Run } from '../store/ledger/runs.ts';
import { listSources } from '../store/ledger/sources.ts';
import { waitingFiles } from '../store/ledger/waiting.ts';
import { inOrder } from '../engine/run/order.ts';
import { forAPerson, outboundStatus } from './outbound/deliveries.ts';
import type { Engine } from '../engine/run/engine.ts';
import { connectionsOf, weakConnections } from '../engine/run/weak-connections.ts';
import type { ShapeOf } from './shapes/shapes.ts';

/** One pipeline as `status --json` gives it. */
export type PipelineStatus = ShapeOf<'status'>['pipelines'][number];

function stalledSince(run: Run, project: Project, now: Date): string | null {
  if (run.outcome !== null) return null;
  const since = run.progressAt ?? run.startedAt;
  return now.getTime() - Date.parse(since) > parseDuration(project.config.runs.stalled_after)! ? since : null;
}

export async function statusOf({ project, knex, unrecorded }: Engine, now = new Date()): Promise<PipelineStatus[]> {
  const seen = await lastRuns(knex);
  const sources = new Map((await listSources(knex)).map((s) => [s.pipeline, s.id]));
  const locks = await heldLocks(knex);
  // A run that had no end yet and holds no lock a moment later has died, or has ended in between: what is stored now says which.
  const isOver = (run: Run): boolean => run.outcome === null && !locks.has(`pipeline:${run.pipeline}`);
  const runs = [...seen.values()].some(isOver) ? await lastRuns(knex) : seen;
  const outbound = await outboundStatus(project, knex, now);
  const off = [...project.pipelines.keys()].filter((id) => project.pipelines.get(id)!.value.mode === 'off').sort();
  const result: PipelineStatus[] = [];
  for (const id of [...inOrder(project), ...off]) {
    const { title, mode, schedule } = project.pipelines.get(id)!.value;
    const run = runs.get(id);
    const source = sources.get(id);
    // One that began in between runs, whatever was locked before.
    const running = locks.has(`pipeline:${id}`) || (run?.outcome === null && run.id !== seen.get(id)?.id);
    const lost = unrecorded?.get(id);
    result.push({
      pipeline: id,
      title: title ?? null,
      mode,
      schedule: schedule ?? null,
      running,
      stalled_since: run && running ? stalledSince(run, project, now) : null,
      unrecorded: lost ? { at: lost.at.toISOString(), problems: lost.problems } : null,
      open_rejects: source === undefined ? 0 : await countOpenRejects(knex, source),
      waiting_files: source === undefined ? [] : await waitingFiles(knex, source),
      weak_encryption: weakConnections(project, connectionsOf(project, id)),
      outbound: outbound.get(id) ?? null,
      last_run: run
        ? {
            id: run.id,
            started_at: run.startedAt,
            ended_at: run.endedAt,
            outcome: run.outcome,
            read: run.read,
            created: run.created,
            changed: run.changed,
            unchanged: run.unchanged,
            skipped: run.skipped,
            rejected: run.rejected,
            deleted: run.deleted,
            duration_ms: run.durationMs,
            problems: run.problems,
            notes: run.notes,
          }
        : null,
    });
  }
  return result;
}

/** Did the pipeline's newest run fail, get stopped, or end without anybody having been able to say how? */
export function wentWrong({ last_run, running, unrecorded }: PipelineStatus): boolean {
  if (unrecorded) return true;
  if (last_run?.outcome === null) return !running;
  return last_run?.outcome === 'failed' || last_run?.outcome === 'aborted';
}

/**
 * How a pipeline is, for monitoring. failing: see wentWrong. attention: something is rejected, needs review before or after it was
 * sent, had no answer in its time, or a run is stalled. A pipeline that is off, or has not run yet, is ok.
 */
export function healthOf(status: PipelineStatus): Health {
  const { mode, last_run, open_rejects, outbound, stalled_since } = status;
  if (mode === 'off') return 'ok';
  if (wentWrong(status)) return 'failing';
  const waits = outbound !== null && forAPerson(outbound) + outbound.overdue > 0;
  return last_run?.outcome === 'partial' || open_rejects > 0 || waits || stalled_since !== null ? 'attention' : 'ok';
}

/** The worst of all. */
export function worstOf(list: readonly Health[]): Health {
  return list.includes('failing') ? 'failing' : list.includes('attention') ? 'attention' : 'ok';
}
