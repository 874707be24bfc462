import { Router } from 'express';
import { forAPerson } from '../engine/outbound/status.ts';
import { type PipelineStatus, statusOf } from '../engine/status.ts';
import { networkProblem } from './problem-words.ts';
import type { ConfigurationState, ServerContext } from './server.ts';

/** `/health`: counts alone, quick whatever else is asked for. */
export function health({ engine, configuration }: ServerContext): Router {
  const router = Router();

  router.get('/health', async (_request, response) => {
    let pipelines;
    try {
      pipelines = await statusOf(engine);
    } catch {
      response.status(503).json({ status: 'down', message: 'The store cannot be read.' });
      return;
    }
    const live = pipelines.filter((p) => p.mode !== 'off');
    const { fault } = configuration();
    const bad = live.some((p) => ['failed', 'aborted'].includes(p.last_run?.outcome ?? ''));
    response.json({
      status: bad ? 'failing' : fault || live.some(needsSomebody) ? 'attention' : 'ok',
      configuration: configurationJson(configuration()),
      pipelines: live.map((p) => ({
        pipeline: p.pipeline,
        running: p.running,
        outcome: p.last_run?.outcome ?? null,
        ended_at: p.last_run?.ended_at ?? null,
        open_rejects: p.open_rejects,
        for_a_person: p.outbound ? forAPerson(p.outbound) : 0,
        overdue: p.outbound?.overdue ?? 0,
      })),
    });
  });

  return router;
}

/** Which configuration is in force, and what is wrong with a newer one in the folder. */
export function configurationJson({ loadedAt, fault }: ConfigurationState): Record<string, unknown> {
  return {
    loaded_at: loadedAt,
    refused_since: fault?.since ?? null,
    problems: (fault?.problems ?? []).map(networkProblem),
  };
}

function needsSomebody({ last_run, open_rejects, outbound }: PipelineStatus): boolean {
  return last_run?.outcome === 'partial' || open_rejects > 0 || (outbound !== null && forAPerson(outbound) + outbound.overdue > 0);
}
