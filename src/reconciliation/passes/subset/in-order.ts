import type { BusinessDays, Entry, SubsetPass } from '../../entry.ts';
import { compareNatural } from '../../../core/text/natural-order.ts';
import { keyOf } from '../../fields.ts';
import type { KeyGroups } from '../../match/key-groups.ts';
import { manyOf, reachOf } from '../candidates.ts';
import { usualStep } from '../by-chance.ts';
import type { Target } from './target.ts';

/** What a run must come to: its records above zero and those below, or all of them where these are not apart. */
export interface WantedSum {
  minor: number;
  refunds?: number;
}

/** The runs that come to what a target wants. */
export interface Runs {
  /** What each of them adds to the records that a key ties to it already. */
  ways: readonly (readonly Entry[])[];
  /** All records that may be in one. */
  near: readonly Entry[];
  /** So many runs were tried that one would come to an unrelated amount. */
  isByChance: boolean;
}

export interface RecordsInOrder {
  /** undefined: its records are not in a row, or records near it have no place in the order. */
  runsOf(target: Target, wanted: readonly WantedSum[]): Runs | undefined;
}

/** More ways than this say no more than that there are several. */
const MOST_WAYS = 100;

/** A record in its place, with the target whose key it has. */
interface Place {
  entry: Entry;
  day: number;
  owner: Target | undefined;
}

/** Places of a block; those of the records without a value to put them in order. */
interface Row {
  places: Place[];
  unplaced: { entry: Entry; day: number }[];
}

/**
 * Groups whose records follow one another: a lockbox is opened check by check, and each batch has some of them in a row. So what lies
 * between two records of a batch is of it, and only at its ends it has to be found by sums where it stops. `isUsed`: a record that another
 * target has by now; no run passes over it, nor over those that a key ties to another target.
 */
export function recordsInOrder(
  pass: SubsetPass & { order: readonly string[] },
  open: readonly Entry[],
  targets: readonly Target[],
  days: BusinessDays,
  isUsed: (entry: Entry) => boolean,
  keys?: KeyGroups,
): RecordsInOrder {
  const many = manyOf(pass);
  const rows = new Map<string, Row>();
  const placeOf = new Map<Entry, number>();
  const add = (entry: Entry, owner: Target | undefined): void => {
    const key = entry.day === null ? null : keyOf(entry, pass.block, many);
    if (key === null) return;
    let row = rows.get(key);
    if (!row) rows.set(key, (row = { places: [], unplaced: [] }));
    const day = days.index(entry.day!);
    if (pass.order.every((field) => entry.values[field])) row.places.push({ entry, day, owner });
    else if (!owner) row.unplaced.push({ entry, day });
  };
  for (const entry of open) add(entry, undefined);
  for (const target of targets) for (const entry of target.kept) add(entry, target);
  for (const { places } of rows.values()) {
    places.sort((a, b) => compareInOrder(pass.order, a.entry, b.entry));
    for (const [i, { entry }] of places.entries()) placeOf.set(entry, i);
  }

  /** A run may begin or end before this place: what agrees in `together` is not torn apart. */
  function mayCut(places: readonly Place[], at: number): boolean {
    const [before, behind] = [places[at - 1], places[at]];
    if (!before || !behind || pass.together.length === 0) return true;
    return pass.together.some((field) => !before.entry.values[field] || before.entry.values[field] !== behind.entry.values[field]);
  }

  function cutsIn(places: readonly Place[], from: number, to: number): number {
    let cuts = 0;
    for (let at = from; at <= to; at++) if (mayCut(places, at)) cuts++;
    return cuts;
  }

  function runsOf(target: Target, wanted: readonly WantedSum[]): Runs | undefined {
    const reach = reachOf(target.anchor, pass.one, pass, days);
    const row = reach && rows.get(reach.key);
    if (!row) return undefined;
    const isNear = ({ day }: { day: number }): boolean => day >= reach.from && day <= reach.to;
    if (row.unplaced.some((one) => isNear(one) && !isUsed(one.entry))) return undefined;
    const isFree = (place: Place): boolean => !place.owner && isNear(place) && !isUsed(place.entry);
    return target.kept.length ? around(target, row.places, isFree, wanted) : alone(row.places, isFree, isNear, wanted);
  }

  /** Runs around the records that a key ties to a target. */
  function around(
    target: Target,
    places: readonly Place[],
    isFree: (place: Place) => boolean,
    wanted: readonly WantedSum[],
  ): Runs | undefined {
    // A record that the key has put into another block has no place in this one.
    const known = target.kept.flatMap((entry) => {
      const at = placeOf.get(entry);
      return at !== undefined && places[at]?.entry === entry ? [at] : [];
    });
    if (known.length < target.kept.length) return undefined;
    const isOther = (entry: Entry): boolean => keys?.areApart([...target.kept.slice(0, 1), entry]) ?? false;
    const isPart = (place: Place): boolean => isFree(place) && !isOther(place.entry);
    let [first, last] = [Infinity, -Infinity];
    for (const at of known) [first, last] = [Math.min(first, at), Math.max(last, at)];
    const between: Entry[] = [];
    for (let i = first; i <= last; i++) {
      const place = places[i]!;
      if (place.owner === target) continue;
      if (!isPart(place)) return undefined;
      between.push(place.entry);
    }
    const before: Entry[] = [];
    for (let i = first - 1; i >= 0 && isPart(places[i]!); i--) before.push(places[i]!.entry);
    const after: Entry[] = [];
    for (let i = last + 1; i < places.length && isPart(places[i]!); i++) after.push(places[i]!.entry);
    const near = [...between, ...before, ...after];
    const ways: Entry[][] = [];
    for (const sum of wanted) {
      const firsts = Map.groupBy(sumsOf(before, sum).entries(), ([, minors]) => minors.join());
      const held = sumOfAll([...target.kept, ...between], sum);
      for (const [b, [minor, refunds]] of sumsOf(after, sum).entries()) {
        const rest = [sum.minor - held[0] - minor, (sum.refunds ?? 0) - held[1] - refunds].join();
        if (!mayCut(places, last + 1 + b)) continue;
        for (const [a] of firsts.get(rest) ?? [])
          if (between.length + a + b > 0 && ways.length < MOST_WAYS && mayCut(places, first - a))
            ways.push([...between, ...before.slice(0, a), ...after.slice(0, b)]);
      }
    }
    const ends = cutsIn(places, first - before.length, first) * cutsIn(places, last + 1, last + 1 + after.length);
    return { ways, near, isByChance: isByChance(ends - 1, [...before, ...after], pass.chance) };
  }

  /** Runs of records that no key ties to a target: of one number at most, and then of all that have it. */
  function alone(
    places: readonly Place[],
    isFree: (place: Place) => boolean,
    isNear: (place: Place) => boolean,
    wanted: readonly WantedSum[],
  ): Runs {
    const ways: Entry[][] = [];
    const near: Entry[] = [];
    let tried = 0;
    /** The records of a row are those of the places from `base` on. */
    const search = (row: readonly Entry[], base: number): void => {
      for (const entry of row) near.push(entry);
      const cuts = cutsIn(places, base, base + row.length);
      tried += (cuts * (cuts - 1)) / 2;
      for (const sum of wanted) {
        const starts = new Map<string, number[]>();
        for (const [end, [minor, refunds]] of sumsOf(row, sum).entries()) {
          if (!mayCut(places, base + end)) continue;
          for (const start of starts.get([minor - sum.minor, refunds - (sum.refunds ?? 0)].join()) ?? []) {
            const way = row.slice(start, end);
            if (ways.length < MOST_WAYS && !keys?.areApart(way) && !keys?.areTorn(way)) ways.push(way);
          }
          const name = [minor, refunds].join();
          const same = starts.get(name);
          if (same) same.push(end);
          else starts.set(name, [end]);
        }
      }
    };
    const from = places.findIndex(isNear);
    let row: Entry[] = [];
    for (let i = Math.max(from, 0); i < places.length && from >= 0; i++) {
      const place = places[i]!;
      if (isFree(place)) row.push(place.entry);
      else if (row.length) {
        search(row, i - row.length);
        row = [];
      }
    }
    if (row.length) search(row, places.length - row.length);
    return { ways, near, isByChance: isByChance(tried, near, pass.chance) };
  }

  return { runsOf };
}

/**
 * Whether two groups of a day and block, each of records in a row, come in another order than their ones do: an entry of the ledger for each
 * lockbox, in the order in which the bank lists what was in them. Says nothing of a record that lacks a value of its order.
 */
export function areCrossed(
  { order, orderOfOne, block, one }: SubsetPass,
  [a, ofA]: readonly [Entry, readonly Entry[]],
  [b, ofB]: readonly [Entry, readonly Entry[]],
): boolean {
  const [first, second] = [ofA[0], ofB[0]];
  if (!order || !orderOfOne || !first || !second || a.day !== b.day || keyOf(a, block, one) !== keyOf(b, block, one)) return false;
  if (![a, b].every(({ values }) => orderOfOne.every((field) => values[field]))) return false;
  const [ones, groups] = [compareValues(orderOfOne, a, b), compareValues(order, first, second)];
  return ones !== 0 && groups !== 0 && ones < 0 !== groups < 0;
}

function compareInOrder(order: readonly string[], a: Entry, b: Entry): number {
  return compareValues(order, a, b) || (a.id < b.id ? -1 : 1);
}

function compareValues(order: readonly string[], a: Entry, b: Entry): number {
  for (const field of order) {
    const found = compareNatural(a.values[field]!, b.values[field]!);
    if (found !== 0) return found;
  }
  return 0;
}

/** What none, the first, the first two … of these come to. */
function sumsOf(entries: readonly Entry[], wanted: WantedSum): [minor: number, refunds: number][] {
  const sums: [number, number][] = [[0, 0]];
  for (const entry of entries) {
    const [minor, refunds] = sums.at(-1)!;
    sums.push(isRefund(entry, wanted) ? [minor, refunds + entry.minor] : [minor + entry.minor, refunds]);
  }
  return sums;
}

function sumOfAll(entries: readonly Entry[], wanted: WantedSum): [minor: number, refunds: number] {
  return sumsOf(entries, wanted).at(-1)!;
}

function isRefund({ minor }: Entry, { refunds }: WantedSum): boolean {
  return refunds !== undefined && minor < 0;
}

/** Whether one of so many runs would come to an unrelated amount, by the amounts that their records come to together. */
function isByChance(tried: number, entries: readonly Entry[], chance: number): boolean {
  if (tried === 0) return false;
  const reach = entries.reduce((sum, { minor }) => sum + Math.abs(minor), 0);
  return tried * 1000 > (chance * reach) / usualStep(entries.map(({ minor }) => minor));
}
