import { type Request, Router } from 'express';
import { ConfigError } from '../core/errors.ts';
import { forAPerson } from '../engine/outbound/status.ts';
import { installationOf } from '../engine/doctor/look.ts';
import { healthOf, statusOf, worstOf } from '../engine/status.ts';
import { networkProblem } from './problem-words.ts';
import { revenueJson } from './reports/revenue-json.ts';
import { readRevenueQuery, type RevenueQueryText } from './reports/revenue-query.ts';
import type { ServerContext } from './server.ts';

/** `/health`, `/api/status`, `/api/revenue`: JSON, as the command line gives it with --json. */
export function api({ engine, revenue }: ServerContext): Router {
  const router = Router();

  router.get('/health', async (_request, response) => {
    let pipelines;
    let installation;
    try {
      pipelines = await statusOf(engine);
      installation = await installationOf(engine);
    } catch {
      response.status(503).json({ status: 'down', message: 'The store cannot be read.' });
      return;
    }
    const live = pipelines.filter((p) => p.mode !== 'off');
    response.json({
      status: worstOf([...live.map(healthOf), installation.state]),
      // Codes alone: what was found names folders of this machine.
      doctor: {
        at: installation.at,
        state: installation.state,
        codes: installation.checks.flatMap(({ code }) => code ?? []),
      },
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

  router.get('/api/status', async (_request, response) => {
    const pipelines = await statusOf(engine);
    response.json({
      pipelines: pipelines.map((p) =>
        p.last_run ? { ...p, last_run: { ...p.last_run, problems: p.last_run.problems.map(networkProblem) } } : p,
      ),
    });
  });

  router.get('/api/revenue', async (request, response) => {
    try {
      const query = readRevenueQuery(revenueAsked(request), (name) => name);
      const rows = await revenue.rows(query);
      response.json(revenueJson(query.department === undefined ? rows : rows.filter((row) => row.department === query.department)));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      response.status(400).json({ error: { code: error.code, problems: error.problems } });
    }
  });

  return router;
}

/** What the address asks the revenue report for; of a name that comes twice, the last. */
export function revenueAsked(request: Request): RevenueQueryText {
  const asked: RevenueQueryText = {};
  for (const name of ['period', 'from', 'to', 'department'] as const) {
    const value = textOf(request.query[name]);
    if (value) asked[name] = value;
  }
  return asked;
}

export function textOf(value: unknown): string | undefined {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : undefined;
}
