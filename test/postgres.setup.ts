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

/**
 * One server for a whole run; each test's store is a database of its own, copied from one that is up to date. A copy is 700 files: on a
 * disk it takes several times the processor time that it takes in memory.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ dataIn: project.config.env.TMPDIR });
  await server.createDatabase(TEMPLATE);
  await (await openKnex(server.url(TEMPLATE), '/')).destroy();
  project.provide('postgresPort', server.port);
  return () => server.stop();
}
