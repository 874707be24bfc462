import type { ConfigurationState } from './configuration-state.ts';
import type { ServerContext } from './context.ts';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { redact } from '../config/secrets/secrets.ts';
import type { Engine } from '../engine/run/engine.ts';
import { sendJson } from './api/send.ts';
import { api } from './api/api.ts';
import { health } from './api/health.ts';
import { hostCheck } from './auth/host-check.ts';
import { pageText, type Town } from './pages/parts/page.ts';
import { badRequestPage, faultPage, notFoundPage } from './pages/error.ts';
import { requestLog, type ServerLog } from './request-log.ts';
import { revenueCache } from './revenue-cache.ts';
import { secureHeaders } from './auth/secure-headers.ts';
import { web } from './pages/web.ts';

export interface ServerOptions {
  /** What the pages are headed with; default the town's name. */
  title?: string;
  /** One line for each request, and for what goes wrong; default none. */
  log?: ServerLog;
  /** When pipelines run next, from the scheduler. */
  nextRuns?: () => { id: string; at: Date }[];
  /** What is in force; default what the engine was opened with. */
  configuration?: () => ConfigurationState;
}

const STYLE = readFileSync(new URL('./pages/parts/style.css', import.meta.url), 'utf8');
const ICON = readFileSync(new URL('./pages/parts/icon.svg', import.meta.url), 'utf8');

/**
 * The town's pages and its JSON API as an express app: reads only, keeps no session, sets no cookies. It listens nowhere
 * by itself. Answers only to config.server.host, server.names and this machine's own names.
 */
export function createServer(engine: Engine, options: ServerOptions = {}): Express {
  const app = outerApp(engine, options);
  inner(app, contextOf(engine, options), options);
  return app;
}

/**
 * The same for a process that also runs pipelines: it looks after the requests; every answer that needs the store is made by `pages`, in
 * another thread, so nothing that a person or a program asks for holds up anything here, however much is in the store.
 */
export function createFront(engine: Engine, options: ServerOptions, pages: (request: Request, response: Response) => void): Express {
  const context = contextOf(engine, options);
  const app = outerApp(engine, options);
  app.use(pages);
  failures(app, context, options);
  return app;
}

/** What `pages` of createFront asks: the pages, the API and /health. Its caller has looked at host and method. */
export function createPages(engine: Engine, options: ServerOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((request: Request, response: Response, next: NextFunction) => {
    response.locals.requestId = request.headers['x-request-id'];
    next();
  });
  inner(app, contextOf(engine, options), options);
  return app;
}

function contextOf(engine: Engine, options: ServerOptions): ServerContext {
  const { config } = engine.project;
  const loaded = { loadedAt: new Date().toISOString() };
  const town: Town = {
    name: options.title ?? config.town.name,
    zone: config.town.time_zone,
    currency: config.town.currency,
    styleVersion: createHash('sha256').update(STYLE).digest('hex').slice(0, 10),
  };
  const configuration = options.configuration ?? ((): ConfigurationState => loaded);
  return {
    engine,
    town,
    revenue: revenueCache(engine),
    nextRuns: options.nextRuns ?? (() => []),
    configuration,
    show: (response, page, status = 200) =>
      void response
        .status(status)
        .type('html')
        .send(pageText(town, page, configuration().fault)),
  };
}

function outerApp({ project: { config } }: Engine, options: ServerOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLog(options.log ?? NO_LOG), secureHeaders, hostCheck(config.server), readsOnly);
  app.get('/style.css', file('text/css', STYLE));
  app.get('/icon.svg', file('image/svg+xml', ICON));
  return app;
}

function inner(app: Express, context: ServerContext, options: ServerOptions): void {
  app.use(health(context));
  app.use(api(context));
  app.use(web(context));
  app.use((request: Request, response: Response) => {
    if (request.path.startsWith('/api/')) sendJson(response, 'error', { error: { code: 'NOT_FOUND', problems: [] } }, 404);
    else context.show(response, notFoundPage(), 404);
  });
  failures(app, context, options);
}

function failures(app: Express, context: ServerContext, options: ServerOptions): void {
  const log = options.log ?? NO_LOG;
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const { requestId } = response.locals as { requestId: string };
    const status = (error as { status?: number }).status === 400 ? 400 : 500;
    if (status === 500)
      log.error({ request: requestId, error: redact((error as Error)?.stack ?? String(error)) }, 'a page could not be built');
    if (request.path.startsWith('/api/') || request.path === '/health')
      sendJson(response, 'error', { error: { code: status === 400 ? 'USAGE' : 'INTERNAL', problems: [], request: requestId } }, status);
    else context.show(response, status === 400 ? badRequestPage() : faultPage(requestId), status);
  });
}

const NO_LOG: ServerLog = { info: () => {}, error: () => {} };

function readsOnly(request: Request, response: Response, next: NextFunction): void {
  if (request.method === 'GET' || request.method === 'HEAD') return next();
  response.status(405).set('Allow', 'GET, HEAD').type('text/plain').send('This server is for reading only.\n');
}

/** The address has the version in it, so a browser need not ask again. */
function file(type: string, text: string) {
  return (request: Request, response: Response): void => {
    if (request.query.v !== undefined) response.set('Cache-Control', 'public, max-age=31536000, immutable');
    response.type(type).send(text);
  };
}
