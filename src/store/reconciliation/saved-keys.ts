import { column } from '../../core/column.ts';
import { dialectOf } from '../dialect.ts';
import type { Knex } from '../open.ts';
import { forgetKeys, type MatchKey, numberOf, numberOfKey } from './settled.ts';

/** Keys of many units until they are saved: 28 bytes for each, outside of the heap. */
export interface GatheredKeys {
  add: (key: MatchKey) => void;
  /** Adds them to those that are stored; `instead`: in place of all of these. */
  save(trx: Knex.Transaction, pipeline: string, instead?: boolean): Promise<void>;
}

const KEYS_AT_ONCE = 20_000;
const COLUMNS = ['pipeline', 'relation', 'key', 'day', 'unit', 'taken'];
const BY_UNIT = { name: 'il_match_key_unit', table: 'il_match_key', columns: ['pipeline', 'unit'] };
/** So many keys that the pages of the index by unit, whose order is another one, no longer fit into the cache of SQLite. */
const MANY = 200_000;
/** One more than the last number of a key. */
const KEYS = 2 ** 48;

/**
 * They are saved in the order in which they are stored, all of them: neighbors go into the same page. Sorted 20,000 at a time, four million
 * keys wrote every page of their table two hundred times.
 */
export function gatherKeys(): GatheredKeys {
  const relations = column(Int32Array);
  const numbers = column(Float64Array);
  const days = column(Int32Array);
  const units = column(Float64Array);
  const takens = column(Int32Array);
  let [length, lastRelation] = [0, 0];
  return {
    add({ relation, key, day, unit, taken }) {
      relations.push(relation);
      numbers.push(numberOfKey(key));
      days.push(day);
      units.push(unit);
      takens.push(taken);
      lastRelation = Math.max(lastRelation, relation);
      length++;
    },
    async save(trx, pipeline, instead = false) {
      const rows = await dialectOf(trx).rowsOf(trx);
      const own = await numberOf(trx, pipeline);
      const order = orderOf(length, (i) => relations.at(i) * KEYS + numbers.at(i), (lastRelation + 1) * KEYS);
      const insert = async (from: number): Promise<void> =>
        rows.insert(
          'il_match_key',
          COLUMNS,
          Array.from(order(from, from + KEYS_AT_ONCE), (i) => [own, relations.at(i), numbers.at(i), days.at(i), units.at(i), takens.at(i)]),
        );
      const saveAll = async (): Promise<void> => {
        if (instead) await forgetKeys(trx, pipeline);
        for (let from = 0; from < length; from += KEYS_AT_ONCE) await insert(from);
      };
      if (length > MANY) await dialectOf(trx).withoutIndex(trx, BY_UNIT, saveAll);
      else await saveAll();
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
