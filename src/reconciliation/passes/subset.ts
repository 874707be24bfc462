import type { Ambiguous, BusinessDays, Entry, FoundMatch, SubsetPass, Unequal } from '../entry.ts';
import { keyOf, pairName } from '../fields.ts';
import { sumOf } from '../sums.ts';

export interface SubsetResult {
  matches: FoundMatch[];
  ambiguous: Ambiguous[];
  /** Key groups of earlier passes that are complete now. */
  completed: Unequal[];
}

/** A search that looks at more partial sums than this gives up: what is not proved is not confirmed. */
const MAX_STEPS = 100_000;

interface Target {
  /** What the many must add up to, minor units. */
  minor: number;
  day: number | null;
  anchor: Entry;
  group?: Unequal;
}

/**
 * Finds records of one side that add up to one record of the other, or to what a key group lacks. A solution counts only when
 * a second one was looked for and there is none. Targets that could share a record are ambiguous, whichever comes first.
 */
export function matchBySubset(
  pass: SubsetPass,
  open: { left: readonly Entry[]; right: readonly Entry[] },
  unequal: readonly Unequal[],
  days: BusinessDays,
): SubsetResult {
  const many = pass.one === 'left' ? 'right' : 'left';
  const candidates = new Map<string, Entry[]>();
  for (const entry of open[many]) {
    const key = entry.day === null ? null : keyOf(entry, pass.block, many);
    if (key === null) continue;
    const list = candidates.get(key);
    if (list) list.push(entry);
    else candidates.set(key, [entry]);
  }
  const result: SubsetResult = { matches: [], ambiguous: [], completed: [] };
  const solved: { target: Target; chosen: Entry[] }[] = [];
  for (const target of targetsOf(pass, open, unequal)) {
    const key = keyOf(target.anchor, pass.block, pass.one);
    if (key === null || target.day === null) continue;
    const near = (candidates.get(key) ?? []).filter((entry) => isNear(pass, target.day!, entry.day!, days));
    if (!near.length || near.length > pass.most) continue;
    const answer = onlySubset(near, target.minor);
    if (answer === 'several') result.ambiguous.push(sided(pass, { one: [target.anchor], many: near }));
    else if (Array.isArray(answer)) solved.push({ target, chosen: answer });
  }
  settle(pass, solved, result);
  return result;
}

function targetsOf(pass: SubsetPass, open: { left: readonly Entry[]; right: readonly Entry[] }, unequal: readonly Unequal[]): Target[] {
  const targets: Target[] = open[pass.one].map((entry) => ({ minor: entry.minor, day: entry.day, anchor: entry }));
  for (const group of unequal) {
    const one = group[pass.one];
    if (one.length !== 1) continue;
    // Right less left: what the many lack is the rest of the one.
    const missing = pass.one === 'right' ? group.difference : -group.difference;
    targets.push({ minor: missing, day: one[0]!.day, anchor: one[0]!, group });
  }
  return targets;
}

/** Targets whose solutions have no record in common with another's; the others are ambiguous. */
function settle(pass: SubsetPass, solved: { target: Target; chosen: Entry[] }[], result: SubsetResult): void {
  const wanted = new Map<Entry, number>();
  for (const { chosen } of solved) for (const entry of chosen) wanted.set(entry, (wanted.get(entry) ?? 0) + 1);
  for (const { target, chosen } of solved) {
    if (chosen.some((entry) => wanted.get(entry)! > 1)) {
      result.ambiguous.push(sided(pass, { one: [target.anchor], many: chosen }));
      continue;
    }
    const kept = target.group ? target.group[pass.one === 'left' ? 'right' : 'left'] : [];
    const { left, right } = sided(pass, { one: [target.anchor], many: [...kept, ...chosen] });
    const automatic = pass.confirm === 'automatic';
    if (target.group) result.completed.push(target.group);
    result.matches.push({
      pass: pass.name,
      state: automatic ? 'confirmed' : 'proposed',
      left,
      right,
      difference: sumOf(right) - sumOf(left),
      evidence: {
        fields: [...(target.group?.fields ?? []), ...pass.block.map(pairName)],
        lag: null,
        rivals: 0,
        ...(automatic ? {} : { doubt: 'suggested' as const }),
      },
    });
  }
}

function sided(pass: SubsetPass, { one, many }: { one: Entry[]; many: Entry[] }): Ambiguous {
  return pass.one === 'left' ? { pass: pass.name, left: one, right: many } : { pass: pass.name, left: many, right: one };
}

function isNear(pass: SubsetPass, one: number, other: number, days: BusinessDays): boolean {
  const lag = pass.one === 'right' ? days.index(one) - days.index(other) : days.index(other) - days.index(one);
  return lag >= pass.within.from && lag <= pass.within.to;
}

/**
 * The only subset of `entries` with this sum; `several` when there are more, `none`, or `unknown` when the search would take
 * too long. Records of equal amount, day and values are interchangeable: which of them it is makes no second solution.
 * An empty subset is no solution.
 */
export function onlySubset(entries: readonly Entry[], minor: number): Entry[] | 'several' | 'none' | 'unknown' {
  const kinds = kindsOf(entries);
  // What the kinds from i on can still add, at the least and at the most: a branch that cannot arrive is left.
  const least: number[] = Array.from({ length: kinds.length + 1 }, () => 0);
  const most: number[] = Array.from({ length: kinds.length + 1 }, () => 0);
  for (let i = kinds.length - 1; i >= 0; i--) {
    const all = kinds[i]!.minor * kinds[i]!.entries.length;
    least[i] = least[i + 1]! + Math.min(0, all);
    most[i] = most[i + 1]! + Math.max(0, all);
  }
  const taken: number[] = [];
  let solution: number[] | undefined;
  let solutions = 0;
  let steps = 0;
  function search(i: number, rest: number): boolean {
    if (++steps > MAX_STEPS) return false;
    if (i === kinds.length) {
      if (rest !== 0 || !taken.some((n) => n > 0)) return true;
      solution ??= [...taken];
      return ++solutions < 2;
    }
    if (rest < least[i]! || rest > most[i]!) return true;
    const { minor: each, entries: same } = kinds[i]!;
    for (let n = 0; n <= same.length; n++) {
      taken[i] = n;
      if (!search(i + 1, rest - n * each)) return false;
    }
    taken[i] = 0;
    return true;
  }
  search(0, minor);
  if (solutions > 1) return 'several';
  if (steps > MAX_STEPS) return 'unknown';
  if (!solution) return 'none';
  return kinds.flatMap(({ entries: same }, i) => same.slice(0, solution![i]));
}

/** Entries that cannot be distinguished, together; the largest amounts first, so branches end early. */
function kindsOf(entries: readonly Entry[]): { minor: number; entries: Entry[] }[] {
  const kinds = new Map<string, Entry[]>();
  for (const entry of [...entries].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const name = JSON.stringify([entry.minor, entry.day, entry.values]);
    const list = kinds.get(name);
    if (list) list.push(entry);
    else kinds.set(name, [entry]);
  }
  return [...kinds.values()]
    .map((list) => ({ minor: list[0]!.minor, entries: list }))
    .sort((a, b) => Math.abs(b.minor) - Math.abs(a.minor));
}
