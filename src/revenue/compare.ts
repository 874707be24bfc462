import type { ReconciliationConfig } from '../config/schema/pipeline.ts';
import { FatalError } from '../core/errors.ts';

export { explainLeaf } from './explain-leaf.ts';

export type ComparedStatus = 'matched' | 'differs' | 'left_only' | 'right_only' | 'unchecked';

/** What one side says for one combination of the keys; minor units, and how many records it is made of. */
export interface SideTotal {
  key: readonly string[];
  minor: number;
  count: number;
}

/** One combination of all keys (a leaf), or of the outer ones (a roll-up of what is inside). */
export interface Compared {
  key: string[];
  /** How many keys it has; that of `match_on` for a leaf. */
  depth: number;
  status: ComparedStatus;
  /** Minor units; null where that side has no record at all. */
  left: number | null;
  right: number | null;
  /** right − left, an absent side counting as 0. */
  difference: number;
  leftCount: number;
  rightCount: number;
  /** Of a roll-up: how many leaves inside there are of each status. */
  leaves?: Record<ComparedStatus, number>;
  /** Of an unchecked line: so many outer keys are a combination that the other side has nothing of. Without it, `check` leaves it out. */
  unknownDepth?: number;
}

export interface Comparison {
  /** Over everything; its key is empty. */
  total: Compared;
  /** Roll-ups and leaves, each roll-up before what is inside, sorted by key. */
  lines: Compared[];
  leaves: Compared[];
}

export type CompareRules = Pick<ReconciliationConfig, 'check' | 'compare_from'> & { match_on: readonly unknown[] };

/**
 * Compares the sums of both sides for each combination of keys. Nothing is netted: a roll-up differs when anything in it
 * differs, even where its own sums agree. The order of totals does not matter; equal keys add up. `check` and
 * `compare_from` say which keys of one side alone are no differences: those are unchecked.
 */
export function compareSides(rules: CompareRules, left: Iterable<SideTotal>, right: Iterable<SideTotal>): Comparison {
  const comparison = startComparison(rules);
  for (const total of left) comparison.add('left', total);
  for (const total of right) comparison.add('right', total);
  return comparison.finish();
}

/**
 * The same for totals that come one by one, as from a query. Holds one node for each combination of keys.
 * Throws FatalError AMOUNT_TOO_LARGE rather than round a sum.
 */
export function startComparison(rules: CompareRules): { add(side: 'left' | 'right', total: SideTotal): void; finish(): Comparison } {
  const depth = rules.match_on.length;
  const root = emptyNode('');
  return {
    add(side, { key, minor, count }) {
      if (key.length !== depth) throw new Error(`A total has ${key.length} keys, and the reconciliation ${depth}.`);
      let node = root;
      addTo(node, side, minor, count);
      for (const part of key) {
        node.inside ??= new Map();
        let next = node.inside.get(part);
        if (!next) node.inside.set(part, (next = emptyNode(part)));
        addTo((node = next), side, minor, count);
      }
    },
    finish() {
      const lines: Compared[] = [];
      const total = finish(root, [], undefined, undefined, depth, rules, lines);
      return { total, lines, leaves: lines.filter((line) => line.depth === depth) };
    },
  };
}

interface Node {
  part: string;
  left: number | null;
  right: number | null;
  leftCount: number;
  rightCount: number;
  inside: Map<string, Node> | undefined;
}

function emptyNode(part: string): Node {
  return { part, left: null, right: null, leftCount: 0, rightCount: 0, inside: undefined };
}

function addTo(node: Node, side: 'left' | 'right', minor: number, count: number): void {
  const sum = (node[side] ?? 0) + minor;
  if (!Number.isSafeInteger(sum))
    throw new FatalError({
      code: 'AMOUNT_TOO_LARGE',
      place: {},
      message: `A sum is beyond what can be added exactly (${sum} minor units).`,
      hint: 'Look for a record with an impossible amount.',
    });
  node[side] = sum;
  if (side === 'left') node.leftCount += count;
  else node.rightCount += count;
}

/** `unknown*`: the depth at which the way to here left what that side knows; undefined while it knows it. */
function finish(
  node: Node,
  key: string[],
  unknownLeft: number | undefined,
  unknownRight: number | undefined,
  depth: number,
  rules: CompareRules,
  lines: Compared[],
): Compared {
  const { left, right, leftCount, rightCount } = node;
  const line: Compared = {
    key,
    depth: key.length,
    status: 'matched',
    left,
    right,
    difference: (right ?? 0) - (left ?? 0),
    leftCount,
    rightCount,
  };
  if (key.length > 0) lines.push(line);
  unknownLeft ??= left === null ? key.length : undefined;
  unknownRight ??= right === null ? key.length : undefined;
  if (key.length === depth) {
    return withStatus(line, statusOfLeaf(line, rules, unknownLeft ?? unknownRight), rules, unknownLeft ?? unknownRight);
  }
  const leaves = { matched: 0, differs: 0, left_only: 0, right_only: 0, unchecked: 0 };
  for (const child of [...(node.inside?.values() ?? [])].sort((a, b) => (a.part < b.part ? -1 : 1))) {
    const inside = finish(child, [...key, child.part], unknownLeft, unknownRight, depth, rules, lines);
    if (inside.leaves) for (const status of STATUSES) leaves[status] += inside.leaves[status];
    else leaves[inside.status]++;
  }
  line.leaves = leaves;
  return withStatus(line, statusOfRollUp(leaves), rules, unknownLeft ?? unknownRight);
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
