import { type Blocks, type Capped, findBlocks, recordsOfBlocks } from './blocks.ts';
import type { Pass } from './passes.ts';
import type { ProfileTable } from './table.ts';

/** What a pass found, for the report: which of its values more records shared than the cap allows. */
export interface PassCount extends Capped {
  pass: string;
  pairs: number;
}

/** Which part of the work one of several threads does. */
export interface Share {
  at: number;
  of: number;
}

/**
 * Every pair of records that shares a block of at most `cap` records in one of the passes, each pair once, with a < b.
 * Order: by pass, then by block in the order of its first record. Memory: four bytes for each record and pass. `share`: see pairsOfBlocks.
 */
export function candidatePairs(
  passes: readonly Pass[],
  table: ProfileTable,
  cap: number,
  visit: (a: number, b: number) => void,
  share?: Share,
): PassCount[] {
  const blocks: Blocks = { width: passes.length, numbers: new Int32Array(table.size * passes.length) };
  const capped = passes.map((pass, at) => findBlocks(pass, at, table, cap, blocks));
  const pairs = pairsOfBlocks(blocks, visit, share);
  return passes.map(({ name }, i) => ({ pass: name, pairs: pairs[i]!, ...capped[i]! }));
}

/** The same of blocks that are known. Gives the number of pairs of each pass. `share`: visits every `of`th block only, beginning with number `at`. */
export function pairsOfBlocks(blocks: Blocks, visit: (a: number, b: number) => void, share: Share = { at: 0, of: 1 }): number[] {
  const { width, numbers } = blocks;
  return Array.from({ length: width }, (_, pass) => {
    const { start, records } = recordsOfBlocks(blocks, pass);
    let pairs = 0;
    for (let k = share.at; k + 1 < start.length; k += share.of) {
      const to = start[k + 1]!;
      for (let i = start[k]!; i < to; i++)
        pair: for (let j = i + 1; j < to; j++) {
          const a = records[i]!;
          const b = records[j]!;
          // Found by an earlier pass: a set of pairs is not needed.
          for (let p = a * width, q = b * width, end = p + pass; p < end; p++, q++)
            if (numbers[p]! >= 0 && numbers[p] === numbers[q]) continue pair;
          pairs++;
          visit(a, b);
        }
    }
    return pairs;
  });
}
