/** A record that is put into clusters, by its number in the list of nodes. */
export interface ClusterInput {
  /** How many records there are. They are in an order that depends on what they are, not on when they came. */
  size: number;
  /** Two records of which the source says nobody is entered twice: equal texts never meet; null meets everybody. */
  sources: readonly (string | null)[];
  /** Pairs that a person decided are one, in the order of the decisions. */
  same: readonly (readonly [number, number])[];
  /** Pairs that a person decided are two. */
  different: readonly (readonly [number, number])[];
  /** Pairs that a rule makes one. */
  rules: readonly (readonly [number, number])[];
  /** Pairs that are linked by their score. */
  edges: readonly { a: number; b: number; score: number }[];
  /** The score of any two records, and whether something keeps them apart. Asked for cross pairs that nobody compared yet. */
  pair(a: number, b: number): { score: number; vetoed: boolean };
  /** The mean that two clusters need to be joined. */
  link: number;
}

/**
 * Greedy average linkage: decisions first, then rules, then edges from the strongest. Two clusters are joined when nothing
 * keeps any two of their records apart and the mean score of all their cross pairs reaches `link`. Gives for each record
 * the smallest number of its cluster. The same input gives the same clusters, whatever the order of its lists.
 */
export function clusterRecords(input: ClusterInput): number[] {
  const members = Array.from({ length: input.size }, (_, i) => [i]);
  const of = Array.from({ length: input.size }, (_, i) => i);
  const cache = new Map<number, { score: number; vetoed: boolean }>();
  const number = (a: number, b: number): number => (a < b ? a * input.size + b : b * input.size + a);
  const different = new Set(input.different.map(([a, b]) => number(a, b)));
  const same = new Set(input.same.map(([a, b]) => number(a, b)));
  const pair = (a: number, b: number): { score: number; vetoed: boolean } => {
    const id = number(a, b);
    let found = cache.get(id);
    if (!found) cache.set(id, (found = a < b ? input.pair(a, b) : input.pair(b, a)));
    return found;
  };
  const join = (x: number, y: number): void => {
    const [into, from] = x < y ? [x, y] : [y, x];
    for (const member of members[from]!) of[member] = into;
    members[into] = [...members[into]!, ...members[from]!].sort((a, b) => a - b);
    members[from] = [];
  };
  /** May the clusters be joined? With `mean`, only if they agree enough. */
  const fits = (x: number, y: number, decided: boolean, mean: boolean): boolean => {
    let sum = 0;
    for (const a of members[x]!)
      for (const b of members[y]!) {
        if (different.has(number(a, b))) return false;
        if (decided || same.has(number(a, b))) continue;
        if (input.sources[a] !== null && input.sources[a] === input.sources[b]) return false;
        const { score, vetoed } = pair(a, b);
        if (vetoed) return false;
        sum += score - input.link;
      }
    return !mean || sum >= 0;
  };
  const attempt = (a: number, b: number, decided: boolean, mean: boolean): boolean => {
    const x = of[a]!;
    const y = of[b]!;
    if (x === y || !fits(x, y, decided, mean)) return false;
    join(x, y);
    return true;
  };
  for (const [a, b] of input.same) attempt(a, b, true, false);
  for (const [a, b] of ordered(input.rules)) attempt(a, b, false, false);
  const edges = input.edges
    .map(({ a, b, score }) => (a < b ? { a, b, score } : { a: b, b: a, score }))
    .sort((p, q) => q.score - p.score || p.a - q.a || p.b - q.b);
  // What was refused may fit when other records have joined.
  for (let joined = true; joined;) {
    joined = false;
    for (const { a, b } of edges) if (attempt(a, b, false, true)) joined = true;
  }
  return of;
}

function ordered(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return pairs.map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const))).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
}
