import type { BusinessDays, Entry, FoundMatch, KeyPass, Unequal, Window } from '../entry.ts';
import { keyOf, pairName } from '../fields.ts';
import { allowedDifference, sumOf } from '../sums.ts';

export interface KeyResult {
  matches: FoundMatch[];
  /** Tied by the key, with another sum: a difference with its evidence, unless a later pass finds what is missing. */
  unequal: Unequal[];
  /** Tied by the key, with more records than `sides` allows. */
  unfit: Unequal[];
}

/**
 * Ties records whose keys are equal. A key is taken only where each side has as many records as `sides` allows; others stay
 * open for the next pass. No member of a group is ever left out to make the sums fit. The order of entries does not matter.
 */
export function matchByKey(pass: KeyPass, left: readonly Entry[], right: readonly Entry[], days: BusinessDays): KeyResult {
  const result: KeyResult = { matches: [], unequal: [], unfit: [] };
  const fields = pass.on.map(pairName);
  for (const group of keyGroups(pass, left, right, days))
    if (!fits(group.left.length, group.right.length, pass.sides))
      result.unfit.push({ pass: pass.name, ...group, difference: sumOf(group.right) - sumOf(group.left), fields });
    else tie(pass, group, fields, days, result);
  return result;
}

/** Records of both sides with equal keys, and near in days where the pass says so. */
export function keyGroups(
  pass: Pick<KeyPass, 'on' | 'within'>,
  left: readonly Entry[],
  right: readonly Entry[],
  days: BusinessDays,
): Group[] {
  const buckets = new Map<string, Group>();
  for (const [side, entries] of [
    ['left', left],
    ['right', right],
  ] as const)
    for (const entry of entries) {
      const key = keyOf(entry, pass.on, side);
      if (key === null) continue;
      let bucket = buckets.get(key);
      if (!bucket) buckets.set(key, (bucket = { left: [], right: [] }));
      bucket[side].push(entry);
    }
  return [...buckets.values()]
    .filter((bucket) => bucket.left.length && bucket.right.length)
    .flatMap((bucket) => (pass.within ? byDays(bucket, pass.within, days) : [bucket]))
    .filter((group) => group.left.length && group.right.length);
}

function tie(pass: KeyPass, group: Group, fields: string[], days: BusinessDays, result: KeyResult): void {
  const { left, right } = group;
  const [l, r] = [sumOf(left), sumOf(right)];
  const difference = r - l;
  if (Math.abs(difference) > allowedDifference(pass.tolerance, l, r)) {
    result.unequal.push({ pass: pass.name, left, right, difference, fields });
    return;
  }
  const automatic = pass.confirm === 'automatic';
  result.matches.push({
    pass: pass.name,
    state: automatic ? 'confirmed' : 'proposed',
    left,
    right,
    difference,
    evidence: { fields, lag: lagOf(left, right, days), rivals: 0, ...(automatic ? {} : { doubt: 'suggested' as const }) },
  });
}

interface Group {
  left: Entry[];
  right: Entry[];
}

/** Whether a key may have so many records of each side. */
export function fits(left: number, right: number, sides: KeyPass['sides']): boolean {
  if (!left || !right) return false;
  if (left > 1 && (sides === 'one_to_one' || sides === 'one_to_many')) return false;
  return !(right > 1 && (sides === 'one_to_one' || sides === 'many_to_one'));
}

/**
 * Splits the records of one key where the days between them are more than the window is wide: the same slip number a year
 * later is another slip. A record without a day could belong to each of them, so where there is more than one, none is tied.
 */
function byDays(bucket: Group, window: Window, days: BusinessDays): Group[] {
  const all = [
    ...bucket.left.map((entry) => ({ entry, side: 'left' as const })),
    ...bucket.right.map((entry) => ({ entry, side: 'right' as const })),
  ];
  const dated = all.filter(({ entry }) => entry.day !== null).sort((a, b) => a.entry.day! - b.entry.day!);
  const widest = Math.max(Math.abs(window.from), Math.abs(window.to));
  const groups: Group[] = [];
  let last: number | undefined;
  for (const { entry, side } of dated) {
    const index = days.index(entry.day!);
    if (last === undefined || index - last > widest) groups.push({ left: [], right: [] });
    groups.at(-1)![side].push(entry);
    last = index;
  }
  const undated = all.filter(({ entry }) => entry.day === null);
  if (!undated.length) return groups;
  if (groups.length > 1) return [];
  const only = groups[0] ?? { left: [], right: [] };
  for (const { entry, side } of undated) only[side].push(entry);
  return [only];
}

/** Business days between one left and one right record; null for several, or without a day. */
export function lagOf(left: readonly Entry[], right: readonly Entry[], days: BusinessDays): number | null {
  const [l, r] = [left[0]?.day, right[0]?.day];
  if (left.length !== 1 || right.length !== 1 || typeof l !== 'number' || typeof r !== 'number') return null;
  return days.index(r) - days.index(l);
}
