import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Knex } from './open.ts';

/** The store's file, absolute. */
export function storeFile(knex: Knex): string {
  const { connection } = knex.client.config as { connection: { filename: string } };
  return resolve(connection.filename);
}

/**
 * Reads the whole store, in a thread of its own, and gives what is damaged in it, in SQLite's words; empty when it is whole. Throws what the
 * database says when the store cannot be opened or read at all.
 */
export function storeFaults(knex: Knex): Promise<string[]> {
  return new Promise((done, failed) => {
    const worker = new Worker(new URL('./integrity-worker.ts', import.meta.url), { workerData: { path: storeFile(knex) } });
    worker.once('message', done);
    worker.once('error', failed);
    worker.once('exit', (code) => failed(new Error(`The check of the store ended with ${code} and said nothing.`)));
  });
}
