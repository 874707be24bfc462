import type { Problem } from '../core/errors.ts';
import type { SourceRecord } from '../core/record.ts';
import { valueAt } from '../core/record.ts';

/**
 * The key of a record in its system: the values of the key fields joined by `|` (a `|` or `\` inside a value is escaped),
 * readable and unambiguous. A record without one of them has no key and cannot be told from others. A key that ends as a
 * repeat is written (`A#2`) is escaped too: `A\#2`.
 */
export function keyOf(record: SourceRecord, fields: readonly string[]): string | Problem {
  let key = '';
  for (let i = 0; i < fields.length; i++) {
    const value = record.values[fields[i]!] ?? valueAt(record.values, fields[i]!);
    if (typeof value !== 'string' || value === '')
      return {
        code: 'KEY_EMPTY',
        place: { line: record.line, record: record.number, path: fields[i]! },
        message: `"${fields[i]}" is part of the key and is empty, so this record cannot be told from others.`,
        hint: 'Fill it in at the source, or choose other key fields in the connector.',
      };
    if (i > 0) key += '|';
    key += value.includes('|') || value.includes('\\') ? value.replace(/[|\\]/g, '\\$&') : value;
  }
  return key.includes('#') ? key.replace(/#(?=\d+$)/, '\\#') : key;
}

/**
 * Finds keys that come more than once in one file, in memory that grows by two bytes a record: a Bloom filter in the
 * first pass names the suspects (all true repeats and less than 1 % others), the second pass counts only those.
 */
export interface RepeatFinder {
  /** First pass: every key. */
  look(key: string): void;
  /** Second pass: how often this key came before in this pass (0 for the first). */
  count(key: string): number;
}

/** `expected`: about how many keys there are. */
export function repeatFinder(expected: number): RepeatFinder {
  const words = Math.max(32, Math.ceil((expected * 12) / 32));
  const bits = words * 32;
  const filter = new Uint32Array(words);
  const suspects = new Map<string, number>();
  return {
    look(key) {
      // Two FNV-1a hashes with different seeds, combined (Kirsch and Mitzenmacher 2006): four probes.
      let a = 0x811c9dc5;
      let b = 0x9747b28c;
      for (let i = 0; i < key.length; i++) {
        const c = key.charCodeAt(i);
        a = Math.imul(a ^ c, 0x01000193);
        b = Math.imul(b ^ c, 0x5bd1e995);
      }
      a ^= a >>> 15;
      b = (b ^ (b >>> 13)) | 1;
      let all = true;
      for (let probe = 0; probe < 4; probe++) {
        const bit = ((a + Math.imul(probe, b)) >>> 0) % bits;
        const word = bit >>> 5;
        const flag = 1 << (bit & 31);
        if ((filter[word]! & flag) === 0) {
          all = false;
          filter[word]! |= flag;
        }
      }
      if (all) suspects.set(key, 0);
    },
    count(key) {
      const before = suspects.get(key);
      if (before === undefined) return 0;
      suspects.set(key, before + 1);
      return before;
    },
  };
}
