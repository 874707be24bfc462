import { column } from '../../core/column.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import type { MatchKey } from './settled.ts';

/** Keys of many units until they are saved: 28 bytes for each, outside of the heap. */
export interface GatheredKeys {
  add(keys: Iterable<MatchKey>): void;
  save(trx: Knex.Transaction, pipeline: string): Promise<void>;
}

export async function saveKeys(trx: Knex.Transaction, pipeline: string, keys: Iterable<MatchKey>): Promise<void> {
  const gathered = gatherKeys();
  gathered.add(keys);
  await gathered.save(trx, pipeline);
}

const KEYS_AT_ONCE = 20_000;
const COLUMNS = ['pipeline', 'relation', 'key', 'day', 'unit', 'taken'];
const BY_UNIT = { name: 'il_match_key_unit', table: 'il_match_key', columns: ['pipeline', 'unit'] };
/** So many keys that the pages of the index by unit, whose order is another one, no longer fit into the cache of SQLite. */
const MANY = 200_000;
/** Digits of a key that are one number. */
const HALF = 8;

/**
 * They are saved in the order in which they are stored, all of them: neighbors go into the same page. Sorted 20,000 at a time, four million
 * keys wrote every page of their table two hundred times.
 */
export function gatherKeys(): GatheredKeys {
  const relations = column(Int32Array);
  const firsts = column(Uint32Array);
  const seconds = column(Uint32Array);
  const days = column(Int32Array);
  const units = column(Float64Array);
  const takens = column(Int32Array);
  let [length, lastRelation] = [0, 0];
  return {
    add(keys) {
      for (const { relation, key, day, unit, taken } of keys) {
        relations.push(relation);
        firsts.push(Number.parseInt(key.slice(0, HALF), 16));
        seconds.push(Number.parseInt(key.slice(HALF), 16));
        days.push(day);
        units.push(unit);
        takens.push(taken);
        lastRelation = Math.max(lastRelation, relation);
        length++;
      }
    },
    async save(trx, pipeline) {
      const rows = await dialectOf(trx).rowsOf(trx);
      const order = orderOf(length, (i) => relations.at(i) * 2 ** (4 * HALF) + firsts.at(i), (lastRelation + 1) * 2 ** (4 * HALF));
      const text = (number: number): string => number.toString(16).padStart(HALF, '0');
      const insert = async (from: number): Promise<void> =>
        rows.insert(
          'il_match_key',
          COLUMNS,
          Array.from(order(from, from + KEYS_AT_ONCE), (i) => [
            pipeline,
            relations.at(i),
            text(firsts.at(i)) + text(seconds.at(i)),
            days.at(i),
            units.at(i),
            takens.at(i),
          ]),
        );
      const insertAll = async (): Promise<void> => {
        for (let from = 0; from < length; from += KEYS_AT_ONCE) await insert(from);
      };
      if (length > MANY) await dialectOf(trx).withoutIndex(trx, BY_UNIT, insertAll);
      else await insertAll();
    },
  };
}

/**
 * What gives the numbers from 0 up to `length` in the order of their places, which are whole and less than `end`. A place and its number are
 * one number, so that they are sorted by themselves: five million in a second, where a function that compares two takes 13. Where that
 * has too many digits, the last of the place do not count: neighbors stay near each other.
 */
function orderOf(length: number, placeOf: (i: number) => number, end: number): (from: number, to: number) => Float64Array {
  let step = 1;
  while ((end / step) * length > Number.MAX_SAFE_INTEGER) step *= 2;
  const sorted = new Float64Array(length);
  for (let i = 0; i < length; i++) sorted[i] = Math.floor(placeOf(i) / step) * length + i;
  sorted.sort();
  return (from, to) => sorted.slice(from, to).map((place) => place % length);
}
