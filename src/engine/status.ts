import type { Project } from '../config/project.ts';
import type { Problem } from '../core/errors.ts';
import { parseDuration } from '../core/time.ts';
import { heldLocks } from '../store/locks.ts';
import { countOpenRejects } from '../store/rejects.ts';
import { lastRuns, type Run } from '../store/runs.ts';
import { listSources } from '../store/sources.ts';
import { type WaitingFile, waitingFiles } from '../store/waiting.ts';
import { inOrder } from './order.ts';
import { outboundStatus, type OutboundStatus } from './outbound/status.ts';
import type { Engine } from './run.ts';
import { connectionsOf, type WeakConnection, weakConnections } from './weak-connections.ts';

/** One pipeline as `status --json` gives it. */
export interface PipelineStatus {
  pipeline: string;
  mode: string;
  schedule: string | null;
  running: boolean;
  /** It runs, and has not got on for longer than runs.stalled_after: since then, UTC. */
  stalled_since: string | null;
  open_rejects: number;
  /** Files that are there and that the last run left for a later one, and since when. */
  waiting_files: WaitingFile[];
  /** Connections that it uses and that allow what is no longer safe. */
  weak_encryption: WeakConnection[];
  /** null for pipelines that send nothing. */
  outbound: OutboundStatus | null;
  last_run: {
    id: number;
    started_at: string;
    ended_at: string | null;
    outcome: string | null;
    read: number;
    created: number;
    changed: number;
    unchanged: number;
    rejected: number;
    deleted: number;
    duration_ms: number | null;
    problems: Problem[];
    notes: string[];
  } | null;
}

function stalledSince(run: Run, project: Project, now: Date): string | null {
  if (run.outcome !== null) return null;
  const since = run.progressAt ?? run.startedAt;
  return now.getTime() - Date.parse(since) > parseDuration(project.config.runs.stalled_after)! ? since : null;
}

export async function statusOf({ project, knex }: Engine, now = new Date()): Promise<PipelineStatus[]> {
  const runs = await lastRuns(knex);
  const sources = new Map((await listSources(knex)).map((s) => [s.pipeline, s.id]));
  const locks = await heldLocks(knex);
  const outbound = await outboundStatus(project, knex, now);
  const off = [...project.pipelines.keys()].filter((id) => project.pipelines.get(id)!.value.mode === 'off').sort();
  const result: PipelineStatus[] = [];
  for (const id of [...inOrder(project), ...off]) {
    const { mode, schedule } = project.pipelines.get(id)!.value;
    const run = runs.get(id);
    const source = sources.get(id);
    const running = locks.has(`pipeline:${id}`);
    result.push({
      pipeline: id,
      mode,
      schedule: schedule ?? null,
      running,
      stalled_since: run && running ? stalledSince(run, project, now) : null,
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
