import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Knex } from 'knex';
import type { Wholeness } from '../dialect.ts';

/** The store's file, absolute. */
export function fileOf(knex: Knex): string {
  const { connection } = knex.client.config as { connection: { filename: string } };
  return resolve(connection.filename);
}

/** Reads every page of the file, in a thread of its own; faults are in SQLite's words. */
export async function examine(knex: Knex): Promise<Wholeness> {
  const faults = await new Promise<string[]>((done, failed) => {
    const worker = new Worker(new URL('./integrity-worker.ts', import.meta.url), { workerData: { path: fileOf(knex) } });
    worker.once('message', done);
    worker.once('error', failed);
    worker.once('exit', (code) => failed(new Error(`The check of the store ended with ${code} and no output.`)));
  });
  return { faults, whole: 'Every page of it can be read, and its indexes match its tables.' };
}
