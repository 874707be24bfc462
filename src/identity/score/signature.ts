import { LONGEST, maskOf } from '../compare/letters.ts';
import { type Scale, SCALES } from '../compare/levels.ts';
import { hasNicknames } from '../compare/nicknames.ts';
import { packedDay, packedPhone } from '../compare/packed.ts';
import type { Feature, Population } from '../model.ts';

/**
 * A signature is what a profile is in a few words of 32 bits, always as many: the day of birth and the phone whole, of names which letters
 * they have, of everything else a hash. It tells of most pairs that they are two persons, without reading what the other one is called.
 */
export interface SignatureLayout {
  columns: readonly SignatureColumn[];
  /** Words of a signature. */
  words: number;
}

/** How a feature is written in a signature: in two words, a day in one, a hash in half of one. */
type Kind = 'day' | 'letters' | 'phone' | 'email' | 'hash';

export interface SignatureColumn {
  slot: number;
  feature: Feature;
  kind: Kind;
  /** Its first word. */
  word: number;
  /** Of a hash: which half of the word it is. */
  shift: number;
}

/** Raised when the same words mean something else. */
const VERSION = 2;
/** The first word is the population, plus one. */
const HEADER = 1;
export const SIXTEEN = 0xffff;

/** Where each feature of a population stands. */
export function layoutOf(population: Population): SignatureLayout {
  const swapped = new Set(population.swaps.flat());
  const columns: SignatureColumn[] = [];
  let words = HEADER;
  let half = 0;
  for (const [slot, feature] of population.features.entries()) {
    if (feature.scale === undefined) continue;
    const kind = kindOf(feature.scale, swapped.has(slot));
    const column = { slot, feature, kind, word: words, shift: 0 };
    columns.push(column);
    if (kind !== 'hash') words += kind === 'day' ? 1 : 2;
    else if (half === 0) half = words++;
    else {
      column.word = half;
      column.shift = 16;
      half = 0;
    }
  }
  return { columns, words };
}

/** Changes with what the words mean. */
export function layoutNumber(layouts: readonly SignatureLayout[]): number {
  return hashOf(JSON.stringify([VERSION, layouts.map(({ columns }) => columns.map(({ feature, kind }) => [feature.name, kind]))]));
}

function kindOf(scale: Scale, swapped: boolean): Kind {
  if (swapped || isName(scale) || isText(scale) || scale === SCALES.middle_name) return 'letters';
  return scale === SCALES.date ? 'day' : scale === SCALES.phone ? 'phone' : scale === SCALES.email ? 'email' : 'hash';
}

export function isName(scale: Scale): boolean {
  return scale === SCALES.given_name || scale === SCALES.surname;
}

export function isText(scale: Scale): boolean {
  return scale === SCALES.line || scale === SCALES.text;
}

/** Writes one feature; the words were 0 before. */
export function writeColumn({ kind, word, shift, feature }: SignatureColumn, value: string | null, into: Uint32Array, at: number): void {
  if (value === null) return;
  switch (kind) {
    case 'hash':
      into[at + word]! |= shortHash(value) << shift;
      return;
    case 'day':
      into[at + word] = packedDay(value) || UNUSUAL_DAY;
      return;
    case 'letters':
      into[at + word] = lettersWord(feature.scale!, value);
      into[at + word + 1] = maskOf(value);
      return;
    case 'phone': {
      const phone = packedPhone(value);
      into[at + word] = phone ? USUAL | phone.length | (phone.first << 8) : UNUSUAL;
      into[at + word + 1] = phone ? phone.last : shortHash(value);
      return;
    }
    case 'email':
      into[at + word] = shortHash(value.slice(0, Math.max(0, value.indexOf('@')))) | (shortHash(value.replace(/\D/g, '')) << 16);
      into[at + word + 1] = maskOf(value);
  }
}

/** No eight digits: of it nothing is known. */
export const UNUSUAL_DAY = 0xffffffff;
export const USUAL = 1 << 16;
export const UNUSUAL = 2 << 16;

/** Length, first three characters, and whether there is more to a name than its letters; not 0. */
function lettersWord(scale: Scale, value: string): number {
  const length = Math.max(1, Math.min(value.length, LONGEST + 1));
  const several = (isName(scale) || scale === SCALES.middle_name) && value.includes(' ');
  const special = several || (isName(scale) && value.length < 2) ? SPECIAL : 0;
  const nickname = isName(scale) && hasNicknames(value) ? NICKNAME : 0;
  let start = 0;
  for (let i = 0; i < 3; i++) start |= (i < value.length ? value.charCodeAt(i) & 0xff : 0) << (8 * i + 8);
  return length | special | nickname | start;
}

export const LENGTH = 63;
export const SPECIAL = 64;
export const NICKNAME = 128;

/** 1 to 65,535. */
function shortHash(value: string): number {
  const hash = hashOf(value);
  return (hash >>> 16) ^ (hash & SIXTEEN) || 1;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
