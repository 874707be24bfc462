import { parentPort, workerData } from 'node:worker_threads';
import type { ProfileTable } from '../../identity/block/table.ts';
import { compileIdentity, type IdentityModel } from '../../identity/model.ts';
import { packedEdges } from './packed-edges.ts';

/** What a thread that compares is started with. */
export interface ThreadStart {
  from: IdentityModel['from'];
  population: number;
  table: ProfileTable;
  share: { at: number; of: number };
}

// A thread of compare-all.ts: compares its share of the candidates, gives the pairs, and ends.
const { from, population, table, share } = workerData as ThreadStart;
const edges = packedEdges(compileIdentity(from.config, from.parameters).populations[population]!, table, share);
parentPort!.postMessage(edges, [edges.a.buffer, edges.b.buffer, edges.score.buffer, edges.verdict.buffer]);
