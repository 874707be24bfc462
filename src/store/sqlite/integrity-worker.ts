import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { sqliteFailure } from './failures.ts';

/** SQLite stops at so many faults. */
const MAX_FAULTS = 20;

/** Reads every page of the store, in a thread of its own: it takes seconds for each gigabyte, and pages are served meanwhile. */
function faultsOf(path: string): string[] {
  const store = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const integrity = (store.pragma(`integrity_check(${MAX_FAULTS})`) as { integrity_check: string }[]).map((row) => row.integrity_check);
    const references = (store.pragma('foreign_key_check') as { table: string; rowid: number | null }[])
      .slice(0, MAX_FAULTS)
      .map((row) => `row ${row.rowid ?? '?'} of ${row.table} refers to a row that does not exist`);
    // Of each tree one text with a line for each page.
    const lines = integrity.flatMap((text) => text.split('\n')).filter((line) => line !== 'ok' && !line.startsWith('*** in database'));
    return [...lines, ...references];
  } catch (error) {
    if (sqliteFailure(String((error as { code?: unknown }).code))?.code === 'STORE_DAMAGED') return [(error as Error).message];
    throw error;
  } finally {
    store.close();
  }
}

const { path } = workerData as { path: string };
parentPort?.postMessage(faultsOf(path));
