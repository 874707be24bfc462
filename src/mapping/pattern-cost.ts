import { common, type PatternNode, type Ranges, union } from './pattern-syntax.ts';

/**
 * How the steps of a backtracking match can grow with the length L of a text: L to the power of what is given, or
 * 'exponential', or 'large' for a pattern too big to be looked at.
 *
 * The pattern becomes its position automaton (Glushkov): a state for each character of it, an edge where one can follow
 * the other. Backtracking tries all paths over it. Their number is exponential exactly when some state inside a loop
 * can be reached from itself in two ways over the same text (Weber and Seidl, 1991); otherwise each loop that can hand
 * text over to a later one multiplies it by L once, and so does looking for a start when there is no ^.
 */
export function costOf(pattern: PatternNode): number | 'exponential' | 'large' {
  const graph: Graph = { chars: [], edges: [], soft: [], ambiguous: false };
  build(pattern, graph);
  if (graph.chars.length > 200) return 'large';
  if (graph.ambiguous || hasTwoWays(graph)) return 'exponential';
  return Math.max(1, longestChain(graph) + (startsAnchored(pattern) ? 0 : 1));
}

interface Graph {
  /** What each position matches. */
  chars: Ranges[];
  /** For each position, those that can follow, and in how many ways. */
  edges: Map<number, number>[];
  /** Edges of `?`: no loops, but many of them in a row split a text up in as many ways as loops do. */
  soft: [number, number][];
  /** Some part inside a loop matches nothing in two ways. */
  ambiguous: boolean;
}

interface Ends {
  first: number[];
  last: number[];
  /** In how many ways it matches the empty text: 0, 1, 2 for more. */
  nullWays: number;
  /** Some part of it matches the empty text in two ways. */
  doubtful: boolean;
}

const NOTHING: Ends = { first: [], last: [], nullWays: 1, doubtful: false };

function build(node: PatternNode, graph: Graph): Ends {
  if (graph.chars.length > 200) return NOTHING;
  switch (node.kind) {
    case 'empty':
      return NOTHING;
    case 'chars': {
      const position = graph.chars.push(node.ranges) - 1;
      graph.edges.push(new Map());
      return { first: [position], last: [position], nullWays: 0, doubtful: false };
    }
    case 'sequence':
      return node.items.map((item) => build(item, graph)).reduce((a, b) => follow(a, b, graph), NOTHING);
    case 'choice': {
      const items = node.items.map((item) => build(item, graph));
      const nullWays = Math.min(2, items.reduce((sum, item) => sum + item.nullWays, 0));
      return { first: items.flatMap((i) => i.first), last: items.flatMap((i) => i.last), nullWays, doubtful: nullWays > 1 || items.some((i) => i.doubtful) };
    }
    case 'repeat':
      return repeat(node, graph);
  }
}

function follow(a: Ends, b: Ends, graph: Graph): Ends {
  connect(a.last, b.first, graph);
  const nullWays = Math.min(2, a.nullWays * b.nullWays);
  return {
    first: a.nullWays ? [...a.first, ...b.first] : a.first,
    last: b.nullWays ? [...b.last, ...a.last] : b.last,
    nullWays,
    doubtful: a.doubtful || b.doubtful,
  };
}

function repeat(node: PatternNode & { kind: 'repeat' }, graph: Graph): Ends {
  const { item, min, max } = node;
  if (max === 0) return NOTHING;
  if (min === max && (min === 1 || isFixed(item))) {
    let all: Ends = NOTHING;
    // More copies of a part of fixed length change nothing that is looked at here.
    for (let i = 0; i < Math.min(min, 20); i++) all = follow(all, build(item, graph), graph);
    return all;
  }
  const inside = build(item, graph);
  // An empty round of a repeat is not tried, so skipping it altogether is the one way to match nothing.
  const nullWays = min === 0 ? 1 : inside.nullWays;
  if (max === 1) for (const from of inside.last) for (const to of inside.first) graph.soft.push([from, to]);
  else {
    connect(inside.last, inside.first, graph);
    // Rounds that must be there may be empty ones: (a?){25} gives each a to any of its rounds.
    graph.ambiguous ||= inside.doubtful || (min > 1 && inside.nullWays > 0);
  }
  return { ...inside, nullWays };
}

function connect(from: readonly number[], to: readonly number[], graph: Graph): void {
  for (const a of from) for (const b of to) graph.edges[a]!.set(b, (graph.edges[a]!.get(b) ?? 0) + 1);
}

function isFixed(node: PatternNode): boolean {
  if (node.kind === 'repeat') return node.min === node.max && isFixed(node.item);
  return node.kind === 'sequence' ? node.items.every(isFixed) : node.kind !== 'choice';
}

function startsAnchored(node: PatternNode): boolean {
  if (node.kind === 'sequence') return node.items.length > 0 && startsAnchored(node.items[0]!);
  if (node.kind === 'choice') return node.items.every(startsAnchored);
  return node.kind === 'empty' && node.start;
}

/** Can a state inside a loop be reached from itself in two ways over one text? Looked for in pairs of states. */
function hasTwoWays(graph: Graph): boolean {
  const loop = loopsOf(graph.edges.map((next) => [...next.keys()]));
  const size = graph.chars.length;
  for (let a = 0; a < size; a++) for (const [b, ways] of graph.edges[a]!) if (ways > 1 && loop[a] !== -1 && loop[a] === loop[b]) return true;
  const forward = new Map<number, number[]>();
  const backward = new Map<number, number[]>();
  const start: number[] = [];
  for (let a = 0; a < size; a++) {
    if (loop[a] === -1) continue;
    start.push(a * size + a);
    for (let b = 0; b < size; b++) {
      if (loop[b] !== loop[a]) continue;
      for (const a2 of graph.edges[a]!.keys())
        for (const b2 of graph.edges[b]!.keys()) {
          if (loop[a2] !== loop[a] || loop[b2] !== loop[a] || !common(graph.chars[a2]!, graph.chars[b2]!).length) continue;
          push(forward, a * size + b, a2 * size + b2);
          push(backward, a2 * size + b2, a * size + b);
        }
    }
  }
  const after = reached(start, (pair) => forward.get(pair) ?? []);
  const before = reached(start, (pair) => backward.get(pair) ?? []);
  for (const pair of after) if (before.has(pair) && Math.floor(pair / size) !== pair % size) return true;
  return false;
}

/** The most loops in a row that can hand text over from one to the next. */
function longestChain(graph: Graph): number {
  const next = graph.edges.map((edges) => [...edges.keys()]);
  const withSoft = next.map((list) => [...list]);
  for (const [a, b] of graph.soft) withSoft[a]!.push(b);
  const loop = loopsOf(withSoft);
  const count = Math.max(-1, ...loop) + 1;
  const members = Array.from({ length: count }, (_, i) => loop.flatMap((l, p) => (l === i ? [p] : [])));
  const alphabet = members.map((list) => union(list.map((p) => graph.chars[p]!)));
  const onward = members.map((list, a) =>
    members.flatMap((_, b) => {
      const shared = a === b ? [] : common(alphabet[a]!, alphabet[b]!);
      if (!shared.length) return [];
      const seen = reached(list, (p) => withSoft[p]!.filter((q) => common(graph.chars[q]!, shared).length > 0));
      return members[b]!.some((p) => seen.has(p)) ? [b] : [];
    }),
  );
  const longest = new Map<number, number>();
  const lengthFrom = (a: number): number => {
    let length = longest.get(a);
    if (length === undefined) longest.set(a, (length = 1 + Math.max(0, ...onward[a]!.map(lengthFrom))));
    return length;
  };
  return Math.max(0, ...members.map((_, a) => lengthFrom(a)));
}

/** The number of the loop (strongly connected component with an edge in it) each state is in, or -1. */
function loopsOf(next: readonly number[][]): number[] {
  const reach = next.map((list) => reached(list, (p) => next[p]!));
  const loop = next.map(() => -1);
  let count = 0;
  for (let a = 0; a < next.length; a++) {
    if (loop[a] !== -1 || !reach[a]!.has(a)) continue;
    for (let b = a; b < next.length; b++) if (reach[a]!.has(b) && reach[b]!.has(a)) loop[b] = count;
    count++;
  }
  return loop;
}

function reached(start: readonly number[], next: (state: number) => readonly number[]): Set<number> {
  const seen = new Set(start);
  for (const state of seen) for (const other of next(state)) seen.add(other);
  return seen;
}

function push(map: Map<number, number[]>, key: number, value: number): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
