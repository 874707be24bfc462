import type { Problem } from '../core/errors.ts';
import { heldLocks } from '../store/locks.ts';
import { countOpenRejects } from '../store/rejects.ts';
import { lastRuns } from '../store/runs.ts';
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
    result.push({
      pipeline: id,
      mode,
      schedule: schedule ?? null,
      running: locks.has(`pipeline:${id}`),
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
