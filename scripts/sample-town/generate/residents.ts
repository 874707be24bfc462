import { FEMALE, LAST, MALE, STREETS } from './names.ts';
import { at, type Random } from './random.ts';

export interface Household {
  /** 1-based; the recreation system writes it with leading zeros, '00123'. */
  number: number;
  address: { number: number; street: string; suffix: string; unit?: string };
  /** Where they lived until this half-year: some systems were never told that they moved. */
  formerAddress?: Household['address'];
  landline: string;
  members: Resident[];
}

export interface Resident {
  id: string;
  household: Household;
  /** 1-based within the household. */
  member: number;
  first: string;
  last: string;
  /** The name before marriage: an older system still has it. */
  formerLast?: string;
  /** Only where a father and a son have one name. Counters often leave it out. */
  generation?: 'Sr' | 'Jr';
  birthDate: string;
  sex: 'F' | 'M';
  /** Ten digits of 555-01xx, which no telephone company gives out. */
  mobile: string;
  email?: string;
}

/** Two persons whom a careless match would make one. */
export interface LookAlikes {
  a: string;
  b: string;
  why: string;
}

export interface People {
  households: Household[];
  residents: Resident[];
  lookAlikes: LookAlikes[];
}

export const TOWN = { name: 'Maplewood', state: 'NY', zip: '12999' } as const;

export function makePeople(random: Random, count: number): People {
  const households: Household[] = [];
  const residents: Resident[] = [];
  const lookAlikes: LookAlikes[] = [];
  const addresses = new Set<string>();
  for (let number = 1; number <= count; number++) {
    const household: Household = { number, address: freeAddress(random, addresses), landline: landline(number), members: [] };
    const shape = number % 97 === 5 ? 'father and son' : number % 131 === 9 ? 'twins' : 'family';
    for (const made of makeMembers(random, shape)) {
      const resident: Resident = {
        ...made,
        id: `P${String(residents.length + 1).padStart(4, '0')}`,
        household,
        member: household.members.length + 1,
        mobile: mobile(residents.length),
      };
      if (adult(resident) && random.chance(0.75))
        resident.email = `${plain(resident.first)}.${plain(resident.last)}${residents.length + 1}@example.org`;
      household.members.push(resident);
      residents.push(resident);
    }
    if (shape === 'father and son')
      lookAlikes.push({ a: at(household.members, 0).id, b: at(household.members, 1).id, why: 'father and son, one name, one address' });
    if (shape === 'twins')
      lookAlikes.push({
        a: at(household.members, 2).id,
        b: at(household.members, 3).id,
        why: 'twins: one birth date, one address, one last name',
      });
    households.push(household);
  }
  const before = random.fork('former addresses');
  for (const household of households) if (household.number % 83 === 7) household.formerAddress = freeAddress(before, addresses);
  return { households, residents, lookAlikes };
}

/** Eighteen or more when the half-year starts. */
export function adult(resident: Resident): boolean {
  return resident.birthDate <= '2008-01-01';
}

export function ageAt(resident: Resident, date: string): number {
  const years = Number(date.slice(0, 4)) - Number(resident.birthDate.slice(0, 4));
  return date.slice(5) < resident.birthDate.slice(5) ? years - 1 : years;
}

/** Lower-case letters only, for e-mail addresses and customer numbers. */
export function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}

export function adultsOf(household: Household): Resident[] {
  return household.members.filter(adult);
}

type Made = Pick<Resident, 'first' | 'last' | 'formerLast' | 'generation' | 'birthDate' | 'sex'>;

function makeMembers(random: Random, shape: 'family' | 'father and son' | 'twins'): Made[] {
  const last = random.pick(LAST);
  if (shape === 'father and son') {
    const first = random.pick(['Robert', 'William', 'Thomas', 'José', 'James']);
    return [
      { first, last, generation: 'Sr', birthDate: born(random, 1955, 1966), sex: 'M' },
      { first, last, generation: 'Jr', birthDate: born(random, 1985, 1998), sex: 'M' },
    ];
  }
  const head = person(random, last, random.integer(1945, 1998));
  const size =
    shape === 'twins'
      ? 4
      : random.weighted([
          [1, 29],
          [2, 35],
          [3, 18],
          [4, 13],
          [5, 5],
        ] as const);
  if (size === 1) return [head];
  const year = Number(head.birthDate.slice(0, 4));
  const spouse = person(
    random,
    random.chance(0.85) ? last : random.pick(LAST),
    Math.min(1999, year + random.integer(-5, 5)),
    head.sex === 'M' ? 'F' : 'M',
  );
  if (spouse.sex === 'F' && spouse.last === last && random.chance(0.4))
    spouse.formerLast = random.pick(LAST.filter((name) => name !== last));
  const members = [head, spouse];
  const youngest = Math.max(1990, Math.min(2021, year + 24));
  while (members.length < size) {
    const child = person(random, last, random.integer(youngest, Math.min(2022, youngest + 14)));
    if (members.every((other) => other.first !== child.first)) members.push(child);
  }
  if (shape === 'twins') at(members, 3).birthDate = at(members, 2).birthDate;
  return members;
}

function person(random: Random, last: string, year: number, sex: 'F' | 'M' = random.chance(0.5) ? 'F' : 'M'): Made {
  return { first: random.pick(sex === 'F' ? FEMALE : MALE), last, birthDate: born(random, year, year), sex };
}

function born(random: Random, from: number, to: number): string {
  const month = String(random.integer(1, 12)).padStart(2, '0');
  return `${random.integer(from, to)}-${month}-${String(random.integer(1, 28)).padStart(2, '0')}`;
}

function freeAddress(random: Random, taken: Set<string>): Household['address'] {
  for (;;) {
    const [street = '', suffix = ''] = random.pick(STREETS).split(' ');
    const number = random.integer(1, 240);
    const unit = random.chance(0.28) ? random.pick(['1', '2', '3', '4', '2A', '2B', '12']) : undefined;
    const key = `${number} ${street} ${unit ?? ''}`;
    if (taken.has(key)) continue;
    taken.add(key);
    return { number, street, suffix, ...(unit === undefined ? {} : { unit }) };
  }
}

/** 555-0100 to 555-0199 is free for fiction in every area code; the town's overlay codes make the numbers of 400 households differ. */
const LANDLINE_CODES = ['518', '838', '845', '914'];
const MOBILE_CODES = [
  '212',
  '315',
  '329',
  '332',
  '347',
  '363',
  '516',
  '585',
  '607',
  '631',
  '646',
  '680',
  '716',
  '718',
  '917',
  '929',
  '934',
];

function landline(household: number): string {
  return fictional(LANDLINE_CODES, household);
}

function mobile(person: number): string {
  return fictional(MOBILE_CODES, person);
}

function fictional(codes: readonly string[], index: number): string {
  return `${at(codes, Math.floor(index / 100) % codes.length)}55501${String(index % 100).padStart(2, '0')}`;
}
