import { keysOfPass, type Pass } from './passes.ts';
import type { ProfileTable } from './table.ts';

/** The blocks of all records of a table in all passes. Several threads may find them together, and then all use them. */
export interface Blocks {
  /** How many passes there are. */
  width: number;
  /** By record, its blocks in the passes side by side: two records are two places in memory. −1: no key, or a block that is too large. */
  numbers: Int32Array;
  /** By pass, the keys of the records; −1: none. Only where somebody needs them again: eight bytes for each record and pass. */
  keys?: readonly Float64Array[];
}

/** Which of its values in a pass more records share than the cap allows, and how many records have these. */
export interface Capped {
  cappedBlocks: number;
  cappedRecords: number;
}

/** Room for the blocks of a table; `memory`: gives so many bytes. */
export function roomForBlocks(width: number, size: number, memory: (bytes: number) => ArrayBuffer | SharedArrayBuffer): Required<Blocks> {
  return {
    width,
    numbers: new Int32Array(memory(4 * size * width)),
    keys: Array.from({ length: width }, () => new Float64Array(memory(8 * size))),
  };
}

/** Finds the blocks of one pass, whose number is `at`; those of more than `cap` records are passed over. */
export function findBlocks(pass: Pass, at: number, table: ProfileTable, cap: number, { width, numbers, keys }: Blocks): Capped {
  const { block, blocks } = blocksOf(keysOfPass(pass, table, keys?.[at]));
  const sizes = new Int32Array(blocks);
  for (const number of block) if (number >= 0) sizes[number]!++;
  const capped: Capped = { cappedBlocks: 0, cappedRecords: 0 };
  for (const size of sizes)
    if (size > cap) {
      capped.cappedBlocks++;
      capped.cappedRecords += size;
    }
  for (let i = 0; i < block.length; i++) numbers[i * width + at] = block[i]! < 0 || sizes[block[i]!]! > cap ? -1 : block[i]!;
  return capped;
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

/** The records of each block of a pass, in order. */
export function recordsOfBlocks({ width, numbers }: Blocks, pass: number): { start: Int32Array; records: Int32Array } {
  let most = -1;
  let total = 0;
  for (let i = pass; i < numbers.length; i += width)
    if (numbers[i]! >= 0) {
      total++;
      if (numbers[i]! > most) most = numbers[i]!;
    }
  const start = new Int32Array(most + 2);
  for (let i = pass; i < numbers.length; i += width) if (numbers[i]! >= 0) start[numbers[i]! + 1]!++;
  for (let k = 0; k <= most; k++) start[k + 1]! += start[k]!;
  const fill = start.slice();
  const records = new Int32Array(total);
  for (let i = pass, record = 0; i < numbers.length; i += width, record++) if (numbers[i]! >= 0) records[fill[numbers[i]!]!++] = record;
  return { start, records };
}
