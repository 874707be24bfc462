import type { Profile } from '../roles.ts';
import type { VetoName } from '../../config/schema/identity.ts';
import type { Population } from '../model.ts';
import { levelsOf, type Scored, scorePair, type Verdict, verdictOf, weightOf } from './score.ts';
import { bitsOf } from './weights.ts';

/** One bar of the waterfall: what a feature adds to the score. The bars with the start add up to the score. */
export interface Bar {
  feature: string;
  /** `missing`, or the level of agreement. */
  level: string;
  a: string | null;
  b: string | null;
  bits: number;
}

/** A pair with everything that its score consists of. */
export interface ExplainedPair {
  /** Bits; 0 is even odds, 3 is 8 to 1. */
  score: number;
  verdict: Verdict;
  veto: VetoName | null;
  bars: Bar[];
  /** Whole sentences for a clerk, most telling first. */
  reasons: string[];
}

/** Explains the score of two records of a population. */
export function explainPair(population: Population, a: Profile, b: Profile): ExplainedPair {
  const { features, household, prior } = population;
  const levels = new Int8Array(features.length);
  levelsOf(population, a, b, levels);
  const bars: Bar[] = [{ feature: 'start', level: 'before they are compared', a: null, b: null, bits: bitsOf(prior) }];
  let shared = 0;
  features.forEach((feature, i) => {
    if (feature.scale === undefined) return;
    const weight = weightOf(population, i, levels[i]!, a[i] ?? null);
    if (feature.household) shared += weight;
    if ((a[i] ?? null) === null && (b[i] ?? null) === null) return;
    const level = levels[i]! < 0 ? 'missing' : (feature.scale.levels[levels[i]!] ?? 'different');
    bars.push({ feature: feature.name, level, a: a[i] ?? null, b: b[i] ?? null, bits: bitsOf(weight) });
  });
  const kept = Math.max(household.floor, Math.min(household.cap, shared));
  if (kept !== shared)
    bars.push({
      feature: 'household',
      level: kept < shared ? 'not above its cap' : 'not below its floor',
      a: null,
      b: null,
      bits: bitsOf(kept - shared),
    });
  const scored = scorePair(population, a, b);
  return {
    score: bitsOf(scored.score),
    verdict: verdictOf(population, scored),
    veto: scored.veto ?? null,
    bars,
    reasons: reasonsOf(population, scored, bars),
  };
}

const VETO_WORDS: Record<VetoName, string> = {
  twins:
    'The surname is the same, and the birth date is the same or has one error, but the given names are two different ones: they may be twins.',
  father_and_son: 'Same name at the same address, but a generation between the birth dates: they may be parent and child.',
  siblings: 'Two given names that are alike but not the same, and birth dates in two years: they may be brothers or sisters.',
  suffix: 'One is Jr and the other Sr (or another suffix): they are two people.',
  suffix_missing: 'One is Jr or Sr, the other has no suffix, and neither birth date nor e-mail address shows whether they are one person.',
  person_evidence:
    'They may be two people of one household, building or first name: neither the whole name nor the birth date shows that they are one.',
  name_only: 'Little agrees besides the name, which several people may have.',
  alone:
    'Neither the whole name nor the birth date shows that they are one. The pair is shown because one of the records fits nobody else.',
};
const NAMES: Record<string, string> = {
  given: 'given name',
  middle: 'middle name',
  birth: 'birth date',
  number: 'house number',
  unit: 'apartment or second line',
  postal_code: 'ZIP code',
  email: 'e-mail',
};

function reasonsOf({ link }: Population, { score, veto }: Scored, bars: readonly Bar[]): string[] {
  const named = bars
    .filter((bar) => bar.a !== null && bar.b !== null)
    .sort((x, y) => Math.abs(y.bits) - Math.abs(x.bits) || (x.feature < y.feature ? -1 : 1));
  const words = named.map(({ feature, level, a, b }) => {
    const name = NAMES[feature] ?? feature.replaceAll('_', ' ');
    const start = name[0]!.toUpperCase() + name.slice(1);
    if (level === 'equal') return `${start} is equal: ${a}.`;
    if (level === 'swapped') return `${start} matches a different field of the other record: ${a} and ${b}.`;
    return level === 'different' ? `${start} differs: ${a} and ${b}.` : `${start}: ${a} and ${b} (${level}).`;
  });
  const missing = bars.filter((bar) => bar.level === 'missing').map((bar) => NAMES[bar.feature] ?? bar.feature.replaceAll('_', ' '));
  const doubt = veto ? [VETO_WORDS[veto]] : score < link ? ['The matching values are not enough to be sure.'] : [];
  return [...doubt, ...words, ...(missing.length > 0 ? [`Missing in one record: ${missing.join(', ')}.`] : [])];
}
