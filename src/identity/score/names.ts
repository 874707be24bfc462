import type { Profile } from '../roles.ts';
import { areNicknames } from '../compare/nicknames.ts';
import { jaroWinkler } from '../compare/similarity.ts';
import type { Population } from '../model.ts';
import { sharesContact, isKnownWell } from './home.ts';

/** The given names of both. Where given name and surname are swapped, the pair that is less alike: the surnames made it swapped. */
export function givenNames({ roles }: Population, a: Profile, b: Profile, level: number): [string | null, string | null] {
  const [first, second] = [a[roles.given] ?? null, b[roles.given] ?? null];
  if (level !== 5) return [first, second];
  const [firstLast, secondLast] = [a[roles.surname] ?? null, b[roles.surname] ?? null];
  const alike = (x: string | null, y: string | null): number => (x === null || y === null ? 0 : jaroWinkler(x, y));
  return alike(first, secondLast) > alike(firstLast, second) ? [firstLast, second] : [first, secondLast];
}

/** Two given names that are not one name typed in two ways: unlike each other, or both names and no nicknames. The more alike, the better known. */
export function namesConflict({ isGivenName, isRarerName }: Population, a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return false;
  if (a.length === 1 || b.length === 1) return a[0] !== b[0];
  if (areNicknames(a, b)) return false;
  const alike = jaroWinkler(a, b);
  return alike < 0.85 || (isGivenName(a) && isGivenName(b)) || (alike < 0.92 && isRarerName(a) && isRarerName(b));
}

/** Two names that are not the same, and may be one: Jon and John, Carl and Carla. */
export function areNamedAlike(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b && a.length > 1 && b.length > 1;
}

/** Someone who is called by a middle name. */
export function goesBy(given: string | null | undefined, middle: string | null | undefined): boolean {
  return !!given && !!middle && given.length > 1 && middle.split(' ').includes(given);
}

/** One of the two is an initial: `R. Horton` and Mary R. Horton. */
export function goesByInitial(given: string | null | undefined, middle: string | null | undefined): boolean {
  return !!given && !!middle && middle.split(' ').some((name) => name[0] === given[0] && (name.length === 1 || given.length === 1));
}

/** Two whole middle names that are unlike each other. */
export function haveTwoMiddleNames({ roles: { middle } }: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  return middle >= 0 && levels[middle] === 2 && a[middle]!.length > 1 && b[middle]!.length > 1;
}

/** Two surnames and two whole middle names, of which none is the other's surname: nobody who married. */
export function haveTwoNames(population: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  const { middle, surname } = population.roles;
  if (surname < 0 || levels[surname] !== 4 || !haveTwoMiddleNames(population, a, b, levels)) return false;
  return !goesBy(a[surname], b[middle]) && !goesBy(b[surname], a[middle]);
}

/** A whole middle name that is the same. */
export function sameMiddleName({ roles: { middle } }: Population, a: Profile, levels: Int8Array): boolean {
  return middle >= 0 && levels[middle] === 0 && a[middle]!.length > 1;
}

function sameSurname({ roles }: Population, levels: Int8Array): boolean {
  return roles.surname >= 0 && levels[roles.surname] === 0;
}

export function hasNearSurname({ roles: { surname } }: Population, levels: Int8Array): boolean {
  return surname >= 0 && levels[surname]! >= 0 && levels[surname]! <= 2;
}

/** Another surname, however much it looks like the first: Sanchez and Sanders. */
export function hasOtherSurname({ roles: { surname } }: Population, levels: Int8Array): boolean {
  return surname >= 0 && (levels[surname] === 3 || levels[surname] === 4);
}

/** The same surname; one with a typing error where more is known of both. */
export function surnameOfTwins(population: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  return sameSurname(population, levels) || (hasNearSurname(population, levels) && isKnownWell(population, a, b));
}

/** 1 where two surnames agree, -1 where they are two, 0 where that is open: one is missing, or one person has a new one and the old phone. */
export function surnamesSay(population: Population, levels: Int8Array): number {
  if (hasOtherSurname(population, levels)) return sharesContact(population, levels) ? 0 : -1;
  const { surname } = population.roles;
  return surname >= 0 && levels[surname]! >= 0 ? 1 : 0;
}
