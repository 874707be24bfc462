import type { Profile } from '../roles.ts';
import { bitsIn, maskOf } from '../compare/letters.ts';
import { areSwapped } from '../compare/levels.ts';
import type { Feature, Population } from '../model.ts';
import { boundsOf } from './screen.ts';

/** What is known of a feature before two values are compared. */
interface Column {
  slot: number;
  feature: Feature;
  /** The most that two different values can count, by themselves. */
  unequal: number;
  /** Lowest level that someone reaches who goes by the middle name. */
  middle: number;
}

const known = new WeakMap<Population, readonly Column[]>();

/** In the order in which they are looked at: what tells most comes first. */
function columnsOf(population: Population): readonly Column[] {
  let columns = known.get(population);
  if (!columns) {
    const spread = ({ feature: { weights } }: Column): number => Math.max(...weights) - Math.min(...weights);
    columns = population.features
      .flatMap((feature, slot): Column[] => {
        if (feature.scale === undefined) return [];
        return [{ slot, feature, ...boundsOf(population, slot) }];
      })
      .sort((x, y) => spread(y) - spread(x));
    known.set(population, columns);
  }
  return columns;
}

/** What `screen` says of two records of a table, for one profile and others: of a few hundred, making a table takes longer. */
export function screenFor(population: Population, a: Profile): (b: Profile) => boolean {
  const columns = columnsOf(population);
  const open = new Int32Array(columns.length);
  const { prior, household, link, roles } = population;
  const enough = Math.min(link, population.review);
  const below = (own: number, shared: number): boolean =>
    own + Math.max(household.floor, Math.min(household.cap, shared)) < enough && own + shared < link;
  const equal = columns.map(({ slot, feature: { weights, frequencies, rest } }) => {
    const value = a[slot] ?? null;
    return value === null ? 0 : weights[0]! + (frequencies === undefined ? 0 : (frequencies.get(value) ?? rest));
  });
  const isSwapped = swappedWith(population, a);
  const ownMiddle = roles.middle >= 0 && (a[roles.middle] ?? null) !== null;
  return (b) => {
    let own = prior;
    let shared = 0;
    let differing = 0;
    for (let i = 0; i < columns.length; i++) {
      const { slot, feature, unequal } = columns[i]!;
      const x = a[slot] ?? null;
      const y = b[slot] ?? null;
      let weight: number;
      if (x === null || y === null) weight = feature.missing;
      else if (x === y) weight = equal[i]!;
      else {
        weight = unequal;
        open[differing++] = i;
      }
      if (feature.household) shared += weight;
      else own += weight;
    }
    // Whether two features are in each other's place is asked only where the pair needs that.
    if (below(own, shared)) return isSwapped(b);
    const goesByMiddle = ownMiddle || (roles.middle >= 0 && (b[roles.middle] ?? null) !== null);
    for (let k = 0; k < differing; k++) {
      const { slot, feature, unequal, middle } = columns[open[k]!]!;
      const level = feature.scale!.level(a[slot]!, b[slot]!);
      let weight = feature.weights[level]!;
      if (level > middle && goesByMiddle) weight = Math.max(weight, feature.weights[middle]!);
      if (feature.household) shared += weight - unequal;
      else own += weight - unequal;
      if (below(own, shared)) return isSwapped(b);
    }
    return true;
  };
}

/** Are two features of the two in each other's place? Few are, and of most their letters alone say that they are not: see areSwapped. */
function swappedWith({ swaps }: Population, a: Profile): (b: Profile) => boolean {
  const mine = swaps.map(([first, second]) => [maskOf(a[first] ?? ''), maskOf(a[second] ?? '')] as const);
  return (b) =>
    swaps.some(([first, second], i) => {
      const [a1 = null, a2 = null, b1 = null, b2 = null] = [a[first], a[second], b[first], b[second]];
      if ((a1 !== null && a1 === b1) || (a2 !== null && a2 === b2)) return false;
      if (!mayCross(a1, mine[i]![0], b2) && !mayCross(a2, mine[i]![1], b1)) return false;
      return areSwapped(a1, a2, b1, b2);
    });
}

/** Jaro-Winkler 0.85 is Jaro 0.75 where the first four characters agree. Each letter that only one of the two has is no match. */
function mayCross(a: string | null, letters: number, b: string | null): boolean {
  if (a === null || b === null) return false;
  const others = maskOf(b);
  const matches = Math.min(a.length - bitsIn(letters & ~others), b.length - bitsIn(others & ~letters));
  return (matches / a.length + matches / b.length + 1) / 3 >= 0.75 - 1e-9;
}
