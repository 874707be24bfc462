import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ProfileTable } from '../../identity/block/table.ts';
import type { IdentityModel } from '../../identity/model.ts';
import type { ThreadStart } from './compare-thread.ts';
import { type PackedEdges, packedEdges } from './packed-edges.ts';

/** Fewer records than this are compared here: starting a thread takes longer. */
const THREADS_FROM = 20_000;
/** Each has the texts of the table for itself. */
const MOST_THREADS = 2;

/** The pairs of one population that are linked or wait. What is compared in how many threads does not change them. */
export interface Comparison {
  edges: Promise<PackedEdges[]>;
  /** Ends the threads; after an error nobody waits for them. */
  stop(): Promise<void>;
}

/** Starts to compare all candidates of a population; meanwhile the caller can do something else. */
export function startComparison(
  model: IdentityModel,
  population: number,
  table: ProfileTable,
  threads = threadsFor(table.size),
): Comparison {
  if (threads === 0) return { edges: Promise.resolve([packedEdges(model.populations[population]!, table)]), stop: () => Promise.resolve() };
  const workers = Array.from({ length: threads }, (_, at) => {
    const data: ThreadStart = { from: model.from, population, table, share: { at, of: threads } };
    return new Worker(new URL('./compare-thread.ts', import.meta.url), { workerData: data });
  });
  const edges = Promise.all(
    workers.map(
      (worker) =>
        new Promise<PackedEdges>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.once('exit', () => reject(new Error('A thread that compares records ended without a result.')));
        }),
    ),
  );
  // Whoever waits for it is told.
  edges.catch(() => {});
  return { edges, stop: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))) };
}

function threadsFor(records: number): number {
  return records < THREADS_FROM ? 0 : Math.min(MOST_THREADS, availableParallelism());
}
