import { isCodeOfStreet } from '../standardize/contact.ts';
import { YEAR_ONLY } from '../standardize/dates.ts';
import { areNicknames } from './nicknames.ts';
import { edits, jaroWinkler } from './similarity.ts';

/**
 * How two values of a feature agree, best level first. `different` is the last level of a scale that a pair of values
 * can have by itself; `swapped`, where there is one, comes after it and is given by two features together.
 */
export interface Scale {
  levels: readonly string[];
  /** The level of two values in standard form. */
  level(a: string, b: string): number;
  /** There is a level `swapped`. */
  swaps: boolean;
  /** Two texts that are not the same may be equal, as `Elm Bakery` and `Bakery Elm`. */
  equalIfAlike?: boolean;
}

const NAME_LEVELS = ['equal', 'close', 'near', 'similar', 'different', 'swapped'] as const;
const TEXT_LEVELS = ['equal', 'close', 'similar', 'different', 'swapped'] as const;

/** The scales there are, by name. Each is symmetric: `level(a, b) === level(b, a)`. */
export const SCALES = {
  given_name: { levels: NAME_LEVELS, level: givenNameLevel, swaps: true },
  surname: { levels: NAME_LEVELS, level: surnameLevel, swaps: true },
  middle_name: { levels: ['equal', 'initial', 'different'], level: middleNameLevel, swaps: false, equalIfAlike: true },
  date: {
    levels: ['equal', 'one error', 'two parts equal', 'two errors', 'some digits equal', 'different'],
    level: dateLevel,
    swaps: false,
  },
  house_number: { levels: ['equal', 'one error', 'different'], level: houseNumberLevel, swaps: false },
  line: { levels: TEXT_LEVELS, level: textLevel, swaps: true },
  text: { levels: TEXT_LEVELS.slice(0, 4), level: textLevel, swaps: false },
  postal_code: { levels: ['equal', 'one error', 'two errors', 'different'], level: postalCodeLevel, swaps: false },
  exact: { levels: ['equal', 'different'], level: (a, b) => (a === b ? 0 : 1), swaps: false },
  code: { levels: ['equal', 'one error', 'different'], level: houseNumberLevel, swaps: false },
  phone: { levels: ['equal', 'equal without area code', 'one error', 'different'], level: phoneLevel, swaps: false },
  email: { levels: ['equal', 'same name, different provider', 'one or two errors', 'different'], level: emailLevel, swaps: false },
  organization: {
    levels: ['equal', 'contained', 'close', 'similar', 'different'],
    level: organizationLevel,
    swaps: false,
    equalIfAlike: true,
  },
} satisfies Record<string, Scale>;
export type ScaleName = keyof typeof SCALES;

function nameSimilarity(a: string, b: string): number {
  const jw = jaroWinkler(a, b);
  return jw >= 0.92 ? 1 : jw >= 0.85 ? 2 : jw >= 0.7 ? 3 : 4;
}

function givenNameLevel(a: string, b: string): number {
  if (a === b) return 0;
  // An initial says little, but it agrees.
  if (a.length === 1 || b.length === 1) return a[0] === b[0] ? 2 : 4;
  return areNicknames(a, b) ? 1 : nameSimilarity(a, b);
}

function surnameLevel(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length === 1 || b.length === 1) return a[0] === b[0] ? 3 : 4;
  // `Smith` and `Smith-Jones`; also `Mac Donald` and `Macdonald`.
  if (a.includes(' ') || b.includes(' ')) {
    if (a.replaceAll(' ', '') === b.replaceAll(' ', '')) return 1;
    const parts = a.split(' ');
    if (b.split(' ').some((part) => part.length > 2 && parts.includes(part))) return 1;
  }
  return nameSimilarity(a, b);
}

function middleNameLevel(a: string, b: string): number {
  if (a === b) return 0;
  const first = a.split(' ');
  const second = b.split(' ');
  if (first.some((name) => name.length > 1 && second.includes(name))) return 0;
  const initial = first.some((name) => second.some((other) => name[0] === other[0] && (name.length === 1 || other.length === 1)));
  return initial || (a.length > 1 && b.length > 1 && jaroWinkler(a, b) >= 0.9) ? 1 : 2;
}

/** Eight digits each. */
function dateLevel(a: string, b: string): number {
  if (a === b) return 0;
  const year = agrees(a, b, 0, 0, 4);
  const month = agrees(a, b, 4, 4, 2);
  const day = agrees(a, b, 6, 6, 2);
  const errors = edits(a, b, 4);
  if (errors === 1 || (year && agrees(a, b, 4, 6, 2) && agrees(a, b, 6, 4, 2))) return 1;
  if (year ? month || day : month && day) return 2;
  // A date of which only the year is known agrees with every day of its year.
  if (year && (agrees(a, YEAR_ONLY, 4, 0, 4) || agrees(b, YEAR_ONLY, 4, 0, 4))) return 2;
  return errors === 2 ? 3 : errors <= 4 ? 4 : 5;
}

/** Do `length` characters of `a` from `at` on equal those of `b` from `there` on? Without texts of their own: it is asked for every pair. */
function agrees(a: string, b: string, at: number, there: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a.charCodeAt(at + i) !== b.charCodeAt(there + i)) return false;
  return true;
}

function houseNumberLevel(a: string, b: string): number {
  return a === b ? 0 : edits(a, b, 1) === 1 && Math.min(a.length, b.length) > 1 ? 1 : 2;
}

function textLevel(a: string, b: string): number {
  if (a === b) return 0;
  const jw = jaroWinkler(a, b);
  return jw >= 0.9 ? 1 : jw >= 0.75 ? 2 : 3;
}

function postalCodeLevel(a: string, b: string): number {
  const errors = edits(a, b, 2);
  return errors <= 2 ? errors : areaOf(a) !== null && areaOf(a) === areaOf(b) ? 2 : 3;
}

/** The first part of a British or Canadian code, as TQ13 of TQ13 8DF and K1A of K1A 0B1: neighbors, or the same place later. */
function areaOf(code: string): string | null {
  return isCodeOfStreet(code) ? code.slice(0, -3) : null;
}

function phoneLevel(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length !== b.length) return a.endsWith(b) || b.endsWith(a) ? 1 : 3;
  return edits(a, b, 1) === 1 ? 2 : 3;
}

function emailLevel(a: string, b: string): number {
  if (a === b) return 0;
  const at = a.indexOf('@');
  if (at > 4 && a.slice(0, at) === b.slice(0, b.indexOf('@'))) return 1;
  // Another number is another mailbox, not a typing error: jsmith14 and jsmith41.
  return edits(a, b, 2) <= 2 && a.replace(/\D/g, '') === b.replace(/\D/g, '') ? 2 : 3;
}

function organizationLevel(a: string, b: string): number {
  if (a === b) return 0;
  const first = new Set(a.split(' '));
  const second = new Set(b.split(' '));
  const shared = [...first].filter((word) => second.has(word)).length;
  if (shared === first.size && shared === second.size) return 0;
  if (shared >= 2 && (shared === first.size || shared === second.size)) return 1;
  const jw = jaroWinkler(a, b);
  return jw >= 0.92 ? 2 : jw >= 0.85 || (shared >= 2 && shared * 3 >= Math.max(first.size, second.size) * 2) ? 3 : 4;
}

/** As alike as two spellings of a name. */
const NICKNAME = 0.92;

/**
 * Are two values in each other's place? `a1`, `a2` of one record, `b1`, `b2` of the other; `null` counts 0.55, so a
 * single value that moved to the other place is seen.
 */
export function areSwapped(a1: string | null, a2: string | null, b1: string | null, b2: string | null): boolean {
  const similar = (x: string | null, y: string | null): number => (x === null || y === null ? 0.55 : jaroWinkler(x, y));
  let crossed = similar(a1, b2);
  let crossed2 = similar(a2, b1);
  if (Math.max(crossed, crossed2) < 0.85) return false;
  // `Torres Bill` and `William Torres`. What is alike by its letters decides whether it is asked at all: see isSwapped.
  if (a1 !== null && b2 !== null && areNicknames(a1, b2)) crossed = Math.max(crossed, NICKNAME);
  if (a2 !== null && b1 !== null && areNicknames(a2, b1)) crossed2 = Math.max(crossed2, NICKNAME);
  if (Math.min(crossed, crossed2) < 0.55) return false;
  // Half a swap, as of William Brown and Earl Williams, is none.
  if (Math.min(crossed, crossed2) < 0.75 && a1 !== null && a2 !== null && b1 !== null && b2 !== null) return false;
  return crossed + crossed2 > similar(a1, b1) + similar(a2, b2) + 0.25;
}
