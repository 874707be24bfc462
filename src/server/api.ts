import { type Request, Router } from 'express';
import { ConfigError } from '../core/errors.ts';
import { statusOf } from '../engine/status.ts';
import { configurationJson } from './health.ts';
import { networkProblem } from './problem-words.ts';
import { revenueJson } from './reports/revenue-json.ts';
import { readRevenueQuery, type RevenueQueryText } from './reports/revenue-query.ts';
import type { ServerContext } from './server.ts';

/** `/api/status`, `/api/revenue`: JSON, as the command line gives it with --json. */
export function api({ engine, revenue, configuration }: ServerContext): Router {
  const router = Router();

  router.get('/api/status', async (_request, response) => {
    const pipelines = await statusOf(engine);
    response.json({
      configuration: configurationJson(configuration()),
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
