import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateTown, type TownTruth } from '../../scripts/sample-town/generate/generate.ts';
import { writeLocalConnections } from '../../scripts/sample-town/local-connections.ts';
import { startSystems, type TownSystems } from '../../scripts/sample-town/systems.ts';
import { openTown } from '../../src/cli/town.ts';
import { inOrder } from '../../src/engine/run/order.ts';
import { type Engine, runPipeline } from '../../src/engine/run/run.ts';
import type { RunResult } from '../../src/engine/run/result.ts';
import { storeOfTown, withStore } from '../store/stores.ts';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** The repository's town in a folder of its own, with its systems on ports of their own. */
export interface Maplewood {
  project: string;
  /** data/sample-town of it. */
  data: string;
  truth: TownTruth;
  engine: Engine;
  systems: TownSystems;
  /** All pipelines, or these, as `interlocal run` does. */
  run(...pipelines: string[]): Promise<Map<string, RunResult>>;
  close(): Promise<void>;
}

export async function openMaplewood(): Promise<Maplewood> {
  const project = copyTown();
  const store = await storeOfTown();
  const yaml = join(project, 'config/interlocal.yaml');
  writeFileSync(yaml, withStore('config/interlocal.yaml', readFileSync(yaml, 'utf8'), store?.url));
  const data = join(project, 'data/sample-town');
  const truth = generateTown({ seed: 1, folder: data });
  const systems = await startSystems({ folder: data, ports: { sftp: 0, soap: 0, sqlserver: 0 } });
  writeLocalConnections(project, systems.ports);
  const engine = await openTown(project);
  const signal = new AbortController().signal;
  return {
    project,
    data,
    truth,
    engine,
    systems,
    async run(...pipelines) {
      const results = new Map<string, RunResult>();
      for (const id of pipelines.length > 0 ? pipelines : inOrder(engine.project))
        results.set(id, await runPipeline(engine, id, { signal, now: afterTheHalfYear }));
      return results;
    },
    async close() {
      await engine.knex.destroy();
      await systems.close();
      rmSync(project, { recursive: true, force: true });
      await store?.drop();
    },
  };
}

/** What a town has in its folder, without what is made when it runs. */
export function copyTown(): string {
  const project = mkdtempSync(join(tmpdir(), 'interlocal-maplewood-'));
  for (const name of ['config', 'connectors', 'mappings', 'pipelines'])
    cpSync(join(REPOSITORY, name), join(project, name), {
      recursive: true,
      filter: (path) => !path.endsWith('connections.local.yaml') && !path.includes('/fixtures'),
    });
  return project;
}

/** Bills are asked for up to today: on a machine whose clock is behind, today is after them. */
function afterTheHalfYear(): Date {
  return new Date(Math.max(Date.now(), Date.parse('2026-07-06T12:00:00Z')));
}

export function filesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}
