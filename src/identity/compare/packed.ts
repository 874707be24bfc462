import { type Scale, SCALES } from './levels.ts';
import { hasNicknames } from './nicknames.ts';
import { bitsIn, leastMatches, lettersOf, maskOf, mayBeAlike } from './letters.ts';
import { digitErrors } from './similarity.ts';

/** The level of two different values of a column, by their numbers. */
export type LevelOf = (x: number, y: number) => number;

/**
 * What `scale.level` gives for two values of this list, found with integers made of each value once: a million records are compared in
 * some fifty million pairs, and nearly all of them are settled by birth, name, phone and e-mail. undefined where values are not of the
 * usual kind; then the texts are compared. `exact` is asked where integers do not settle it.
 */
export function packedLevel(scale: Scale, values: readonly string[], exact: LevelOf): LevelOf | undefined {
  if (scale === SCALES.date) return packedDates(values);
  if (scale === SCALES.phone) return packedPhones(values);
  if (scale === SCALES.email) return packedEmails(values, exact);
  if (scale === SCALES.given_name || scale === SCALES.surname) return packedNames(values, exact);
  return undefined;
}

/** Places of decimal digits that differ, as the lowest bit of each of eight groups of four. */
function differing(d: number): number {
  d |= d >>> 2;
  return (d | (d >>> 1)) & 0x11111111;
}

/** Two neighbors exchanged, and nothing else; `at`: the two places that differ. */
function isExchanged(a: number, b: number, at: number): boolean {
  const low = at & -at;
  if (at !== (low | (low << 4))) return false;
  const shift = 31 - Math.clz32(low);
  const p = (a >>> shift) & 0xff;
  return (((p >>> 4) | (p << 4)) & 0xff) === ((b >>> shift) & 0xff);
}

/** Digits of a text as a number, four bits each, the last one lowest. */
function digitsOf(text: string, from: number, to: number): number {
  let packed = 0;
  for (let i = from; i < to; i++) packed = (packed << 4) | (text.charCodeAt(i) - 48);
  return packed;
}

const DAY = /^\d{8}$/;

/** Eight digits as a number, four bits each; undefined for what is not eight digits. */
export function packedDay(value: string): number | undefined {
  return DAY.test(value) ? digitsOf(value, 0, 8) >>> 0 : undefined;
}

/** The level of two different days, each as packedDay gives it. */
export function dayLevel(a: number, b: number): number {
  const d = a ^ b;
  const at = differing(d);
  const count = bitsIn(at);
  const year = d >>> 16 === 0;
  const month = (d & 0xff00) === 0;
  const day = (d & 0xff) === 0;
  if (count === 1 || (count === 2 && isExchanged(a, b, at))) return 1;
  if (year && ((a >>> 8) & 0xff) === (b & 0xff) && ((b >>> 8) & 0xff) === (a & 0xff)) return 1;
  if (year ? month || day : month && day) return 2;
  // January 1, where only the year is known.
  if (year && ((a & 0xffff) === 0x0101 || (b & 0xffff) === 0x0101)) return 2;
  if (count === 2) return 3;
  const errors = digitErrors(a, b);
  return errors <= 2 ? 3 : errors <= 4 ? 4 : 5;
}

function packedDates(values: readonly string[]): LevelOf | undefined {
  if (!values.every((value) => DAY.test(value))) return undefined;
  const days = Int32Array.from(values, (value) => digitsOf(value, 0, 8));
  return (x, y) => dayLevel(days[x]!, days[y]!);
}

const PHONE = /^\d{7,10}$/;

/** Seven to ten digits: how many, the first of them, and the last eight, four bits each; undefined for anything else. */
export function packedPhone(value: string): { length: number; first: number; last: number } | undefined {
  if (!PHONE.test(value)) return undefined;
  const cut = Math.max(0, value.length - 8);
  return { length: value.length, first: digitsOf(value, 0, cut), last: digitsOf(value, cut, value.length) };
}

/** The level of two different numbers: digits of each, their first ones, their last eight, as packedPhone gives them. */
export function phoneLevelOf(n: number, p: number, a: number, m: number, q: number, b: number): number {
  const d = a ^ b;
  if (n !== m) {
    const least = n < m ? n : m;
    if (least === 7) return (d & 0x0fffffff) === 0 ? 1 : 3;
    return d === 0 && (least === 8 || ((p ^ q) & 15) === 0) ? 1 : 3;
  }
  const at = differing(d);
  const before = differing(p ^ q);
  const count = bitsIn(at) + bitsIn(before);
  if (count !== 2) return count === 1 ? 2 : 3;
  if (before === 0) return isExchanged(a, b, at) ? 2 : 3;
  if (at === 0) return isExchanged(p, q, before) ? 2 : 3;
  // The two that differ are the last of one part and the first of the other.
  const exchanged = at === 0x10000000 && before === 1 && (p & 15) === b >>> 28 && (q & 15) === a >>> 28;
  return exchanged ? 2 : 3;
}

function packedPhones(values: readonly string[]): LevelOf | undefined {
  const packed = values.map(packedPhone);
  if (packed.includes(undefined)) return undefined;
  const lengths = Uint8Array.from(packed, (phone) => phone!.length);
  const first = Uint8Array.from(packed, (phone) => phone!.first);
  const last = Int32Array.from(packed, (phone) => phone!.last);
  return (x, y) => phoneLevelOf(lengths[x]!, first[x]!, last[x]!, lengths[y]!, first[y]!, last[y]!);
}

/** Most pairs are of other names with other digits: a hash of each tells. */
function packedEmails(values: readonly string[], exact: LevelOf): LevelOf {
  const names = Int32Array.from(values, (value) => hashOf(value.slice(0, Math.max(0, value.indexOf('@')))));
  const digits = Int32Array.from(values, (value) => hashOf(value.replace(/\D/g, '')));
  const lengths = Uint16Array.from(values, (value) => Math.min(value.length, 65_535));
  const letters = Int32Array.from(values, maskOf);
  return (x, y) => {
    if (names[x] === names[y]) return exact(x, y);
    if (digits[x] !== digits[y] || Math.abs(lengths[x]! - lengths[y]!) > 2) return 3;
    const [p, q] = [letters[x]!, letters[y]!];
    return bitsIn(p & ~q) > 2 || bitsIn(q & ~p) > 2 ? 3 : exact(x, y);
  };
}

/** Names that have too few letters in common are different; of others the similarity is computed. */
function packedNames(values: readonly string[], exact: LevelOf): LevelOf {
  const letters = lettersOf(values);
  // There is more to a single letter, to two words, and to two names that have nicknames than how similar they are.
  const special = Uint8Array.from(values, (value) => (value.length < 2 || value.includes(' ') ? 1 : 0) | (hasNicknames(value) ? 2 : 0));
  return (x, y) => {
    const [a, b] = [special[x]!, special[y]!];
    if (((a | b) & 1) !== 0 || (a & b) !== 0) return exact(x, y);
    return mayBeAlike(letters, x, letters, y, SIMILAR) ? exact(x, y) : 4;
  };
}

/** Names that are less alike are different: see nameSimilarity. */
const SIMILAR = leastMatches(0.7);

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
