import type { Profile } from '../roles.ts';
import type { VetoName } from '../../config/schema/identity.ts';
import { areSwapped } from '../compare/levels.ts';
import type { Population } from '../model.ts';
import { isKnownWell } from './home.ts';
import { type HouseSays, houseSays } from './house.ts';
import { goesBy, sameMiddleName } from './names.ts';
import { vetoOf } from './vetoes.ts';

/** What two records of a population say about being one. Scores are in 1/1024 bit; 0 is even odds. */
export interface Scored {
  score: number;
  /** As it would be if address, phone and e-mail counted in full. */
  uncapped: number;
  veto: VetoName | undefined;
  /** Two given names that many have and no birth date that agrees: two of a household, of whom nobody needs to be asked. */
  apart: boolean;
  /** See Pair.vetoed of the clusters. */
  twoPeople: boolean;
  /** See Pair.person of the clusters. */
  person: number;
  /** See Pair.birth of the clusters. */
  birth: number;
  /** See Pair.given of the clusters. */
  given: number;
  /** See Pair.sure of the clusters. */
  sure: boolean;
  /** See Pair.bornApart of the clusters. */
  bornApart: boolean;
  /** See Pair.strangers of the clusters. */
  strangers: boolean;
  /** See Pair.surname of the clusters. */
  surname: number;
}

/** What becomes of a pair. */
export type Verdict = 'link' | 'review' | 'none';

/** Level −1: a value is missing. */
export function levelsOf({ features, swaps, roles }: Population, a: Profile, b: Profile, into: Int8Array): void {
  for (let i = 0; i < features.length; i++) {
    const scale = features[i]!.scale;
    const x = a[i] ?? null;
    const y = b[i] ?? null;
    into[i] = scale === undefined || x === null || y === null ? -1 : x === y ? 0 : scale.level(x, y);
  }
  for (const [first, second] of swaps) {
    if (into[first] === 0 || into[second] === 0) continue;
    const [a1 = null, a2 = null, b1 = null, b2 = null] = [a[first], a[second], b[first], b[second]];
    if (!areSwapped(a1, a2, b1, b2)) continue;
    const both = a1 !== null && b2 !== null && a2 !== null && b1 !== null;
    into[first] = features[first]!.scale!.levels.length - 1;
    into[second] = both ? features[second]!.scale!.levels.length - 1 : -1;
  }
  // Someone who goes by the middle name.
  const { given, middle } = roles;
  if (given >= 0 && middle >= 0 && into[given]! >= 3 && into[given]! <= 4 && (goesBy(a[given], b[middle]) || goesBy(b[given], a[middle])))
    into[given] = 2;
}

/** The part of the score that comes of one feature. */
export function weightOf(population: Population, slot: number, level: number, value: string | null): number {
  const feature = population.features[slot]!;
  if (feature.scale === undefined) return 0;
  if (level < 0) return feature.missing;
  const weight = feature.weights[level] ?? 0;
  return level === 0 && feature.frequencies !== undefined ? weight + (feature.frequencies.get(value!) ?? feature.rest) : weight;
}

const scratch = new Int8Array(64);

/** Scores a pair. Pure and symmetric. */
export function scorePair(population: Population, a: Profile, b: Profile): Scored {
  return withVeto(population, a, b, sumsOf(population, a, b));
}

/** The same of a pair that is linked or needs review, with which of the two. Most pairs score too little for vetoes to be asked. */
export function scoreLikelyPair(
  population: Population,
  a: Profile,
  b: Profile,
): { scored: Scored; verdict: 'link' | 'review' } | undefined {
  const sums = sumsOf(population, a, b);
  if (sums.score < Math.min(population.link, population.review) && sums.uncapped < population.link) return undefined;
  const scored = withVeto(population, a, b, sums);
  const verdict = verdictOf(population, scored);
  return verdict === 'none' ? undefined : { scored, verdict };
}

/** What the weights of a pair add up to. Its levels are in `scratch`. */
interface Sums {
  score: number;
  uncapped: number;
  /** See vetoOf. */
  beside: number;
  shared: number;
  ofPerson: number;
}

function sumsOf(population: Population, a: Profile, b: Profile): Sums {
  const { features, household, prior } = population;
  levelsOf(population, a, b, scratch);
  let own = prior;
  let shared = 0;
  let beside = 0;
  let ofPerson = 0;
  const { number, street } = population.roles;
  // The same street with another house number is a neighbor as often as somebody who moved: what differs counts there as well.
  const neighbors = number >= 0 && street >= 0 && scratch[number]! === population.features[number]!.scale!.levels.length - 1;
  for (let i = 0; i < features.length; i++) {
    const weight = weightOf(population, i, scratch[i]!, a[i] ?? null);
    if (features[i]!.household) shared += weight;
    else {
      own += weight;
      if (features[i]!.specificFrom === 0) ofPerson += weight;
    }
    if (weight > features[i]!.specificFrom || (neighbors && features[i]!.household && features[i]!.specificFrom === 0)) beside += weight;
  }
  const { middle } = population.roles;
  // Three names whole are rare enough, a middle initial is not.
  if (sameMiddleName(population, a, scratch)) beside += weightOf(population, middle, 0, a[middle]!);
  return { score: own + Math.max(household.floor, Math.min(household.cap, shared)), uncapped: own + shared, beside, shared, ofPerson };
}

function withVeto(population: Population, a: Profile, b: Profile, { score, uncapped, beside, shared, ofPerson }: Sums): Scored {
  const { weak, veto, ...said } = vetoOf(population, a, b, scratch, beside, shared, ofPerson);
  const scored: Scored = { score, uncapped, veto: weak && score < population.link ? undefined : veto, ...said };
  return isAskedIfAlone(population, a, b, scored) ? { ...scored, veto: 'alone' } : scored;
}

/**
 * Two names in one house, or a name alone: nobody needs to be asked of them, as a rule. But in registers that know nothing except name, birth
 * date and address, whole names are wrong in true pairs. There it is asked of a record that fits nobody else.
 */
function isAskedIfAlone(population: Population, a: Profile, b: Profile, scored: Scored): boolean {
  if (!population.vetoes.has('alone') || scored.veto === 'suffix' || !mayWait(population, scored)) return false;
  return !isKnownWell(population, a, b) && verdictOf(population, scored) === 'none';
}

/** The same of two records that are put into clusters together, with what tells two of one house apart. */
export function scoreMembers(population: Population, a: Profile, b: Profile): Scored & HouseSays {
  const scored = scorePair(population, a, b);
  return { ...scored, ...houseSays(population, a, b, scratch) };
}

/**
 * Linked, for a person to decide, or neither. A veto sends to review what would be linked; a suffix never links, and `alone` is for a person
 * only where one of the two golden records is a single record. What only
 * the cap of the household keeps from being linked is looked at too, unless it is plainly two of a household.
 */
export function verdictOf({ link, review }: Pick<Population, 'link' | 'review'>, { score, uncapped, veto, apart }: Scored): Verdict {
  if (veto === 'suffix') return 'none';
  if (veto === 'alone') return 'review';
  if (score >= link && veto === undefined) return 'link';
  if (apart) return 'none';
  if (veto === 'name_only' || veto === 'person_evidence' || veto === 'suffix_missing') return score >= link ? 'review' : 'none';
  return mayWait({ link, review }, { score, uncapped }) ? 'review' : 'none';
}

function mayWait({ link, review }: Pick<Population, 'link' | 'review'>, { score, uncapped }: Pick<Scored, 'score' | 'uncapped'>): boolean {
  return score >= review || uncapped >= link;
}
