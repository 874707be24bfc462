import type { ServerContext } from '../context.ts';
import { type Request, Router } from 'express';
import { ConfigError, didYouMean } from '../../core/errors.ts';
import { statusOf } from '../../reports/status.ts';
import { configurationJson } from './health.ts';
import { sendJson } from './send.ts';
import { networkProblem } from '../pages/parts/problem-words.ts';
import { knownDepartment } from '../../reports/revenue/departments.ts';
import { revenueJson } from '../../reports/revenue/json.ts';
import { readRevenueQuery, type RevenueQueryText } from '../../reports/revenue/query.ts';

/** `/api/status`, `/api/revenue`: JSON, as the command line gives it with --json. */
export function api({ engine, revenue, configuration }: ServerContext): Router {
  const router = Router();

  router.get('/api/status', async (_request, response) => {
    const pipelines = await statusOf(engine);
    sendJson(response, '/api/status', {
      configuration: configurationJson(configuration()),
      pipelines: pipelines.map((p) => ({
        ...p,
        unrecorded: p.unrecorded && { ...p.unrecorded, problems: p.unrecorded.problems.map(networkProblem) },
        last_run: p.last_run && { ...p.last_run, problems: p.last_run.problems.map(networkProblem) },
      })),
    });
  });

  router.get('/api/revenue', async (request, response) => {
    try {
      const query = readRevenueQuery(revenueAsked(request), (name) => name);
      const rows = await revenue.rows(query);
      if (query.department !== undefined && !rows.some((row) => row.department === query.department))
        await knownDepartment(engine, query.department, 'department');
      sendJson(
        response,
        'report revenue',
        revenueJson(query.department === undefined ? rows : rows.filter((row) => row.department === query.department), {
          ...query,
          starts: engine.project.config.town.fiscal_year_starts,
        }),
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      sendJson(response, 'error', { error: { code: error.code, problems: error.problems } }, 400);
    }
  });

  return router;
}

const ASKED = ['period', 'from', 'to', 'department'] as const;

/** What the address asks the revenue report for; of a name that comes twice, the last. Throws ConfigError for a name that is not one. */
export function revenueAsked(request: Request): RevenueQueryText {
  const asked: RevenueQueryText = {};
  const strange = Object.keys(request.query).filter((name) => !(ASKED as readonly string[]).includes(name));
  if (strange.length)
    throw new ConfigError(
      strange.map((name) => {
        const meant = didYouMean(name, ASKED);
        return {
          code: 'USAGE',
          place: { path: name.slice(0, 60) },
          message: `The report has no parameter ${JSON.stringify(name.slice(0, 60))}.`,
          hint: meant ? `Did you mean ${meant}?` : `Parameters: ${ASKED.join(', ')}.`,
        };
      }),
    );
  for (const name of ASKED) {
    const value = textOf(request.query[name]);
    if (value) asked[name] = value;
  }
  return asked;
}

export function textOf(value: unknown): string | undefined {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : undefined;
}
