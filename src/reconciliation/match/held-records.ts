import type { Entry, FoundMatch, Side, Unequal } from '../entry.ts';
import { fits, lagOf } from '../passes/key.ts';
import { sumOf } from '../sums.ts';
import { isRefused, reopen, SIDES, type Work } from './work.ts';

/** Records that a key ties to others with another sum, with their group. */
export type Held = Readonly<Record<Side, ReadonlyMap<Entry, Unequal>>>;

/**
 * Records of a key that several records may have, whose sums differ: two lines of one receipt, of which the ledger has lost the number of
 * one. Each of them may be the partner of a record without its number as well as one that no key ties.
 */
export function heldOfSeveral({ unequal, rules: { passes } }: Pick<Work, 'unequal' | 'rules'>): Held {
  const held = { left: new Map<Entry, Unequal>(), right: new Map<Entry, Unequal>() };
  for (const group of unequal) {
    const pass = passes.find(({ name }) => name === group.pass);
    if (pass?.kind !== 'key') continue;
    if (pass.sides !== 'many_to_many' && SIDES.every((side) => group[side].length < 2)) continue;
    for (const side of SIDES) for (const entry of group[side]) held[side].set(entry, group);
  }
  return held;
}

/** The groups that the records of a match are held in. */
export function groupsOf(match: Pick<FoundMatch, Side>, held: Held): Unequal[] {
  return [...new Set(SIDES.flatMap((side) => match[side].flatMap((entry) => held[side].get(entry) ?? [])))];
}

/**
 * Pairs that explain the whole difference of a group, with the rest of the group: without the records that have their partners elsewhere
 * it adds up. All others are not taken.
 */
export function completedBy(work: Work, matches: readonly FoundMatch[], held: Held): FoundMatch[] {
  const byGroup = new Map<Unequal, FoundMatch[]>();
  for (const match of matches) {
    const [group, second] = groupsOf(match, held);
    if (!group || second || match.state !== 'confirmed' || isRefused(work, match)) continue;
    const isInside = SIDES.every((side) => match[side].every((entry) => held[side].has(entry)));
    if (!isInside) byGroup.set(group, [...(byGroup.get(group) ?? []), match]);
  }
  return [...byGroup].flatMap(([group, pairs]) => {
    const pass = work.rules.passes.find(({ name }) => name === group.pass);
    if (pass?.kind !== 'key' || pass.confirm !== 'automatic') return [];
    const gone = new Set(pairs.flatMap(({ left, right }) => [...left, ...right]));
    const [left, right] = SIDES.map((side) => group[side].filter((entry) => !gone.has(entry))) as [Entry[], Entry[]];
    if (!left.length && !right.length) {
      reopen(work, [group]);
      return pairs;
    }
    if (!left.length || !right.length || sumOf(left) !== sumOf(right) || !fits(left.length, right.length, pass.sides)) return [];
    const evidence = { fields: group.fields, lag: lagOf(left, right, work.days), rivals: 0 };
    const rest: FoundMatch = { pass: group.pass, state: 'confirmed', left, right, difference: 0, evidence };
    if (isRefused(work, rest)) return [];
    reopen(work, [group]);
    return [rest, ...pairs];
  });
}
