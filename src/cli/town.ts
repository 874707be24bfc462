import { openProject } from '../config/load.ts';
import type { Project } from '../config/project.ts';
import { compileMapping } from '../mapping/compile.ts';
import { compileSinkMapping } from '../mapping/sink/sink-mapping.ts';
import { closeEngine, openEngine } from '../engine/run/open.ts';
import type { Engine } from '../engine/run/engine.ts';
import { EXCEPTION_TYPES } from '../reconciliation/exceptions/types.ts';
import { readPeriod } from '../reconciliation/periods/fiscal.ts';
import { transports } from '../transports/transports.ts';
import type { Cli } from './cli.ts';

/** The option schemas of all transports, for checking connections. */
export function transportOptions() {
  return Object.fromEntries(Object.entries(transports).map(([name, t]) => [name, t.optionsSchema]));
}

/** Loads a town's folder with all that can be checked without another system. Throws ConfigError. */
export function loadTown(folder: string): Promise<Project> {
  return openProject(folder, {
    transportOptions: transportOptions(),
    compileMapping,
    compileSinkMapping,
    exceptionTypes: Object.keys(EXCEPTION_TYPES),
    knowsPeriod: (text, starts) => readPeriod(text, starts) !== undefined,
  });
}

/** Loads a town's folder, opens its store and brings both in line. The caller closes the store. */
export async function openTown(folder: string): Promise<Engine> {
  return openEngine(await loadTown(folder));
}

/** The same for one command; closes the store when the work is done. */
export async function withTown<T>(cli: Cli, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openTown(cli.project());
  try {
    return await work(engine);
  } finally {
    await closeEngine(engine);
  }
}
