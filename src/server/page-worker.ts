import type { ConfigurationState } from './configuration-state.ts';

import { createServer } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import type { Project } from '../config/project.ts';
import type { Engine } from '../engine/run/engine.ts';
import type { UnrecordedRun } from '../engine/run/run.ts';
import type { Examination } from '../engine/doctor/doctor.ts';
import { scheduledPipelines } from '../engine/run/order.ts';
import { nextRun } from '../worker/when.ts';
import { openReader } from '../engine/run/open.ts';
import { createPages } from './server.ts';

/** What a thread that makes pages is given when it starts. */
export interface WorkerStart {
  /** Where it listens: a socket or pipe that only the process itself knows. */
  path: string;
  /** Without the places in its files. */
  project: Project;
  title: string | undefined;
  scheduled: boolean;
  told: ToWorker;
}

/** What only the process itself knows, and what pages tell. */
export interface ToWorker {
  configuration: ConfigurationState;
  /** Runs that the store could not keep, by pipeline. */
  unrecorded: Map<string, UnrecordedRun>;
  /** What the process found when it last looked at the installation; undefined before that. */
  examined: Examination | undefined;
}

export type FromWorker = { kind: 'listening' } | { kind: 'log'; level: 'info' | 'error'; fields: Record<string, unknown>; text: string };

// The thread itself: started by page-workers.ts, and by nobody else.
if (parentPort && workerData) await serve(parentPort, workerData as WorkerStart);

async function serve(port: NonNullable<typeof parentPort>, start: WorkerStart): Promise<void> {
  const { project } = start;
  let { configuration } = start.told;
  const unrecorded = new Map(start.told.unrecorded);
  const tell = (message: FromWorker): void => port.postMessage(message);
  // Its own connection: what a run has not committed yet holds up no page.
  const engine: Engine = { ...(await openReader(project)), unrecorded };
  const examine = ({ examined }: ToWorker): void => {
    if (examined) engine.examined = examined;
  };
  examine(start.told);
  port.on('message', (message: ToWorker) => {
    configuration = message.configuration;
    unrecorded.clear();
    for (const [pipeline, run] of message.unrecorded) unrecorded.set(pipeline, run);
    examine(message);
  });
  const app = createPages(engine, {
    ...(start.title === undefined ? {} : { title: start.title }),
    configuration: () => configuration,
    nextRuns: () =>
      start.scheduled
        ? scheduledPipelines(project).map(({ id, cron }) => ({ id, at: nextRun(cron, project.config.town.time_zone, new Date()) }))
        : [],
    log: {
      info: (fields, text) => tell({ kind: 'log', level: 'info', fields, text }),
      error: (fields, text) => tell({ kind: 'log', level: 'error', fields, text }),
    },
  });
  createServer(app).listen(start.path, () => tell({ kind: 'listening' }));
}
