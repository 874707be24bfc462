import type { Profile } from '../roles.ts';
import type { Population } from '../model.ts';
import { birthLevel, birthsSay } from './births.ts';
import { hasOtherContacts, isKnownWell, sameHome } from './home.ts';
import { givenNames, goesBy, hasNearSurname, namesConflict } from './names.ts';

/** What tells two of one name in one house apart. It is asked only of records that are put into clusters together. */
export interface HouseSays {
  /** Two of one name in one house, who were born in two years. */
  namesakes: boolean;
  /** See Pair.twoEntries of the clusters. */
  twoEntries: boolean;
  /** An e-mail address is the same that holds the given name: not one of a family. */
  ownMail: boolean;
  /** See Pair.phone of the clusters. */
  phone: number;
  /** See Pair.middle of the clusters. */
  middle: number;
  /** See Pair.byMiddle of the clusters. */
  byMiddle: boolean;
  /** See Pair.sameHome of the clusters. */
  sameHome: boolean;
  /** Both are Jr, or both Sr. */
  sameSuffix: boolean;
  /** See isOneOfTwo. */
  suffixMissing: boolean;
}

/** `levels` are those of the pair. */
export function houseSays(population: Population, a: Profile, b: Profile, levels: Int8Array): HouseSays {
  const { phone, middle, suffix } = population.roles;
  const byPhone = phone < 0 ? -1 : levels[phone]!;
  const byName = middle < 0 ? -1 : levels[middle]!;
  return {
    namesakes: areNamesakes(population, a, b, levels),
    twoEntries: areTwoEntries(population, a, b, levels),
    ownMail: hasOwnMail(population, a, b, levels),
    phone: byPhone < 0 ? 0 : byPhone === 0 ? 1 : -1,
    middle: byName < 0 ? 0 : byName <= 1 ? 1 : -1,
    byMiddle: isByMiddle(population, a, b, levels),
    sameHome: sameHome(population, levels),
    sameSuffix: suffix >= 0 && (a[suffix] ?? null) !== null && a[suffix] === b[suffix],
    suffixMissing: population.vetoes.has('suffix_missing') && isOneOfTwo(population, a, b, levels),
  };
}

function areNamesakes(population: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  const { given, surname, phone } = population.roles;
  if (given < 0 || surname < 0 || !population.vetoes.has('father_and_son') || birthsSay(population, a, b, levels) >= 0) return false;
  const swapped = levels[given] === 5;
  const [first, second] = givenNames(population, a, b, levels[given]!);
  if (first === null || second === null || namesConflict(population, first, second)) return false;
  if (!swapped && !hasNearSurname(population, levels)) return false;
  return sameHome(population, levels) || (phone >= 0 && levels[phone] === 0);
}

function isByMiddle(population: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  const { given, middle } = population.roles;
  if (given < 0 || middle < 0 || a[given] === b[given]) return false;
  if (birthsSay(population, a, b, levels) <= 0) return false;
  return goesBy(a[given], b[middle]) || goesBy(b[given], a[middle]);
}

export function hasOwnMail({ roles: { email, given } }: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  if (email < 0 || given < 0 || levels[email]! < 0 || levels[email]! > 1) return false;
  const mailbox = a[email]!.slice(0, a[email]!.indexOf('@'));
  return [a[given], b[given]].some((name) => !!name && name.length > 1 && mailbox.includes(name.slice(0, 3)));
}

/** Two e-mail addresses, each of which holds the given name of its own record and not that of the other: two people. */
export function haveTwoMailboxes(population: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  const { email, given } = population.roles;
  if (email < 0 || given < 0 || levels[email]! < 2 || levels[given] === 5) return false;
  const [first, second] = [a[given] ?? null, b[given] ?? null];
  if (!namesConflict(population, first, second) || Math.min(first!.length, second!.length) < 3) return false;
  const holds = (p: Profile, name: string | null): boolean => p[email]!.slice(0, p[email]!.indexOf('@')).includes(name!.slice(0, HELD));
  return holds(a, first) && holds(b, second) && !holds(a, second) && !holds(b, first);
}

/** So much of a given name is looked for in a mailbox. */
const HELD = 4;

/**
 * One is called Jr (or Sr), the other nothing, and neither a birth date nor an e-mail address says whether it is the same person or
 * the other one of that name: a phone or an address may be of both.
 */
export function isOneOfTwo({ roles }: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  if (roles.suffix < 0 || ((a[roles.suffix] ?? null) === null) === ((b[roles.suffix] ?? null) === null)) return false;
  const agrees = (slot: number, most: number): boolean => slot >= 0 && levels[slot]! >= 0 && levels[slot]! <= most;
  return !agrees(roles.birth, 2) && !agrees(roles.email, 1);
}

/**
 * A system that has two records of a house with one birth date and two forms of one name, Edward and Eddie, or one without a given name, has
 * entered two people: twins. So has one that has a name twice and gives only one of them a birth date, with two phones or e-mail addresses.
 * Not where both have the e-mail address that holds the name.
 */
function areTwoEntries(population: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  const { roles, vetoes } = population;
  if (roles.given < 0 || !sameHome(population, levels) || !isKnownWell(population, a, b)) return false;
  if (hasOwnMail(population, a, b, levels)) return false;
  if (birthLevel(population, a, levels) === 0 && vetoes.has('twins')) {
    const [first, second] = givenNames(population, a, b, levels[roles.given]!);
    if (first === null || second === null) return true;
    return first !== second && population.isRarerName(first) && population.isRarerName(second);
  }
  if (roles.birth < 0 || !vetoes.has('father_and_son') || !hasOtherContacts(population, levels)) return false;
  return ((a[roles.birth] ?? null) === null) !== ((b[roles.birth] ?? null) === null);
}
