import { sinkOf } from '../../engine/outbound/sink-of.ts';
import type { ServerContext } from '../context.ts';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Request, Router } from 'express';
import { ConfigError } from '../../core/errors.ts';
import { groupRejects } from '../../reports/reject-facts.ts';
import { FOR_A_PERSON } from '../../reports/outbound/deliveries.ts';
import { statusOf } from '../../reports/status.ts';
import { waitingOf } from '../../reports/waiting-files.ts';
import { findDelivery, sentDeliveries, waitingRecords } from '../../reports/outbound/outgoing.ts';
import { countOpen, openRejectsPage } from '../../reports/rejects.ts';
import { lastRunsOf } from '../../reports/runs.ts';
import { revenueAsked, textOf } from '../api/api.ts';
import { monthlyRevenue } from './parts/monthly-revenue.ts';
import { deliveryPage } from './delivery.ts';
import { notFoundPage } from './error.ts';
import type { Outgoing } from './outgoing.ts';
import { overviewPage } from './overview.ts';
import { pipelinePage } from './pipeline.ts';
import { reconciliationPage } from './reconciliation.ts';
import { rejectsPage } from './rejects.ts';
import { revenuePage } from './revenue.ts';
import { knownDepartment } from '../../reports/revenue/departments.ts';
import { readReconciliation, reconciliationIds } from '../../reports/reconciliation/reconciliation.ts';
import { revenueCsvLines } from '../../reports/revenue/csv.ts';
import { readRevenueQuery, type RevenueQuery } from '../../reports/revenue/query.ts';
import { grandTotals } from '../../reports/revenue/totals.ts';
import { revenueXlsx } from '../../reports/revenue/xlsx.ts';

const MONTHS = 6;
const REJECTS = 500;
const RUNS = 20;
const WAITING = 100;
const DELIVERIES = 50;
const RECORDS = 200;

/** The pages. */
export function web({ engine, town, revenue, nextRuns, show }: ServerContext): Router {
  const router = Router();
  const { project } = engine;

  router.get('/', async (_request, response) => {
    const reconciliations = [];
    for (const id of reconciliationIds(engine)) reconciliations.push(await readReconciliation(engine, id, { lines: false }));
    const rows = await revenue.rows({ period: 'month' });
    show(
      response,
      overviewPage({
        town,
        now: new Date(),
        pipelines: await statusOf(engine),
        next: new Map(nextRuns().map(({ id, at }) => [id, at])),
        revenue: grandTotals(rows),
        monthly: monthlyRevenue(rows, town.currency, MONTHS),
        reconciliations,
      }),
    );
  });

  router.get('/rejects', async (request, response) => {
    const pipeline = textOf(request.query.pipeline) || undefined;
    if (pipeline !== undefined && !project.pipelines.has(pipeline)) return show(response, notFoundPage('There is no such pipeline.'), 404);
    const after = /^\d{1,15}$/.test(textOf(request.query.after) ?? '0') ? Number(textOf(request.query.after) ?? 0) : undefined;
    if (after === undefined) return show(response, notFoundPage('There is no such page of the list.'), 404);
    const { records, more } = await openRejectsPage(engine, { pipeline, after, limit: REJECTS });
    show(
      response,
      rejectsPage({
        groups: groupRejects(project, records),
        open: await countOpen(engine, pipeline),
        pipeline,
        more: more ? records.at(-1)!.id : undefined,
      }),
    );
  });

  router.get('/reconciliation/:pipeline', async (request, response) => {
    const id = request.params.pipeline;
    if (!reconciliationIds(engine).includes(id)) return show(response, notFoundPage('There is no such reconciliation.'), 404);
    show(response, reconciliationPage(town, await readReconciliation(engine, id)));
  });

  router.get('/pipelines/:id', async (request, response) => {
    const config = project.pipelines.get(request.params.id)?.value;
    if (!config) return show(response, notFoundPage('There is no such pipeline.'), 404);
    const id = config.pipeline;
    show(
      response,
      pipelinePage({
        town,
        config,
        reads: engine.project.connections[config.source?.connection ?? '']?.title ?? config.source?.connection ?? '',
        runs: await lastRunsOf(engine, id, RUNS),
        next: nextRuns().find((next) => next.id === id)?.at,
        rejectedNow: await countOpen(engine, id),
        waiting: await waitingOf(engine, id),
        outgoing: await outgoingOf(id),
        now: new Date(),
      }),
    );
  });

  router.get('/deliveries/:id', async (request, response) => {
    const id = /^\d{1,15}$/.test(request.params.id) ? Number(request.params.id) : 0;
    const found = await findDelivery(engine, id, RECORDS);
    const deliver = found && project.pipelines.get(found.delivery.pipeline)?.value.deliver;
    // Without its pipeline it is not known which of its values are of a person.
    if (!deliver) return show(response, notFoundPage('There is no such delivery.'), 404);
    show(
      response,
      deliveryPage({
        town,
        now: new Date(),
        sink: sinkOf(project, deliver).config,
        entity: project.sinkMappings.get(deliver.mapping)!.value.from.entity,
        ...found,
      }),
    );
  });

  router.get('/revenue', async (request, response) => {
    let asked: ReturnType<typeof revenueAsked> = {};
    const departments = [...new Set((await revenue.rows({ period: 'month' })).map((row) => row.department))];
    try {
      asked = revenueAsked(request);
      show(response, revenuePage({ asked, departments, rows: (await reportAsked(request)).rows, problems: [] }));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      show(response, revenuePage({ asked, departments, rows: [], problems: error.problems }), 400);
    }
  });

  for (const [ending, type, write] of [
    ['csv', 'text/csv; charset=utf-8', async (rows) => Readable.from(revenueCsvLines(rows))],
    ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', (rows) => revenueXlsx(rows, town.name)],
  ] as [string, string, (rows: Awaited<ReturnType<typeof reportAsked>>['rows']) => Promise<Readable>][])
    router.get(`/revenue.${ending}`, async (request, response) => {
      try {
        const { query, rows } = await reportAsked(request);
        const content = await write(rows);
        response.type(type).attachment(fileName(query, ending));
        // A file that is broken off must not look whole; a reader that left is nobody's fault.
        await pipeline(content, response).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
        });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        response.redirect(303, `/revenue${request.originalUrl.replace(/^[^?]*/, '')}`);
      }
    });

  async function outgoingOf(pipeline: string): Promise<Outgoing | undefined> {
    const { deliver } = project.pipelines.get(pipeline)!.value;
    if (!deliver) return undefined;
    const { rows, names } = await waitingRecords(engine, { pipeline, first: FOR_A_PERSON, then: ['queued', 'shadow'], limit: WAITING });
    return {
      sink: sinkOf(project, deliver).config,
      entity: project.sinkMappings.get(deliver.mapping)!.value.from.entity,
      mapping: deliver.mapping,
      status: (await statusOf(engine)).find((status) => status.pipeline === pipeline)!.outbound!,
      waiting: rows,
      names,
      deliveries: await sentDeliveries(engine, { pipeline, limit: DELIVERIES }),
    };
  }

  async function reportAsked(request: Request) {
    const query = readRevenueQuery(
      revenueAsked(request),
      (name) => ({ period: 'Period', from: 'From', to: 'To', department: 'Department' })[name],
    );
    const rows = await revenue.rows(query);
    if (query.department === undefined) return { query, rows };
    const own = rows.filter((row) => row.department === query.department);
    if (own.length === 0) await knownDepartment(engine, query.department, 'Department');
    return { query, rows: own };
  }

  return router;
}

/** `revenue-month-2026-01-01-to-2026-06-30.csv` */
function fileName({ period, from, to }: RevenueQuery, ending: string): string {
  return `revenue-${period}${from ? `-${from}` : ''}${to ? `-to-${to}` : ''}.${ending}`;
}
