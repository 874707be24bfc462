import type { Profile } from '../roles.ts';
import type { VetoName } from '../../config/schema/identity.ts';
import { areNicknames } from '../compare/nicknames.ts';
import { jaroWinkler } from '../compare/similarity.ts';
import type { Population } from '../model.ts';
import { isRealDay, isYearOnly } from '../standardize/dates.ts';
import { suffixesConflict } from '../standardize/person-name.ts';
import { fixed } from './weights.ts';

/** What names and birth dates say of a pair, beside its score. */
interface Said {
  veto: VetoName | undefined;
  apart: boolean;
  /** See Pair.vetoed of the clusters. */
  twoPeople: boolean;
  person: number;
  /** See Pair.birth of the clusters. */
  birth: number;
  /** See Pair.given of the clusters. */
  given: number;
  /** Both given names and both birth dates are there and agree. */
  sure: boolean;
  /** Two birth dates that are not one date typed in two ways. */
  bornApart: boolean;
  /** See Pair.strangers of the clusters. */
  strangers: boolean;
}

/**
 * Why a pair must not be linked by its score, if so. They are narrow: in registers of persons, whole fields are wrong in
 * true pairs, and a blunt veto costs more than every refinement of the score brings. So two given names speak for twins only
 * where many people have them; a typing error is not a name. `levels` are those of the pair;
 * `beside` is what agrees next to the name and the town, `shared` what address, phone and e-mail say.
 */
export function vetoOf(population: Population, a: Profile, b: Profile, levels: Int8Array, beside: number, shared: number): Said {
  const found = vetoByRole(population, a, b, levels, beside, shared);
  const { birth } = population.roles;
  const bornApart = birth >= 0 && levels[birth]! >= 4;
  return {
    twoPeople: false,
    person: 0,
    sure: false,
    birth: population.vetoes.has('siblings') ? birthsSay(population, a, b, levels) : 0,
    given: 0,
    bornApart,
    strangers: bornApart && hasOtherContacts(population, levels),
    ...found,
  };
}

function vetoByRole(
  population: Population,
  a: Profile,
  b: Profile,
  levels: Int8Array,
  beside: number,
  shared: number,
): Partial<Said> & Pick<Said, 'veto' | 'apart'> {
  const { roles, vetoes } = population;
  if (roles.given < 0) return { veto: undefined, apart: false };
  if (roles.suffix >= 0 && vetoes.has('suffix') && suffixesConflict(a[roles.suffix] ?? null, b[roles.suffix] ?? null))
    return { veto: 'suffix', apart: true, twoPeople: true };
  const given = levels[roles.given]!;
  const [first, second] = givenNames(population, a, b, given);
  const birth = birthLevel(population, a, levels);
  const middle = (p: Profile): string | null => (roles.middle < 0 ? null : (p[roles.middle] ?? null));
  const conflict = namesConflict(population, first, second) && !goesBy(first, middle(b)) && !goesBy(second, middle(a));
  const bothNames = conflict && population.isGivenName(first!) && population.isGivenName(second!);
  const initial = first?.length === 1 || second?.length === 1;
  if (vetoes.has('twins') && birth === 0 && conflict && (bothNames || initial || (roles.sex >= 0 && levels[roles.sex] === 1)))
    if (surnameOfTwins(population, levels) && (notApart(population, levels) || (bothNames && shared < 0)))
      return { veto: 'twins', apart: false, given: -1 };
  // One error in the day or month: twins, one of whose dates is mistyped, or one person who is also called by another name.
  if (vetoes.has('twins') && birth === 1 && bothNames && a[roles.birth]!.slice(0, 4) === b[roles.birth]!.slice(0, 4))
    if (hasNearSurname(population, levels) && sameHome(population, levels)) return { veto: 'twins', apart: false, given: -1 };
  if (vetoes.has('father_and_son') && !conflict && given >= 0 && given <= 1 && isGenerationApart(population, a, b))
    if (hasNearSurname(population, levels) && sameHome(population, levels))
      return { veto: 'father_and_son', apart: false, twoPeople: true };
  if (vetoes.has('siblings') && !conflict && areNamedAlike(first, second) && areBornApart(population, a, b, levels))
    if (hasNearSurname(population, levels) && (sameHome(population, levels) || (roles.phone >= 0 && levels[roles.phone] === 0)))
      return { veto: 'siblings', apart: false, twoPeople: population.isGivenName(first!) && population.isGivenName(second!) };
  if (vetoes.has('suffix_missing') && !conflict && isOneOfTwo(population, a, b, levels)) return { veto: 'suffix_missing', apart: false };
  if (vetoes.has('person_evidence') && conflict && roles.sex >= 0 && levels[roles.sex] === 1 && sameHome(population, levels))
    return { veto: 'person_evidence', apart: true, twoPeople: true };
  // An initial agrees with too many of a household.
  const nameAgrees = first === null || second === null || (given === 5 && !conflict) || (given >= 0 && given <= 2 && !conflict && !initial);
  // Brothers and sisters are born in the same decades: of two well-known names, only the same day makes one person likely. Where one is
  // hardly a name, a date with one error or one part wrong does too.
  const birthAgrees = birth >= 0 && birth <= (bothNames ? 0 : 2);
  // Another surname at another place is one person only by more than a first name and a day of birth.
  const moved = roles.surname >= 0 && levels[roles.surname] === 4 && (shared < 0 || (!birthAgrees && livesElsewhere(population, levels)));
  const oneName = conflict && (population.isGivenName(first!) || population.isGivenName(second!));
  // Sarah Ward and Margaret Russell, who happen to be born on one day, and have two phones or e-mail addresses.
  const otherNames = bothNames && roles.surname >= 0 && levels[roles.surname] === 4 && hasOtherContacts(population, levels);
  const evidence = (nameAgrees || birthAgrees) && !moved && !otherNames;
  const apart = conflict && !birthAgrees && (bothNames || initial || (given === 4 && oneName));
  const nameAlone = beside < BESIDE_NAME && vetoes.has('name_only');
  // Two of one name who were born on two days, and of whom nothing else agrees.
  const namesakes = nameAlone && birth >= 4;
  // Robert Brown and Robert Smith of one house, who were born on two days.
  const otherName = birth >= 4 && roles.surname >= 0 && levels[roles.surname] === 4;
  const named = given >= 0 && nameAgrees && !otherName;
  const person = namesakes || otherNames ? -1 : named || birth === 0 ? 1 : apart && vetoes.has('person_evidence') ? -1 : 0;
  const namesSay = !vetoes.has('twins') || first === null || second === null ? 0 : conflict ? -1 : nameAgrees ? 1 : 0;
  if (!evidence && vetoes.has('person_evidence')) return { veto: 'person_evidence', apart, person, given: namesSay };
  const sure = named && first !== null && second !== null && birth >= 0 && birth <= 2;
  return { veto: nameAlone ? 'name_only' : undefined, apart, person, sure, given: namesSay };
}

/** As the date of birth agrees; two dates that are January 1 agree in the year only. */
function birthLevel({ roles: { birth } }: Population, a: Profile, levels: Int8Array): number {
  if (birth < 0) return -1;
  return levels[birth] === 0 && isYearOnly(a[birth]!) ? 2 : levels[birth]!;
}

/** A rare name in one town does not make a person yet: something of the person or the address must agree too. */
const BESIDE_NAME = fixed(3);

/** The given names of both. Where given name and surname are swapped, the pair that is less alike: the surnames made it swapped. */
function givenNames({ roles }: Population, a: Profile, b: Profile, level: number): [string | null, string | null] {
  const [first, second] = [a[roles.given] ?? null, b[roles.given] ?? null];
  if (level !== 5) return [first, second];
  const [firstLast, secondLast] = [a[roles.surname] ?? null, b[roles.surname] ?? null];
  const alike = (x: string | null, y: string | null): number => (x === null || y === null ? 0 : jaroWinkler(x, y));
  return alike(first, secondLast) > alike(firstLast, second) ? [firstLast, second] : [first, secondLast];
}

/** Two given names that are not one name typed in two ways: unlike each other, or both well known and no nicknames. */
function namesConflict({ isGivenName }: Population, a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return false;
  if (a.length === 1 || b.length === 1) return a[0] !== b[0];
  if (areNicknames(a, b)) return false;
  return jaroWinkler(a, b) < 0.85 || (isGivenName(a) && isGivenName(b));
}

/** Two names that are not the same, and may be one: Jon and John, Carl and Carla. */
function areNamedAlike(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a !== b && a.length > 1 && b.length > 1;
}

/** Two days of birth that are not one day typed in two ways, in two years. */
function areBornApart({ roles }: Population, a: Profile, b: Profile, levels: Int8Array, least = 4): boolean {
  if (roles.birth < 0 || levels[roles.birth]! < least) return false;
  const [first, second] = [a[roles.birth]!, b[roles.birth]!];
  return isRealDay(first) && isRealDay(second) && first.slice(0, 4) !== second.slice(0, 4);
}

/** 1 where two birth dates agree, -1 where they are two days in two years, 0 where that is open. */
function birthsSay(population: Population, a: Profile, b: Profile, levels: Int8Array): number {
  const level = birthLevel(population, a, levels);
  return level >= 0 && level <= 2 ? 1 : areBornApart(population, a, b, levels, 3) ? -1 : 0;
}

function sameSurname({ roles }: Population, levels: Int8Array): boolean {
  return roles.surname >= 0 && levels[roles.surname] === 0;
}

/** The same surname; one with a typing error where a phone or an e-mail address is shared. */
function surnameOfTwins(population: Population, levels: Int8Array): boolean {
  const { phone, email } = population.roles;
  if (sameSurname(population, levels)) return true;
  return hasNearSurname(population, levels) && ((phone >= 0 && levels[phone] === 0) || (email >= 0 && levels[email] === 0));
}

function hasNearSurname({ roles: { surname } }: Population, levels: Int8Array): boolean {
  return surname >= 0 && levels[surname]! >= 0 && levels[surname]! <= 2;
}

/** Nothing in number, street, phone or e-mail says that they live apart: an equal one, or none that could be compared. */
function notApart(population: Population, levels: Int8Array): boolean {
  const { phone, email, number, street } = population.roles;
  const equal = (slot: number): boolean => slot >= 0 && levels[slot] === 0;
  if (sameHome(population, levels) || equal(phone) || equal(email)) return true;
  return [number, street, phone, email].every((slot) => slot < 0 || levels[slot]! < 0);
}

function sameHome({ roles: { number, street } }: Population, levels: Int8Array): boolean {
  return number >= 0 && street >= 0 && levels[number] === 0 && levels[street] === 0;
}

/** Another house number, and neither a phone nor an e-mail address that is the same. */
function livesElsewhere({ roles, features }: Population, levels: Int8Array): boolean {
  const { number, phone, email } = roles;
  const differs = number >= 0 && levels[number] === features[number]!.scale!.levels.length - 1;
  return differs && !(phone >= 0 && levels[phone] === 0) && !(email >= 0 && levels[email] === 0);
}

/**
 * One is called Jr (or Sr), the other nothing, and neither a birth date nor an e-mail address says whether it is the same person or
 * the other one of that name: a phone or an address may be of both.
 */
function isOneOfTwo({ roles }: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  if (roles.suffix < 0 || ((a[roles.suffix] ?? null) === null) === ((b[roles.suffix] ?? null) === null)) return false;
  const agrees = (slot: number, most: number): boolean => slot >= 0 && levels[slot]! >= 0 && levels[slot]! <= most;
  return !agrees(roles.birth, 2) && !agrees(roles.email, 1);
}

/** Two real birth dates 16 to 50 years apart. */
function isGenerationApart({ roles }: Population, a: Profile, b: Profile): boolean {
  const first = a[roles.birth] ?? null;
  const second = b[roles.birth] ?? null;
  if (first === null || second === null || !isRealDay(first) || !isRealDay(second)) return false;
  const years = Math.abs(Number(first.slice(0, 4)) - Number(second.slice(0, 4)));
  return years >= 16 && years <= 50;
}

/** Someone who is called by a middle name. */
export function goesBy(given: string | null | undefined, middle: string | null | undefined): boolean {
  return !!given && !!middle && given.length > 1 && middle.split(' ').includes(given);
}

/** Phones or e-mail addresses are there, and none is the same. */
function hasOtherContacts({ roles: { phone, email } }: Population, levels: Int8Array): boolean {
  const compared = [phone, email].filter((slot) => slot >= 0 && levels[slot]! >= 0);
  return compared.length > 0 && compared.every((slot) => levels[slot] !== 0);
}
