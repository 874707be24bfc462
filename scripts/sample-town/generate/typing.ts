import { NICKNAMES, SUFFIX_SHORT } from './names.ts';
import { at, type Random } from './random.ts';
import type { Household, Resident } from './residents.ts';

/** How one system's clerk typed one person. `variants` says what differs from the person's own details. */
export interface Typed {
  first: string;
  last: string;
  address1: string;
  address2: string;
  phone: string;
  email: string;
  variants: Variant[];
}

export type Variant =
  | 'nickname'
  | 'swapped names'
  | 'former last name'
  | 'misspelled'
  | 'no apartment'
  | 'street abbreviated'
  | 'no accents'
  | 'upper case'
  | 'generation written'
  | 'former address'
  | 'other phone';

/** How often a system's clerks do what, as shares of their records. */
export interface TypingHabits {
  nickname: number;
  swapped: number;
  formerLast: number;
  misspelled: number;
  noApartment: number;
  /** Else the street is written in full. */
  abbreviated: number;
  noAccents: number;
  upperCase: number;
  /** Sr. or Jr. is written; a counter that keeps no birth date has nothing else to tell two of one name apart. */
  generation: number;
  /** Nobody told this system who moved. */
  formerAddress?: true;
  phone: (digits: string) => string;
}

export const HABITS = {
  /** Typed online by the residents themselves. */
  registrations: {
    nickname: 0.12,
    swapped: 0.04,
    formerLast: 0.05,
    misspelled: 0.03,
    noApartment: 0.2,
    abbreviated: 0.3,
    noAccents: 0.1,
    upperCase: 0.03,
    generation: 0.4,
    phone: (d: string) => `(${d.slice(0, 3)}) ${d.slice(3, 6)}-${d.slice(6)}`,
  },
  /** One careful clerk. */
  clerk: {
    nickname: 0.05,
    swapped: 0,
    formerLast: 0.15,
    misspelled: 0.02,
    noApartment: 0.1,
    abbreviated: 0.9,
    noAccents: 0.4,
    upperCase: 0,
    generation: 1,
    phone: (d: string) => `${d.slice(0, 3)}-${d.slice(3, 6)}-${d.slice(6)}`,
  },
  /** Dynamics GP keeps phones as ten digits and a four-digit extension. */
  finance: {
    nickname: 0.04,
    swapped: 0,
    formerLast: 0.1,
    misspelled: 0.02,
    noApartment: 0.1,
    abbreviated: 0.9,
    noAccents: 1,
    upperCase: 0.7,
    generation: 1,
    phone: (d: string) => `${d}0000`,
  },
  permits: {
    nickname: 0.08,
    swapped: 0,
    formerLast: 0.05,
    misspelled: 0.03,
    noApartment: 0.3,
    abbreviated: 0.7,
    noAccents: 0.5,
    upperCase: 0.1,
    generation: 0.4,
    phone: (d: string) => `${d.slice(0, 3)}.${d.slice(3, 6)}.${d.slice(6)}`,
  },
  /** The older system: former names, local phone numbers. */
  dogTags: {
    nickname: 0.1,
    swapped: 0.03,
    formerLast: 0.8,
    misspelled: 0.04,
    noApartment: 0.4,
    abbreviated: 1,
    noAccents: 1,
    upperCase: 1,
    generation: 0.4,
    phone: (d: string) => `${d.slice(3, 6)}-${d.slice(6)}`,
  },
  /** The recreation office's list of its residents: typed online once, years ago. */
  residents: {
    nickname: 0.1,
    swapped: 0.02,
    formerLast: 0.1,
    misspelled: 0.03,
    noApartment: 0.15,
    abbreviated: 0.5,
    noAccents: 0.3,
    upperCase: 0.03,
    generation: 0.6,
    formerAddress: true,
    phone: (d: string) => `(${d.slice(0, 3)}) ${d.slice(3, 6)}-${d.slice(6)}`,
  },
  /** The clerk's register of residents. */
  register: {
    nickname: 0.02,
    swapped: 0,
    formerLast: 0.08,
    misspelled: 0.02,
    noApartment: 0.05,
    abbreviated: 0.8,
    noAccents: 0.4,
    upperCase: 0,
    generation: 0.8,
    phone: (d: string) => `${d.slice(0, 3)}-${d.slice(3, 6)}-${d.slice(6)}`,
  },
  utility: {
    nickname: 0.03,
    swapped: 0,
    formerLast: 0.2,
    misspelled: 0.02,
    noApartment: 0.05,
    abbreviated: 0.9,
    noAccents: 0.8,
    upperCase: 0.2,
    generation: 1,
    phone: (d: string) => d,
  },
} satisfies Record<string, TypingHabits>;

export function typePerson(random: Random, resident: Resident, habits: TypingHabits): Typed {
  const variants: Variant[] = [];
  const did = (share: number, variant: Variant, possible = true): boolean => {
    const now = random.chance(share) && possible;
    if (now) variants.push(variant);
    return now;
  };
  const nickname = NICKNAMES[resident.first];
  let first = did(habits.nickname, 'nickname', nickname !== undefined) ? (nickname as string) : resident.first;
  let last = did(habits.formerLast, 'former last name', resident.formerLast !== undefined)
    ? (resident.formerLast as string)
    : resident.last;
  if (did(habits.misspelled, 'misspelled', last.length > 4)) last = transpose(random, last);
  if (did(habits.noAccents, 'no accents', unaccented(first + last) !== first + last)) [first, last] = [unaccented(first), unaccented(last)];
  if (did(habits.generation, 'generation written', resident.generation !== undefined)) last = `${last} ${resident.generation}.`;
  if (did(habits.swapped, 'swapped names')) [first, last] = [last, first];
  const old = habits.formerAddress ? resident.household.formerAddress : undefined;
  if (old !== undefined) variants.push('former address');
  const address = old ?? resident.household.address;
  const abbreviated = did(habits.abbreviated, 'street abbreviated');
  const noApartment = did(habits.noApartment, 'no apartment', address.unit !== undefined);
  let address1 = streetLine({ address }, abbreviated);
  if (did(habits.upperCase, 'upper case')) [first, last, address1] = [first.toUpperCase(), last.toUpperCase(), address1.toUpperCase()];
  const landline = did(0.35, 'other phone');
  return {
    first,
    last,
    address1,
    address2: noApartment ? '' : unitLine(address, random),
    phone: habits.phone(landline ? resident.household.landline : resident.mobile),
    email: resident.email ?? '',
    variants,
  };
}

export function streetLine(household: Pick<Household, 'address'>, abbreviated: boolean): string {
  const { number, street, suffix } = household.address;
  return `${number} ${street} ${abbreviated ? SUFFIX_SHORT[suffix] : suffix}`;
}

export function unaccented(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '');
}

function unitLine({ unit }: Household['address'], random: Random): string {
  const word = random.pick(['Apt', 'Apt.', '#', 'Unit']);
  if (unit === undefined) return '';
  return word === '#' ? `#${unit}` : `${word} ${unit}`;
}

/** Two neighboring letters change places, never the first. */
function transpose(random: Random, name: string): string {
  const i = random.integer(1, name.length - 3);
  return name.slice(0, i) + at([...name], i + 1) + at([...name], i) + name.slice(i + 2);
}
