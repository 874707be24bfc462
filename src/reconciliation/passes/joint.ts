import type { Entry } from '../entry.ts';
import { unions } from '../unions.ts';

/** One sum that is looked for, and all sets of records that come to it. */
export interface Choice {
  ways: readonly (readonly Entry[])[];
}

/** Of more combinations than this, nothing is said. */
const MOST_STEPS = 20_000;

/** Says whether two ways cannot both be right, although they share no record. */
export type WaysCross<T> = (a: T, wayOfA: readonly Entry[], b: T, wayOfB: readonly Entry[]) => boolean;

/**
 * The ways that are left of each choice when all choices that could share a record are made together, each record used once. Only of
 * choices that have fewer ways then: what is the same in every solution is certain, and two solutions stay two.
 */
export function jointWays<T extends Choice>(choices: readonly T[], cross?: WaysCross<T>): Map<T, readonly (readonly Entry[])[]> {
  const { rootOf, join } = unions<Entry>();
  for (const { ways } of choices) for (const way of ways) for (const entry of way) join(ways[0]![0]!, entry);
  const groups = Map.groupBy(choices, ({ ways }) => rootOf(ways[0]![0]!));
  const left = new Map<T, readonly (readonly Entry[])[]>();
  for (const group of groups.values()) {
    if (group.length < 2 || group.every(({ ways }) => ways.length === 1)) continue;
    const used = waysInSolutions(group, cross);
    for (const choice of group) {
      const ways = choice.ways.filter((way) => used?.has(way));
      if (ways.length && ways.length < choice.ways.length) left.set(choice, ways);
    }
  }
  return left;
}

/** The ways that are part of any solution; undefined where there are too many combinations to try. */
function waysInSolutions<T extends Choice>(choices: readonly T[], cross?: WaysCross<T>): Set<readonly Entry[]> | undefined {
  const order = [...choices].sort((a, b) => a.ways.length - b.ways.length);
  const found = new Set<readonly Entry[]>();
  const taken = new Set<Entry>();
  const chosen: (readonly Entry[])[] = [];
  let steps = 0;
  function search(i: number): boolean {
    if (++steps > MOST_STEPS) return false;
    if (i === order.length) {
      for (const way of chosen) found.add(way);
      return true;
    }
    for (const way of order[i]!.ways) {
      if (way.some((entry) => taken.has(entry))) continue;
      if (cross && chosen.some((other, k) => cross(order[k]!, other, order[i]!, way))) continue;
      for (const entry of way) taken.add(entry);
      chosen.push(way);
      const isWhole = search(i + 1);
      chosen.pop();
      for (const entry of way) taken.delete(entry);
      if (!isWhole) return false;
    }
    return true;
  }
  return search(0) ? found : undefined;
}
