import type { Profile } from '../roles.ts';
import type { VetoName } from '../../config/schema/identity.ts';
import type { Population } from '../model.ts';
import { suffixesConflict } from '../standardize/person-name.ts';
import {
  areBornApart,
  areGenerationApart,
  areOfOneYear,
  areTwoYears,
  areYearsApart,
  birthLevel,
  birthsSay,
  mayBeOfSiblings,
} from './births.ts';
import { hasOwnMail, haveTwoMailboxes, isOneOfTwo } from './house.ts';
import { areTwoNamesMistyped } from './mistyped-names.ts';
import {
  hasOtherContacts,
  hasOtherUnit,
  isAtHome,
  isKnownWell,
  livesElsewhere,
  nearHome,
  notApart,
  sameDoor,
  sameHome,
  sharesContact,
} from './home.ts';
import {
  areNamedAlike,
  givenNames,
  goesBy,
  goesByInitial,
  hasNearSurname,
  hasOtherSurname,
  haveTwoMiddleNames,
  haveTwoNames,
  sameMiddleName,
} from './names.ts';
import { namesConflict, surnameOfTwins, surnamesSay } from './names.ts';
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
  /** See Pair.surname of the clusters. */
  surname: number;
  /** The veto is only of a pair that would be linked: below, it needs review by its score. */
  weak: boolean;
}

/**
 * Why a pair must not be linked by its score, if so. They are narrow: in registers of persons, whole fields are wrong in
 * true pairs, and a blunt veto costs more than every refinement of the score brings. So two given names speak for twins only
 * where many people have them; a typing error is not a name. `levels` are those of the pair;
 * `beside` is what agrees next to the name and the town, `shared` what address, phone and e-mail say, `ofPerson` what the birth date and
 * fields of the town's own say.
 */
export function vetoOf(
  population: Population,
  a: Profile,
  b: Profile,
  levels: Int8Array,
  beside: number,
  shared: number,
  ofPerson: number,
): Said {
  const found = vetoByRole(population, a, b, levels, beside, shared, ofPerson);
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
    weak: false,
    surname: population.vetoes.has('person_evidence') ? surnamesSay(population, levels) : 0,
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
  ofPerson: number,
): Partial<Said> & Pick<Said, 'veto' | 'apart'> {
  const { roles, vetoes } = population;
  if (roles.given < 0) return { veto: undefined, apart: false };
  if (roles.suffix >= 0 && vetoes.has('suffix') && suffixesConflict(a[roles.suffix] ?? null, b[roles.suffix] ?? null))
    return { veto: 'suffix', apart: true, twoPeople: true };
  const given = levels[roles.given]!;
  const [first, second] = givenNames(population, a, b, given);
  const birth = birthLevel(population, a, levels);
  const middle = (p: Profile): string | null => (roles.middle < 0 ? null : (p[roles.middle] ?? null));
  const called = (is: (given: string | null, middle: string | null) => boolean): boolean => is(first, middle(b)) || is(second, middle(a));
  const conflict = namesConflict(population, first, second) && !called(goesBy) && !(birth === 0 && called(goesByInitial));
  const bothNames = conflict && population.isGivenName(first!) && population.isGivenName(second!);
  const otherSex = roles.sex >= 0 && levels[roles.sex] === 1;
  const bothRarer = conflict && population.isRarerName(first!) && population.isRarerName(second!);
  const initial = first?.length === 1 || second?.length === 1;
  // The other one is a name: `I. Bruton` and `Rien Bruton` are Irene, once mistyped.
  const otherInitial = initial && conflict && [first!, second!].every((name) => name.length === 1 || population.isRarerName(name));
  const well = isKnownWell(population, a, b);
  const mistyped = given === 4 || (given === 3 && sameHome(population, levels));
  const twoNames = bothNames || (well && (bothRarer || (conflict && mistyped && areTwoNamesMistyped(first!, second!))));
  // The street is mistyped.
  const typedHome = well && nearHome(population, levels);
  if (vetoes.has('twins') && birth === 0 && conflict && (twoNames || otherInitial || otherSex))
    if (surnameOfTwins(population, a, b, levels) && (notApart(population, levels) || (twoNames && (shared < 0 || typedHome))))
      return { veto: 'twins', apart: false, given: -1 };
  // One error in the day or month: twins, one of whose dates is mistyped, or one person who is also called by another name.
  if (vetoes.has('twins') && birth === 1 && bothRarer && areOfOneYear(population, a, b))
    if (hasNearSurname(population, levels) && sameHome(population, levels)) return { veto: 'twins', apart: false, given: -1 };
  if (vetoes.has('father_and_son') && !conflict && areTwoGenerations(population, a, b, levels))
    return { veto: 'father_and_son', apart: false, twoPeople: true };
  // Half brothers who are called Russell Troy and Russell Steve.
  if (vetoes.has('siblings') && !conflict && given >= 0 && given <= 2 && haveTwoMiddleNames(population, a, b, levels))
    if (areBornApart(population, a, b, levels)) return { veto: 'siblings', apart: false, twoPeople: true };
  if (vetoes.has('siblings') && !conflict && areNamedAlike(first, second) && areBornApart(population, a, b, levels))
    if (hasNearSurname(population, levels) && (sameHome(population, levels) || (roles.phone >= 0 && levels[roles.phone] === 0)))
      return { veto: 'siblings', apart: false, twoPeople: population.isGivenName(first!) && population.isGivenName(second!) };
  // Dana Denise Villarreal and Dana Angelica Perez of two houses, who happen to be born on one day.
  if (vetoes.has('person_evidence') && haveTwoNames(population, a, b, levels) && livesElsewhere(population, levels))
    return { veto: 'person_evidence', apart: false, twoPeople: true };
  // Jesus L. and Jesus H. of one street.
  if (vetoes.has('name_only') && birth < 0 && roles.middle >= 0 && levels[roles.middle] === 2 && livesElsewhere(population, levels))
    return { veto: 'name_only', apart: false };
  if (vetoes.has('suffix_missing') && !conflict && isOneOfTwo(population, a, b, levels)) return { veto: 'suffix_missing', apart: false };
  if (vetoes.has('person_evidence') && conflict && otherSex && sameHome(population, levels))
    return { veto: 'person_evidence', apart: true, twoPeople: true };
  // An initial agrees with too many of a household, unless the middle name agrees too, or what a town compares beside names and birth date.
  const byMiddle = sameMiddleName(population, a, levels) && hasNearSurname(population, levels);
  const nameAgrees =
    first === null ||
    second === null ||
    (given === 5 && !conflict) ||
    (given >= 0 && given <= 2 && !conflict && (!initial || byMiddle || ofPerson >= BESIDE_NAME));
  // Brothers and sisters are born in the same decades: of two well-known names, only the same day makes one person likely. Where one is
  // hardly a name, a date with one error or one part wrong does too.
  const birthAgrees = birth >= 0 && birth <= (bothRarer ? 0 : 2);
  // Another surname at another place is one person only by more than a first name and a day of birth.
  const moved = roles.surname >= 0 && levels[roles.surname] === 4 && (shared < 0 || (!birthAgrees && livesElsewhere(population, levels)));
  const oneName = conflict && (population.isGivenName(first!) || population.isGivenName(second!));
  // Sarah Ward and Margaret Russell, who happen to be born on one day, and have two phones or e-mail addresses.
  const otherNames = bothNames && roles.surname >= 0 && levels[roles.surname] === 4 && hasOtherContacts(population, levels);
  // A household where one record leaves out the given name: whose it is only a birth date or a phone says, and not those of a parent.
  const nameless =
    (first === null || second === null) &&
    (birth < 0 ? otherSex || hasOtherContacts(population, levels) : areYearsApart(population, a, b) && well);
  const born = birthAgrees && !(conflict && given === 4 && mayBeOfSiblings(population, a, b, birth));
  // A record without a given name, of the mother or the father.
  const elder = nameless && areTwoYears(population, a, b, levels) && (sameHome(population, levels) || sharesContact(population, levels));
  // Evens and Pierre-Louis of one house, with a mailbox each.
  const twoMailboxes = hasNearSurname(population, levels) && haveTwoMailboxes(population, a, b, levels);
  // `J. Yang` and John Buckley of one house.
  const initialOnly = well && initial && birth !== 0 && hasOtherSurname(population, levels);
  const evidence = (nameAgrees || born) && !moved && !otherNames && !nameless && !initialOnly && !twoMailboxes;
  const tooLittle =
    vetoes.has('person_evidence') && (isSomebodyNear(population, a, b, levels, birth) || isElder(population, a, b, levels, birth));
  const apart = conflict && !(birth >= 0 && birth <= (bothNames ? 0 : 2)) && (bothNames || initial || (given === 4 && oneName));
  // In a town two of one name are born in one month. In a register that has no homes one date noted in two ways is likelier.
  const bornAlike = birth === 2 && areOfOneYear(population, a, b) && !isAtHome(population, a) && !isAtHome(population, b);
  const nameAlone = beside < BESIDE_NAME && vetoes.has('name_only') && !bornAlike;
  // Two of one name who were born on two days, and of whom nothing else agrees.
  const namesakes = nameAlone && birth >= 4;
  // Robert Brown and Robert Smith of one house, who were born on two days.
  const otherName = birth >= 4 && roles.surname >= 0 && levels[roles.surname] === 4;
  const named = given >= 0 && nameAgrees && !otherName && !tooLittle;
  const person = namesakes || otherNames ? -1 : named || birth === 0 ? 1 : apart && vetoes.has('person_evidence') ? -1 : 0;
  const namesSay = !vetoes.has('twins') || first === null || second === null ? 0 : conflict ? -1 : nameAgrees ? 1 : 0;
  if (!evidence && vetoes.has('person_evidence'))
    return { veto: 'person_evidence', apart, twoPeople: elder || twoMailboxes, person, given: namesSay };
  if (tooLittle && !nameAlone) return { veto: 'person_evidence', apart, person, given: namesSay, weak: true };
  const sure = named && first !== null && second !== null && birth >= 0 && birth <= 2;
  return { veto: nameAlone ? 'name_only' : undefined, apart, person, sure, given: namesSay };
}

/** A rare name in one town does not make a person yet: something of the person or the address must agree too. */
const BESIDE_NAME = fixed(3);

/**
 * Another surname, and no birth date that agrees: two who are called Patricia and live in one building, rather than one who has married,
 * unless the apartment, a phone or an e-mail address is the same. A date that looks alike does not count for neighbors either, nor for two
 * who are a generation apart.
 */
function isSomebodyNear(population: Population, a: Profile, b: Profile, levels: Int8Array, birth: number): boolean {
  if (!hasOtherSurname(population, levels) || birth === 0) return false;
  // The phone of a building is that of its landlord.
  const asked = birth !== 1 && birth !== 2;
  const against = asked && speaksAgainst(population, a, b, levels, birth);
  if (sharesContact(population, levels) && !hasOtherUnit(population, levels) && !against) return false;
  if (asked) return against || !sameDoor(population, a, b, levels);
  return (hasOtherContacts(population, levels) && !sameHome(population, levels)) || areGenerationApart(population, a, b);
}

/** Of two surnames in one house: two birth dates, two middle names, or two phones or e-mail addresses. */
function speaksAgainst(population: Population, a: Profile, b: Profile, levels: Int8Array, birth: number): boolean {
  if (!isKnownWell(population, a, b) || hasOwnMail(population, a, b, levels)) return false;
  return birth >= 3 || haveTwoMiddleNames(population, a, b, levels) || hasOtherContacts(population, levels);
}

/**
 * One name, and two birth dates a generation apart: at one address or phone 16 to 50 years, as father and son. Where more is known than name,
 * birth date and address, also anywhere, and of grandfather and grandson, if the dates are no typing error of each other.
 */
function areTwoGenerations(population: Population, a: Profile, b: Profile, levels: Int8Array): boolean {
  const { given, phone } = population.roles;
  if (!areYearsApart(population, a, b)) return false;
  const well = isKnownWell(population, a, b);
  const sameName = levels[given]! >= 0 && levels[given]! <= 1 && hasNearSurname(population, levels);
  if (!sameName && !(well && levels[given] === 5)) return false;
  const generation = areGenerationApart(population, a, b);
  if (generation && (sameHome(population, levels) || (phone >= 0 && levels[phone] === 0))) return true;
  return well && areTwoYears(population, a, b, levels) && (generation || levels[population.roles.birth]! >= 3);
}

/** Two who were born on one day of two years a generation apart, live in two houses and have two phones: no typing error. */
function isElder(population: Population, a: Profile, b: Profile, levels: Int8Array, birth: number): boolean {
  if (birth < 0 || birth > 2 || !areYearsApart(population, a, b)) return false;
  return hasOtherContacts(population, levels) && !sameHome(population, levels);
}
