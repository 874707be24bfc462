import { parentPort, workerData } from 'node:worker_threads';
import { type Blocks, findBlocks } from '../../identity/block/blocks.ts';
import type { Share } from '../../identity/block/pairs.ts';
import type { ProfileTable } from '../../identity/block/table.ts';
import { compileIdentity, type IdentityModel } from '../../identity/model.ts';
import { edgesOfBlocks } from '../../identity/resolve.ts';
import { type PackedEdges, packedEdges } from './packed-edges.ts';

/** What a thread that compares is started with. */
export interface ThreadStart {
  from: IdentityModel['from'];
  population: number;
  table: ProfileTable;
  share: Share;
  /** Room that all threads share: each finds the blocks of some passes. */
  blocks: Required<Blocks>;
  /** How many threads have found theirs. */
  ready: Int32Array<SharedArrayBuffer>;
}

/** The first message of a thread says that the blocks and keys of all passes are there, the second one has its pairs. */
export type FromThread = 'blocks' | PackedEdges;

// A thread of compare-all.ts: compares its share of the candidates, gives the pairs, and ends.
const { from, population: number, table, share, blocks, ready } = workerData as ThreadStart;
const population = compileIdentity(from.config, from.parameters).populations[number]!;
population.passes.forEach((pass, at) => {
  if (at % share.of === share.at) findBlocks(pass, at, table, population.cap, blocks);
});
Atomics.add(ready, 0, 1);
Atomics.notify(ready, 0);
for (let there = Atomics.load(ready, 0); there < share.of; there = Atomics.load(ready, 0)) Atomics.wait(ready, 0, there);
parentPort!.postMessage('blocks' satisfies FromThread);
const edges = packedEdges(edgesOfBlocks(population, table, blocks, share));
parentPort!.postMessage(edges satisfies FromThread, [edges.a.buffer, edges.b.buffer, edges.score.buffer, edges.verdict.buffer]);
