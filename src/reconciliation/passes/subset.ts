import type { Ambiguous, BusinessDays, Entry, FoundMatch, SubsetPass, Unequal } from '../entry.ts';
import { keyOf, pairName } from '../fields.ts';
import { sumOf } from '../sums.ts';
import { partsOf, takingsOf } from './settlement.ts';

export interface SubsetResult {
  matches: FoundMatch[];
  ambiguous: Ambiguous[];
  /** Key groups of earlier passes that are complete now. */
  completed: Unequal[];
}

/** A search that looks at more partial sums than this gives up: what is not proved is not confirmed. */
const MAX_STEPS = 100_000;

interface Target {
  /** What the many must add up to, minor units; several where a settlement can be read in two ways. */
  minors: number[];
  day: number | null;
  anchor: Entry;
  group?: Unequal;
  /** The records of the group that the many are added to. */
  kept?: readonly Entry[];
}

/** Records that are taken together or not at all. */
interface Unit {
  minor: number;
  entries: readonly Entry[];
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
  const units = unitsByBlock(pass, open[manyOf(pass)]);
  const result: SubsetResult = { matches: [], ambiguous: [], completed: [] };
  const solved: Solved[] = [];
  for (const target of targetsOf(pass, open, unequal)) {
    const key = keyOf(target.anchor, pass.block, pass.one);
    if (key === null || target.day === null) continue;
    const near = (units.get(key) ?? []).filter(({ entries }) => entries.every(({ day }) => isNear(pass, target.day!, day!, days)));
    if (!near.length || near.length > pass.most) continue;
    const answers = target.minors.map((minor) => (minor === 0 ? 'none' : onlySubset(near, minor))).filter((answer) => answer !== 'none');
    if (!answers.length || answers.some((answer) => answer === 'unknown')) continue;
    const found = answers.filter((answer) => typeof answer === 'object');
    const [first, second] = found;
    // What makes up the gross is part of what makes up gross and refunds: it says the same.
    const only = found.every(({ several }) => !several) && (!second || second.chosen.every((entry) => first!.chosen.includes(entry)));
    if (only) solved.push({ target, ...first!, byChance: first!.picked || isByChance(pass, near, target) });
    else result.ambiguous.push(ambiguousOf(pass, target, [...new Set(found.flatMap(({ chosen }) => chosen))]));
  }
  settle(pass, solved, result);
  return result;
}

interface Solved {
  target: Target;
  chosen: Entry[];
  /** So many candidates would add up to an unrelated amount as well, or which of equal ones it is cannot be told. */
  byChance: boolean;
}

function manyOf({ one }: SubsetPass): 'left' | 'right' {
  return one === 'left' ? 'right' : 'left';
}

/** The open records of each block; those that agree in `together` are one unit. A record that lacks such a value stands alone. */
function unitsByBlock(pass: SubsetPass, open: readonly Entry[]): Map<string, Unit[]> {
  const blocks = new Map<string, Map<string, Entry[]>>();
  for (const entry of open) {
    const key = entry.day === null ? null : keyOf(entry, pass.block, manyOf(pass));
    if (key === null) continue;
    const values = pass.together.map((field) => entry.values[field] ?? '');
    const name = !values.length || values.includes('') ? `\u0000${entry.id}` : JSON.stringify(values);
    let block = blocks.get(key);
    if (!block) blocks.set(key, (block = new Map()));
    const unit = block.get(name);
    if (unit) unit.push(entry);
    else block.set(name, [entry]);
  }
  return new Map([...blocks].map(([key, block]) => [key, [...block.values()].map((entries) => ({ minor: sumOf(entries), entries }))]));
}

function targetsOf(pass: SubsetPass, open: { left: readonly Entry[]; right: readonly Entry[] }, unequal: readonly Unequal[]): Target[] {
  const wanted = (entry: Entry): number[] =>
    pass.parts === undefined ? [entry.minor] : [...new Set(takingsOf({ parts: pass.parts, negative: pass.negative }, entry))];
  const targets: Target[] = open[pass.one].map((entry) => ({ minors: wanted(entry), day: entry.day, anchor: entry }));
  for (const group of unequal) {
    const [one] = group[pass.one];
    if (!one || group[pass.one].length !== 1) continue;
    const kept = group[manyOf(pass)];
    const have = sumOf(kept);
    targets.push({ minors: wanted(one).map((minor) => minor - have), day: one.day, anchor: one, group, kept });
    const sales = kept.filter(({ minor }) => minor > 0);
    const gross = pass.parts === undefined ? undefined : partsOf({ parts: pass.parts, negative: pass.negative }, one).gross;
    // Its refunds may have been netted into another settlement.
    if (gross !== undefined && sales.length > 0 && sales.length < kept.length)
      targets.push({ minors: wanted(one).map((minor) => minor - sumOf(sales)), day: one.day, anchor: one, group, kept: sales });
  }
  return targets;
}

/** Targets whose solutions have no record in common with another's; the others are ambiguous. */
function settle(pass: SubsetPass, solved: Solved[], result: SubsetResult): void {
  const wanted = new Map<Entry, number>();
  const anchors = new Map<Entry, number>();
  for (const { target, chosen } of solved) {
    for (const entry of chosen) wanted.set(entry, (wanted.get(entry) ?? 0) + 1);
    anchors.set(target.anchor, (anchors.get(target.anchor) ?? 0) + 1);
  }
  for (const { target, chosen, byChance } of solved) {
    if (anchors.get(target.anchor)! > 1 || chosen.some((entry) => wanted.get(entry)! > 1)) {
      result.ambiguous.push(ambiguousOf(pass, target, chosen));
      continue;
    }
    const kept = target.kept ?? [];
    const { left, right } = sided(pass, { one: [target.anchor], many: [...kept, ...chosen] });
    const doubt = pass.confirm === 'suggest' ? 'suggested' : byChance ? 'by_chance' : undefined;
    if (target.group) result.completed.push(target.group);
    result.matches.push({
      pass: pass.name,
      state: doubt ? 'proposed' : 'confirmed',
      left,
      right,
      difference: sumOf(right) - sumOf(left),
      evidence: {
        fields: [...(target.group?.fields ?? []), ...pass.block.map(pairName)],
        lag: null,
        rivals: 0,
        ...(pass.parts === undefined ? {} : { parts: partsOf({ parts: pass.parts, negative: pass.negative }, target.anchor) }),
        ...(doubt ? { doubt } : {}),
      },
    });
  }
}

/**
 * Whether so many candidates are there that some of them would add up to any amount: the subsets that could reach the target, against
 * the amounts that they could come to.
 */
function isByChance(pass: SubsetPass, near: readonly Unit[], { minors }: Target): boolean {
  const most = Math.max(...minors.map(Math.abs));
  const positive = near.every(({ minor }) => minor >= 0);
  const able = positive ? near.filter(({ minor }) => minor <= most) : near;
  let [reach, step] = [0, 0];
  for (const { minor } of able) {
    reach += Math.abs(minor);
    step = divisor(step, Math.abs(minor));
  }
  const amounts = step === 0 ? 1 : reach / step;
  return 2 ** able.length * 1000 > pass.chance * amounts && able.length > FEWEST_BY_CHANCE;
}

/** With so few candidates there are too few subsets for any to fit by chance, whatever the amounts are. */
const FEWEST_BY_CHANCE = 2;

function divisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/** A settlement whose payments add up to its gross is tied, whatever becomes of its refunds; only these are in doubt. */
function ambiguousOf(pass: SubsetPass, { anchor, group }: Target, many: Entry[]): Ambiguous {
  return group?.otherwise ? { ...sided(pass, { one: [], many }), oneSided: true } : sided(pass, { one: [anchor], many });
}

function sided(pass: SubsetPass, { one, many }: { one: Entry[]; many: Entry[] }): Ambiguous {
  return pass.one === 'left' ? { pass: pass.name, left: one, right: many } : { pass: pass.name, left: many, right: one };
}

function isNear(pass: SubsetPass, one: number, other: number, days: BusinessDays): boolean {
  const lag = pass.one === 'right' ? days.index(one) - days.index(other) : days.index(other) - days.index(one);
  return lag >= pass.within.from && lag <= pass.within.to;
}

/** Records that have the wanted sum. */
export interface Subset {
  chosen: Entry[];
  picked: boolean;
  /** There is more than one subset: `chosen` has the records of all of them. */
  several: boolean;
}

/**
 * The only subset of `units` with this sum; the records of all of them when there are more; `none`, or `unknown` when the search
 * would take too long. Single records of equal amount, day and values are interchangeable: which of them it is makes no second solution, but
 * `picked` says that only some of them were taken. An empty subset is no solution.
 */
export function onlySubset(units: readonly Unit[], minor: number): Subset | 'none' | 'unknown' {
  const kinds = kindsOf(units);
  // What the kinds from i on can still add, at the least and at the most: a branch that cannot arrive is left.
  const least: number[] = Array.from({ length: kinds.length + 1 }, () => 0);
  const most: number[] = Array.from({ length: kinds.length + 1 }, () => 0);
  for (let i = kinds.length - 1; i >= 0; i--) {
    const all = kinds[i]!.minor * kinds[i]!.units.length;
    least[i] = least[i + 1]! + Math.min(0, all);
    most[i] = most[i + 1]! + Math.max(0, all);
  }
  const taken: number[] = [];
  const inAny = new Set<number>();
  let solution: number[] | undefined;
  let solutions = 0;
  let steps = 0;
  function search(i: number, rest: number): boolean {
    if (++steps > MAX_STEPS) return false;
    if (i === kinds.length) {
      if (rest !== 0 || !taken.some((n) => n > 0)) return true;
      solution ??= [...taken];
      solutions++;
      taken.forEach((n, kind) => n > 0 && inAny.add(kind));
      return true;
    }
    if (rest < least[i]! || rest > most[i]!) return true;
    const { minor: each, units: same } = kinds[i]!;
    for (let n = 0; n <= same.length; n++) {
      taken[i] = n;
      if (!search(i + 1, rest - n * each)) return false;
    }
    taken[i] = 0;
    return true;
  }
  search(0, minor);
  // Where not all solutions were seen, each record may be in one.
  const possible = kinds.flatMap(({ units: same }, i) => (steps > MAX_STEPS || inAny.has(i) ? same.flatMap(({ entries }) => entries) : []));
  if (solutions > 1) return { chosen: possible, picked: true, several: true };
  if (steps > MAX_STEPS) return 'unknown';
  if (!solution) return 'none';
  const counts = solution;
  return {
    chosen: kinds.flatMap(({ units: same }, i) => same.slice(0, counts[i]).flatMap(({ entries }) => entries)),
    picked: kinds.some(({ units: same }, i) => counts[i]! > 0 && counts[i]! < same.length),
    several: false,
  };
}

/** Units that cannot be distinguished, together; the largest amounts first, so branches end early. */
function kindsOf(units: readonly Unit[]): { minor: number; units: Unit[] }[] {
  const kinds = new Map<string, Unit[]>();
  for (const unit of [...units].sort((a, b) => (a.entries[0]!.id < b.entries[0]!.id ? -1 : 1))) {
    const [first] = unit.entries;
    const name = unit.entries.length > 1 ? first!.id : JSON.stringify([unit.minor, first!.day, first!.values]);
    const list = kinds.get(name);
    if (list) list.push(unit);
    else kinds.set(name, [unit]);
  }
  return [...kinds.values()].map((list) => ({ minor: list[0]!.minor, units: list })).sort((a, b) => Math.abs(b.minor) - Math.abs(a.minor));
}
