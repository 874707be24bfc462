import { common, type PatternNode, type Ranges, union } from './syntax.ts';

export interface Cost {
  /** The steps grow with the length of the text to this power … */
  power: number;
  /** … times this. */
  factor: number;
}

/**
 * How many steps a backtracking match can take, or 'exponential', or 'large' for a pattern too big to be looked at.
 *
 * The pattern becomes its position automaton (Glushkov): a state for each character of it, an edge where one can follow
 * the other. Backtracking tries all paths over it. Their number is exponential exactly when some state inside a loop
 * can be reached from itself in two ways over the same text (Weber and Seidl, 1991). Otherwise each loop that can hand
 * text over to a later one multiplies it by the length once, and so does looking for a start when there is no ^; the
 * choices outside of loops multiply it by the number of their ways that can begin with the same character.
 */
export function costOf(pattern: PatternNode): Cost | 'exponential' | 'large' {
  const graph: Graph = { chars: [], edges: [], ambiguous: false };
  const ends = build(pattern, graph);
  if (graph.chars.length > MAX_STATES) return 'large';
  const loop = loopsOf(graph.edges.map((edges) => [...edges.keys()]));
  if (graph.ambiguous || hasTwoWays(graph, loop)) return 'exponential';
  const power = Math.max(1, longestChain(graph, loop) + (startsAnchored(pattern) ? 0 : 1));
  return { power, factor: choicesOutsideLoops(graph, loop, ends.first) };
}

const MAX_STATES = 200;

interface Graph {
  /** What each position matches. */
  chars: Ranges[];
  /** For each position, those that can follow, and in how many ways. */
  edges: Map<number, number>[];
  /** Some part matches the empty text in two ways. */
  ambiguous: boolean;
}

interface Ends {
  first: number[];
  last: number[];
  /** Matches the empty text. */
  nullable: boolean;
}

const NOTHING: Ends = { first: [], last: [], nullable: true };

function build(node: PatternNode, graph: Graph): Ends {
  if (graph.chars.length > MAX_STATES) return NOTHING;
  switch (node.kind) {
    case 'empty':
      return NOTHING;
    case 'chars': {
      const position = graph.chars.push(node.ranges) - 1;
      graph.edges.push(new Map());
      return { first: [position], last: [position], nullable: false };
    }
    case 'sequence':
      return node.items.reduce<Ends>((before, item) => follow(before, build(item, graph), graph), NOTHING);
    case 'choice': {
      const items = node.items.map((item) => build(item, graph));
      const empty = items.filter((item) => item.nullable).length;
      graph.ambiguous ||= empty > 1;
      return { first: items.flatMap((i) => i.first), last: items.flatMap((i) => i.last), nullable: empty > 0 };
    }
    case 'repeat':
      return repeat(node, graph);
  }
}

function follow(a: Ends, b: Ends, graph: Graph): Ends {
  connect(a.last, b.first, graph);
  return {
    first: a.nullable ? [...a.first, ...b.first] : a.first,
    last: b.nullable ? [...b.last, ...a.last] : b.last,
    nullable: a.nullable && b.nullable,
  };
}

/** A bounded repeat counts as a loop: it splits a text up in no more ways than one without bound. */
function repeat({ item, min, max }: PatternNode & { kind: 'repeat' }, graph: Graph): Ends {
  if (max === 0) return NOTHING;
  if (min === max && (min === 1 || isFixed(item))) {
    let all: Ends = NOTHING;
    // More copies of a part of fixed length change nothing that is looked at here.
    for (let i = 0; i < Math.min(min, 20); i++) all = follow(all, build(item, graph), graph);
    return all;
  }
  const inside = build(item, graph);
  if (max > 1) {
    connect(inside.last, inside.first, graph);
    // Rounds that must be there may be empty ones: (a?){25} gives each a to any of its rounds.
    graph.ambiguous ||= min > 1 && inside.nullable;
  }
  return { ...inside, nullable: min === 0 || inside.nullable };
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
function hasTwoWays(graph: Graph, loop: readonly number[]): boolean {
  const size = graph.chars.length;
  for (let a = 0; a < size; a++)
    for (const [b, ways] of graph.edges[a]!) if (ways > 1 && loop[a] !== -1 && loop[a] === loop[b]) return true;
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
function longestChain(graph: Graph, loop: readonly number[]): number {
  const members = membersOf(loop);
  const alphabet = members.map((list) => union(list.map((p) => graph.chars[p]!)));
  const onward = members.map((list, a) =>
    members.flatMap((others, b) => {
      const shared = a === b ? [] : common(alphabet[a]!, alphabet[b]!);
      if (!shared.length) return [];
      const seen = reached(list, (p) => [...graph.edges[p]!.keys()].filter((q) => common(graph.chars[q]!, shared).length > 0));
      return others.some((p) => seen.has(p)) ? [b] : [];
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

/** A path passes a state outside of loops once, and leaves each loop once; at each it can go on in so many ways. */
function choicesOutsideLoops(graph: Graph, loop: readonly number[], first: readonly number[]): number {
  const ways = (next: readonly number[]): number =>
    Math.max(1, ...next.map((a) => next.filter((b) => common(graph.chars[a]!, graph.chars[b]!).length).length));
  let factor = ways(first);
  graph.edges.forEach((edges, p) => {
    if (loop[p] === -1) factor *= ways([...edges.keys()]);
  });
  for (const list of membersOf(loop))
    factor *= Math.max(...list.map((p) => ways([...graph.edges[p]!.keys()].filter((q) => loop[q] !== loop[p]))));
  return factor;
}

function membersOf(loop: readonly number[]): number[][] {
  return Array.from({ length: Math.max(-1, ...loop) + 1 }, (_, i) => loop.flatMap((l, p) => (l === i ? [p] : [])));
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
