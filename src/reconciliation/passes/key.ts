import type { BusinessDays, Entry, FoundMatch, KeyPass, Side, Unequal, Window } from '../entry.ts';
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
  // The number of each entry's group first: lists are made only of groups that both sides are in, and just as long as they are.
  const numbers = new Map<string, number>();
  const ofLeft = Int32Array.from(left, (entry) => {
    const key = keyOf(entry, pass.on, 'left');
    if (key === null) return NONE;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  });
  const ofRight = Int32Array.from(right, (entry) => {
    const key = keyOf(entry, pass.on, 'right');
    return key === null ? NONE : (numbers.get(key) ?? NONE);
  });
  const groups = groupsOf(left, right, ofLeft, ofRight, numbers.size);
  const { within } = pass;
  return within ? groups.flatMap((group) => byDays(group, within, days)).filter((g) => g.left.length && g.right.length) : groups;
}

/** In no group. */
const NONE = -1;

/** The entries of each group, in their order; only groups with entries of both sides. */
function groupsOf(left: readonly Entry[], right: readonly Entry[], ofLeft: Int32Array, ofRight: Int32Array, size: number): Group[] {
  const counts = { left: new Int32Array(size), right: new Int32Array(size) };
  for (const group of ofLeft) if (group !== NONE) counts.left[group]!++;
  for (const group of ofRight) if (group !== NONE) counts.right[group]!++;
  const groups: Group[] = [];
  const at = new Int32Array(size).fill(NONE);
  for (let group = 0; group < size; group++) {
    const [l, r] = [counts.left[group]!, counts.right[group]!];
    if (!l || !r) continue;
    at[group] = groups.length;
    groups.push({ left: new Array<Entry>(l), right: new Array<Entry>(r) });
  }
  const fill = (entries: readonly Entry[], of: Int32Array, side: Side): void => {
    // From the last one on, so that what is left of the count is its place.
    for (let i = entries.length - 1; i >= 0; i--) {
      const place = of[i] === NONE ? NONE : at[of[i]!]!;
      if (place !== NONE) groups[place]![side][--counts[side][of[i]!]!] = entries[i]!;
    }
  };
  fill(left, ofLeft, 'left');
  fill(right, ofRight, 'right');
  return groups;
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
  const starts = spellsOf(
    dated.map(({ entry }) => days.index(entry.day!)),
    window,
  );
  const groups: Group[] = starts.map(() => ({ left: [], right: [] }));
  let group = 0;
  for (const { entry, side } of dated) {
    while (group + 1 < starts.length && days.index(entry.day!) >= starts[group + 1]!) group++;
    groups[group]![side].push(entry);
  }
  const undated = all.filter(({ entry }) => entry.day === null);
  if (!undated.length) return groups;
  if (groups.length > 1) return [];
  const only = groups[0] ?? { left: [], right: [] };
  for (const { entry, side } of undated) only[side].push(entry);
  return [only];
}

/** The first of each run of days (as counted) in which a key is used, where the days between two runs are more than the window is wide. */
export function spellsOf(indexes: readonly number[], { from, to }: Window): number[] {
  const widest = Math.max(Math.abs(from), Math.abs(to));
  const inOrder = [...indexes].sort((a, b) => a - b);
  return inOrder.filter((index, i) => i === 0 || index - inOrder[i - 1]! > widest);
}

/** Business days between one left and one right record; null for several, or without a day. */
export function lagOf(left: readonly Entry[], right: readonly Entry[], days: BusinessDays): number | null {
  const [l, r] = [left[0]?.day, right[0]?.day];
  if (left.length !== 1 || right.length !== 1 || typeof l !== 'number' || typeof r !== 'number') return null;
  return days.index(r) - days.index(l);
}
