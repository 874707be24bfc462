import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { findBlocks, roomForBlocks } from '../../identity/block/blocks.ts';
import type { ProfileTable } from '../../identity/block/table.ts';
import type { IdentityModel } from '../../identity/model.ts';
import { edgesOfBlocks } from '../../identity/resolve.ts';
import type { FromThread, ThreadStart } from './compare-thread.ts';
import { type PackedEdges, packedEdges } from './packed-edges.ts';

/** Fewer records than this are compared here: starting a thread takes longer. */
const THREADS_FROM = 20_000;
/** Each has the texts of the table for itself. */
const MOST_THREADS = 2;

/** The pairs of one population that are linked or wait. What is compared in how many threads does not change them. */
export interface Comparison {
  /** By pass, the keys of the records; −1: none. They are there long before the pairs. */
  keys: Promise<readonly Float64Array[]>;
  edges: Promise<PackedEdges[]>;
  /** Ends the threads; after an error nobody waits for them. */
  stop(): Promise<void>;
}

/** Starts to compare all candidates of a population; meanwhile the caller can do something else. */
export function startComparison(model: IdentityModel, number: number, table: ProfileTable, threads = threadsFor(table.size)): Comparison {
  const population = model.populations[number]!;
  const blocks = roomForBlocks(population.passes.length, table.size, (bytes) => new SharedArrayBuffer(bytes));
  if (threads === 0) {
    for (const [at, pass] of population.passes.entries()) findBlocks(pass, at, table, population.cap, blocks);
    return {
      keys: Promise.resolve(blocks.keys),
      edges: Promise.resolve([packedEdges(edgesOfBlocks(population, table, blocks))]),
      stop: () => Promise.resolve(),
    };
  }
  const ready = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from({ length: threads }, (_, at) => {
    const data: ThreadStart = { from: model.from, population: number, table, share: { at, of: threads }, blocks, ready };
    return new Worker(new URL('./compare-thread.ts', import.meta.url), { workerData: data });
  });
  const answers = workers.map((worker) => answersOf(worker));
  return {
    // Of all threads: where one ends before it has found its blocks, the others go no further.
    keys: Promise.all(answers.map((answer) => answer.blocks)).then(() => blocks.keys),
    edges: Promise.all(answers.map(({ edges }) => edges)),
    stop: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}

function answersOf(worker: Worker): { blocks: Promise<void>; edges: Promise<PackedEdges> } {
  const blocks = Promise.withResolvers<void>();
  const edges = Promise.withResolvers<PackedEdges>();
  worker.on('message', (message: FromThread) => (message === 'blocks' ? blocks.resolve() : edges.resolve(message)));
  const failed = (error: unknown): void => {
    blocks.reject(error);
    edges.reject(error);
  };
  worker.once('error', failed);
  worker.once('exit', () => failed(new Error('A thread that compares records ended without a result.')));
  return { blocks: blocks.promise, edges: edges.promise };
}

function threadsFor(records: number): number {
  return records < THREADS_FROM ? 0 : Math.min(MOST_THREADS, availableParallelism());
}
