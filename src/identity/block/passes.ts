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
  return own.flatMap((s) => [
    [s.name, 'given'],
    [s.name, 'surname'],
    [s.name, 'birth'],
  ]);
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
    const text = textOf(pass, profile);
    if (text !== null) keys.add(keyHash(text, pass.seed));
  }
  return [...keys].sort((a, b) => a - b);
}

function textOf({ parts }: Pass, profile: Profile): string | null {
  let text = '';
  for (const part of parts) {
    const value = part.of(profile);
    if (value === null) return null;
    text += `${value}\u001f`;
  }
  return text;
}

/** The same keys for all records of a table in one pass; -1 for a record that has none. */
export function keysOfPass(pass: Pass, table: ProfileTable): Float64Array<ArrayBuffer> {
  const keys = new Float64Array(table.size).fill(-1);
  const [first, ...more] = pass.parts;
  const slots = pass.parts.flatMap(({ slot }) => slot ?? []);
  if (!first || slots.length < pass.parts.length) {
    for (let i = 0; i < table.size; i++) {
      const text = textOf(pass, profileAt(table, i));
      if (text !== null) keys[i] = keyHash(text, pass.seed);
    }
    return keys;
  }
  // What comes of the first part is the same for all records with its value.
  const begun = table.values[slots[0]!]!.map((value) => feed(start(pass.seed), `${first.cut(value)}\u001f`));
  const texts = more.map((part) => table.values[part.slot!]!.map((value) => `${part.cut(value)}\u001f`));
  const codes = slots.map((slot) => table.codes[slot]!);
  const state = start(0);
  records: for (let i = 0; i < table.size; i++) {
    const code = codes[0]![i]!;
    if (code < 0) continue;
    state.h1 = begun[code]!.h1;
    state.h2 = begun[code]!.h2;
    for (let p = 0; p < texts.length; p++) {
      const next = codes[p + 1]![i]!;
      if (next < 0) continue records;
      feed(state, texts[p]![next]!);
    }
    keys[i] = finish(state);
  }
  return keys;
}

/** The keys of one rule for all records of a table; -1 for a record that has none. */
export function keysOfRule({ name, seed, slots }: Rule, table: ProfileTable): Float64Array<ArrayBuffer> {
  const parts = slots.map((slot): Part => ({ slot, cut: (value) => value, of: (p) => p[slot] ?? null }));
  return keysOfPass({ name, seed, parts }, table);
}

/** The keys of the rules that a record can be linked by, one for each rule; null where a value is missing. */
export function ruleKeys(rules: readonly Rule[], profile: Profile): (number | null)[] {
  return rules.map(({ seed, slots }) => {
    let text = '';
    for (const slot of slots) {
      const value = profile[slot] ?? null;
      if (value === null) return null;
      text += `${value}\u001f`;
    }
    return keyHash(text, seed);
  });
}

function hash32(text: string, seed: number): number {
  let h = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** 53 bits: of ten million keys one pair meets by accident in a hundred stores, and then only finds a pair that need not have been compared. */
export function keyHash(text: string, seed: number): number {
  return finish(feed(start(seed), text));
}

interface State {
  h1: number;
  h2: number;
}

function start(seed: number): State {
  return { h1: 0xdeadbeef ^ seed, h2: 0x41c6ce57 ^ seed };
}

function feed(state: State, text: string): State {
  let { h1, h2 } = state;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ c, 2654435761);
    h2 = Math.imul(h2 ^ c, 1597334677);
  }
  state.h1 = h1;
  state.h2 = h2;
  return state;
}

function finish({ h1, h2 }: State): number {
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return 4294967296 * (2097151 & h2) + (h1 >>> 0);
}
