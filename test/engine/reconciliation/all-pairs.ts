import type { AmountPass, Ambiguous, BusinessDays, Entry, FoundMatch, Window } from '../../../src/reconciliation/entry.ts';
import { keyOf, pairName } from '../../../src/reconciliation/fields.ts';
import { allowedDifference } from '../../../src/reconciliation/sums.ts';
import { type TextAgreement, textAgreement } from '../../../src/reconciliation/text.ts';

export interface AmountResult {
  matches: FoundMatch[];
  ambiguous: Ambiguous[];
}

/**
 * The amount pass in its plainest form, for comparison: it lists all pairs of a block and looks at all of them in each round. How it
 * would be read from its definition, and too slow for a town.
 *
 * Ties single records of equal amount (within the tolerance) and near days, inside blocks of records that agree in `block`.
 * A pair is tied when nothing else fits either record; when references name each other and no rival's do so as well; or when
 * its whole group of rivals balances in one way only. Whatever has two solutions is ambiguous. The order of entries never
 * matters: all pairs that are certain are taken at once, and then the rest is looked at again without them.
 *
 * `allRight` are all entries of the right, also those that are matched already: an amount that is common in its block may find a
 * partner by chance, and is then proposed instead of confirmed.
 */
export function matchByAllPairs(
  pass: AmountPass,
  open: { left: readonly Entry[]; right: readonly Entry[] },
  allRight: readonly Entry[],
  days: BusinessDays,
): AmountResult {
  const result: AmountResult = { matches: [], ambiguous: [] };
  const common = commonAmounts(pass, allRight, days);
  for (const block of blocksOf(pass, open).values()) {
    const edges = edgesOf(pass, block, days);
    if (!edges.length) continue;
    solve(pass, edges, common, result);
  }
  return result;
}

interface Edge {
  left: Entry;
  right: Entry;
  lag: number;
  text: TextAgreement;
}

function blocksOf(
  pass: AmountPass,
  open: { left: readonly Entry[]; right: readonly Entry[] },
): Map<string, { left: Entry[]; right: Entry[] }> {
  const blocks = new Map<string, { left: Entry[]; right: Entry[] }>();
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

/** Every pair that fits, by amounts in order and days, so no block is quadratic but for equal amounts of near days. */
function edgesOf(pass: AmountPass, block: { left: Entry[]; right: Entry[] }, days: BusinessDays): Edge[] {
  const right = [...block.right].sort((a, b) => a.minor - b.minor || a.day! - b.day!);
  const edges: Edge[] = [];
  for (const left of block.left) {
    const from = days.index(left.day!);
    const reach = allowedDifference(pass.tolerance, left.minor, left.minor * 2);
    for (let i = firstAtLeast(right, left.minor - reach); i < right.length && right[i]!.minor <= left.minor + reach; i++) {
      const other = right[i]!;
      const lag = days.index(other.day!) - from;
      if (lag < pass.within.from || lag > pass.within.to) continue;
      if (Math.abs(other.minor - left.minor) > allowedDifference(pass.tolerance, left.minor, other.minor)) continue;
      edges.push({ left, right: other, lag, text: textAgreement(left, other, pass.text) });
    }
  }
  return edges;
}

function firstAtLeast(sorted: readonly Entry[], minor: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.minor < minor) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rounds: all that is certain is taken at once; what is left may then be certain too. */
function solve(pass: AmountPass, all: Edge[], common: (edge: Edge) => boolean, result: AmountResult): void {
  let edges = all;
  for (;;) {
    const certain = certainOf(edges);
    if (!certain.length) break;
    const used = new Set(certain.flatMap(({ left, right }) => [left, right]));
    for (const edge of certain) result.matches.push(found(pass, edge, edges, common));
    edges = edges.filter(({ left, right }) => !used.has(left) && !used.has(right));
  }
  for (const group of groupsOf(edges)) result.ambiguous.push({ pass: pass.name, left: group.left, right: group.right });
}

function certainOf(edges: readonly Edge[]): Edge[] {
  const byEntry = edgesByEntry(edges);
  // References first: where one names the other, equal amounts elsewhere are not rivals.
  const named = edges.filter(
    (edge) =>
      edge.text >= 2 &&
      [edge.left, edge.right].every((entry) => byEntry.get(entry)!.every((other) => other === edge || other.text < edge.text)),
  );
  if (named.length) return named;
  const certain: Edge[] = [];
  for (const group of groupsOf(edges)) certain.push(...(oneWay(group) ?? []));
  return certain;
}

interface Group {
  left: Entry[];
  right: Entry[];
  edges: Edge[];
}

/** Records that hang together by edges; each group and its members in the order of their ids. */
function groupsOf(edges: readonly Edge[]): Group[] {
  const byEntry = edgesByEntry(edges);
  const seen = new Set<Entry>();
  const groups: Group[] = [];
  for (const start of byEntry.keys()) {
    if (seen.has(start)) continue;
    const group: Group = { left: [], right: [], edges: [] };
    const stack = [start];
    seen.add(start);
    const taken = new Set<Edge>();
    while (stack.length) {
      for (const edge of byEntry.get(stack.pop()!)!) {
        if (taken.has(edge)) continue;
        taken.add(edge);
        group.edges.push(edge);
        for (const entry of [edge.left, edge.right])
          if (!seen.has(entry)) {
            seen.add(entry);
            stack.push(entry);
          }
      }
    }
    group.left = unique(group.edges.map((edge) => edge.left));
    group.right = unique(group.edges.map((edge) => edge.right));
    groups.push(group);
  }
  return groups;
}

function unique(entries: Entry[]): Entry[] {
  return [...new Set(entries)].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/**
 * The only way in which each record of a group gets a partner; undefined where there are several ways, or records are left
 * over. A group has one way exactly when taking records that have one partner, again and again, uses it up.
 */
function oneWay(group: Group): Edge[] | undefined {
  if (group.left.length !== group.right.length) return undefined;
  const byEntry = edgesByEntry(group.edges);
  const gone = new Set<Entry>();
  const count = new Map([...byEntry].map(([entry, list]) => [entry, list.length]));
  const queue = [...count].filter(([, n]) => n === 1).map(([entry]) => entry);
  const way: Edge[] = [];
  while (queue.length) {
    const entry = queue.pop()!;
    if (gone.has(entry)) continue;
    const edge = byEntry.get(entry)!.find(({ left, right }) => !gone.has(left) && !gone.has(right));
    if (!edge) return undefined;
    way.push(edge);
    for (const taken of [edge.left, edge.right]) {
      gone.add(taken);
      for (const other of byEntry.get(taken)!) {
        const neighbor = other.left === taken ? other.right : other.left;
        if (gone.has(neighbor)) continue;
        const n = count.get(neighbor)! - 1;
        count.set(neighbor, n);
        if (n === 1) queue.push(neighbor);
      }
    }
  }
  return way.length === group.left.length ? way : undefined;
}

function edgesByEntry(edges: readonly Edge[]): Map<Entry, Edge[]> {
  const byEntry = new Map<Entry, Edge[]>();
  for (const edge of edges)
    for (const entry of [edge.left, edge.right]) {
      const list = byEntry.get(entry);
      if (list) list.push(edge);
      else byEntry.set(entry, [edge]);
    }
  return byEntry;
}

function found(pass: AmountPass, edge: Edge, edges: readonly Edge[], common: (edge: Edge) => boolean): FoundMatch {
  const rivals = edges.filter((other) => other !== edge && (other.left === edge.left || other.right === edge.right)).length;
  const byChance = edge.text === 0 && pass.chance < 1000 && common(edge);
  const doubt = pass.confirm === 'suggest' ? 'suggested' : byChance ? 'by_chance' : undefined;
  const texts = edge.text > 0 ? pass.text.filter((pair) => textAgreement(edge.left, edge.right, [pair]) === edge.text).map(pairName) : [];
  return {
    pass: pass.name,
    state: doubt ? 'proposed' : 'confirmed',
    left: [edge.left],
    right: [edge.right],
    difference: edge.right.minor - edge.left.minor,
    evidence: { fields: [...pass.block.map(pairName), ...texts], lag: edge.lag, rivals, ...(doubt ? { doubt } : {}) },
  };
}

/** Business days before and after a record in which strangers of its amount are counted: half a year. */
const COUNTED = 125;

/**
 * Whether an amount is so common on the right of its block that a record without a partner would find one by chance: expected
 * strangers in the window, in a thousand, over the pass's `chance`. They are counted around the record, before and after it apart,
 * and the larger number holds: at the first and the last days of what is known, one of them is not a measure.
 */
function commonAmounts(pass: AmountPass, allRight: readonly Entry[], days: BusinessDays): (edge: Edge) => boolean {
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
    return found;
  };
  return ({ left, right }) => {
    const at = days.index(left.day!);
    let [before, after] = [0, 0];
    for (const index of (seen ??= count()).get(`${keyOf(left, pass.block, 'left')}\n${left.minor}`) ?? []) {
      if (index < at && index >= at - COUNTED) before++;
      else if (index >= at && index <= at + COUNTED) after++;
    }
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
