import type { Ambiguous, BusinessDays, Entry, FoundMatch, SubsetPass, Unequal } from '../entry.ts';
import { keyOf, pairName } from '../fields.ts';
import { sumOf } from '../sums.ts';
import { onlySubset, type Unit } from './only-subset.ts';
import { partsOf, takingsOf } from './settlement.ts';

export interface SubsetResult {
  matches: FoundMatch[];
  ambiguous: Ambiguous[];
  /** Key groups of earlier passes that are complete now. */
  completed: Unequal[];
}

interface Target {
  /** What the many must add up to, minor units; several where a settlement can be read in two ways. */
  minors: number[];
  day: number | null;
  anchor: Entry;
  group?: Unequal;
  /** The records of the group that the many are added to. */
  kept?: readonly Entry[];
}

/** A unit of a block, with the business days of its first and its last record, and its place in the order of the records. */
interface PlacedUnit extends Unit {
  first: number;
  last: number;
  place: number;
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
  const units = unitsByBlock(pass, open[manyOf(pass)], days);
  const result: SubsetResult = { matches: [], ambiguous: [], completed: [] };
  const solved: Solved[] = [];
  for (const target of targetsOf(pass, open, unequal)) {
    const key = keyOf(target.anchor, pass.block, pass.one);
    if (key === null || target.day === null) continue;
    const near = nearUnits(pass, units.get(key) ?? [], days.index(target.day));
    if (!near.length) continue;
    const answers = target.minors.map((minor) => (minor === 0 ? 'none' : onlySubset(near, minor))).filter((answer) => answer !== 'none');
    if (!answers.length || answers.some((answer) => answer === 'unknown')) continue;
    const found = answers.filter((answer) => typeof answer === 'object');
    const [first, second] = found;
    // What makes up the gross is part of what makes up gross and refunds: it says the same.
    const only = found.every(({ several }) => !several) && (!second || second.chosen.every((entry) => first!.chosen.includes(entry)));
    if (only) solved.push({ target, ...first!, byChance: first!.picked || isByChance(pass, near, target) });
    else result.ambiguous.push(ambiguousOf(pass, target, [...new Set(found.flatMap(({ chosen }) => chosen))]));
  }
  settle(pass, withoutSameAnswer(solved), result);
  return result;
}

/** Where the same records complete a group with its refunds and without them, the settlement has both: the whole group is the answer. */
function withoutSameAnswer(solved: readonly Solved[]): Solved[] {
  const whole = new Map(solved.filter(({ target }) => isWhole(target)).map((found) => [found.target.group, found]));
  return solved.filter((found) => {
    const other = isWhole(found.target) ? undefined : whole.get(found.target.group);
    return !other || other.chosen.length !== found.chosen.length || !found.chosen.every((entry) => other.chosen.includes(entry));
  });
}

function isWhole({ group, kept }: Target): boolean {
  return group !== undefined && kept?.length === group.left.length + group.right.length - 1;
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

/**
 * The open records of each block, by the day of their first one; those that agree in `together` are one unit. A record that lacks such a
 * value stands alone.
 */
function unitsByBlock(pass: SubsetPass, open: readonly Entry[], days: BusinessDays): Map<string, PlacedUnit[]> {
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
  return new Map(
    [...blocks].map(([key, block]) => [
      key,
      [...block.values()].map((entries, place) => placed(entries, place, days)).sort((a, b) => a.first - b.first || a.place - b.place),
    ]),
  );
}

function placed(entries: readonly Entry[], place: number, days: BusinessDays): PlacedUnit {
  let [first, last] = [Infinity, -Infinity];
  for (const { day } of entries) {
    const index = days.index(day!);
    first = Math.min(first, index);
    last = Math.max(last, index);
  }
  return { minor: sumOf(entries), entries, first, last, place };
}

/**
 * The units of a block that are wholly within the days of a target, in the order of their records; none where there are more of them
 * than are tried. Costs as much as there are units of these days, however many the block has.
 */
function nearUnits(pass: SubsetPass, block: readonly PlacedUnit[], at: number): Unit[] {
  const [from, to] = pass.one === 'right' ? [at - pass.within.to, at - pass.within.from] : [at + pass.within.from, at + pass.within.to];
  const near: PlacedUnit[] = [];
  for (let i = firstFrom(block, from); i < block.length && block[i]!.first <= to; i++) {
    if (block[i]!.last > to) continue;
    near.push(block[i]!);
    if (near.length > pass.most) return [];
  }
  return near.sort((a, b) => a.place - b.place);
}

function firstFrom(block: readonly PlacedUnit[], from: number): number {
  let [low, high] = [0, block.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (block[middle]!.first < from) low = middle + 1;
    else high = middle;
  }
  return low;
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
