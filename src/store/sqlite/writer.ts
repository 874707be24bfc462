import { Worker } from 'node:worker_threads';
import knexFactory, { type Knex } from 'knex';
import Dialect from 'knex/lib/dialects/better-sqlite3/index.js';
import type { AddedDigests, Digester } from '../dialect.ts';
import type { DigestMemory } from '../landing/digests.ts';
import type { Rows } from '../rows.ts';
import { fileOf } from './integrity.ts';
import type { PackedRows } from './packed-rows.ts';
import type { Answer, Question, ThreadConnection } from './writer-messages.ts';

/**
 * The same store over a connection of its own, whose statements run in a thread of their own: while one batch is written, the next one is made.
 * As long as it has a transaction open, nothing else of this process uses the store: a statement of ours that waits for the file's write lock
 * would hold up this thread, and with it the end of that transaction. Whoever opens it destroys it.
 */
export function openWriter(knex: Knex): Knex {
  class ThreadClient extends Dialect {
    /** The store's one connection, which is held as long as this one is in use. */
    private readonly held = new Map<unknown, unknown>();

    override async acquireRawConnection(): Promise<ThreadConnection> {
      return openThread(fileOf(knex));
    }

    override async destroyRawConnection(connection: ThreadConnection): Promise<void> {
      await connection.close();
    }

    override async acquireConnection(): Promise<unknown> {
      const connection = (await super.acquireConnection()) as unknown;
      try {
        this.held.set(connection, await (knex.client as Knex.Client).acquireConnection());
      } catch (error) {
        await super.releaseConnection(connection);
        throw error;
      }
      return connection;
    }

    override async releaseConnection(connection: unknown): Promise<unknown> {
      await (knex.client as Knex.Client).releaseConnection(this.held.get(connection));
      this.held.delete(connection);
      return super.releaseConnection(connection) as unknown;
    }

    protected override async _query(connection: ThreadConnection, query: Query): Promise<unknown> {
      const bindings = this._formatBindings(query.bindings);
      const answer = (await connection.ask({ what: 'query', sql: query.sql, bindings })) as Pick<Query, 'response' | 'context'>;
      return Object.assign(query, answer);
    }
  }
  const writer = knexFactory({ ...(knex.client.config as Knex.Config), client: ThreadClient, pool: { min: 0, max: 1 } });
  writer.userParams = knex.userParams;
  return writer;
}

/** Its thread reads what is committed: nothing of this thread waits for it. */
export function openDigester(knex: Knex, memory: DigestMemory): Digester {
  const thread = openThread(fileOf(knex));
  const ready = thread.ask({ what: 'fill', memory });
  ready.catch(() => {});
  return {
    async add(page) {
      await ready;
      const { sql, bindings } = page.toSQL().toNative();
      return (await thread.ask({ what: 'digests', sql, bindings })) as AddedDigests;
    },
    close: async () => thread.close(),
  };
}

interface Query {
  sql: string;
  bindings?: readonly unknown[];
  response?: unknown;
  context?: unknown;
}

/** Rows die young there; more room for them would only make the process larger. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

function openThread(filename: string): ThreadConnection {
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: { filename }, resourceLimits: LIMITS });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>();
  let asked = 0;
  let ended: Error | undefined;
  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', ({ id, value, error }: Answer) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.reject(Object.assign(new Error(error.message), { code: error.code }));
    else one?.resolve(value);
  });
  worker.on('error', end);
  worker.on('exit', (code) => end(new Error(`The thread that writes to the store ended with ${code}.`)));
  const ask = (question: Question): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      waiting.set(++asked, { resolve, reject });
      worker.postMessage({ id: asked, ...question });
    });
  const done = async (question: Question): Promise<void> => void (await ask(question));
  return {
    ask,
    rows: {
      insert: (table, columns, rows) => done({ what: 'rows', name: 'insert', args: [table, columns, rows] }),
      insertPacked: (inserts) =>
        done({
          what: 'packed',
          inserts: inserts.map(({ table, columns, packed }) => {
            const { width, pieces, shifts } = packed as PackedRows;
            return { table, columns, packed: { width, pieces, shifts } };
          }),
        }),
      asksTogether: true,
      replace: (table, columns, rows) => done({ what: 'rows', name: 'replace', args: [table, columns, rows] }),
      update: (table, set, key, rows) => done({ what: 'rows', name: 'update', args: [table, set, key, rows] }),
      remove: (table, key, rows) => done({ what: 'rows', name: 'remove', args: [table, key, rows] }),
      select: async (sql, keys) => (await ask({ what: 'rows', name: 'select', args: [sql, keys] })) as Awaited<ReturnType<Rows['select']>>,
    },
    async close() {
      if (ended) return;
      await ask({ what: 'close' });
      await worker.terminate();
    },
  };
}
