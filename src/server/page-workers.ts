import type { ConfigurationState } from './configuration-state.ts';

import { mkdtempSync, rmSync } from 'node:fs';
import { request as ask } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Request, Response } from 'express';
import type { Project } from '../config/project.ts';
import type { FromWorker, ToWorker, WorkerStart } from './page-worker.ts';
import { sendJson } from './api/send.ts';
import type { ServerLog } from './request-log.ts';

/** Threads that make pages and reports, each with its own connection to the store. */
export interface PageWorkers {
  /** Has one of them answer; the answer is passed on as it is made. */
  answer(request: Request, response: Response): void;
  /** From now on pages are made from this configuration; what is being made is finished as it was begun. */
  use(project: Project): void;
  /** Tells all of them what the pages have to say of the configuration, and of runs that are not in the store. */
  tell(news: Partial<ToWorker>): void;
  stop(): Promise<void>;
}

export interface PageWorkersOptions {
  log: ServerLog;
  configuration: ConfigurationState;
  title?: string | undefined;
  /** Do pipelines run by their schedules? Then pages say when. */
  scheduled: boolean;
}

/** So many make pages at most: a page is asked of one that is idle, so a large report holds up nobody else. /health has one of its own. */
const MOST = 3;
/** An idle one beyond the first ends after this, and gives its memory back. */
const IDLE_MS = 60_000;

interface Thread {
  /** /health counts what is in the store, and waits for no page. */
  makes: 'pages' | 'health';
  worker: Worker;
  /** Where it listens. */
  ready: Promise<string>;
  busy: number;
  idle?: NodeJS.Timeout | undefined;
  retired: boolean;
}

/** Starts the first thread, and that of /health, at once. */
export function startPageWorkers(project: Project, { log, title, scheduled, ...options }: PageWorkersOptions): PageWorkers {
  let told: ToWorker = { configuration: options.configuration, unrecorded: new Map(), examined: undefined };
  let data = projectData(project);
  let threads: Thread[] = [];
  // Only this account gets into the folder, so nobody passes by the front.
  const folder = process.platform === 'win32' ? undefined : mkdtempSync(join(tmpdir(), 'interlocal-'));
  let number = 0;

  function start(makes: Thread['makes']): Thread {
    const name = `${process.pid}-${++number}`;
    const path = folder === undefined ? `\\\\.\\pipe\\interlocal-${name}-${crypto.randomUUID()}` : join(folder, name);
    const workerData: WorkerStart = { path, project: data, title, scheduled, told };
    const worker = new Worker(new URL('./page-worker.ts', import.meta.url), { workerData });
    const ready = new Promise<string>((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'listening') resolve(path);
        else log[message.level](message.fields, message.text);
      });
      worker.once('error', (error) => {
        log.error({ error: error.stack ?? String(error) }, 'a thread for pages ended');
        reject(error);
      });
      worker.once('exit', () => {
        threads = threads.filter((other) => other !== thread);
        reject(new Error('The thread for pages ended.'));
      });
    });
    // Whoever asks it next is told.
    ready.catch(() => {});
    const thread: Thread = { makes, worker, ready, busy: 0, retired: false };
    threads.push(thread);
    return thread;
  }

  const inUse = (makes: Thread['makes']): Thread[] => threads.filter((thread) => thread.makes === makes && !thread.retired);

  function idlest(): Thread {
    const usable = inUse('pages');
    const best = usable.reduce<Thread | undefined>((a, b) => (a && a.busy <= b.busy ? a : b), undefined);
    return best && (best.busy === 0 || usable.length >= MOST) ? best : start('pages');
  }

  function release(thread: Thread): void {
    thread.busy--;
    if (thread.busy > 0) return;
    if (thread.retired) return void thread.worker.terminate();
    thread.idle = setTimeout(() => {
      if (thread.busy === 0 && inUse(thread.makes).length > 1) {
        thread.retired = true;
        void thread.worker.terminate();
      }
    }, IDLE_MS);
    thread.idle.unref();
  }

  function answer(request: Request, response: Response): void {
    const isHealth = request.path === '/health';
    const thread = isHealth ? (inUse('health')[0] ?? start('health')) : idlest();
    thread.busy++;
    clearTimeout(thread.idle);
    let over = false;
    const end = (): void => {
      if (!over) release(thread);
      over = true;
    };
    const fail = (error: Error): void => {
      end();
      if (response.headersSent) return void response.destroy();
      if (response.destroyed) return;
      log.error({ request: (response.locals as { requestId: string }).requestId, error: String(error) }, 'a page could not be built');
      if (isHealth) return sendJson(response, '/health, down', { status: 'down', message: 'Its thread ended. See the log.' }, 503);
      response.status(503).type('text/plain').send('This page could not be built. Reload it; if that does not help, see the log.\n');
    };
    thread.ready.then((socketPath) => {
      const { requestId } = response.locals as { requestId: string };
      const headers = { ...request.headers, 'x-request-id': requestId };
      const asked = ask({ socketPath, path: request.originalUrl, method: request.method, headers, agent: false }, (answered) => {
        response.status(answered.statusCode!);
        for (const [header, value] of Object.entries(answered.headers))
          if (value !== undefined && !HOP_BY_HOP.has(header)) response.setHeader(header, value);
        answered.once('error', fail);
        answered.once('close', () => {
          end();
          if (!answered.complete) response.destroy();
        });
        answered.pipe(response);
      });
      asked.once('error', fail);
      response.once('close', () => {
        if (!response.writableFinished) asked.destroy();
      });
      asked.end();
    }, fail);
  }

  const both = (): void => {
    start('pages');
    start('health');
  };
  both();
  return {
    answer,
    use(next) {
      data = projectData(next);
      for (const thread of threads) {
        thread.retired = true;
        if (thread.busy === 0) void thread.worker.terminate();
      }
      both();
    },
    tell(news) {
      told = { ...told, ...news };
      for (const { worker } of threads) worker.postMessage(told);
    },
    async stop() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** A configuration as it can be handed to a thread: without the functions that know where it is in its files. */
function projectData(project: Project): Project {
  const plain = <T extends { value: unknown; file: string }>(parts: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...parts].map(([name, { value, file }]) => [name, { value, file } as T]));
  return {
    ...project,
    connectors: plain(project.connectors),
    mappings: plain(project.mappings),
    sinkMappings: plain(project.sinkMappings),
    pipelines: plain(project.pipelines),
    entities: plain(project.entities),
    identityParameters: plain(project.identityParameters),
  };
}
