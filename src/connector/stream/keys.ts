import type { StreamConfig } from '../../config/schema/connector.ts';
import type { Problem } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import { EMPTY_ROWS_HINT, hasNoValue, valueAt } from '../../core/record.ts';
import { isShortenedNumber } from '../../core/text/shortened-number.ts';
import { isPersonal } from './field-paths.ts';

/**
 * The key of a record in its system: the values of the key fields joined by `|` (a `|` or `\` inside a value is escaped),
 * readable and unambiguous. A record without one of them has no key and cannot be told from others, unless that one is in `mayBeEmpty`. A key that ends as a
 * repeat is written (`A#2`) is escaped too: `A\#2`.
 */
export function keyOf(record: SourceRecord, fields: readonly string[], mayBeEmpty: readonly string[] = []): string | Problem {
  let key = '';
  for (let i = 0; i < fields.length; i++) {
    const value = record.values[fields[i]!] ?? valueAt(record.values, fields[i]!);
    if ((value === null || value === undefined || value === '') && mayBeEmpty.includes(fields[i]!)) {
      if (i > 0) key += '|';
      continue;
    }
    if (typeof value !== 'string' || value === '')
      return {
        code: 'KEY_EMPTY',
        place: { line: record.line, record: record.number, path: fields[i]! },
        message: `"${fields[i]}" is empty, but it is part of what each record is identified by, so this record is rejected.`,
        hint: hasNoValue(record.values)
          ? EMPTY_ROWS_HINT
          : 'Fill it in in the system that the record comes from. If it may be empty there, the connector must name it in primary_key.may_be_empty, or use other fields as key: ask its vendor.',
      };
    if (i > 0) key += '|';
    key += value.includes('|') || value.includes('\\') ? value.replace(/[|\\]/g, '\\$&') : value;
  }
  return key.includes('#') ? key.replace(/#(?=\d+$)/, '\\#') : key;
}

/**
 * The problem of a record whose key a spreadsheet shortened to `1.23E+05`; undefined for others. Only tables of text pass through
 * spreadsheets: in JSON and XML such a number is exact.
 */
export function shortenedKey(record: SourceRecord, fields: readonly string[], stream: StreamConfig): Problem | undefined {
  if (!stream.decoder?.csv && !stream.decoder?.xlsx) return undefined;
  const name = fields.find((field) => {
    const value = record.values[field] ?? valueAt(record.values, field);
    return typeof value === 'string' && isShortenedNumber(value);
  });
  if (name === undefined) return undefined;
  const value = isPersonal(name, stream) ? '' : ` (${String(record.values[name] ?? valueAt(record.values, name)).trim()})`;
  return {
    code: 'KEY_SHORTENED',
    place: { line: record.line, record: record.number, path: name },
    message: `"${name}" is part of the key, but a spreadsheet shortened it${value}: digits are lost, so it is not known which record this is, and it is rejected.`,
    hint: 'Export the file again, and do not open and save it in a spreadsheet program before Interlocal reads it.',
  };
}

/**
 * Finds keys that come more than once in one file, in memory that grows by two to four bytes a record: Bloom filters in the
 * first pass name the suspects (all true repeats and less than 1 % others), the second pass counts only those.
 */
export interface RepeatFinder {
  /** First pass: every key. */
  look(key: string): void;
  /** Second pass: how often this key came before in this pass (0 for the first). */
  count(key: string): number;
  /** No key of the first pass is longer than this one, and some are shorter: the source may cut keys off here. */
  isLongest(key: string): boolean;
}

/** `expected`: about how many keys there are. With more of them it grows, with fewer it was too large. */
export function repeatFinder(expected: number): RepeatFinder {
  const layers = [layerFor(expected)];
  const suspects = new Map<string, number>();
  let [shortest, longest] = [Infinity, 0];
  return {
    look(key) {
      shortest = Math.min(shortest, key.length);
      longest = Math.max(longest, key.length);
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
      const newest = layers.length - 1;
      let seen = false;
      for (let i = 0; i < newest && !seen; i++) seen = layers[i]!.has(a, b);
      if (seen || layers[newest]!.add(a, b)) suspects.set(key, 0);
      else if (layers[newest]!.full()) layers.push(layerFor(2 * layers[newest]!.room));
    },
    count(key) {
      const before = suspects.get(key);
      if (before === undefined) return 0;
      suspects.set(key, before + 1);
      return before;
    },
    isLongest: (key) => key.length === longest && shortest < longest,
  };
}

const MIN_ROOM = 1024;

/** A Bloom filter of 12 bits for each of the keys that it has room for. */
interface Layer {
  room: number;
  full(): boolean;
  has(a: number, b: number): boolean;
  /** Puts the key in; true: it may have been in before. */
  add(a: number, b: number): boolean;
}

function layerFor(keys: number): Layer {
  const room = Math.max(MIN_ROOM, Math.ceil(keys));
  const words = Math.ceil((room * 12) / 32);
  const bits = words * 32;
  const filter = new Uint32Array(words);
  let added = 0;
  return {
    room,
    full: () => added >= room,
    has(a, b) {
      for (let probe = 0; probe < 4; probe++) {
        const bit = ((a + Math.imul(probe, b)) >>> 0) % bits;
        if ((filter[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
      }
      return true;
    },
    add(a, b) {
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
      if (!all) added++;
      return all;
    },
  };
}
