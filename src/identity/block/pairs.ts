import { keysOfPass, type Pass } from './passes.ts';
import type { ProfileTable } from './table.ts';

/** What a pass found, for the report: which of its values more records shared than the cap allows. */
export interface PassCount {
  pass: string;
  pairs: number;
  cappedBlocks: number;
  /** Records in blocks that were passed over. */
  cappedRecords: number;
}

/**
 * Every pair of records that shares a block of at most `cap` records in one of the passes, each pair once, with a < b.
 * Order: by pass, then by block in the order of its first record. `onKeys` is given the keys of each pass. Memory: four
 * bytes for each record and pass. `share`: visits every `of`th block only, beginning with number `at`.
 */
export function candidatePairs(
  passes: readonly Pass[],
  table: ProfileTable,
  cap: number,
  visit: (a: number, b: number) => void,
  { onKeys, share = { at: 0, of: 1 } }: { onKeys?: (pass: number, keys: Float64Array<ArrayBuffer>) => void; share?: Share } = {},
): PassCount[] {
  // By record, its blocks in the passes so far, side by side: two records are two places in memory.
  const width = passes.length;
  const earlier = new Int32Array(table.size * width).fill(-1);
  const counts: PassCount[] = [];
  for (const [number, pass] of passes.entries()) {
    const keys = keysOfPass(pass, table);
    const { block } = blocksOf(keys);
    onKeys?.(number, keys);
    const { start, records } = listsOf(block, table.size);
    const count: PassCount = { pass: pass.name, pairs: 0, cappedBlocks: 0, cappedRecords: 0 };
    for (let k = 0; k + 1 < start.length; k++) {
      const from = start[k]!;
      const to = start[k + 1]!;
      if (to - from < 2) continue;
      if (to - from > cap) {
        count.cappedBlocks++;
        count.cappedRecords += to - from;
        for (let i = from; i < to; i++) block[records[i]!] = -1;
        continue;
      }
      if (k % share.of !== share.at) continue;
      for (let i = from; i < to; i++)
        pair: for (let j = i + 1; j < to; j++) {
          const a = records[i]!;
          const b = records[j]!;
          // Found by an earlier pass: a set of pairs is not needed.
          for (let p = a * width, q = b * width, end = p + number; p < end; p++, q++)
            if (earlier[p]! >= 0 && earlier[p] === earlier[q]) continue pair;
          count.pairs++;
          visit(a, b);
        }
    }
    for (let i = 0; i < block.length; i++) earlier[i * width + number] = block[i]!;
    counts.push(count);
  }
  return counts;
}

/** Which part of the work one of several threads does. */
export interface Share {
  at: number;
  of: number;
}

/** The number of each record's block by its key, counted in the order of first records; -1 without a key. */
export function blocksOf(keyOf: Float64Array): { block: Int32Array; blocks: number } {
  const block = new Int32Array(keyOf.length).fill(-1);
  let bits = 10;
  while (1 << bits < keyOf.length * 2) bits++;
  const mask = (1 << bits) - 1;
  const keys = new Float64Array(1 << bits).fill(-1);
  const numbers = new Int32Array(1 << bits);
  let blocks = 0;
  for (let i = 0; i < keyOf.length; i++) {
    const key = keyOf[i]!;
    if (key < 0) continue;
    let at = (key % 4294967291) & mask;
    while (keys[at] !== -1 && keys[at] !== key) at = (at + 1) & mask;
    if (keys[at] === -1) {
      keys[at] = key;
      numbers[at] = blocks++;
    }
    block[i] = numbers[at]!;
  }
  return { block, blocks };
}

/** The records of each block, in order. */
function listsOf(block: Int32Array, size: number): { start: Int32Array; records: Int32Array } {
  let most = -1;
  let total = 0;
  for (let i = 0; i < size; i++)
    if (block[i]! >= 0) {
      total++;
      if (block[i]! > most) most = block[i]!;
    }
  const start = new Int32Array(most + 2);
  for (let i = 0; i < size; i++) if (block[i]! >= 0) start[block[i]! + 1]!++;
  for (let k = 0; k <= most; k++) start[k + 1]! += start[k]!;
  const fill = start.slice();
  const records = new Int32Array(total);
  for (let i = 0; i < size; i++) if (block[i]! >= 0) records[fill[block[i]!]!++] = i;
  return { start, records };
}
