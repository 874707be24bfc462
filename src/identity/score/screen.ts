import type { ProfileTable } from '../block/table.ts';
import { areSwapped } from '../compare/levels.ts';
import { leastMatches, type Letters, lettersOf, mayBeAlike } from '../compare/letters.ts';
import { type LevelOf, packedLevel } from '../compare/packed.ts';
import type { Feature, Population } from '../model.ts';

/** Pairs of values whose level is remembered, by feature. */
const REMEMBERED = 1 << 16;

/** What is known of a feature before two values are compared. */
interface Column {
  slot: number;
  codes: Int32Array;
  values: readonly string[];
  feature: Feature;
  /** What counts when both records have it: by value, or the same for all. */
  equal: Int32Array | number;
  /** The most that two different values can count, by themselves. */
  unequal: number;
  /** Lowest level that someone reaches who goes by the middle name. */
  middle: number;
  /** Two of its values are compared as integers: cheap. */
  packed: boolean;
  level: LevelOf;
}

/**
 * Says of a pair whether it may be linked or need review, without its whole score: what agrees counts in full, what differs
 * counts the most that it could, then feature by feature what it does, until it is plain that the pair cannot reach a threshold. Never
 * says no to a pair that `verdictOf` says yes to. Most candidates are two persons, and are found to be so by their first two or three features.
 */
export function screen(population: Population, table: ProfileTable): (a: number, b: number) => boolean {
  const columns = columnsOf(population, table);
  const { prior, household, link } = population;
  const enough = Math.min(link, population.review);
  const middle = columns.findIndex(({ slot }) => slot === population.roles.middle);
  const swaps = population.swaps.map(([first, second]): Swap => [swapping(columns, first), swapping(columns, second)]);
  const width = columns.length;
  // A record's values lie side by side: two records are two places in memory, not two for each feature.
  const rows = new Int32Array(table.size * width);
  columns.forEach(({ codes }, i) => {
    for (let record = 0; record < table.size; record++) rows[record * width + i] = codes[record]!;
  });
  const missing = Int32Array.from(columns, ({ feature }) => feature.missing);
  const unequal = Int32Array.from(columns, (column) => column.unequal);
  /** By feature: what counts where both have the same, by value; undefined where that is the same for all values. */
  const equalOf = columns.map(({ equal }) => (typeof equal === 'number' ? undefined : equal));
  const equalOfAll = Int32Array.from(columns, ({ equal }) => (typeof equal === 'number' ? equal : 0));
  const shares = Int32Array.from(columns, ({ feature }) => (feature.household ? 1 : 0));
  const weights = new Int32Array(width);
  /** Features that differ, in the order in which they are looked at. */
  const open = new Int32Array(width);

  return (a, b) => {
    const [from, to] = [a * width, b * width];
    let own = prior;
    let shared = 0;
    let differing = 0;
    for (let i = 0; i < width; i++) {
      const x = rows[from + i]!;
      const y = rows[to + i]!;
      let weight: number;
      if (x < 0 || y < 0) weight = missing[i]!;
      else if (x === y) {
        const byValue = equalOf[i];
        weight = byValue === undefined ? equalOfAll[i]! : byValue[x]!;
      } else {
        weight = unequal[i]!;
        weights[i] = weight;
        open[differing++] = i;
      }
      if (shares[i] === 1) shared += weight;
      else own += weight;
    }
    // Whether two features are in each other's place is asked only where the pair needs that.
    if (below(own, shared)) return isSwapped(swaps, rows, from, to);
    for (let k = 0; k < differing; k++) {
      const i = open[k]!;
      const column = columns[i]!;
      const level = column.level(rows[from + i]!, rows[to + i]!);
      let weight = column.feature.weights[level]!;
      if (level > column.middle && middle >= 0 && (rows[from + middle]! >= 0 || rows[to + middle]! >= 0))
        weight = Math.max(weight, column.feature.weights[column.middle]!);
      if (shares[i] === 1) shared += weight - weights[i]!;
      else own += weight - weights[i]!;
      if (below(own, shared)) return isSwapped(swaps, rows, from, to);
    }
    return true;
  };

  function below(own: number, shared: number): boolean {
    const counted = shared > household.cap ? household.cap : shared < household.floor ? household.floor : shared;
    return own + counted < enough && own + shared < link;
  }
}

/** In the order in which they are looked at: cheap ones that tell most come first. Nearly every candidate is settled by the day of birth. */
function columnsOf(population: Population, table: ProfileTable): Column[] {
  const slots = [...population.features.keys()].filter((slot) => population.features[slot]!.scale !== undefined);
  const columns = slots.map((slot): Column => {
    const feature = population.features[slot]!;
    const values = table.values[slot]!;
    const { frequencies } = feature;
    // Of few records hardly a pair of values comes twice, and hardly a value is asked for often.
    const few = table.size < 1000;
    const exact = few ? levelBetween(feature, values) : remembering(levelBetween(feature, values));
    const packed = few ? undefined : packedLevel(feature.scale!, values, exact);
    return {
      slot,
      codes: table.codes[slot]!,
      values,
      feature,
      equal: frequencies
        ? Int32Array.from(values, (value) => feature.weights[0]! + (frequencies.get(value) ?? feature.rest))
        : feature.weights[0]!,
      ...boundsOf(population, slot),
      packed: packed !== undefined,
      level: packed ?? exact,
    };
  });
  return columns.sort((x, y) => cost(x) - cost(y));
}

/** The most that two different values can count by themselves, and the lowest level of somebody who goes by the middle name. */
export function boundsOf({ features, swaps, roles }: Population, slot: number): { unequal: number; middle: number } {
  const { weights, scale, frequencies, rest } = features[slot]!;
  const swapped = swaps.some((pair) => pair.includes(slot));
  const most = Math.max(...weights.slice(1, swapped ? scale!.levels.length - 1 : undefined));
  return {
    unequal: scale!.equalIfAlike ? Math.max(most, weights[0]! + Math.max(0, rest, ...(frequencies?.values() ?? []))) : most,
    middle: slot === roles.given ? 2 : Infinity,
  };
}

/** A feature whose value may be in the place of another's. */
interface Swapping {
  /** Its place among a record's values. */
  at: number;
  values: readonly string[];
  letters: Letters;
}
type Swap = readonly [Swapping, Swapping];

function swapping(columns: readonly Column[], slot: number): Swapping {
  const at = columns.findIndex((column) => column.slot === slot);
  const { values } = columns[at]!;
  return { at, values, letters: lettersOf(values) };
}

/** See areSwapped: one of the two values in the other's place is at least so similar. */
const IN_PLACE = leastMatches(0.85);

function isSwapped(swaps: readonly Swap[], rows: Int32Array, from: number, to: number): boolean {
  for (const [first, second] of swaps) {
    const a1 = rows[from + first.at]!;
    const b1 = rows[to + first.at]!;
    const a2 = rows[from + second.at]!;
    const b2 = rows[to + second.at]!;
    if ((a1 >= 0 && a1 === b1) || (a2 >= 0 && a2 === b2)) continue;
    if (!mayCross(first, a1, second, b2) && !mayCross(first, b1, second, a2)) continue;
    if (areSwapped(valueOf(first, a1), valueOf(second, a2), valueOf(first, b1), valueOf(second, b2))) return true;
  }
  return false;
}

function valueOf({ values }: Swapping, code: number): string | null {
  return code < 0 ? null : values[code]!;
}

function mayCross(first: Swapping, x: number, second: Swapping, y: number): boolean {
  return x >= 0 && y >= 0 && mayBeAlike(first.letters, x, second.letters, y, IN_PLACE);
}

/** Cheap ones that tell most come first: nearly every candidate is settled by the day of birth. */
function cost({ feature, packed }: Column): number {
  const spread = Math.max(...feature.weights) - Math.min(...feature.weights);
  return (packed ? 0 : 1e6) - spread;
}

function levelBetween({ scale }: Feature, values: readonly string[]): LevelOf {
  return (x, y) => scale!.level(values[x]!, values[y]!);
}

/** Remembers the levels of pairs of values that were asked for a while ago. */
function remembering(level: LevelOf): LevelOf {
  const first = new Int32Array(REMEMBERED).fill(-1);
  const second = new Int32Array(REMEMBERED);
  const levels = new Int8Array(REMEMBERED);
  return (x, y) => {
    const [a, b] = x < y ? [x, y] : [y, x];
    const at = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 16;
    if (first[at] === a && second[at] === b) return levels[at]!;
    const found = level(a, b);
    first[at] = a;
    second[at] = b;
    levels[at] = found;
    return found;
  };
}
