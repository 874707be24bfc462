import type { Profile } from '../roles.ts';

import { keyHash, type Pass } from './passes.ts';

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
 * Order: by pass, then by block in the order of its first record. Memory: four bytes for each record and pass.
 */
export function candidatePairs(
  passes: readonly Pass[],
  profiles: readonly Profile[],
  cap: number,
  visit: (a: number, b: number) => void,
): PassCount[] {
  const blocks: Int32Array[] = [];
  const counts: PassCount[] = [];
  for (const pass of passes) {
    const block = blocksOf(pass, profiles);
    const { start, records } = listsOf(block, profiles.length);
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
      for (let i = from; i < to; i++)
        pair: for (let j = i + 1; j < to; j++) {
          const a = records[i]!;
          const b = records[j]!;
          // Found by an earlier pass: a set of pairs is not needed.
          for (const earlier of blocks) if (earlier[a]! >= 0 && earlier[a] === earlier[b]) continue pair;
          count.pairs++;
          visit(a, b);
        }
    }
    blocks.push(block);
    counts.push(count);
  }
  return counts;
}

/** The number of each record's block in a pass, counted in the order of first records; -1 without a key. */
function blocksOf({ parts, seed }: Pass, profiles: readonly Profile[]): Int32Array {
  const block = new Int32Array(profiles.length).fill(-1);
  let bits = 10;
  while (1 << bits < profiles.length * 2) bits++;
  const mask = (1 << bits) - 1;
  const keys = new Float64Array(1 << bits).fill(-1);
  const numbers = new Int32Array(1 << bits);
  let next = 0;
  records: for (let i = 0; i < profiles.length; i++) {
    let text = '';
    for (const part of parts) {
      const value = part(profiles[i]!);
      if (value === null) continue records;
      text += `${value}\u001f`;
    }
    const key = keyHash(text, seed);
    let at = (key % 4294967291) & mask;
    while (keys[at] !== -1 && keys[at] !== key) at = (at + 1) & mask;
    if (keys[at] === -1) {
      keys[at] = key;
      numbers[at] = next++;
    }
    block[i] = numbers[at]!;
  }
  return block;
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
