import { unions } from '../unions.ts';
import type { Entry } from '../entry.ts';
import type { Unit } from './subset/only-subset.ts';

/** What a target needs, and the units of which it may be made up. */
export interface Need {
  minor: number;
  units: readonly Unit[];
}

/**
 * The needs of which it is known that what they are made up of is there: all targets that could share a record need, together, just what
 * all their candidates come to. Then no candidate is a stranger, and a sum does not fit by chance.
 */
export function balancedNeeds(needs: readonly Need[]): Set<Need> {
  const { rootOf, join } = unions<Entry>();
  const minors = new Map<Entry, number>();
  for (const { units } of needs) {
    for (const { entries, minor } of units) {
      const [name] = entries;
      minors.set(name!, minor);
      join(units[0]!.entries[0]!, name!);
    }
  }
  const sums = new Map<Entry, number>();
  for (const [entry, minor] of minors) sums.set(rootOf(entry), (sums.get(rootOf(entry)) ?? 0) + minor);
  const groups = Map.groupBy(
    needs.filter(({ units }) => units.length > 0),
    ({ units }) => rootOf(units[0]!.entries[0]!),
  );
  const balanced = new Set<Need>();
  const sizes = new Map<Entry, number>();
  for (const entry of minors.keys()) sizes.set(rootOf(entry), (sizes.get(rootOf(entry)) ?? 0) + 1);
  // One record for one need says no more than that their amounts are equal.
  for (const [root, group] of groups)
    if (sizes.get(root)! > 1 && group.reduce((sum, { minor }) => sum + minor, 0) === sums.get(root))
      for (const need of group) balanced.add(need);
  return balanced;
}
