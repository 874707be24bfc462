import { csvLine } from './files.ts';
import { STREETS } from './names.ts';
import { at, type Random } from './random.ts';
import { adult, adultsOf, plain, TOWN, type Household, type People, type Resident } from './residents.ts';
import { streamTruth, type CorrectionTruth, type PeopleField, type PeopleSystemName, type Registry, type StreamTruth } from './truth.ts';
import { HABITS, streetLine, typePerson, type Typed, type TypingHabits } from './typing.ts';

const RESIDENTS_STREAM = 'recreation.residents';
const REGISTER_STREAM = 'clerk.residents';

/** One row of the recreation office's list of residents, as its export has it. */
export interface RecreationResident {
  resident_no: string;
  household_no: string;
  last_name: string;
  first_name: string;
  birth_date: string;
  gender: string;
  street: string;
  unit: string;
  city: string;
  state: string;
  zip: string;
  phone: string;
  email: string;
  changed: string;
}

const RESIDENT_COLUMNS = [
  'resident_no',
  'household_no',
  'last_name',
  'first_name',
  'birth_date',
  'gender',
  'street',
  'unit',
  'city',
  'state',
  'zip',
  'phone',
  'email',
  'changed',
] as const satisfies readonly (keyof RecreationResident)[];

/** One entry of the clerk's register, element by element in the order of its schema. An absent element was never filled in. */
export interface RegisterEntry {
  ResidentNo: string;
  /** P, a person; O, an organization, whose name is in LastName. */
  Kind: 'P' | 'O';
  FirstName?: string;
  LastName: string;
  BirthDate?: string;
  Address1: string;
  Address2?: string;
  City: string;
  State: string;
  Zip: string;
  Phone?: string;
  Email?: string;
  LastModified: string;
}

/** A firm or club that finance and the clerk know. */
export interface Organization {
  id: string;
  name: string;
  /** As the clerk's register has it, without what tells a firm. */
  short: string;
  address: string;
  /** Ten digits. */
  phone: string;
}

/** Typed into the telephone field by clerks who were told none: the town hall's own. */
const TOWN_HALL_PHONE = '5185550100';

export interface PeopleRecords {
  recreation: RecreationResident[];
  register: RegisterEntry[];
  streams: Record<string, StreamTruth>;
}

/** Two lists of residents: the recreation office's and the clerk's register. Each has most of the town, under numbers of its own. */
export function peopleRecords(random: Random, people: People, organizations: readonly Organization[], registry: Registry): PeopleRecords {
  const recreation = recreationList(random.fork('recreation list'), people.residents, registry);
  const register = clerkRegister(random.fork('register'), people.residents, organizations, registry);
  return {
    recreation,
    register,
    streams: {
      [RESIDENTS_STREAM]: streamTruth({ files: 1, records: recreation.length }),
      [REGISTER_STREAM]: streamTruth({ records: register.length }),
    },
  };
}

/** The export as it is in the recreation office's folder. */
export function residentsCsv(rows: readonly RecreationResident[]): string {
  return `${[RESIDENT_COLUMNS.join(','), ...rows.map((row) => csvLine(RESIDENT_COLUMNS.map((name) => row[name])))].join('\n')}\n`;
}

function recreationList(random: Random, residents: readonly Resident[], registry: Registry): RecreationResident[] {
  const rows: RecreationResident[] = [];
  for (const resident of residents) {
    if (!random.chance(0.72)) continue;
    const typed = typeResident(random, resident, HABITS.residents);
    const key = `R${String(10_000 + rows.length * 3)}`;
    registry.resident(resident.id, RESIDENTS_STREAM, key, typed.variants);
    const [year, month, day] = resident.birthDate.split('-');
    rows.push({
      resident_no: key,
      household_no: `H${String(resident.household.number).padStart(4, '0')}`,
      last_name: typed.last,
      first_name: typed.first,
      birth_date: `${month}/${day}/${year}`,
      gender: resident.sex,
      street: typed.address1,
      unit: typed.address2,
      city: TOWN.name,
      state: TOWN.state,
      zip: TOWN.zip,
      phone: typed.phone,
      email: typed.email,
      changed: `2025-${String(random.integer(1, 12)).padStart(2, '0')}-${String(random.integer(1, 28)).padStart(2, '0')} 10:15:00`,
    });
  }
  return rows;
}

function clerkRegister(
  random: Random,
  residents: readonly Resident[],
  organizations: readonly Organization[],
  registry: Registry,
): RegisterEntry[] {
  const entries: RegisterEntry[] = [];
  const next = (): string => `M-${String(entries.length * 7 + 1204).padStart(6, '0')}`;
  const modified = (): string =>
    `2026-0${random.integer(1, 6)}-${String(random.integer(1, 28)).padStart(2, '0')}T${String(random.integer(8, 16)).padStart(2, '0')}:30:00`;
  residents.forEach((resident, i) => {
    if (!random.chance(adult(resident) ? 0.8 : 0.15)) return;
    const typed = typeResident(random, resident, HABITS.register);
    const key = next();
    const townHall = i % 61 === 4;
    registry.resident(resident.id, REGISTER_STREAM, key, [...typed.variants, ...(townHall ? ['phone of the town hall'] : [])]);
    entries.push({
      ResidentNo: key,
      Kind: 'P',
      FirstName: typed.first,
      LastName: typed.last,
      ...(random.chance(0.9) ? { BirthDate: `${resident.birthDate}T00:00:00` } : {}),
      Address1: typed.address1,
      ...(typed.address2 === '' ? {} : { Address2: typed.address2 }),
      City: TOWN.name,
      State: TOWN.state,
      Zip: TOWN.zip,
      Phone: townHall ? HABITS.register.phone(TOWN_HALL_PHONE) : typed.phone,
      ...(typed.email === '' ? {} : { Email: typed.email }),
      LastModified: modified(),
    });
  });
  for (const organization of organizations) {
    const key = next();
    registry.resident(organization.id, REGISTER_STREAM, key, []);
    entries.push({
      ResidentNo: key,
      Kind: 'O',
      LastName: organization.short,
      Address1: organization.address,
      City: TOWN.name,
      State: TOWN.state,
      Zip: TOWN.zip,
      Phone: HABITS.register.phone(organization.phone),
      LastModified: modified(),
    });
  }
  return entries;
}

/** Children have no telephone of their own: what is typed is their family's. */
function typeResident(random: Random, resident: Resident, habits: TypingHabits): Typed {
  const typed = typePerson(random, resident, habits);
  return adult(resident) ? typed : { ...typed, phone: habits.phone(resident.household.landline) };
}

/** Three firms: one run from a resident's home under his name, one that is called as a person is, and a family's. */
export function organizationsOf(households: readonly Household[]): Organization[] {
  const [owner, namesake, family] = [23, 31, 47].map((n) => at(adultsOf(at(households, n)), 0)) as [Resident, Resident, Resident];
  const office = (number: number): string => `${number} ${at(STREETS, number % STREETS.length)}`;
  return [
    {
      id: 'O001',
      name: `${owner.first} ${owner.last} Plumbing Inc`,
      short: `${owner.first} ${owner.last} Plumbing`,
      address: streetLine(owner.household, true),
      phone: owner.household.landline,
    },
    {
      id: 'O002',
      name: `${namesake.first} ${namesake.last} LLC`,
      short: `${namesake.first} ${namesake.last}`,
      address: office(251),
      phone: '9345550101',
    },
    {
      id: 'O003',
      name: `${family.last} Brothers Landscaping`,
      short: `${family.last} Bros Landscaping`,
      address: office(266),
      phone: '9345550102',
    },
  ];
}

/** Who owns houses that others live in, and is billed for their water: every 57th household rents. */
export function landlordOf(household: Household, households: readonly Household[]): Resident | undefined {
  if (household.number % 57 !== 13) return undefined;
  return at(adultsOf(at(households, household.number % 2 === 0 ? 39 : 49)), 0);
}

export interface KnownIn {
  system: PeopleSystemName;
  stream: string;
  /** What may be corrected there. */
  fields: readonly PeopleField[];
  /** Nobody else's correction of these reaches it: its pipeline says that it owns them. */
  owns?: readonly PeopleField[];
}

const PEOPLE_SYSTEMS: readonly KnownIn[] = [
  { system: 'recreation', stream: RESIDENTS_STREAM, fields: ['street', 'phone', 'email'], owns: ['email'] },
  { system: 'clerk', stream: REGISTER_STREAM, fields: ['street', 'phone', 'email'] },
  { system: 'finance', stream: 'finance.customers', fields: ['street', 'phone'] },
];

/** Up to three corrections in each of three systems, each of another resident whom all three have once. */
export function planCorrections(random: Random, residents: readonly Resident[], registry: Registry): CorrectionTruth[] {
  const plainly = (resident: Resident): Map<PeopleSystemName, string> | undefined => {
    const all = registry.of(resident.id);
    const keys = new Map<PeopleSystemName, string>();
    for (const { system, stream } of PEOPLE_SYSTEMS) {
      const [one, ...more] = all.filter((appearance) => appearance.stream === stream);
      if (!one || more.length > 0 || one.variants.some((variant) => !HARMLESS.has(variant))) return undefined;
      keys.set(system, one.key);
    }
    return keys;
  };
  const candidates = random
    .shuffle(residents)
    .filter(({ generation, household }) => generation === undefined && household.address.unit === undefined)
    .flatMap((resident) => {
      const keys = plainly(resident);
      return keys ? [{ resident, keys }] : [];
    });
  return candidates.slice(0, 3 * PEOPLE_SYSTEMS.length).map(({ resident, keys }, n) => {
    const { system, fields } = at(PEOPLE_SYSTEMS, n % PEOPLE_SYSTEMS.length);
    const field = at(fields, Math.floor(n / PEOPLE_SYSTEMS.length) % fields.length);
    return {
      person: resident.id,
      system,
      key: keys.get(system)!,
      field,
      value: newValue(field, n, resident),
      reaches: PEOPLE_SYSTEMS.filter(
        (other) => other.system !== system && other.fields.includes(field) && !other.owns?.includes(field),
      ).map((other) => ({
        system: other.system,
        key: keys.get(other.system)!,
      })),
    };
  });
}

/** What does not make it doubtful whose record it is after a correction. */
const HARMLESS = new Set(['street abbreviated', 'no accents', 'upper case', 'no apartment']);

function newValue(field: PeopleField, n: number, resident: Resident): string {
  if (field === 'street') return `${301 + n} ${at(STREETS, n)}`;
  if (field === 'phone') return `93455501${String(20 + n)}`;
  return `${plain(resident.first)}.${plain(resident.last)}@mail.example.org`;
}
