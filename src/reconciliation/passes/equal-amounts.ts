import type { AmountPass, BusinessDays, Entry, Side } from '../entry.ts';
import { textAgreement } from '../text.ts';
import type { Dated, Dates, Reaches } from './dated.ts';
import { namedPairs } from './named-pairs.ts';
import type { Excludes } from './different-numbers.ts';
import { type CertainPair, type Crosses, MOST_BY_NUMBERS, type Pair, type SolvedPairs, solveByNumbers, solvePairs } from './pairs.ts';

/**
 * Solves all pairs of records of one amount and near days, as solvePairs does, without listing the pairs: the partners of a record are
 * those of some days in a row. Where a common amount comes a thousand times a day, there are a million pairs of a day.
 */
export function solveEqualAmounts(
  pass: Pick<AmountPass, 'within' | 'text'>,
  left: readonly Entry[],
  right: readonly Entry[],
  days: BusinessDays,
  excludes?: Excludes,
  crosses?: Crosses,
): SolvedPairs {
  const solved: SolvedPairs = { certain: [], ambiguous: [] };
  const groups = groupsOf(pass, { left: dated(left, days), right: dated(right, days) });
  for (let group = groups.pop(); group; group = groups.pop()) {
    const reach = reachesOf(pass, group);
    const named = group.left.length * group.right.length === 1 ? [] : namedPairs(pass.text, group, reach);
    if (named.length) {
      for (const [l, r] of named) solved.certain.push(pairOf(pass, group, reach, l, r));
      const used = { left: new Set(named.map(([l]) => l)), right: new Set(named.map(([, r]) => r)) };
      const left = group.left.filter((_, i) => !used.left.has(i));
      const right = group.right.filter((_, i) => !used.right.has(i));
      for (const rest of groupsOf(pass, { left, right })) groups.push(rest);
      continue;
    }
    const way = oneWay(pass, group, reach);
    if (way) {
      solved.certain.push(...way);
      continue;
    }
    const { certain, ambiguous } = excludes && isFew(reach.left) ? solveByNumbers(pairsOf(group, reach), excludes, crosses) : NOTHING;
    solved.certain.push(...certain.map((pair) => ({ ...pair, text: textAgreement(pair.left, pair.right, pass.text) })));
    if (certain.length) solved.ambiguous.push(...ambiguous);
    else solved.ambiguous.push({ left: inOrder(group.left), right: inOrder(group.right) });
  }
  return solved;
}

function dated(entries: readonly Entry[], days: BusinessDays): Dated[] {
  return entries.map((entry) => ({ entry, index: days.index(entry.day!) })).sort((a, b) => a.index - b.index);
}

function reachesOf({ within }: Pick<AmountPass, 'within'>, { left, right }: Dates): Record<Side, Reaches> {
  return { left: reaches(left, right, within.from, within.to), right: reaches(right, left, -within.to, -within.from) };
}

/** Both lists are in the order of days: so are the beginnings and the ends. */
function reaches(own: readonly Dated[], others: readonly Dated[], first: number, last: number): Reaches {
  const found = { from: new Int32Array(own.length), to: new Int32Array(own.length) };
  let [from, to] = [0, 0];
  for (const [i, { index }] of own.entries()) {
    while (from < others.length && others[from]!.index < index + first) from++;
    to = Math.max(to, from);
    while (to < others.length && others[to]!.index <= index + last) to++;
    found.from[i] = from;
    found.to[i] = to;
  }
  return found;
}

/** Records that hang together by pairs: those of the left whose partners overlap, with these partners. */
function groupsOf(pass: Pick<AmountPass, 'within'>, dates: Dates): Dates[] {
  const { from, to } = reaches(dates.left, dates.right, pass.within.from, pass.within.to);
  const groups: { left: Dated[]; begin: number; end: number }[] = [];
  for (const [i, record] of dates.left.entries()) {
    const [begin, end] = [from[i]!, to[i]!];
    if (begin === end) continue;
    const last = groups.at(-1);
    if (!last || begin >= last.end) groups.push({ left: [record], begin, end });
    else {
      last.left.push(record);
      last.end = Math.max(last.end, end);
    }
  }
  return groups.map(({ left, begin, end }) => ({ left, right: dates.right.slice(begin, end) }));
}

/**
 * The only way in which each record of a group gets a partner. Two records of a side with the same partners can stand for each other, so
 * there is none; without such, a record has as many partners as there are days, and the pairs can be listed.
 */
function oneWay(pass: Pick<AmountPass, 'text'>, group: Dates, reach: Record<Side, Reaches>): CertainPair[] | undefined {
  if (group.left.length !== group.right.length) return undefined;
  if (haveTwins(reach.left) || haveTwins(reach.right)) return undefined;
  const { certain, ambiguous } = solvePairs(pairsOf(group, reach));
  if (ambiguous.length) return undefined;
  return certain.map((pair) => ({ ...pair, text: textAgreement(pair.left, pair.right, pass.text) }));
}

function pairsOf(group: Dates, reach: Record<Side, Reaches>): Pair[] {
  const pairs: Pair[] = [];
  for (const [i, left] of group.left.entries())
    for (let j = reach.left.from[i]!; j < reach.left.to[i]!; j++) {
      const right = group.right[j]!;
      pairs.push({ left: left.entry, right: right.entry, lag: right.index - left.index, text: 0 });
    }
  return pairs;
}

function isFew({ from, to }: Reaches): boolean {
  let pairs = 0;
  for (const [i, first] of from.entries()) pairs += to[i]! - first;
  return pairs <= MOST_BY_NUMBERS;
}

const NOTHING: SolvedPairs = { certain: [], ambiguous: [] };

function haveTwins({ from, to }: Reaches): boolean {
  for (let i = 1; i < from.length; i++) if (from[i] === from[i - 1] && to[i] === to[i - 1]) return true;
  return false;
}

function pairOf(pass: Pick<AmountPass, 'text'>, group: Dates, reach: Record<Side, Reaches>, l: number, r: number): CertainPair {
  const [left, right] = [group.left[l]!, group.right[r]!];
  const rivals = reach.left.to[l]! - reach.left.from[l]! + reach.right.to[r]! - reach.right.from[r]! - 2;
  return {
    left: left.entry,
    right: right.entry,
    lag: right.index - left.index,
    text: textAgreement(left.entry, right.entry, pass.text),
    rivals,
  };
}

function inOrder(dates: readonly Dated[]): Entry[] {
  return dates.map(({ entry }) => entry).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
