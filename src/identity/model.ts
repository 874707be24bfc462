import type { Profile, Roles } from './roles.ts';
import type { FeatureConfig, IdentityConfig, IdentityParameters, PopulationConfig, VetoName } from '../config/schema/identity.ts';
import { type Pass, passesOf, type Rule, ruleOf } from './block/passes.ts';
import { SCALES, type Scale, type ScaleName } from './compare/levels.ts';
import { isCodeOfStreet } from './standardize/contact.ts';
import { isYearOnly } from './standardize/dates.ts';
import { isKnownGivenName } from './score/common-names.ts';
import { isGivenNameAtAll } from './score/rarer-names.ts';
import { DEFAULT_FREQUENCIES, DEFAULT_PRIOR, DEFAULT_SHARES, FEATURE_SHARES, type Shares } from './score/defaults.ts';
import { fixed, frequencyWeight, weightsOf } from './score/weights.ts';
import { type Columns, featuresOf, type FeatureSource, populationReader } from './profile.ts';

/** One thing that two records are compared in. Its place in the list of features is its slot in a profile. */
export interface Feature {
  name: string;
  /** undefined for what is kept for vetoes alone: the suffix. */
  scale: Scale | undefined;
  /** By level, in 1/1024 bit. */
  weights: readonly number[];
  /** What counts where a value is missing on either side. */
  missing: number;
  household: boolean;
  /** From this weight on, that it agrees says more than what the person is called and which town they are of. */
  specificFrom: number;
  /** Training counts its values: a rare one that agrees says more. */
  byFrequency: boolean;
  /** Added where both values are equal, by value. */
  frequencies: Frequencies | undefined;
  /** Added for an equal value that `frequencies` does not have. */
  rest: number;
}

/** What is added to the weight of an equal value, by value. */
export type Frequencies = Pick<ReadonlyMap<string, number>, 'get' | 'values'>;

/** Records that are compared with each other, and how. */
export interface Population {
  name: string;
  features: readonly Feature[];
  read: (columns: Columns) => Profile;
  fits: (columns: Columns) => boolean;
  /** Slots of two features whose values may be in each other's place. */
  swaps: readonly (readonly [number, number])[];
  roles: Roles;
  passes: readonly Pass[];
  rules: readonly Rule[];
  cap: number;
  vetoes: ReadonlySet<VetoName>;
  /** Is it a name that many have, rather than a typing error of another one? */
  isGivenName: (name: string) => boolean;
  /** Is it a name at all, frequent or not? */
  isRarerName: (name: string) => boolean;
  household: { cap: number; floor: number };
  prior: number;
  link: number;
  review: number;
  /** See ClusterInput.join. */
  join: { mean: number; least: number };
}

/** The identity of an entity, compiled. */
export interface IdentityModel {
  populations: readonly Population[];
  keys: IdentityConfig['keys'];
  /** Is nobody entered twice in this connection? */
  onePerSource: (connection: string) => boolean;
  /** What it was compiled from: another thread compiles it again. */
  from: { config: IdentityConfig; parameters: IdentityParameters | undefined };
  /** The population of a record; -1 for one that none takes, and that stands for itself. */
  populationOf(columns: Columns): number;
}

/** Compiles what the model says of an entity's identity, with the parameters that were trained, if any. */
export function compileIdentity(config: IdentityConfig, parameters?: IdentityParameters): IdentityModel {
  const populations = Object.entries(config.populations).map(([name, population]) =>
    compilePopulation(name, population, parameters?.populations[name]),
  );
  const one = config.one_per_source;
  return {
    populations,
    keys: config.keys,
    from: { config, parameters },
    onePerSource: (connection) => (typeof one === 'boolean' ? one : one.includes(connection)),
    populationOf: (columns) => populations.findIndex((population) => population.fits(columns)),
  };
}

function compilePopulation(
  name: string,
  config: PopulationConfig,
  trained: IdentityParameters['populations'][string] | undefined,
): Population {
  const sources = Object.entries(config.features).flatMap(([key, feature]) => featuresOf(key, feature));
  const features = sources.map((source): Feature => {
    const scale = source.scale === undefined ? undefined : SCALES[source.scale];
    const shares = sharesOf(source, trained);
    const weights = shares ? weightsOf(shares) : [];
    for (const [level, bits] of Object.entries(givenWeights(source, config.features[source.of]!))) {
      const at = scale ? (scale.levels as readonly string[]).indexOf(level) : -1;
      if (at >= 0) weights[at] = fixed(bits);
    }
    const different = weights[(scale?.levels.length ?? 0) - (scale?.swaps ? 2 : 1)] ?? 0;
    const missing = config.features[source.of]!.missing ?? 'neutral';
    return {
      name: source.name,
      scale,
      weights,
      missing: missing === 'neutral' ? 0 : missing === 'different' ? different : fixed(missing),
      household: config.features[source.of]!.household ?? source.household,
      specificFrom: source.name === 'postal_code' ? OF_ONE_STREET : UNSPECIFIC.has(source.name) ? Infinity : 0,
      byFrequency: config.features[source.of]!.frequencies ?? COUNTED.has(source.scale ?? 'date'),
      ...frequenciesOf(source, config.features[source.of]!, shares, trained),
    };
  });
  const slot = (feature: string): number => sources.findIndex((s) => s.name === feature);
  const birth = sources.findIndex((s) => s.scale === 'date' && (s.name === 'birth' || s.name === 'birth_date'));
  const swaps = [
    [slot('given'), slot('surname')],
    [slot('street'), slot('unit')],
  ].filter((pair): pair is [number, number] => pair.every((at) => at >= 0));
  const roles: Roles = {
    given: slot('given'),
    middle: slot('middle'),
    surname: slot('surname'),
    suffix: slot('suffix'),
    birth: birth >= 0 ? birth : sources.findIndex((s) => s.scale === 'date'),
    number: slot('number'),
    street: slot('street'),
    unit: slot('unit'),
    phone: sources.findIndex((s) => s.scale === 'phone'),
    email: sources.findIndex((s) => s.scale === 'email'),
    sex: sources.findIndex((s) => s.scale === 'exact' && (s.name === 'sex' || s.name === 'gender')),
  };
  const names = new Set(trained?.given_names);
  return {
    name,
    features,
    ...populationReader(config, sources),
    swaps,
    roles,
    passes: passesOf(name, config.blocks, sources, roles),
    rules: config.rules.map((rule) => ruleOf(name, rule.name, rule.equal.map(slot))),
    cap: config.block_cap,
    // Trained parameters know how large the town is and how rare a name; without them a name alone proves nothing.
    vetoes: new Set(config.vetoes.filter((veto) => veto !== 'name_only' || trained === undefined)),
    household: { cap: fixed(config.household.cap), floor: fixed(config.household.floor) },
    isGivenName: (name) => isKnownGivenName(name) || names.has(name),
    isRarerName: (name) => isGivenNameAtAll(name) || names.has(name),
    prior: fixed(trained?.prior ?? config.prior ?? DEFAULT_PRIOR),
    link: fixed(config.link),
    review: fixed(config.review),
    join:
      config.join === undefined
        ? { mean: fixed(config.link), least: -Infinity }
        : { mean: fixed(config.join), least: fixed(config.review) },
  };
}

const UNSPECIFIC = new Set(['given', 'middle', 'surname', 'suffix', 'sex', 'gender', 'city', 'state']);

/** A postal code that counts so much is that of a street. */
const OF_ONE_STREET = fixed(4);
/** Of those who live where such codes are used, so many share one. */
const SHARE_OF_STREET = 0.002;
/** Of a date of which only the year is known: so many have the same. */
const SHARE_OF_YEAR = 0.012;

/** Of names of which only the initial is known: so many have the same. */
const SHARE_OF_INITIAL = 0.05;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

const COUNTED = new Set<ScaleName>(['given_name', 'surname', 'text', 'line', 'exact', 'organization']);

type Trained = IdentityParameters['populations'][string] | undefined;

/** Trained shares hold as long as the scale has the levels that they were trained for. */
function sharesOf(source: FeatureSource, trained: Trained): Shares | undefined {
  if (source.scale === undefined) return undefined;
  const levels = SCALES[source.scale].levels.length;
  const own = trained?.features[source.name];
  if (own && own.m.length === levels && own.u.length === levels) return own;
  const named = FEATURE_SHARES[source.name];
  return named && named.m.length === levels ? named : DEFAULT_SHARES[source.scale];
}

function givenWeights(source: FeatureSource, config: FeatureConfig): Record<string, number> {
  const all = Object.entries(config.weights ?? {});
  if (source.name === source.of) return Object.fromEntries(all);
  const mine = `${source.name}.`;
  return Object.fromEntries(all.filter(([key]) => key.startsWith(mine)).map(([key, bits]) => [key.slice(mine.length), bits]));
}

/** What is added for values of one kind, however often each of them is found. */
function byKind(weight: number, isOfKind: (value: string) => boolean): Pick<Feature, 'frequencies' | 'rest'> {
  return { frequencies: { get: (value) => (isOfKind(value) ? weight : undefined), values: () => [weight].values() }, rest: 0 };
}

function frequenciesOf(
  source: FeatureSource,
  config: FeatureConfig,
  shares: Shares | undefined,
  trained: Trained,
): Pick<Feature, 'frequencies' | 'rest'> {
  const listed = trained?.frequencies[source.name];
  if (shares && config.frequencies !== false) {
    const byChance = shares.u[0]!;
    if (source.scale === 'date') return byKind(Math.min(0, fixed(Math.log2(byChance / SHARE_OF_YEAR))), isYearOnly);
    if (source.scale === 'postal_code' && !trained?.features[source.name])
      return byKind(frequencyWeight(byChance, SHARE_OF_STREET), isCodeOfStreet);
  }
  const table = listed ? new Map(Object.entries(listed)) : DEFAULT_FREQUENCIES[source.name];
  if (!shares || !table || config.frequencies === false) return { frequencies: undefined, rest: 0 };
  const byChance = shares.u[0]!;
  // A name that is not among the frequent ones is rarer than each of them.
  const rest = listed ? listed.rest : Math.min(...table.values());
  const weights = new Map(
    [...table].filter(([value]) => value !== 'rest').map(([value, share]) => [value, frequencyWeight(byChance, share)]),
  );
  if (!listed) for (const letter of LETTERS) weights.set(letter, frequencyWeight(byChance, SHARE_OF_INITIAL));
  return {
    frequencies: weights,
    rest: rest === undefined ? 0 : frequencyWeight(byChance, rest),
  };
}
