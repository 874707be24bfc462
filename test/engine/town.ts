import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dumpFolder, dumpStore } from '../../scripts/kill-test/dump.ts';
import { openTown } from '../../src/cli/town.ts';
import type { Engine, RunOptions } from '../../src/engine/run/run.ts';
import { type Preview, previewPipeline } from '../../src/engine/run/preview.ts';
import { runPipeline } from '../../src/engine/run/run.ts';
import type { RunResult } from '../../src/engine/run/result.ts';
import { listRejects, type Reject } from '../../src/store/landing/rejects.ts';
import { writeEmptyStore } from '../../src/store/scratch.ts';
import { doNotWaitForTheDisk, STORE, storeOfTown, withStore } from '../store/stores.ts';
import { BASE } from './base-town.ts';

/** Path below the town's folder → text. */
export type Files = Record<string, string | Uint8Array>;
type Row = Record<string, string | number | null>;

/** A town in a folder of its own, on a real disk, with its store. */
export interface TestTown {
  folder: string;
  engine: Engine;
  /** Writes files as if an hour ago, so no run waits for them; `at` moves that time by seconds. */
  write(files: Files, at?: number): void;
  remove(path: string): void;
  has(path: string): boolean;
  text(path: string): string;
  run(pipeline: string, options?: Partial<RunOptions>): Promise<RunResult>;
  preview(pipeline: string): Promise<Preview>;
  /** Rows of a table in the order of their ids. */
  rows(table: string, columns?: string[]): Promise<Row[]>;
  history(entity: string): Promise<{ golden: number; action: string; changes: Record<string, [unknown, unknown]> | null }[]>;
  rejects(state?: Reject['state']): Promise<Reject[]>;
  /** Everything that the store holds, without what differs from run to run. */
  dump(): Promise<string[]>;
  /** The source's folders. */
  inbox(): string[];
  /** Closes the store and opens the town again, as the next process would: after its configuration was edited, or after a kill. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const open: TestTown[] = [];

/** Makes a town of the base configuration, or of another one, with these files laid over it. */
export async function makeTown(files: Files = {}, base: Files = BASE): Promise<TestTown> {
  const folder = mkdtempSync(join(tmpdir(), 'interlocal-engine-'));
  const at = (path: string): string => join(folder, path);
  const store = await storeOfTown();
  const town: TestTown = {
    folder,
    engine: undefined as unknown as Engine,
    write(list, seconds = 0) {
      for (const [path, text] of Object.entries(list)) {
        mkdirSync(dirname(at(path)), { recursive: true });
        writeFileSync(at(path), withStore(path, text, store?.url));
        const then = Math.floor(Date.now() / 1000) - 3600 + seconds;
        utimesSync(at(path), then, then);
      }
    },
    remove: (path) => rmSync(at(path)),
    has: (path) => existsSync(at(path)),
    text: (path) => readFileSync(at(path), 'utf8'),
    run: (pipeline, options = {}) => runPipeline(town.engine, pipeline, { signal: new AbortController().signal, ...options }),
    preview: (pipeline) => previewPipeline(town.engine, pipeline, { signal: new AbortController().signal, limit: 1000 }),
    rows: async (table, columns = ['*']) =>
      (await town.engine
        .knex(table)
        .select(columns)
        .orderBy(table.startsWith('il_') ? 'id' : '_id')) as Row[],
    async history(entity) {
      const rows = (await town.engine
        .knex('il_history as h')
        .join('il_entity as e', 'e.id', 'h.entity_id')
        .where('e.name', entity)
        .orderBy('h.id')
        .select('h.*')) as Row[];
      return rows.map((row) => ({
        golden: row.golden_id as number,
        action: row.action as string,
        changes: row.changes === null ? null : (JSON.parse(row.changes as string) as Record<string, [unknown, unknown]>),
      }));
    },
    rejects: (state = 'open') => listRejects(town.engine.knex, { state, limit: 1000 }),
    dump: () =>
      dumpStore(
        town.engine.knex,
        [...town.engine.project.entities.values()].map(({ value }) => value),
      ),
    inbox: () => dumpFolder(at('inbox')),
    async reopen() {
      await town.engine?.knex.destroy();
      town.engine = await openTown(folder);
      await doNotWaitForTheDisk(town.engine.knex);
    },
    async close() {
      await town.engine?.knex.destroy();
      rmSync(folder, { recursive: true, force: true });
      await store?.drop();
    },
  };
  open.push(town);
  town.write({ 'inbox/.keep': '', ...base, ...files });
  if (STORE === 'sqlite') await writeEmptyStore(at('data/interlocal.db'));
  await town.reopen();
  return town;
}

/** For afterEach: closes every town of the test, also of one that failed. */
export async function closeTowns(): Promise<void> {
  for (const town of open.splice(0)) await town.close();
}
