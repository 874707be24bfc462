import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ConfigError, FatalError, InterlocalError, textOfProblem } from '../core/errors.ts';
import { redact } from '../config/secrets.ts';
import type { Engine } from '../engine/run.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Cli } from './cli.ts';

/** `interlocal serve` */
export function registerServe(cli: Cli): void {
  cli.program
    .command('serve')
    .option('--port <port>', 'port to listen on (default: PORT in the environment, otherwise server.port)')
    .option('--no-schedule', 'serve the page only, and run nothing')
    .description("Serve the town's page and run its pipelines by their schedules, until Ctrl-C.")
    .action(async (options: { port?: string; schedule: boolean }) => {
      const asked = options.port === undefined ? undefined : portOf(options.port);
      const { withTown } = await import('./town.ts');
      const { createServer } = await import('../server/server.ts');
      const { serveLog } = await import('./serve-log.ts');
      await withTown(cli, async (engine) => {
        const { town, server: address, log: logging } = engine.project.config;
        const log = await serveLog(logging.level);
        let scheduler: Scheduler | undefined;
        const app = createServer(engine, { log, nextRuns: () => scheduler?.next() ?? [] });
        // PORT of the environment is in the configuration already.
        const server = await listen(app, address.host, asked ?? address.port);
        const url = urlOf(address.host, (server.address() as AddressInfo).port);
        cli.print({ serves: town.name, url }, () => `Interlocal serves ${town.name} on ${url}`);
        if (!isLoopback(address.host))
          log.warn(
            { host: address.host },
            "anyone who reaches this address can read the pages: keep it inside the town's network or behind a proxy that asks who it is",
          );
        try {
          if (options.schedule) scheduler = await startSchedule(engine, cli.signal, log);
          const { lookNightly } = await import('./look-nightly.ts');
          const stopLooking = await lookNightly(engine, log);
          await aborted(cli.signal);
          await stopLooking();
        } finally {
          log.info({}, 'stopping: no new requests, no new runs');
          await Promise.all([closed(server), scheduler?.stop()]);
          log.info({}, 'stopped');
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
    message: `${JSON.stringify(text)} is no port.`,
    hint: 'Give a whole number from 0 to 65535; 0 takes any that is free.',
  });
}

async function startSchedule(engine: Engine, signal: AbortSignal, log: Logger): Promise<Scheduler> {
  const { startScheduler } = await import('../scheduler/scheduler.ts');
  const { runPipeline } = await import('../engine/run.ts');
  const { inOrder } = await import('../engine/order.ts');
  const pipelines = inOrder(engine.project).flatMap((id) => {
    const { schedule, after } = engine.project.pipelines.get(id)!.value;
    return schedule === undefined ? [] : [{ id, cron: schedule, after }];
  });
  const scheduler = startScheduler({
    pipelines,
    zone: engine.project.config.town.time_zone,
    log,
    run: async (id) => {
      log.info({ pipeline: id }, 'run: began');
      try {
        const { outcome, counts, durationMs, problems, notes } = await runPipeline(engine, id, { signal, actor: 'schedule' });
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
        log.warn({ pipeline: id, problems: error.problems.map((p) => redact(textOfProblem(p))) }, 'run: not begun');
      }
    },
  });
  for (const { id, at } of scheduler.next()) log.info({ pipeline: id, next: at.toISOString() }, 'scheduled');
  return scheduler;
}

/** Resolves when it listens. Throws FatalError for a port or an address that cannot be had. */
function listen(
  app: { listen(port: number, host: string, done: (error?: Error) => void): Server },
  host: string,
  port: number,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host, (error) => {
      if (error) reject(listenError(error as NodeJS.ErrnoException, host, port));
      else resolve(server);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): FatalError {
  const path = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(error.code ?? '') ? 'server.host' : 'server.port';
  const place = { file: 'config/interlocal.yaml', path };
  if (error.code === 'EADDRINUSE')
    return new FatalError({
      code: 'PORT_IN_USE',
      place,
      message: `Port ${port} on ${host} is in use by another program, perhaps by an Interlocal that runs already.`,
      hint: `End that one, or take another port: interlocal serve --port ${port < 65535 ? port + 1 : 8650}`,
    });
  if (error.code === 'EACCES')
    return new FatalError({
      code: 'PORT_FORBIDDEN',
      place,
      message: `This account may not listen on port ${port}.`,
      hint: 'Take a port above 1023.',
    });
  if (path === 'server.host')
    return new FatalError({
      code: 'HOST_UNKNOWN',
      place,
      message: `This machine has no address ${host}.`,
      hint: 'Use 127.0.0.1 for this machine alone, 0.0.0.0 for all of its addresses, or one of them.',
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
