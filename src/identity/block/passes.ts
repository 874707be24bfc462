import type { Profile, Roles } from '../roles.ts';
import type { FeatureSource } from '../profile.ts';
import { profileAt, type ProfileTable } from './table.ts';

/** One way of finding pairs: records whose parts are all there and equal are compared. */
export interface Pass {
  name: string;
  /** Distinguishes the keys of this pass from those of another with the same values. */
  seed: number;
  parts: readonly Part[];
}

/** What one part of a pass takes of a record. */
export interface Part {
  /** The slot that it looks at; undefined where it looks at several. */
  slot: number | undefined;
  /** Cuts a value of that slot. */
  cut: (value: string) => string;
  of(profile: Profile): string | null;
}

/** Of a person. Any two damaged features leave one of these alive; which it needs was measured on registers of persons. */
const PERSON: readonly string[][] = [
  ['given', 'birth'],
  ['surname', 'birth'],
  ['birth'],
  ['given', 'postal_code'],
  ['surname', 'postal_code'],
  ['given', 'city'],
  ['surname', 'city'],
  ['postal_code', 'number'],
  ['number', 'city'],
  ['number', 'street.start4'],
  ['street'],
  ['unit'],
  ['given', 'birth.month_day'],
  ['surname', 'birth.month_day'],
  ['given', 'birth.year_month'],
  ['surname', 'birth.year_month'],
  ['postal_code', 'birth.year_month'],
  ['postal_code', 'birth.month_day'],
  ['surname.start4', 'given.initial', 'birth.year'],
  ['name.sorted4'],
  ['given', 'surname'],
  ['phone'],
  ['email'],
];

/** Records equal in these slots are one. */
export interface Rule {
  name: string;
  seed: number;
  slots: readonly number[];
}

export function ruleOf(population: string, name: string, slots: readonly number[]): Rule {
  return { name, slots, seed: hash32(`${population}:${name}:${slots.join()}`, 11) };
}

const CUTS: Record<string, (value: string) => string> = {
  start4: (v) => v.slice(0, 4),
  initial: (v) => v.slice(0, 1),
  year: (v) => v.slice(0, 4),
  year_month: (v) => v.slice(0, 6),
  month_day: (v) => v.slice(4),
};

/** The passes of a population: those the model lists, or those that fit its features. A part that it does not have is left out with its pass. */
export function passesOf(
  population: string,
  blocks: readonly (readonly string[])[] | undefined,
  sources: readonly FeatureSource[],
  roles: Roles,
): Pass[] {
  const aliases = new Map<string, number>(Object.entries(roles));
  const part = (name: string): Part | undefined => {
    const [feature = '', cut] = name.split('.');
    if (name === 'name.sorted4') return roles.given < 0 || roles.surname < 0 ? undefined : sortedNames(roles.given, roles.surname);
    const own = sources.findIndex((s) => s.name === feature);
    const slot = own >= 0 ? own : (aliases.get(feature) ?? -1);
    if (slot < 0) return undefined;
    const cutting = cut === undefined ? (value: string): string => value : CUTS[cut];
    return cutting && { slot, cut: cutting, of: (p) => ((p[slot] ?? null) === null ? null : cutting(p[slot]!)) };
  };
  const listed = blocks ?? [...PERSON, ...ownPasses(sources, roles)];
  const passes: Pass[] = [];
  for (const names of listed) {
    const parts = names.map(part);
    if (parts.every((p) => p !== undefined))
      passes.push({ name: names.join(' + '), seed: hash32(`${population}:${names.join('+')}`, 7), parts });
  }
  return passes;
}

/** What a town added by itself finds pairs together with each feature of the person; what belongs to no person finds them alone. */
function ownPasses(sources: readonly FeatureSource[], roles: Roles): string[][] {
  const standard = new Set(PERSON.flat().map((name) => name.split('.')[0]!));
  const birth = sources[roles.birth]?.name;
  const own = sources.filter(
    (s) => s.scale !== undefined && !standard.has(s.name) && s.name !== birth && !['middle', 'state', 'sex'].includes(s.name),
  );
  if (roles.given < 0)
    return [...own.map((s) => [s.name]), ...own.filter((s) => s.scale === 'organization').map((s) => [`${s.name}.start4`, 'postal_code'])];
  if (own.length === 0) return [];
  // Two of them together also find those whose name is misspelled, and so does the middle name.
  return [
    ['given', 'middle'],
    ['surname', 'middle'],
  ].concat(
    own.flatMap((s, i) => [
      ...['given', 'surname', 'birth', 'postal_code'].map((other) => [s.name, other]),
      ...own.slice(i + 1).map((other) => [s.name, other.name]),
    ]),
  );
}

function sortedNames(given: number, surname: number): Part {
  return {
    slot: undefined,
    cut: (value) => value,
    of: (p) => {
      const a = p[given]?.slice(0, 4);
      const b = p[surname]?.slice(0, 4);
      if (!a || !b) return null;
      return a < b ? `${a} ${b}` : `${b} ${a}`;
    },
  };
}

/** The block keys of a profile, whole numbers below 2^53, sorted and each once. */
export function blockKeys(passes: readonly Pass[], profile: Profile): number[] {
  const keys = new Set<number>();
  for (const pass of passes) {
    const key = keyOf(pass, profile);
    if (key !== null) keys.add(key);
  }
  return [...keys].sort((a, b) => a - b);
}

/**
 * The keys of a profile, by pass; null where a part is missing. `like`: the keys of another profile, which are taken where this one has the
 * same values.
 */
export function keysByPass(
  passes: readonly Pass[],
  profile: Profile,
  like?: { profile: Profile; keys: readonly (number | null)[] },
): (number | null)[] {
  const isSame = (slot: number | undefined): boolean => slot !== undefined && (like!.profile[slot] ?? null) === (profile[slot] ?? null);
  return passes.map((pass, i) => (like && pass.parts.every(({ slot }) => isSame(slot)) ? like.keys[i]! : keyOf(pass, profile)));
}

/** The keys of the rules that a record can be linked by, one for each rule; null where a value is missing. */
export function ruleKeys(rules: readonly Rule[], profile: Profile): (number | null)[] {
  return rules.map((rule) => keyOf(passOfRule(rule), profile));
}

/** The same keys for all records of a table in one pass; -1 for a record that has none. `into`: where they are put. */
export function keysOfPass(pass: Pass, table: ProfileTable, into?: Float64Array): Float64Array {
  const keys = into ?? new Float64Array(table.size);
  keys.fill(-1);
  const parts = pass.parts.map(({ slot, cut }) => {
    if (slot === undefined) return undefined;
    // What comes of a value is the same for all records that have it.
    const hashes = new Int32Array(table.values[slot]!.length * 2);
    table.values[slot]!.forEach((value, code) => {
      const hash = hashOf(cut(value));
      hashes[2 * code] = hash.h1;
      hashes[2 * code + 1] = hash.h2;
    });
    return { codes: table.codes[slot]!, hashes };
  });
  if (parts.includes(undefined)) {
    for (let i = 0; i < table.size; i++) keys[i] = keyOf(pass, profileAt(table, i)) ?? -1;
    return keys;
  }
  const state = { h1: 0, h2: 0 };
  records: for (let i = 0; i < table.size; i++) {
    begin(state, pass.seed);
    for (let p = 0; p < parts.length; p++) {
      const { codes, hashes } = parts[p]!;
      const code = codes[i]!;
      if (code < 0) continue records;
      put(state, hashes[2 * code]!, hashes[2 * code + 1]!);
    }
    keys[i] = finish(state);
  }
  return keys;
}

/** The keys of one rule for all records of a table; -1 for a record that has none. */
export function keysOfRule(rule: Rule, table: ProfileTable): Float64Array {
  return keysOfPass(passOfRule(rule), table);
}

function passOfRule({ name, seed, slots }: Rule): Pass {
  return { name, seed, parts: slots.map((slot): Part => ({ slot, cut: (value) => value, of: (p) => p[slot] ?? null })) };
}

function hash32(text: string, seed: number): number {
  let h = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * The key of a record in one pass, a hash of its parts; null without a part. 53 bits: of ten million keys one pair meets by
 * accident in a hundred stores, and then only finds a pair that need not have been compared.
 */
function keyOf({ parts, seed }: Pass, profile: Profile): number | null {
  const state = { h1: 0, h2: 0 };
  begin(state, seed);
  for (const part of parts) {
    const value = part.of(profile);
    if (value === null) return null;
    const { h1, h2 } = hashOf(value);
    put(state, h1, h2);
  }
  return finish(state);
}

interface State {
  h1: number;
  h2: number;
}

/** Of one part. */
function hashOf(text: string): State {
  let h1 = 0xdeadbeef;
  let h2 = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ c, 2654435761);
    h2 = Math.imul(h2 ^ c, 1597334677);
  }
  return { h1: h1 ^ (h1 >>> 15), h2: h2 ^ (h2 >>> 13) };
}

function begin(state: State, seed: number): void {
  state.h1 = 0xdeadbeef ^ seed;
  state.h2 = 0x41c6ce57 ^ seed;
}

/** The order of parts counts. */
function put(state: State, h1: number, h2: number): void {
  state.h1 = Math.imul(((state.h1 << 13) | (state.h1 >>> 19)) ^ h1, 2654435761);
  state.h2 = Math.imul(((state.h2 << 7) | (state.h2 >>> 25)) ^ h2, 1597334677);
}

function finish({ h1, h2 }: State): number {
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return 4294967296 * (2097151 & h2) + (h1 >>> 0);
}
