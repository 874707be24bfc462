import { accessSync, constants, statfsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../scripts/sample-town/servers/postgres/server.ts';
import { openKnex } from '../src/store/open.ts';
import { TEMPLATE } from './store/stores.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the server listens that all suites of the run share. */
    postgresPort: number;
  }
}

/** What the databases of the tests and their log take at most; a tenth of it is the rule. */
const MOST_BYTES = 3_000_000_000;

/**
 * One server for a whole run; each test's store is a database of its own, copied from one that is up to date. A copy is 700 files: on a
 * disk it takes several times the processor time that it takes in memory.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ dataIn: folderInMemory() });
  await server.createDatabase(TEMPLATE);
  await (await openKnex(server.url(TEMPLATE), '/')).destroy();
  project.provide('postgresPort', server.port);
  return () => server.stop();
}

/** Where Linux keeps files in memory, if there is room for them; undefined: they go to the disk. */
function folderInMemory(): string | undefined {
  const folder = '/dev/shm';
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= MOST_BYTES ? folder : undefined;
  } catch {
    return undefined;
  }
}
