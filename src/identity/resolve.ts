import { numberedUnions } from '../core/numbered-unions.ts';
import type { Profile } from './roles.ts';
import { type Blocks, blocksOf } from './block/blocks.ts';
import { candidatePairs, type PassCount, pairsOfBlocks, type Share } from './block/pairs.ts';
import { keysOfRule } from './block/passes.ts';
import { profileAt, type ProfileTable } from './block/table.ts';
import { clusterRecords } from './cluster/cluster.ts';
import { NOTHING_SAID, type Pair } from './cluster/input.ts';
import type { IdentityModel, Population } from './model.ts';
import { type Scored, scoreLikelyPair, scoreMembers } from './score/score.ts';
import { screen } from './score/screen.ts';

/** A pair that is linked by its score, or that needs review. */
export interface Edge {
  a: number;
  b: number;
  score: number;
  verdict: 'link' | 'review';
  veto: Scored['veto'];
}

/** Every candidate pair of a population that is linked or waits, with the counts of the passes. `share`: of a share of the candidates. */
export function edgesOf(
  population: Population,
  table: ProfileTable,
  share?: Share,
): { edges: Edge[]; passes: PassCount[]; compared: number; scored: number } {
  const found = comparison(population, table);
  const passes = candidatePairs(population.passes, table, population.cap, found.visit, share);
  return { edges: found.edges, passes, compared: passes.reduce((sum, { pairs }) => sum + pairs, 0), scored: found.scored() };
}

/** The same pairs where the blocks are known. */
export function edgesOfBlocks(population: Population, table: ProfileTable, blocks: Blocks, share?: Share): Edge[] {
  const { edges, visit } = comparison(population, table);
  pairsOfBlocks(blocks, visit, share);
  return edges;
}

/** Takes candidates, and keeps those that are linked or wait. */
function comparison(population: Population, table: ProfileTable): { edges: Edge[]; visit(a: number, b: number): void; scored(): number } {
  const edges: Edge[] = [];
  let scoredInFull = 0;
  const mayCount = screen(population, table);
  // Many candidates in a row have the same first record.
  let first = -1;
  let profile: Profile = [];
  return {
    edges,
    scored: () => scoredInFull,
    visit(a, b) {
      if (!mayCount(a, b)) return;
      scoredInFull++;
      if (a !== first) profile = profileAt(table, (first = a));
      const likely = scoreLikelyPair(population, profile, profileAt(table, b));
      if (likely) edges.push({ a, b, score: likely.scored.score, verdict: likely.verdict, veto: likely.scored.veto });
    },
  };
}

/** More records than this that a rule would make one are a mistake of the data: the rule is passed over for them. */
export const RULE_CAP = 1000;

/** Pairs of neighbors among the records that a rule makes one: enough to join them all. `order`: the records in the order of source and key. */
export function rulePairs(population: Population, table: ProfileTable, order: Int32Array): { a: number; b: number; rule: string }[] {
  const pairs: { a: number; b: number; rule: string }[] = [];
  population.rules.forEach((rule) => {
    const { block, blocks } = blocksOf(keysOfRule(rule, table));
    const sizes = new Int32Array(blocks);
    for (const number of block) if (number >= 0) sizes[number]!++;
    const last = new Int32Array(blocks).fill(-1);
    for (const i of order) {
      const number = block[i]!;
      if (number < 0 || sizes[number]! > RULE_CAP) continue;
      if (last[number]! >= 0) pairs.push({ a: last[number]!, b: i, rule: rule.name });
      last[number] = i;
    }
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
  /** See ClusterInput.connections. */
  connections?: readonly string[];
  /** See ClusterInput.near. */
  near: readonly { a: number; b: number }[];
  rules: readonly { a: number; b: number }[];
  decisions: readonly (Decision & { a: number; b: number })[];
}

/** Of a person and an organization, which are never compared. */
const NEVER_COMPARED: Pair = { ...NOTHING_SAID, vetoed: true };

/** Puts records into clusters; gives for each the smallest number of its cluster. The records are in the order of source and key. */
export function clustersOf({ model, populations, profiles, sources, connections, links, near, rules, decisions }: Component): number[] {
  const pairs = (wanted: Decision['verdict']): [number, number][] =>
    decisions.filter((d) => d.verdict === wanted).map(({ a, b }) => [a, b]);
  return clusterRecords({
    size: profiles.length,
    sources,
    connections,
    lacks: (a, what) => {
      const slot = model.populations[populations[a]!]?.roles[what] ?? -1;
      return slot >= 0 && (profiles[a]![slot] ?? null) === null;
    },
    same: pairs('same'),
    different: pairs('different'),
    rules: rules.map(({ a, b }) => [a, b]),
    edges: links,
    near,
    join: model.populations[populations[0]!]?.join ?? { mean: 0, least: -Infinity },
    link: model.populations[populations[0]!]?.link ?? 0,
    pair(a, b) {
      const population = model.populations[populations[a]!];
      if (!population || populations[a] !== populations[b]) return NEVER_COMPARED;
      const scored = scoreMembers(population, profiles[a]!, profiles[b]!);
      return { ...scored, full: scored.uncapped, vetoed: scored.twoPeople, twins: scored.veto === 'twins' };
    },
  });
}

/** Splits records into parts that no link, rule or decision ties to each other. Gives for each record the smallest number of its part. */
export function partsOf(size: number, ties: Iterable<{ a: number; b: number }>): Int32Array {
  const parts = numberedUnions(size);
  for (const { a, b } of ties) parts.join(a, b);
  return Int32Array.from({ length: size }, (_, i) => parts.rootOf(i));
}
