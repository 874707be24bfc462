import type { ProfileTable } from '../block/table.ts';
import { areSwapped } from '../compare/levels.ts';
import type { Feature, Population } from '../model.ts';

/** Pairs of values whose level is remembered, by feature. */
const REMEMBERED = 1 << 16;

/** What is known of a feature before two values are compared. */
interface Column {
  codes: Int32Array;
  values: readonly string[];
  feature: Feature;
  /** By value: what counts when both records have it. */
  equal: Int32Array;
  /** The most that two different values can count, by themselves. */
  unequal: number;
  household: boolean;
  /** Lowest level that someone reaches who goes by the middle name. */
  middle: number;
  known: { first: Int32Array; second: Int32Array; level: Int8Array } | undefined;
}

/**
 * Says of a pair whether it may be linked or need review, without its whole score: what agrees counts in full, what differs
 * counts the most that it could, then feature by feature what it does, until it is plain that the pair cannot reach a threshold. Never
 * says no to a pair that `verdictOf` says yes to. Most candidates are two persons, and are found to be so by their first two or three features.
 */
export function screen(population: Population, table: ProfileTable): (a: number, b: number) => boolean {
  const columns = columnsOf(population, table);
  const { prior, household } = population;
  const enough = Math.min(population.link, population.review);
  const middle = population.roles.middle < 0 ? undefined : table.codes[population.roles.middle];
  const order = [...columns.keys()].sort((x, y) => cost(columns[x]!) - cost(columns[y]!));
  const weights = new Float64Array(columns.length);
  const open = new Uint8Array(columns.length);
  const swaps = population.swaps.map(([first, second]): Swap => [swapping(first, table), swapping(second, table)]);
  const { link } = population;

  return (a, b) => {
    let own = prior;
    let shared = 0;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const x = column.codes[a]!;
      const y = column.codes[b]!;
      open[i] = 0;
      let weight: number;
      if (x < 0 || y < 0) weight = column.feature.missing;
      else if (x === y) weight = column.equal[x]!;
      else {
        weight = column.unequal;
        open[i] = 1;
      }
      weights[i] = weight;
      if (column.household) shared += weight;
      else own += weight;
    }
    // Whether two features are in each other's place is asked only where the pair needs that.
    if (below(own, shared)) return isSwapped(swaps, a, b);
    for (let k = 0; k < order.length; k++) {
      const i = order[k]!;
      if (open[i] === 0) continue;
      const column = columns[i]!;
      const level = levelOf(column, column.codes[a]!, column.codes[b]!);
      let weight = column.feature.weights[level]!;
      if (level > column.middle && middle !== undefined && (middle[a]! >= 0 || middle[b]! >= 0))
        weight = Math.max(weight, column.feature.weights[column.middle]!);
      if (column.household) shared += weight - weights[i]!;
      else own += weight - weights[i]!;
      if (below(own, shared)) return isSwapped(swaps, a, b);
    }
    return true;
  };

  function below(own: number, shared: number): boolean {
    const counted = shared > household.cap ? household.cap : shared < household.floor ? household.floor : shared;
    return own + counted < enough && own + shared < link;
  }
}

function columnsOf(population: Population, table: ProfileTable): Column[] {
  const slots = [...population.features.keys()].filter((slot) => population.features[slot]!.scale !== undefined);
  return slots.map((slot): Column => {
    const feature = population.features[slot]!;
    const swap = population.swaps.find((pair) => pair.includes(slot));
    const last = feature.scale!.levels.length - 1;
    const values = table.values[slot]!;
    const remembered = ['date', 'phone'].includes(kindOf(population, slot)) ? undefined : REMEMBERED;
    return {
      codes: table.codes[slot]!,
      values,
      feature,
      equal: Int32Array.from(
        values,
        (value) => feature.weights[0]! + (feature.frequencies?.get(value) ?? (feature.frequencies ? feature.rest : 0)),
      ),
      unequal: Math.max(...feature.weights.slice(1, swap === undefined ? undefined : last)),
      household: feature.household,
      middle: slot === population.roles.given ? 2 : Infinity,
      known:
        remembered === undefined
          ? undefined
          : { first: new Int32Array(remembered).fill(-1), second: new Int32Array(remembered), level: new Int8Array(remembered) },
    };
  });
}

/** A feature whose value may be in the place of another's. */
interface Swapping {
  codes: Int32Array;
  values: readonly string[];
  /** By value, which letters it has. */
  letters: Int32Array;
}
type Swap = readonly [Swapping, Swapping];

function swapping(slot: number, { codes, values }: ProfileTable): Swapping {
  return { codes: codes[slot]!, values: values[slot]!, letters: Int32Array.from(values[slot]!, lettersOf) };
}

function lettersOf(text: string): number {
  let letters = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    letters |= 1 << (c >= 97 && c <= 122 ? c - 97 : 26 + (c % 6));
  }
  return letters;
}

function isSwapped(swaps: readonly Swap[], a: number, b: number): boolean {
  for (const [first, second] of swaps) {
    const a1 = first.codes[a]!;
    const b1 = first.codes[b]!;
    const a2 = second.codes[a]!;
    const b2 = second.codes[b]!;
    if ((a1 >= 0 && a1 === b1) || (a2 >= 0 && a2 === b2)) continue;
    if (!mayBeAlike(first, a1, second, b2) && !mayBeAlike(first, b1, second, a2)) continue;
    const value = (of: Swapping, code: number): string | null => (code < 0 ? null : of.values[code]!);
    if (areSwapped(value(first, a1), value(second, a2), value(first, b1), value(second, b2))) return true;
  }
  return false;
}

/** Can two values be as alike as `areSwapped` asks for? By their letters: each that only one has is no match. */
function mayBeAlike(first: Swapping, x: number, second: Swapping, y: number): boolean {
  if (x < 0 || y < 0) return false;
  const [a, b] = [first.values[x]!, second.values[y]!];
  const [p, q] = [first.letters[x]!, second.letters[y]!];
  const matches = Math.min(a.length - bitsIn(p & ~q), b.length - bitsIn(q & ~p));
  // Jaro-Winkler 0.85 is Jaro 0.75 where the first four characters agree.
  const jaro = a.charCodeAt(0) === b.charCodeAt(0) ? 0.75 : 0.85;
  return (matches / a.length + matches / b.length + 1) / 3 >= jaro - 1e-9;
}

function bitsIn(x: number): number {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function kindOf({ roles }: Population, slot: number): string {
  return slot === roles.birth ? 'date' : slot === roles.phone ? 'phone' : '';
}

/** Cheap ones that tell most come first: nearly every candidate is settled by the day of birth. */
function cost({ feature, known }: Column): number {
  const spread = Math.max(...feature.weights) - Math.min(...feature.weights);
  return (known === undefined ? 0 : 1e6) - spread;
}

function levelOf({ feature, values, known }: Column, x: number, y: number): number {
  const scale = feature.scale!;
  if (known === undefined) return scale.level(values[x]!, values[y]!);
  const [a, b] = x < y ? [x, y] : [y, x];
  const at = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 16;
  if (known.first[at] === a && known.second[at] === b) return known.level[at]!;
  const level = scale.level(values[a]!, values[b]!);
  known.first[at] = a;
  known.second[at] = b;
  known.level[at] = level;
  return level;
}
