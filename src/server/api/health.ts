import type { ConfigurationState } from '../configuration-state.ts';
import type { ServerContext } from '../context.ts';
import { Router } from 'express';
import { installationOf } from '../../engine/doctor/look.ts';
import { forAPerson } from '../../reports/outbound/deliveries.ts';
import { healthOf, statusOf, worstOf } from '../../reports/status.ts';
import { sendJson } from './send.ts';
import type { ShapeOf } from '../../reports/shapes/shapes.ts';
import { networkProblem } from '../pages/parts/problem-words.ts';

/** `/health`: counts alone, quick whatever else is asked for. */
export function health({ engine, configuration }: ServerContext): Router {
  const router = Router();

  router.get('/health', async (_request, response) => {
    let pipelines;
    let installation;
    try {
      pipelines = await statusOf(engine);
      installation = await installationOf(engine);
    } catch {
      sendJson(response, '/health, down', { status: 'down', message: 'The store cannot be read.' }, 503);
      return;
    }
    const live = pipelines.filter((p) => p.mode !== 'off');
    const { fault } = configuration();
    sendJson(response, '/health', {
      status: worstOf([...live.map(healthOf), installation.state, fault ? 'attention' : 'ok']),
      configuration: configurationJson(configuration()),
      // Codes alone: what was found names folders of this machine.
      doctor: {
        at: installation.at,
        state: installation.state,
        codes: installation.checks.flatMap(({ code }) => code ?? []),
      },
      pipelines: live.map((p) => ({
        pipeline: p.pipeline,
        running: p.running,
        stalled_since: p.stalled_since,
        outcome: p.last_run?.outcome ?? null,
        ended_at: p.last_run?.ended_at ?? null,
        open_rejects: p.open_rejects,
        waiting_files: p.waiting_files.length,
        needs_attention: p.outbound ? forAPerson(p.outbound) : 0,
        overdue: p.outbound?.overdue ?? 0,
      })),
    });
  });

  return router;
}

/** Which configuration is in force, and what is wrong with a newer one in the folder. */
export function configurationJson({ loadedAt, fault }: ConfigurationState): ShapeOf<'/health'>['configuration'] {
  return {
    loaded_at: loadedAt,
    refused_since: fault?.since ?? null,
    problems: (fault?.problems ?? []).map(networkProblem),
  };
}
