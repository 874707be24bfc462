import type { ConfigurationState } from '../../server/configuration-state.ts';

import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { folderSignature } from '../../config/folder-signature.ts';
import type { Project } from '../../config/project.ts';
import { storeUrl } from '../../config/secrets/secrets.ts';
import { ConfigError, InterlocalError, type Problem, textOfProblem } from '../../core/errors.ts';
import { configurationFingerprint } from '../../engine/run/configuration.ts';
import { fitModel } from '../../engine/run/open.ts';
import type { Engine } from '../../engine/run/engine.ts';

/** The configuration that a process goes by that runs for long. */
export interface LiveConfiguration {
  project(): Project;
  state(): ConfigurationState;
  /** Checks whether files were changed and takes them over if they are right. Before each run; never throws for what is in them. */
  refresh(): Promise<void>;
  stop(): void;
}

export interface LiveOptions {
  folder: string;
  project: Project;
  knex: Engine['knex'];
  log: Logger;
  load(folder: string): Promise<Project>;
  /** A new configuration is in force. */
  onProject(project: Project): void;
  /** It is known again whether what is in the folder can be used. */
  onState(state: ConfigurationState): void;
}

const EVERY_MS = 2000;
/** Files that are being written are looked at again after this. */
const REST_MS = 300;
const MAX_LOOKS = 20;

/** Watches a town's folder by looking at it every two seconds: that works on shares too, where nobody tells of changes. */
export function liveConfiguration(options: LiveOptions): LiveConfiguration {
  const { folder, knex, log, load, onProject, onState } = options;
  let project = options.project;
  let state: ConfigurationState = { loadedAt: new Date().toISOString() };
  let seen: string | undefined;
  let turn: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    let now = await folderSignature(folder);
    if (now === seen) return;
    // What is just being saved is half there: only what stays as it is for a moment is read.
    for (let looks = 0; seen !== undefined && looks < MAX_LOOKS; looks++) {
      await pause(REST_MS);
      const next = await folderSignature(folder);
      if (next === now) break;
      now = next;
    }
    const first = seen === undefined;
    seen = now;
    try {
      const loaded = await load(folder);
      needsNoRestart(project, loaded);
      await fitModel({ knex }, loaded);
      take(loaded, first);
    } catch (error) {
      if (!(error instanceof InterlocalError)) throw error;
      refuse(error.problems);
    }
  }

  function take(loaded: Project, first: boolean): void {
    const changed = configurationFingerprint(loaded) !== configurationFingerprint(project) || !sameSettings(project, loaded);
    const fixed = state.fault !== undefined;
    if (!changed && !fixed) return;
    if (changed) {
      project = loaded;
      state = { loadedAt: new Date().toISOString() };
      log.level = loaded.config.log.level;
      log.info(
        { pipelines: loaded.pipelines.size },
        first ? 'configuration: read again' : 'configuration: changed; the new one is now in force',
      );
      onProject(loaded);
    } else {
      state = { loadedAt: state.loadedAt };
      log.info({}, 'configuration: valid again and the same as before; nothing changes');
    }
    onState(state);
  }

  function refuse(problems: readonly Problem[]): void {
    const texts = problems.map(textOfProblem);
    if (JSON.stringify(state.fault?.problems) === JSON.stringify(problems)) return;
    state = { loadedAt: state.loadedAt, fault: { since: state.fault?.since ?? new Date().toISOString(), problems } };
    log.error({ problems: texts }, 'configuration: changed but not valid; the previous one stays in force');
    onState(state);
  }

  const refresh = (): Promise<void> =>
    (turn = turn.then(look).catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error.message : String(error) }, 'configuration: the folder cannot be read');
    }));
  const timer = setInterval(() => void refresh(), EVERY_MS);
  timer.unref();
  return {
    project: () => project,
    state: () => state,
    refresh,
    stop: () => clearInterval(timer),
  };
}

/** What does not decide what becomes of records, and yet is to be taken over. */
function sameSettings(a: Project, b: Project): boolean {
  const settings = ({ config, connections, pipelines, connectors, mappings }: Project): string =>
    JSON.stringify([
      config,
      connections,
      [...pipelines].map(([id, { value }]) => [id, value]),
      [...connectors.keys()],
      [...mappings].map(([id, { value }]) => [id, value.tests]),
    ]);
  return settings(a) === settings(b);
}

/** Where the store is and where the server listens is settled when the process starts. Throws ConfigError RESTART_NEEDED. */
function needsNoRestart(now: Project, next: Project): void {
  const moved: [path: string, changed: boolean][] = [
    ['store.url', storeUrl(now) !== storeUrl(next)],
    ['data_folder', now.dataFolder !== next.dataFolder],
    ['server.host', now.config.server.host !== next.config.server.host],
    ['server.port', now.config.server.port !== next.config.server.port],
  ];
  const problems = moved.flatMap(([path, changed]) =>
    changed
      ? [
          {
            code: 'RESTART_NEEDED',
            place: { file: 'config/interlocal.yaml', path },
            message: `${path} was changed while Interlocal is running, which has no effect before a restart.`,
            hint: 'Restart interlocal serve. Until then it goes on with the previous configuration.',
          },
        ]
      : [],
  );
  if (problems.length) throw new ConfigError(problems);
}
