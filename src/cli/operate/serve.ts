import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ConfigError, FatalError, InterlocalError, textOfProblem } from '../../core/errors.ts';
import { redact } from '../../config/secrets/secrets.ts';
import type { Project } from '../../config/project.ts';
import { scheduledPipelines } from '../../engine/run/order.ts';
import type { Scheduler } from '../../worker/scheduler.ts';
import type { Engine } from '../../engine/run/engine.ts';
import type { Cli } from '../cli.ts';
import type { SumsFinisher } from './finish-sums.ts';
import type { LiveConfiguration } from './live-configuration.ts';

/** `interlocal serve` */
export function registerServe(cli: Cli): void {
  cli.program
    .command('serve')
    .option('--port <port>', 'port to listen on (default: PORT in the environment, otherwise server.port)')
    .option('--no-schedule', 'serve the pages only, and run nothing')
    .description("Serve the town's pages and run its pipelines on their schedules, until Ctrl-C.")
    .action(async (options: { port?: string; schedule: boolean }) => {
      const asked = options.port === undefined ? undefined : portOf(options.port);
      const { createServer: createHttpServer } = await import('node:http');
      const { loadTown, withTown } = await import('../town.ts');
      const { createFront } = await import('../../server/server.ts');
      const { serveLog } = await import('./serve-log.ts');
      const { startPageWorkers } = await import('../../server/page-workers.ts');
      const { liveConfiguration } = await import('./live-configuration.ts');
      await withTown(cli, async ({ project, knex }) => {
        const { town, server: address, log: logging } = project.config;
        const log = await serveLog(logging.level, town.time_zone);
        let scheduler: Scheduler | undefined;
        let sums: SumsFinisher | undefined;
        // Runs that the store could not keep are known to this process alone: /health tells of them.
        const unrecorded: NonNullable<Engine['unrecorded']> = new Map();
        // Asked for before anything is begun: from here on a signal ends it in order.
        const { signal } = cli;
        const live = liveConfiguration({
          folder: cli.project(),
          project,
          knex,
          log,
          load: loadTown,
          onProject(next) {
            front = frontOf(next);
            pages.use(next);
            scheduler?.use(scheduledPipelines(next), next.config.town.time_zone);
          },
          onState: (configuration) => pages.tell({ configuration }),
        });
        const pages = startPageWorkers(project, { log, configuration: live.state(), scheduled: options.schedule });
        const frontOf = (now: Project) => createFront({ project: now, knex }, { log, configuration: live.state }, pages.answer);
        let front = frontOf(project);
        // PORT of the environment is in the configuration already.
        const server = createHttpServer((request, response) => void front(request, response));
        try {
          await listen(server, address.host, asked ?? address.port);
          const url = urlOf(address.host, (server.address() as AddressInfo).port);
          cli.print('serve', { serves: town.name, url }, () => `Interlocal serves ${town.name} on ${url}`);
          if (!isLoopback(address.host))
            log.warn(
              { host: address.host },
              "anyone who reaches this address can read the pages: keep it inside the town's network or behind a proxy that asks who it is",
            );
          if (options.schedule)
            [scheduler, sums] = await startSchedule(live, { knex, unrecorded }, signal, log, () => pages.tell({ unrecorded }));
          // What was edited while all this started.
          await live.refresh();
          const { lookNightly } = await import('./look-nightly.ts');
          const stopLooking = await lookNightly(() => ({ project: live.project(), knex }), log, {
            onFound: (examined) => pages.tell({ examined }),
          });
          await aborted(signal);
          await stopLooking();
        } finally {
          const listened = server.listening;
          if (listened) log.info({}, 'stopping: no new requests, no new runs');
          live.stop();
          await Promise.all([listened ? closed(server) : undefined, scheduler?.stop(), sums?.stop()]);
          await pages.stop();
          if (listened) log.info({}, 'stopped');
        }
      });
    });
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new ConfigError({
    code: 'USAGE',
    place: { path: '--port' },
    message: `${JSON.stringify(text)} is not a port.`,
    hint: 'Give a whole number from 0 to 65535; 0 takes any free port.',
  });
}

async function startSchedule(
  live: LiveConfiguration,
  store: Pick<Engine, 'knex' | 'unrecorded'>,
  signal: AbortSignal,
  log: Logger,
  onRunEnd: () => void,
): Promise<[Scheduler, SumsFinisher]> {
  const { startScheduler } = await import('../../worker/scheduler.ts');
  const { runPipeline } = await import('../../engine/run/run.ts');
  const { finishSums } = await import('./finish-sums.ts');
  let running = 0;
  const sums = finishSums(() => ({ ...store, project: live.project() }), { isIdle: () => running === 0, signal, log });
  const scheduler = startScheduler({
    pipelines: scheduledPipelines(live.project()),
    zone: live.project().config.town.time_zone,
    most: live.project().config.runs.at_once,
    log,
    run: async (id) => {
      // By the files as they are now, and not as they were when the server started.
      await live.refresh();
      const project = live.project();
      if (!project.pipelines.has(id)) return log.info({ pipeline: id }, 'run: dropped, the pipeline is no longer in the configuration');
      log.info({ pipeline: id }, 'run: began');
      running++;
      try {
        const { outcome, counts, durationMs, problems, notes } = await runPipeline({ ...store, project }, id, {
          signal,
          actor: 'schedule',
        });
        const fields = {
          pipeline: id,
          outcome,
          ...counts,
          ms: durationMs,
          notes: notes.map(redact),
          problems: problems.map((p) => redact(textOfProblem(p))),
        };
        if (outcome === 'failed') log.error(fields, 'run: failed');
        else if (outcome === 'succeeded') log.info(fields, 'run: succeeded');
        else log.warn(fields, 'run: ended without all records');
      } catch (error) {
        if (!(error instanceof InterlocalError)) throw error;
        log.warn({ pipeline: id, problems: error.problems.map((p) => redact(textOfProblem(p))) }, 'run: not started');
      } finally {
        running--;
        onRunEnd();
        sums.wake();
      }
    },
  });
  for (const { id, at } of scheduler.next()) log.info({ pipeline: id, next: at.toISOString() }, 'scheduled');
  sums.wake();
  return [scheduler, sums];
}

/** Resolves when it listens. Throws FatalError for a port or an address that cannot be had. */
function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error as NodeJS.ErrnoException, host, port)));
    server.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): FatalError {
  const path = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(error.code ?? '') ? 'server.host' : 'server.port';
  const place = { file: 'config/interlocal.yaml', path };
  if (error.code === 'EADDRINUSE')
    return new FatalError({
      code: 'PORT_IN_USE',
      place,
      message: `The pages cannot be served, because port ${port} on ${host} is in use by another program, perhaps by another Interlocal.`,
      hint: `Stop that one, or use another port: interlocal serve --port ${port < 65535 ? port + 1 : 8650}`,
    });
  if (error.code === 'EACCES')
    return new FatalError({
      code: 'PORT_FORBIDDEN',
      place,
      message: `The pages cannot be served, because this account may not use port ${port}.`,
      hint: 'Use a port above 1023: set server.port in config/interlocal.yaml, or run interlocal serve --port 8650.',
    });
  if (path === 'server.host')
    return new FatalError({
      code: 'HOST_UNKNOWN',
      place,
      message: `The pages cannot be served at ${host}, because this machine has no such address.`,
      hint: 'Set server.host in config/interlocal.yaml to 127.0.0.1 (only this machine can open the pages), 0.0.0.0 (others can too), or an address of this machine.',
    });
  return new FatalError({
    code: 'SERVER_START',
    place,
    message: `The server cannot listen on ${host}, port ${port}: ${error.message}.`,
    hint: 'Try another port: interlocal serve --port 8651',
  });
}

/** Answers under way are finished; connections that only wait are closed, and after five seconds all. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), 5000);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function urlOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
