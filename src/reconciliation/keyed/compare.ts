import type { Compared, ComparedStatus } from './compared.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import { exact } from '../sums.ts';

export { explainLeaf } from './explain-leaf.ts';

/** What one side says for one combination of the keys in one currency; minor units, and how many records it is made of. */
export interface SideTotal {
  key: readonly string[];
  /** ISO 4217 code; '' where there is one currency only. */
  currency?: string;
  minor: number;
  count: number;
}

export interface Comparison {
  /** Over everything in the first currency; its key is empty. */
  total: Compared;
  /** One for each currency. */
  totals: Compared[];
  /** Roll-ups and leaves, each roll-up before what is inside, sorted by key; all of one currency before those of the next. */
  lines: Compared[];
  leaves: Compared[];
}

export interface OpenComparison {
  add(side: 'left' | 'right', total: SideTotal): void;
  /** This key of all keys cannot agree, whatever its sums are: something in it is not known. `why` is part of a sentence. */
  hold(key: readonly string[], why: string): void;
  finish(): Comparison;
}

export type CompareRules = Pick<ReconciliationConfig, 'check' | 'compare_from'> & { match_on: readonly unknown[] };

/**
 * Compares the sums of both sides for each combination of keys; totals come one by one, as from a query. Nothing is netted: a roll-up
 * differs when anything in it differs, even where its own sums agree. Currencies are never added: each has lines of its own. The order of
 * totals does not matter; equal keys add up. `check` and `compare_from` say which keys of one side alone are not differences: those are
 * unchecked. Holds one node for each combination of keys. `first` is the currency that comes first. Throws FatalError AMOUNT_TOO_LARGE
 * rather than round a sum.
 */
export function startComparison(rules: CompareRules, first = ''): OpenComparison {
  const depth = rules.match_on.length;
  const root = emptyNode('');
  const below = (key: readonly string[], visit: (node: Node) => void): void => {
    if (key.length !== depth) throw new Error(`A total has ${key.length} keys, but the reconciliation has ${depth}.`);
    let node = root;
    visit(node);
    for (const part of key) {
      node.inside ??= new Map();
      let next = node.inside.get(part);
      if (!next) node.inside.set(part, (next = emptyNode(part)));
      visit((node = next));
    }
  };
  return {
    add: (side, total) => below(total.key, (node) => addTo(node, side, total)),
    hold(key, why) {
      let last = root;
      below(key, (node) => void (last = node));
      last.held ??= why;
    },
    finish() {
      const lines: Compared[] = [];
      const currencies = [...(root.currency === undefined ? [] : [root.currency]), ...(root.more?.keys() ?? [])].sort(
        (a, b) => Number(b === first) - Number(a === first) || (a < b ? -1 : 1),
      );
      if (currencies.length === 0) currencies.push(first);
      const totals = currencies.map((currency) => finish(root, [], currency, { left: undefined, right: undefined }, depth, rules, lines));
      return { total: totals[0]!, totals, lines, leaves: lines.filter((line) => line.depth === depth) };
    },
  };
}

interface Sums {
  left: number | null;
  right: number | null;
  leftCount: number;
  rightCount: number;
}

/** Its own sums are of the first currency that came: nearly always there is no other, and there may be a million nodes. */
interface Node extends Sums {
  part: string;
  currency: string | undefined;
  /** Further currencies. */
  more: Map<string, Sums> | undefined;
  held: string | undefined;
  inside: Map<string, Node> | undefined;
}

function emptyNode(part: string): Node {
  return {
    part,
    currency: undefined,
    left: null,
    right: null,
    leftCount: 0,
    rightCount: 0,
    more: undefined,
    held: undefined,
    inside: undefined,
  };
}

function sumsOf(node: Node, currency: string): Sums | undefined {
  return node.currency === currency ? node : node.more?.get(currency);
}

/** Has that side any record here, in whatever currency? */
function has(node: Node, side: 'left' | 'right'): boolean {
  return node[side] !== null || (node.more !== undefined && [...node.more.values()].some((sums) => sums[side] !== null));
}

function addTo(node: Node, side: 'left' | 'right', { currency = '', minor, count }: SideTotal): void {
  node.currency ??= currency;
  let sums = sumsOf(node, currency);
  if (!sums) (node.more ??= new Map()).set(currency, (sums = { left: null, right: null, leftCount: 0, rightCount: 0 }));
  sums[side] = exact((sums[side] ?? 0) + minor);
  if (side === 'left') sums.leftCount += count;
  else sums.rightCount += count;
}

/** The depth at which the way to here left what that side knows; undefined while it knows it. */
type Unknown = { left: number | undefined; right: number | undefined };

function finish(
  node: Node,
  key: string[],
  currency: string,
  unknown: Unknown,
  depth: number,
  rules: CompareRules,
  lines: Compared[],
): Compared {
  const { left, right, leftCount, rightCount } = sumsOf(node, currency) ?? emptyNode('');
  const line: Compared = {
    key,
    depth: key.length,
    status: 'matched',
    currency,
    left,
    right,
    difference: (right ?? 0) - (left ?? 0),
    leftCount,
    rightCount,
  };
  if (key.length > 0) lines.push(line);
  const unknownLeft = unknown.left ?? (has(node, 'left') ? undefined : key.length);
  const unknownRight = unknown.right ?? (has(node, 'right') ? undefined : key.length);
  const unknownAt = unknownLeft ?? unknownRight;
  if (key.length === depth) {
    const status = statusOfLeaf(line, rules, unknownAt);
    if (status !== 'matched' || node.held === undefined) return withStatus(line, status, rules, unknownAt);
    line.status = 'unchecked';
    line.held = node.held;
    return line;
  }
  const inner: Unknown = { left: unknownLeft, right: unknownRight };
  const leaves = { matched: 0, differs: 0, left_only: 0, right_only: 0, unchecked: 0 };
  for (const child of [...(node.inside?.values() ?? [])].sort((a, b) => (a.part < b.part ? -1 : 1))) {
    if (!sumsOf(child, currency)) continue;
    const inside = finish(child, [...key, child.part], currency, inner, depth, rules, lines);
    if (inside.leaves) for (const status of STATUSES) leaves[status] += inside.leaves[status];
    else leaves[inside.status]++;
  }
  line.leaves = leaves;
  return withStatus(line, statusOfRollUp(leaves), rules, unknownAt);
}

function withStatus(line: Compared, status: ComparedStatus, rules: CompareRules, unknownAt: number | undefined): Compared {
  line.status = status;
  if (status === 'unchecked') line.unknownDepth = unknownDepthOf(rules, unknownAt);
  return line;
}

const STATUSES = ['matched', 'differs', 'left_only', 'right_only', 'unchecked'] as const;

function statusOfLeaf({ left, right }: Compared, rules: CompareRules, unknownAt: number | undefined): ComparedStatus {
  if (left !== null && right !== null) return left === right ? 'matched' : 'differs';
  const [only, checked] = right === null ? (['left_only', 'right'] as const) : (['right_only', 'left'] as const);
  if (rules.check === checked || unknownDepthOf(rules, unknownAt) !== undefined) return 'unchecked';
  return only;
}

/** With compare_from 2 the first two keys together must be known to the other side; a whole side without records is unknown from the first key. */
function unknownDepthOf(rules: CompareRules, unknownAt: number | undefined): number | undefined {
  return unknownAt !== undefined && unknownAt <= rules.compare_from && rules.compare_from > 0 ? Math.max(1, unknownAt) : undefined;
}

/** What all inside are; otherwise `differs` when anything does, and `unchecked` when only a part was checked. */
function statusOfRollUp(leaves: Record<ComparedStatus, number>): ComparedStatus {
  const found = STATUSES.filter((status) => leaves[status] > 0);
  if (found.length <= 1) return found[0] ?? 'matched';
  return leaves.differs + leaves.left_only + leaves.right_only > 0 ? 'differs' : 'unchecked';
}
