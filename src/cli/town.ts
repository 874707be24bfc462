import { openProject } from '../config/load.ts';
import type { Project } from '../config/project.ts';
import { compileMapping } from '../mapping/compile.ts';
import { compileSinkMapping } from '../mapping/sink/sink-mapping.ts';
import { closeEngine, openEngine } from '../engine/run/open.ts';
import type { Engine } from '../engine/run/engine.ts';
import { EXCEPTION_TYPES } from '../reconciliation/exceptions/types.ts';
import { readPeriod } from '../reconciliation/periods/fiscal.ts';
import { tablesOfReport } from '../reports/table-names.ts';
import { knownTransports } from '../transports/transports.ts';
import type { Cli } from './cli.ts';

/** Loads a town's folder with all that can be checked without another system. Throws ConfigError. */
export async function loadTown(folder: string): Promise<Project> {
  return openProject(folder, {
    transports: await knownTransports(),
    compileMapping,
    compileSinkMapping,
    exceptionTypes: Object.keys(EXCEPTION_TYPES),
    knowsPeriod: (text, starts) => readPeriod(text, starts) !== undefined,
    reportTables: tablesOfReport,
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
