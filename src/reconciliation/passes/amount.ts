import type { AmountPass, Ambiguous, BusinessDays, Entry, FoundMatch, KeyPass, Window } from '../entry.ts';
import { keyOf, pairName } from '../fields.ts';
import { allowedDifference } from '../sums.ts';
import { textAgreement } from '../text.ts';
import { type Excludes, excludesByNumbers } from './different-numbers.ts';
import { solveEqualAmounts } from './equal-amounts.ts';
import { firstAtLeast } from '../../core/first-at-least.ts';
import { pairOrder, type Series, type Tie } from './pair-order.ts';
import { type CertainPair, type Crosses, type Pair, type SolvedPairs, solvePairs } from './pairs.ts';

export interface AmountResult {
  matches: FoundMatch[];
  ambiguous: Ambiguous[];
}

/**
 * Ties single records of equal amount (within the tolerance) and near days, inside blocks of records that agree in `block`.
 * A pair is tied when nothing else fits either record; when references name each other and no rival's do so as well; or when
 * its whole group of rivals balances in one way only. Whatever has two solutions is ambiguous. The order of entries never
 * matters: all pairs that are certain are taken at once, and then the rest is looked at again without them.
 *
 * `allRight` are all entries of the right, also those that are matched already: an amount that is common in its block may find a
 * partner by chance, and is then proposed instead of confirmed. `numbers`: keys of earlier passes; of several solutions, those are none
 * that put two different numbers together. `tied`: pairs that are known, next to which `order` says where the others are, in each of `series`.
 */
export function matchByAmount(
  pass: AmountPass,
  open: { left: readonly Entry[]; right: readonly Entry[] },
  allRight: readonly Entry[],
  days: BusinessDays,
  numbers: readonly KeyPass[] = [],
  tied: readonly Tie[] = [],
  series?: Series,
): AmountResult {
  const result: AmountResult = { matches: [], ambiguous: [] };
  const common = commonAmounts(pass, allRight, days);
  const byNumbers = numbers.length ? excludesByNumbers(numbers, pass.block, { left: open.left, right: allRight }) : undefined;
  const known = [...tied];
  let rest = open;
  for (;;) {
    const order = pass.order && pairOrder(pass, pass.order, rest, known, series);
    const excludes: Excludes | undefined = order ? (l, r) => (byNumbers?.(l, r) ?? false) || order.excludes(l, r) : byNumbers;
    const isByChance = (pair: CertainPair): boolean => {
      if (pair.text > 0) return false;
      if (order?.excludes(pair.left, pair.right)) return true;
      // More than certain is no share: at 1000 of 1000 only numbers and the order speak against a pair.
      if (pass.chance >= 1000 && !excludes?.(pair.left, pair.right)) return false;
      return common(pair);
    };
    const solved = [...blocksOf(pass, rest).values()].flatMap((block) => solvedIn(pass, block, days, excludes, order?.crosses));
    const pairs = solved.flatMap(({ certain }) => certain);
    for (const pair of pairs) result.matches.push(found(pass, pair, isByChance));
    // Each pair that is known says more of its neighbors; what may be one by chance does not.
    if (!order || !pairs.length) {
      for (const { ambiguous } of solved) for (const group of ambiguous) result.ambiguous.push({ pass: pass.name, ...group });
      return result;
    }
    for (const pair of pairs) if (!isByChance(pair)) known.push({ left: pair.left, right: pair.right });
    const used = new Set(pairs.flatMap(({ left, right }) => [left, right]));
    rest = { left: rest.left.filter((entry) => !used.has(entry)), right: rest.right.filter((entry) => !used.has(entry)) };
  }
}

interface Block {
  left: Entry[];
  right: Entry[];
}

function solvedIn(pass: AmountPass, block: Block, days: BusinessDays, excludes?: Excludes, crosses?: Crosses): SolvedPairs[] {
  if (pass.tolerance) return [solvePairs(pairsOf(pass, block, days), excludes, crosses)];
  return [...amountsOf(block).values()].map(({ left, right }) => solveEqualAmounts(pass, left, right, days, excludes, crosses));
}

/** The records of each amount that both sides have. */
function amountsOf({ left, right }: Block): Map<number, Block> {
  const amounts = new Map<number, Block>();
  for (const entry of left) {
    const same = amounts.get(entry.minor);
    if (same) same.left.push(entry);
    else amounts.set(entry.minor, { left: [entry], right: [] });
  }
  for (const entry of right) amounts.get(entry.minor)?.right.push(entry);
  return amounts;
}

function blocksOf(pass: AmountPass, open: { left: readonly Entry[]; right: readonly Entry[] }): Map<string, Block> {
  const blocks = new Map<string, Block>();
  for (const side of ['left', 'right'] as const)
    for (const entry of open[side]) {
      if (entry.day === null) continue;
      const key = keyOf(entry, pass.block, side);
      if (key === null) continue;
      let block = blocks.get(key);
      if (!block) blocks.set(key, (block = { left: [], right: [] }));
      block[side].push(entry);
    }
  return blocks;
}

/** Every pair that fits within the tolerance, by amounts in order and days. */
function pairsOf(pass: AmountPass, block: Block, days: BusinessDays): Pair[] {
  const right = [...block.right].sort((a, b) => a.minor - b.minor || a.day! - b.day!);
  const amounts = right.map(({ minor }) => minor);
  const pairs: Pair[] = [];
  for (const left of block.left) {
    const from = days.index(left.day!);
    const reach = allowedDifference(pass.tolerance, left.minor, left.minor * 2);
    for (let i = firstAtLeast(amounts, left.minor - reach); i < right.length && right[i]!.minor <= left.minor + reach; i++) {
      const other = right[i]!;
      const lag = days.index(other.day!) - from;
      if (lag < pass.within.from || lag > pass.within.to) continue;
      if (Math.abs(other.minor - left.minor) > allowedDifference(pass.tolerance, left.minor, other.minor)) continue;
      pairs.push({ left, right: other, lag, text: textAgreement(left, other, pass.text) });
    }
  }
  return pairs;
}

function found(pass: AmountPass, pair: CertainPair, isByChance: (pair: CertainPair) => boolean): FoundMatch {
  const { left, right, text, rivals } = pair;
  const doubt = pass.confirm === 'suggest' ? 'suggested' : isByChance(pair) ? 'by_chance' : undefined;
  const texts = text > 0 ? pass.text.filter((fields) => textAgreement(left, right, [fields]) === text).map(pairName) : [];
  return {
    pass: pass.name,
    state: doubt ? 'proposed' : 'confirmed',
    left: [left],
    right: [right],
    difference: right.minor - left.minor,
    evidence: { fields: [...pass.block.map(pairName), ...texts], lag: pair.lag, rivals, ...(doubt ? { doubt } : {}) },
  };
}

/** Business days before and after a record in which strangers of its amount are counted: half a year. */
const COUNTED = 125;

/**
 * Whether an amount is so common on the right of its block that a record without a partner would find one by chance: expected
 * strangers in the window, in a thousand, over the pass's `chance`. They are counted around the record, before and after it apart,
 * and the larger number holds: at the first and the last days of what is known, one of them is not a measure.
 */
function commonAmounts(pass: AmountPass, allRight: readonly Entry[], days: BusinessDays): (pair: Pair) => boolean {
  let seen: Map<string, number[]> | undefined;
  const count = (): Map<string, number[]> => {
    const found = new Map<string, number[]>();
    for (const entry of allRight) {
      const key = entry.day === null ? null : keyOf(entry, pass.block, 'right');
      if (key === null) continue;
      const name = `${key}\n${entry.minor}`;
      const list = found.get(name);
      if (list) list.push(days.index(entry.day!));
      else found.set(name, [days.index(entry.day!)]);
    }
    for (const list of found.values()) list.sort((a, b) => a - b);
    return found;
  };
  return ({ left, right }) => {
    const at = days.index(left.day!);
    const same = (seen ??= count()).get(`${keyOf(left, pass.block, 'left')}\n${left.minor}`) ?? [];
    const now = firstAtLeast(same, at);
    let before = now - firstAtLeast(same, at - COUNTED);
    let after = firstAtLeast(same, at + COUNTED + 1) - now;
    // The partner itself is not a stranger.
    if (right.minor === left.minor) {
      if (days.index(right.day!) < at) before--;
      else after--;
    }
    return Math.max(before, after) * widthOf(pass.within) * 1000 > pass.chance * COUNTED;
  };
}

function widthOf({ from, to }: Window): number {
  return to - from + 1;
}
