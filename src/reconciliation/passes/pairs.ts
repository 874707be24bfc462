import type { Entry } from '../entry.ts';
import type { TextAgreement } from '../text.ts';
import type { Excludes } from './different-numbers.ts';
import { forcedInOrder, forcedPairs } from './forced-pairs.ts';

/** Two records that fit each other. */
export interface Pair {
  left: Entry;
  right: Entry;
  /** Business days from the left to the right. */
  lag: number;
  text: TextAgreement;
}

/** A pair that is certain, and how many other records would have fitted one of the two. */
export interface CertainPair extends Pair {
  rivals: number;
}

/** What is certain of pairs, and the records of those that have several solutions, by what hangs together. */
export interface SolvedPairs {
  certain: CertainPair[];
  ambiguous: { left: Entry[]; right: Entry[] }[];
}

/** Texts that agree so far name each other; what agrees less decides nothing. */
const REFERENCE = 2;

/**
 * Takes all that is certain of the pairs, then looks at the rest again: a pair whose references name each other and no rival's do so as
 * well, else groups of pairs in which each record gets a partner in one way only, else what numbers leave of several ways.
 */
export function solvePairs(pairs: readonly Pair[], excludes?: Excludes, crosses?: Crosses): SolvedPairs {
  const solved: SolvedPairs = { certain: [], ambiguous: [] };
  const groups = groupsOf(pairs);
  for (let group = groups.pop(); group; group = groups.pop()) {
    const byEntry = pairsByEntry(group.pairs);
    const named = group.pairs.filter((pair) => isNamed(pair, byEntry));
    const taken = named.length ? named : oneWay(group, byEntry);
    if (!taken) {
      const { certain, ambiguous } = solveByNumbers(group.pairs, excludes, crosses);
      solved.certain.push(...certain);
      solved.ambiguous.push(...ambiguous);
      continue;
    }
    for (const pair of taken)
      solved.certain.push({ ...pair, rivals: byEntry.get(pair.left)!.length + byEntry.get(pair.right)!.length - 2 });
    const used = new Set(taken.flatMap(({ left, right }) => [left, right]));
    for (const rest of groupsOf(group.pairs.filter(({ left, right }) => !used.has(left) && !used.has(right)))) groups.push(rest);
  }
  return solved;
}

/** Says whether two pairs cannot both be right, by the order of their records. */
export type Crosses = (a: Pair, b: Pair) => boolean;

/**
 * Pairs with more than one solution, without those whose numbers exclude each other: what is then the same in every solution is certain.
 * Numbers and the order of records only decide between solutions. Where they leave none, they say nothing.
 */
export function solveByNumbers(pairs: readonly Pair[], excludes?: Excludes, crosses?: Crosses): SolvedPairs {
  const byEntry = pairsByEntry(pairs);
  const others = excludes && pairs.length <= MOST_BY_NUMBERS ? pairs.filter(({ left, right }) => !excludes(left, right)) : pairs;
  const forcedOf = ({ pairs: own }: Group): Pair[] => (crosses ? forcedInOrder(own, crosses) : forcedPairs(own));
  const forced = others.length < pairs.length || crosses ? groupsOf(others).flatMap(forcedOf) : [];
  const certain = forced.map((pair) => ({ ...pair, rivals: byEntry.get(pair.left)!.length + byEntry.get(pair.right)!.length - 2 }));
  const used = new Set(forced.flatMap(({ left, right }) => [left, right]));
  const rest = groupsOf(pairs.filter(({ left, right }) => !used.has(left) && !used.has(right)));
  return { certain, ambiguous: rest.map(({ left, right }) => ({ left: inOrder(left), right: inOrder(right) })) };
}

/** Where an amount comes a hundred times a day, numbers are not looked at pair by pair. */
export const MOST_BY_NUMBERS = 10_000;

/** References first: where one names the other, equal amounts elsewhere are not rivals. */
function isNamed(pair: Pair, byEntry: ReadonlyMap<Entry, Pair[]>): boolean {
  return (
    pair.text >= REFERENCE &&
    [pair.left, pair.right].every((entry) => byEntry.get(entry)!.every((other) => other === pair || other.text < pair.text))
  );
}

interface Group {
  left: Set<Entry>;
  right: Set<Entry>;
  pairs: Pair[];
}

/** Records that hang together by pairs. */
function groupsOf(pairs: readonly Pair[]): Group[] {
  const byEntry = pairsByEntry(pairs);
  const seen = new Set<Entry>();
  const groups: Group[] = [];
  for (const start of byEntry.keys()) {
    if (seen.has(start)) continue;
    const group: Group = { left: new Set(), right: new Set(), pairs: [] };
    const stack = [start];
    seen.add(start);
    while (stack.length) {
      const entry = stack.pop()!;
      for (const pair of byEntry.get(entry)!) {
        // Each pair is met from both of its records.
        if (entry === pair.left) group.pairs.push(pair);
        group.left.add(pair.left);
        group.right.add(pair.right);
        const other = entry === pair.left ? pair.right : pair.left;
        if (seen.has(other)) continue;
        seen.add(other);
        stack.push(other);
      }
    }
    groups.push(group);
  }
  return groups;
}

function inOrder(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/**
 * The only way in which each record of a group gets a partner; undefined where there are several ways, or records are left
 * over. A group has one way exactly when taking records that have one partner, again and again, uses it up.
 */
function oneWay({ left, right }: Group, byEntry: ReadonlyMap<Entry, Pair[]>): Pair[] | undefined {
  if (left.size !== right.size) return undefined;
  const gone = new Set<Entry>();
  const count = new Map([...byEntry].map(([entry, list]) => [entry, list.length]));
  const queue = [...count].filter(([, n]) => n === 1).map(([entry]) => entry);
  const way: Pair[] = [];
  while (queue.length) {
    const entry = queue.pop()!;
    if (gone.has(entry)) continue;
    const pair = byEntry.get(entry)!.find((one) => !gone.has(one.left) && !gone.has(one.right));
    if (!pair) return undefined;
    way.push(pair);
    for (const taken of [pair.left, pair.right]) {
      gone.add(taken);
      for (const other of byEntry.get(taken)!) {
        const neighbor = other.left === taken ? other.right : other.left;
        if (gone.has(neighbor)) continue;
        const n = count.get(neighbor)! - 1;
        count.set(neighbor, n);
        if (n === 1) queue.push(neighbor);
      }
    }
  }
  return way.length === left.size ? way : undefined;
}

function pairsByEntry(pairs: readonly Pair[]): Map<Entry, Pair[]> {
  const byEntry = new Map<Entry, Pair[]>();
  for (const pair of pairs)
    for (const entry of [pair.left, pair.right]) {
      const list = byEntry.get(entry);
      if (list) list.push(pair);
      else byEntry.set(entry, [pair]);
    }
  return byEntry;
}
