import type { Profile } from './roles.ts';
import { candidatePairs, type PassCount } from './block/pairs.ts';
import { ruleKeys } from './block/passes.ts';
import { clusterRecords } from './cluster/cluster.ts';
import type { IdentityModel, Population } from './model.ts';
import { type Scored, scorePair, verdictOf } from './score/score.ts';

/** A pair that is linked by its score, or that needs review. */
export interface Edge {
  a: number;
  b: number;
  score: number;
  verdict: 'link' | 'review';
  veto: Scored['veto'];
}

/** Every candidate pair of a population that is linked or waits, with the counts of the passes. */
export function edgesOf(population: Population, profiles: readonly Profile[]): { edges: Edge[]; passes: PassCount[]; compared: number } {
  const edges: Edge[] = [];
  let compared = 0;
  const passes = candidatePairs(population.passes, profiles, population.cap, (a, b) => {
    compared++;
    const scored = scorePair(population, profiles[a]!, profiles[b]!);
    const verdict = verdictOf(population, scored);
    if (verdict !== 'none') edges.push({ a, b, score: scored.score, verdict, veto: scored.veto });
  });
  return { edges, passes, compared };
}

/** More records than this that a rule would make one are a mistake of the data: the rule is passed over for them. */
export const RULE_CAP = 1000;

/** Pairs of neighbors among the records that a rule makes one: enough to join them all. The records are in the order of source and key. */
export function rulePairs(population: Population, profiles: readonly Profile[]): { a: number; b: number; rule: string }[] {
  const pairs: { a: number; b: number; rule: string }[] = [];
  population.rules.forEach((rule) => {
    const groups = new Map<number, number[]>();
    profiles.forEach((profile, i) => {
      const [key] = ruleKeys([rule], profile);
      if (key === null || key === undefined) return;
      const group = groups.get(key);
      if (group) group.push(i);
      else groups.set(key, [i]);
    });
    for (const group of groups.values())
      if (group.length <= RULE_CAP) for (let i = 1; i < group.length; i++) pairs.push({ a: group[i - 1]!, b: group[i]!, rule: rule.name });
  });
  return pairs;
}

/** What a person said about two records. `later` is not an answer. */
export interface Decision {
  verdict: 'same' | 'different' | 'later';
}

/** What is put into clusters together: records, with what is known of their pairs. */
export interface Component {
  model: Pick<IdentityModel, 'populations'>;
  /** By record. A person's decision may put records of two populations together. */
  populations: readonly number[];
  profiles: readonly Profile[];
  /** See ClusterInput.sources. */
  sources: readonly (string | null)[];
  links: readonly { a: number; b: number; score: number }[];
  rules: readonly { a: number; b: number }[];
  decisions: readonly (Decision & { a: number; b: number })[];
}

/** Puts records into clusters; gives for each the smallest number of its cluster. The records are in the order of source and key. */
export function clustersOf({ model, populations, profiles, sources, links, rules, decisions }: Component): number[] {
  const pairs = (wanted: Decision['verdict']): [number, number][] =>
    decisions.filter((d) => d.verdict === wanted).map(({ a, b }) => [a, b]);
  return clusterRecords({
    size: profiles.length,
    sources,
    same: pairs('same'),
    different: pairs('different'),
    rules: rules.map(({ a, b }) => [a, b]),
    edges: links,
    link: model.populations[populations[0]!]?.link ?? 0,
    pair(a, b) {
      const population = model.populations[populations[a]!];
      if (!population || populations[a] !== populations[b]) return { score: 0, full: 0, vetoed: true };
      const { score, uncapped, veto, opposite } = scorePair(population, profiles[a]!, profiles[b]!);
      // That too little is known of two records is no reason to keep their clusters apart; that they are two persons is.
      return { score, full: uncapped, vetoed: veto === 'suffix' || veto === 'twins' || veto === 'father_and_son' || opposite };
    },
  });
}

/** Splits records into parts that no link, rule or decision ties to each other. Gives for each record the smallest number of its part. */
export function partsOf(size: number, ties: Iterable<{ a: number; b: number }>): Int32Array {
  const parent = new Int32Array(size);
  for (let i = 0; i < size; i++) parent[i] = i;
  const find = (i: number): number => {
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]!]!;
      i = parent[i]!;
    }
    return i;
  };
  for (const { a, b } of ties) {
    const x = find(a);
    const y = find(b);
    if (x !== y) parent[Math.max(x, y)] = Math.min(x, y);
  }
  for (let i = 0; i < size; i++) parent[i] = find(i);
  return parent;
}
