import type { Entry } from '../entry.ts';
import type { Unit } from './subset/only-subset.ts';

/**
 * Whether so many candidates are there that some of them would add up to any amount: the subsets that could reach the target, against
 * the amounts that they could come to. `isCounted`: it is known how many of them there are. `step`: amounts are taken to be no finer than
 * this, and few candidates are no exception, since what is wanted may not be among them.
 */
export function isByChance(
  near: readonly Unit[],
  minor: number,
  chance: number,
  chosen: readonly Entry[],
  { isCounted, step: least = 0 }: { isCounted: boolean; step?: number },
): boolean {
  const able = ableTo(near, minor);
  let [reach, step] = [0, 0];
  for (const unit of able) {
    reach += Math.abs(unit.minor);
    step = divisor(step, Math.abs(unit.minor));
  }
  // What two amounts have in common by accident says nothing of the others.
  const usual = least > 0 && step > 0 ? Math.max(stepIn(step), least) : step;
  const amounts = usual === 0 ? 1 : reach / usual;
  const isChosen = new Set(chosen);
  const size = near.filter(({ entries }) => isChosen.has(entries[0]!)).length;
  const subsets = isCounted ? subsetsUpTo(able.length, size) - subsetsUpTo(able.length, size - 1) : subsetsUpTo(able.length, size);
  return subsets * 1000 > chance * amounts && (least > 0 || able.length > FEWEST_BY_CHANCE);
}

/**
 * The same of candidates that are looked at group by group: the subsets of all groups, against the amounts that so many records come to. A
 * few of many cannot come to more than a few times the largest.
 */
export function isByChanceAmong(groups: readonly (readonly Unit[])[], minor: number, chance: number, chosen: readonly Entry[]): boolean {
  const isChosen = new Set(chosen);
  let [subsets, largest, step] = [0, 0, 0];
  const size = Math.max(...groups.map((group) => group.filter(({ entries }) => isChosen.has(entries[0]!)).length));
  for (const group of groups) {
    const able = ableTo(group, minor);
    subsets += subsetsUpTo(able.length, size);
    for (const unit of able) {
      largest = Math.max(largest, Math.abs(unit.minor));
      step = divisor(step, Math.abs(unit.minor));
    }
  }
  return subsets * 1000 > chance * (step === 0 ? 1 : (size * largest) / step);
}

/**
 * In how many ways an unrelated amount like this one would be expected to come from these units: all their subsets, spread as the sums of
 * independent choices are. Above one, what is wanted hardly ever comes in one way only.
 */
export function waysByChance(units: readonly Unit[], minor: number): number {
  let [sum, squares, step] = [0, 0, 0];
  for (const unit of units) {
    sum += unit.minor;
    squares += unit.minor * unit.minor;
    step = divisor(step, Math.abs(unit.minor));
  }
  if (squares === 0) return 2 ** units.length;
  const variance = squares / 4;
  const away = minor - sum / 2;
  return (2 ** units.length * step * Math.exp(-(away * away) / (2 * variance))) / Math.sqrt(2 * Math.PI * variance);
}

/** The units that can be part of such a sum: where all have one sign, none that is larger. */
function ableTo(units: readonly Unit[], minor: number): readonly Unit[] {
  const oneSign = units.every((unit) => unit.minor >= 0) || units.every((unit) => unit.minor <= 0);
  return oneSign ? units.filter((unit) => Math.abs(unit.minor) <= Math.abs(minor)) : units;
}

/** How many subsets of so many have this size or a smaller one: few are likelier than many. */
function subsetsUpTo(units: number, size: number): number {
  let [sum, ofSize] = [0, 1];
  for (let k = 1; k <= Math.min(size, units); k++) {
    ofSize = (ofSize * (units - k + 1)) / k;
    sum += ofSize;
  }
  return sum;
}

/** With so few candidates there are too few subsets for any to fit by chance, whatever the amounts are. */
const FEWEST_BY_CHANCE = 2;

function divisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/**
 * Whether one record of another day than those that are known stands alone for what is wanted, and its amount is an everyday one: 85.00 is
 * paid again and again, so a stranger may have just this amount however few others are open.
 */
export function isEveryday(chosen: readonly Entry[], known: readonly Entry[], chance: number): boolean {
  const [only, second] = chosen;
  if (!only || second || known.some(({ day }) => day === only.day)) return false;
  const minor = Math.abs(only.minor);
  return 1000 > chance * (minor / stepIn(minor));
}

/** Amounts in tens of dollars, in 5.00, 2.50, dollars, quarters and five cents come again more often than others. */
const STEPS = [1000, 500, 250, 100, 25, 5, 1];

function stepIn(minor: number): number {
  return STEPS.find((step) => minor % step === 0)!;
}

/** The step in which these amounts are, of those that are usual. */
export function usualStep(minors: readonly number[]): number {
  return stepIn(minors.reduce((step, minor) => divisor(step, Math.abs(minor)), 0) || 1);
}
