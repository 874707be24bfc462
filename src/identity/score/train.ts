import type { Profile } from '../roles.ts';
import type { IdentityParameters } from '../../config/schema/identity.ts';
import { candidatePairs } from '../block/pairs.ts';
import { tableOf } from '../block/table.ts';
import type { Population } from '../model.ts';
import { levelsOf } from './score.ts';

/** What training gives for one population. */
export type TrainedPopulation = IdentityParameters['populations'][string];

const RANDOM_PAIRS = 400_000;
const ROUNDS = 60;
const ENOUGH = 1e-5;
const SMOOTHING = 1e-4;
/** Of one person, of one household, of a block by chance: before the first round. */
const START_SHARES: readonly number[] = [0.1, 0.2, 0.7];
/** A value had by fewer records is counted as rest: the list stays readable, and names of single persons stay out of it. */
const LISTED_FROM = 5;
const LISTED = 1500;
/** A given name that is had with so many surnames is a name, and no typing error. */
const SURNAMES_OF_A_NAME = 5;

/**
 * Estimates, without labels, how often each level of agreement is seen in records of one person (m) and of different ones
 * (u), and how many pairs are one (Fellegi-Sunter by expectation maximization over the candidate pairs). Deterministic to
 * the last bit: `profiles` must come in the order of source and key; patterns are summed in sorted order.
 */
export function train(population: Population, profiles: readonly Profile[]): TrainedPopulation {
  const u = byChance(population, profiles);
  const patterns = patternsOf(population, profiles);
  const { m, matches, prior } = maximize(population, patterns, u, profiles.length);
  return {
    records: profiles.length,
    matches: round(matches, 1),
    prior: round(prior, 1000),
    features: Object.fromEntries(
      population.features.flatMap((feature, i) =>
        feature.scale === undefined
          ? []
          : [[feature.name, { levels: [...feature.scale.levels], m: m[i]!.map(shareOf), u: u[i]!.map(shareOf) }]],
      ),
    ),
    given_names: givenNames(population, profiles),
    frequencies: frequenciesOf(population, profiles),
  };
}

function round(value: number, per: number): number {
  return Math.round(value * per) / per;
}

/** Seven significant digits: what is written is what is used. */
function shareOf(value: number): number {
  return Number(Math.min(1, Math.max(value, 1e-9)).toPrecision(7));
}

/** u: random pairs with a fixed seed, half a pair added to each level. */
function byChance(population: Population, profiles: readonly Profile[]): number[][] {
  const counts = population.features.map((f) => (f.scale ? Array.from({ length: f.scale.levels.length }, () => 0.5) : []));
  const levels = new Int8Array(population.features.length);
  const n = profiles.length;
  let seed = 20_240_607;
  const next = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 4294967296) * n);
  };
  const wanted = n < 2 ? 0 : RANDOM_PAIRS;
  for (let i = 0; i < wanted; i++) {
    const a = next();
    const b = next();
    if (a === b) continue;
    levelsOf(population, profiles[a]!, profiles[b]!, levels);
    for (let f = 0; f < levels.length; f++) if (levels[f]! >= 0) counts[f]![levels[f]!]!++;
  }
  return counts.map((list) => {
    const total = list.reduce((sum, count) => sum + count, 0);
    return list.map((count) => count / total);
  });
}

interface Pattern {
  levels: number[];
  count: number;
}

/** The distinct patterns of levels among the candidates, sorted. */
function patternsOf(population: Population, profiles: readonly Profile[]): Pattern[] {
  const counts = new Map<string, number>();
  const levels = new Int8Array(population.features.length);
  candidatePairs(population.passes, tableOf(population.features.length, profiles), population.cap, (a, b) => {
    levelsOf(population, profiles[a]!, profiles[b]!, levels);
    const text = levels.join(',');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  });
  return [...counts]
    .sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0))
    .map(([text, count]) => ({ levels: text.split(',').map(Number), count }));
}

/**
 * Three kinds of candidates: of one person; of two of one household; of two who share a block by chance. Candidates are not
 * random pairs, they agree in their block by construction: with one class for all that are different, nearly every
 * candidate would be taken for a match. Only the first kind's shares are kept.
 */
function maximize(
  population: Population,
  patterns: readonly Pattern[],
  u: readonly number[][],
  records: number,
): { m: number[][]; matches: number; prior: number } {
  // Geometric, the best level most likely; by the scale, where "swapped" stands last and is rare.
  const agreeing = population.features.map((feature) => {
    if (!feature.scale) return [];
    return normalized(feature.scale.levels.map((level, i) => (level === 'swapped' ? 0.01 : 4 ** -i)));
  });
  const ofPerson = new Set([population.roles.given, population.roles.birth, population.roles.middle]);
  let classes = [agreeing, agreeing.map((list, f) => (ofPerson.has(f) ? [...u[f]!] : list)), u.map((list) => [...list])];
  let shares: readonly number[] = START_SHARES;
  const candidates = patterns.reduce((sum, { count }) => sum + count, 0);
  let matches = 0;
  for (let roundNumber = 0; roundNumber < ROUNDS && candidates > 0; roundNumber++) {
    const sums = classes.map((lists) => lists.map((list) => list.map(() => SMOOTHING)));
    const masses = [0, 0, 0];
    for (const { levels, count } of patterns) {
      const likely = classes.map((lists, c) => {
        let p = shares[c]!;
        for (let f = 0; f < levels.length; f++) if (levels[f]! >= 0) p *= lists[f]![levels[f]!]!;
        return p;
      });
      const all = likely[0]! + likely[1]! + likely[2]!;
      if (all === 0) continue;
      for (let c = 0; c < 3; c++) {
        const mass = (likely[c]! / all) * count;
        masses[c]! += mass;
        for (let f = 0; f < levels.length; f++) if (levels[f]! >= 0) sums[c]![f]![levels[f]!]! += mass;
      }
    }
    const before = classes;
    // What two of a household are called, and when they were born, agrees by chance: otherwise records with errors would pass for relatives.
    classes = sums.map((lists, c) => lists.map((list, f) => (c === 1 && ofPerson.has(f) ? [...u[f]!] : normalized(list))));
    shares = masses.map((mass) => Math.max(1e-6, mass / candidates));
    matches = masses[0]!;
    let moved = 0;
    classes[0]!.forEach((list, f) => list.forEach((x, level) => (moved = Math.max(moved, Math.abs(x - before[0]![f]![level]!)))));
    if (moved < ENOUGH) break;
  }
  const all = (records * (records - 1)) / 2;
  const likely = Math.min(Math.max(matches, 0.5), all / 2);
  return { m: classes[0]!, matches, prior: all > 1 ? Math.log2(likely / (all - likely)) : 0 };
}

function normalized(list: readonly number[]): number[] {
  const total = list.reduce((sum, x) => sum + x, 0);
  return list.map((x) => x / total);
}

/** How many of the records have each value that several have; `rest`: of one that few have. */
function frequenciesOf(population: Population, profiles: readonly Profile[]): TrainedPopulation['frequencies'] {
  const tables: TrainedPopulation['frequencies'] = {};
  population.features.forEach((feature, slot) => {
    if (!feature.byFrequency) return;
    const counts = countsOf(profiles.flatMap((p) => p[slot] ?? []));
    const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
    const listed = [...counts]
      .filter(([value, n]) => n >= LISTED_FROM && value !== 'rest')
      .sort(([a, n], [b, k]) => k - n || (a < b ? -1 : 1))
      .slice(0, LISTED);
    if (total === 0) return;
    const others = [...counts.keys()].length - listed.length;
    const left = total - listed.reduce((sum, [, n]) => sum + n, 0);
    tables[feature.name] = Object.fromEntries([
      ...listed.map(([value, n]) => [value, shareOf(n / total)] as const),
      ...(others > 0 ? [['rest', shareOf(left / others / total)] as const] : []),
    ]);
  });
  return tables;
}

function countsOf(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function givenNames({ roles }: Population, profiles: readonly Profile[]): string[] {
  if (roles.given < 0 || roles.surname < 0) return [];
  const surnames = new Map<string, Set<string>>();
  for (const profile of profiles) {
    const given = profile[roles.given] ?? null;
    const surname = profile[roles.surname] ?? null;
    if (given === null || surname === null || given.length < 2) continue;
    const known = surnames.get(given);
    if (known) known.add(surname);
    else surnames.set(given, new Set([surname]));
  }
  return [...surnames].flatMap(([name, set]) => (set.size >= SURNAMES_OF_A_NAME ? [name] : [])).sort();
}
