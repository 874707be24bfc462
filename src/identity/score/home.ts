import type { Profile } from '../roles.ts';
import type { Population } from '../model.ts';

/** A house, a street, a phone or an e-mail address is known. */
export function isAtHome({ roles: { number, street, phone, email } }: Population, profile: Profile): boolean {
  return [number, street, phone, email].some((slot) => slot >= 0 && (profile[slot] ?? null) !== null);
}

/** The same house: number and street. */
export function sameHome({ roles: { number, street } }: Population, levels: Int8Array): boolean {
  return number >= 0 && street >= 0 && levels[number] === 0 && levels[street] === 0;
}

/** The same house, in one spelling of its street or another. */
export function nearHome({ roles: { number, street } }: Population, levels: Int8Array): boolean {
  return number >= 0 && street >= 0 && levels[number] === 0 && levels[street]! >= 0 && levels[street]! <= 1;
}

/** The same house, in one spelling of its street or another, and the same apartment: one that both leave out or both give. */
export function sameDoor(population: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  if (!nearHome(population, levels)) return false;
  const { unit } = population.roles;
  const near = unit >= 0 && levels[unit]! >= 0 && levels[unit]! <= 1;
  return unit < 0 || near || ((a[unit] ?? null) === null && (b[unit] ?? null) === null);
}

/** Two apartments. */
export function hasOtherUnit({ roles: { unit } }: Population, levels: Int8Array): boolean {
  return unit >= 0 && levels[unit] === 3;
}

/** Nothing in number, street, phone or e-mail says that they live apart: an equal one, or none that could be compared. */
export function notApart(population: Population, levels: Int8Array): boolean {
  const { phone, email, number, street } = population.roles;
  if (sameHome(population, levels) || sharesContact(population, levels)) return true;
  return [number, street, phone, email].every((slot) => slot < 0 || levels[slot]! < 0);
}

/** Another house number, and neither a phone nor an e-mail address that is the same. */
export function livesElsewhere(population: Population, levels: Int8Array): boolean {
  const { number } = population.roles;
  const differs = number >= 0 && levels[number] === population.features[number]!.scale!.levels.length - 1;
  return differs && !sharesContact(population, levels);
}

/** A phone or an e-mail address is the same. */
export function sharesContact({ roles: { phone, email } }: Population, levels: Int8Array): boolean {
  return (phone >= 0 && levels[phone] === 0) || (email >= 0 && levels[email] === 0);
}

/** Phones or e-mail addresses are there, and none is the same. */
export function hasOtherContacts({ roles: { phone, email } }: Population, levels: Int8Array): boolean {
  const byPhone = phone < 0 ? -1 : levels[phone]!;
  const byEmail = email < 0 ? -1 : levels[email]!;
  return (byPhone > 0 || byEmail > 0) && byPhone !== 0 && byEmail !== 0;
}

/**
 * One of the records says more of the person than name, birth date and address. In registers that know no more, whole given names are wrong as
 * often as there are twins; where somebody was asked for a phone or a middle name they hardly ever are.
 */
export function isKnownWell({ roles: { middle, phone, email, sex } }: Population, a: Profile, b: Profile): boolean {
  // Without a list: it is asked for every pair.
  return hasEither(a, b, phone) || hasEither(a, b, sex) || hasEither(a, b, email) || hasEither(a, b, middle);
}

function hasEither(a: Profile, b: Profile, slot: number): boolean {
  return slot >= 0 && ((a[slot] ?? null) !== null || (b[slot] ?? null) !== null);
}
