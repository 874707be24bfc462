import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { dialectOf } from '../../src/store/dialect.ts';
import { writeEmptyStore } from '../../src/store/scratch.ts';
import { type Knex, openKnex } from '../../src/store/open.ts';

/** The database that the stores of tests are copied from. */
export const TEMPLATE = 'interlocal_template';

/** Which kind of store this run of the suites is over: the projects of vitest.config.ts say so. */
export const STORE: 'sqlite' | 'postgres' = process.env.TEST_STORE === 'postgres' ? 'postgres' : 'sqlite';

/** A new store for one test: how to open it, as often as one likes, and how to take it away. */
export interface NewStore {
  /** What store.url would be. */
  url: string;
  open(): Promise<Knex>;
  remove(): Promise<void>;
}

/** One kind of store that the suite runs over. */
export interface StoreUnderTest {
  name: typeof STORE;
  /** An up-to-date store, or a place where there is nothing yet. */
  make(empty?: boolean): Promise<NewStore>;
  /** A step of a query's plan that goes through a whole table. */
  wholeTable: RegExp;
  /** A step of a query's plan that reads all rows before it gives the first. */
  sorting: RegExp;
  dropTrigger(knex: Knex, name: string, table: string): Promise<void>;
  /** The plans of all queries of `work`, as they were when these ran. */
  plansOf(knex: Knex, work: () => Promise<void>): Promise<string[]>;
}

const KINDS: Record<typeof STORE, StoreUnderTest> = {
  sqlite: {
    name: 'sqlite',
    async make(empty = false) {
      const folder = mkdtempSync(join(tmpdir(), 'interlocal-store-'));
      if (!empty) await writeEmptyStore(join(folder, 'test.db'));
      const url = `sqlite:${join(folder, 'test.db')}`;
      return { url, open: () => openKnex(url, folder), remove: async () => rmSync(folder, { recursive: true, force: true }) };
    },
    wholeTable: /SCAN (?!CONSTANT|[kp]\b)/,
    sorting: /USE TEMP B-TREE FOR (?:ORDER|GROUP) BY/,
    async plansOf(knex, work) {
      const asked: { sql: string; bindings: (string | number)[] }[] = [];
      const listener = (query: { sql: string; bindings: (string | number)[] }): void =>
        void (/^select/i.test(query.sql) && asked.push(query));
      knex.on('query', listener);
      await work();
      knex.off('query', listener);
      const plans: string[] = [];
      for (const { sql, bindings } of asked) plans.push(await dialectOf(knex).explain(knex, sql, bindings));
      return plans;
    },
    dropTrigger: async (knex, name) => void (await knex.raw(`DROP TRIGGER ${name}`)),
  },
  postgres: {
    name: 'postgres',
    async make(empty = false) {
      const { url, drop } = await newDatabase(empty);
      return { url, open: () => openKnex(url, '/'), remove: drop };
    },
    wholeTable: /Seq Scan/,
    sorting: /(?<!Incremental )Sort {2}|HashAggregate|Bitmap Heap Scan/,
    async plansOf(knex, work) {
      const plans: string[] = [];
      const pool = (knex.client as { pool: { on(event: string, listener: (id: number, client: pg.Client) => void): void } }).pool;
      const watched = new Set<pg.Client>();
      // Asked for on the same connection just before the query: what is set there for this transaction counts.
      pool.on('acquireSuccess', (_, client) => {
        if (watched.has(client)) return;
        watched.add(client);
        const query = client.query.bind(client) as (config: unknown, ...rest: unknown[]) => unknown;
        const replacement = (config: unknown, ...rest: unknown[]): unknown => {
          const { text, values } = (config ?? {}) as { text?: string; values?: unknown[] };
          if (text && /^select/i.test(text))
            query(
              { text: `EXPLAIN ${text}`, values: [...(values ?? [])] },
              (_error: unknown, result?: { rows: Record<string, string>[] }) =>
                plans.push(result?.rows.map((row) => row['QUERY PLAN']).join('\n') ?? ''),
            );
          return query(config, ...rest);
        };
        client.query = replacement as typeof client.query;
      });
      await work();
      return plans;
    },
    dropTrigger: async (knex, name, table) => void (await knex.raw(`DROP TRIGGER ${name} ON ${table}`)),
  },
};

export const storeUnderTest = KINDS[STORE];

/** A database of its own on the server that the run shares. */
export async function newDatabase(empty = false): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const at = (database: string): string => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;
  await ask(at('postgres'), `CREATE DATABASE ${name} TEMPLATE ${empty ? 'template0' : TEMPLATE} STRATEGY FILE_COPY`);
  return { url: at(name), drop: () => ask(at('postgres'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The database of a town that a test makes; undefined: its store is a file in its folder, as everywhere where nothing else is said. */
export async function storeOfTown(): Promise<{ url: string; drop(): Promise<void> } | undefined> {
  return STORE === 'postgres' ? newDatabase() : undefined;
}

/** A file of such a town: config/interlocal.yaml says where the store is. */
export function withStore<T extends string | Uint8Array>(path: string, text: T, url: string | undefined): T | string {
  return path === 'config/interlocal.yaml' && url !== undefined && typeof text === 'string'
    ? `${text.trimEnd()}\nstore: { url: "${url}" }\n`
    : text;
}

/** Killed processes are what is tested, not power cuts: the disk need not confirm each commit. */
export async function doNotWaitForTheDisk(knex: Knex): Promise<void> {
  if (STORE === 'sqlite') await knex.raw('PRAGMA synchronous = OFF');
}

/** Everything that is in the store of a town, as one text; empty where the store is a file in the town's folder, which can be read itself. */
export async function contentsOfTown(folder: string): Promise<string> {
  if (STORE === 'sqlite') return '';
  const { openTown } = await import('../../src/cli/town.ts');
  const { knex } = await openTown(folder);
  try {
    const tables = await dialectOf(knex).tables(knex);
    return JSON.stringify(await Promise.all(tables.map((table) => knex(table))));
  } finally {
    await knex.destroy();
  }
}
