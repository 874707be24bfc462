import type { Entry } from '../entry.ts';

/** Two records that fit each other. */
interface Tie {
  left: Entry;
  right: Entry;
}

/**
 * Of records that hang together by pairs, as many on each side: the pairs that are in every way to give each record a partner. None where
 * there is no such way. Takes time in proportion to the records times the pairs.
 */
export function forcedPairs<T extends Tie>(pairs: readonly T[]): T[] {
  const byLeft = Map.groupBy(pairs, ({ left }) => left);
  const rights = new Set(pairs.map(({ right }) => right));
  if (byLeft.size !== rights.size) return [];
  const way = wholeWay(byLeft);
  if (!way) return [];
  const ofLeft = new Map([...way.values()].map((pair) => [pair.left, pair]));
  // From each left to those whose partner would fit it as well: who comes back to itself can exchange partners in a circle.
  const next = (left: Entry): Entry[] =>
    byLeft.get(left)!.flatMap(({ right }) => {
      const other = way.get(right)!.left;
      return other === left ? [] : [other];
    });
  return [...byLeft.keys()].filter((left) => !comesBack(left, next)).map((left) => ofLeft.get(left)!);
}

/** One way that gives each left a partner, by right; undefined where there is none. */
function wholeWay<T extends Tie>(byLeft: ReadonlyMap<Entry, readonly T[]>): Map<Entry, T> | undefined {
  const way = new Map<Entry, T>();
  for (const start of byLeft.keys()) {
    // The pair by which each right was reached, the nearest first; its left is the start or has a partner that it would give up.
    const reached = new Map<Entry, T>();
    const queue: Entry[] = [start];
    let free: Entry | undefined;
    for (let i = 0; i < queue.length && !free; i++)
      for (const pair of byLeft.get(queue[i]!)!) {
        if (reached.has(pair.right)) continue;
        reached.set(pair.right, pair);
        const taken = way.get(pair.right);
        if (taken) queue.push(taken.left);
        else {
          free = pair.right;
          break;
        }
      }
    if (!free) return undefined;
    const given = new Map([...way.values()].map((pair) => [pair.left, pair.right]));
    for (let right: Entry | undefined = free; right;) {
      const pair: T = reached.get(right)!;
      way.set(right, pair);
      right = pair.left === start ? undefined : given.get(pair.left);
    }
  }
  return way;
}

function comesBack(start: Entry, next: (entry: Entry) => readonly Entry[]): boolean {
  const seen = new Set<Entry>();
  const stack = [...next(start)];
  while (stack.length) {
    const entry = stack.pop()!;
    if (entry === start) return true;
    if (seen.has(entry)) continue;
    seen.add(entry);
    for (const one of next(entry)) if (!seen.has(one)) stack.push(one);
  }
  return false;
}

/** More steps than this are not taken to find every way. */
const MOST_STEPS = 20_000;

/**
 * The pairs that are in every way to give each record a partner in which no two pairs cross; as if they could, where there is no such way or
 * too many are to be tried.
 */
export function forcedInOrder<T extends Tie>(pairs: readonly T[], crosses: (a: T, b: T) => boolean): T[] {
  const byLeft = [...Map.groupBy(pairs, ({ left }) => left).values()].sort((a, b) => a.length - b.length);
  if (byLeft.length !== new Set(pairs.map(({ right }) => right)).size) return [];
  const taken = new Set<Entry>();
  const way: T[] = [];
  let inAll: Set<T> | undefined;
  let steps = 0;
  /** False: there were too many steps. */
  function search(i: number): boolean {
    if (++steps > MOST_STEPS) return false;
    if (i === byLeft.length) {
      inAll = new Set(inAll ? way.filter((pair) => inAll!.has(pair)) : way);
      return true;
    }
    for (const pair of byLeft[i]!) {
      if (taken.has(pair.right) || way.some((other) => crosses(pair, other))) continue;
      taken.add(pair.right);
      way.push(pair);
      const isWhole = search(i + 1);
      way.pop();
      taken.delete(pair.right);
      if (!isWhole) return false;
    }
    return true;
  }
  return search(0) && inAll ? [...inAll] : forcedPairs(pairs);
}
