import { addDays, datesFrom, FIRST_DAY, isBankingDay, LAST_DAY } from './calendar.ts';
import { CLERK_ACCOUNTS } from './chart.ts';
import { BREEDS, COLORS, DOG_NAMES } from './names.ts';
import { at, type Random } from './random.ts';
import { adultsOf, type Household, type Resident } from './residents.ts';
import type { Tender } from './truth.ts';

export interface Dog {
  id: string;
  name: string;
  breed: string;
  sex: 'F' | 'M';
  color: string;
  altered: boolean;
  owner: Resident;
  /** The clerk's number; none for a dog that only the older system knows. */
  animalId: string;
  /** Seven digits, leading zeros and all; a dog keeps its tag. */
  tagNumber: string;
  tagType: string;
  tagDate: string;
  tagExpire: string;
  status: string;
  rabiesExpire: string;
  cents: number;
  datePaid: string;
  receipt?: number;
  /** Licensed by the clerk (new system), by the older one, or both. */
  inClerk: boolean;
  inOlder: boolean;
  /** Entered twice by the clerk: this record repeats that dog under another AnimalID. */
  repeats?: Dog;
}

export interface Permit {
  number: string;
  owner: Resident;
  type: string;
  typeMapped: string;
  description: string;
  applied: string;
  issued: string;
  completed: string;
  status: string;
  statusMapped: string;
  cents: number;
  receipt: number;
}

export interface ClerkReceipt {
  number: number;
  date: string;
  payer: Resident;
  tender: Tender;
  checkNumber: string;
  lines: { account: string; cents: number; what: string; reference: string }[];
}

export interface ClerkActivity {
  dogs: Dog[];
  permits: Permit[];
  receipts: ClerkReceipt[];
}

const FIRST_CLERK_RECEIPT = 70001;

const FEES: Readonly<Record<string, number>> = { 'LIC ALTERED': 1000, 'LIC UNALTERED': 2500, 'LIC SR': 500, 'LIC DD1': 10000 };

const PERMIT_TYPES = [
  ['FENCE', 'Building', 'Fence, {n} feet', 4500],
  ['DECK', 'Building', 'Deck at the rear, {n} square feet', 12500],
  ['ROOF', 'Building', 'Re-roof, {n} squares', 8500],
  ['ELEC', 'Electrical', 'Service upgrade, {n} A', 7500],
  ['PLMB', 'Plumbing', 'Water heater, {n} gallons', 6000],
  ['ADDN', 'Building', 'Addition, {n} square feet, "as drawn"', 32550],
] as const;

const PERMIT_STATUS = [
  ['APPL', 'Application Accepted'],
  ['REVW', 'In Review'],
  ['ISSD', 'Permit Issued'],
  ['INSP', 'Inspection Phase'],
  ['FINL', 'Permit Finaled'],
  ['CANC', 'Permit Cancelled'],
] as const;

export function makeClerkActivity(random: Random, households: readonly Household[]): ClerkActivity {
  const days = datesFrom(FIRST_DAY, LAST_DAY).filter(isBankingDay);
  const dogs = makeDogs(random.fork('dogs'), households, days);
  const permits = makePermits(random.fork('permits'), households, days);
  return { dogs, permits, receipts: makeReceipts(random.fork('clerk receipts'), dogs, permits, households, days) };
}

function makeDogs(random: Random, households: readonly Household[], days: readonly string[]): Dog[] {
  const dogs: Dog[] = [];
  const target = Math.round(households.length * 0.875);
  const tags = random.shuffle(Array.from({ length: 9000 }, (_, i) => i + 1200));
  // a father and a son of one name each have a dog: the licenses must find the right one
  const namesakes = households.flatMap((household) => household.members.filter((member) => member.generation !== undefined));
  for (let i = 0; i < target; i++) {
    // a second or third dog lives where a dog lives already
    const previous = dogs.at(-1);
    const owner =
      namesakes[i] ?? (previous !== undefined && random.chance(0.3) ? previous.owner : random.pick(adultsOf(random.pick(households))));
    const together = previous?.owner === owner;
    const dog = makeDog(random, i, owner, String(at(tags, i)).padStart(7, '0'));
    const lapsed = i % 7 === 3;
    dog.tagDate = lapsed
      ? addDays('2025-02-03', random.integer(0, 140))
      : together && previous.tagDate >= FIRST_DAY && random.chance(0.7)
        ? previous.tagDate
        : random.pick(days);
    dog.status = lapsed ? random.pick(['EXPIRED', 'MOVED', 'DEAD', 'LOST', 'GAVE AWAY']) : random.pick(['ISSUED', 'RENEWED']);
    dog.tagExpire = addDays(dog.tagDate, 365);
    dog.datePaid = dog.tagDate;
    dog.rabiesExpire = addDays(dog.tagDate, random.integer(60, 1000));
    dog.inOlder = lapsed || random.chance(0.4);
    dogs.push(dog);
  }
  for (const original of [17, 80, 141, 203, 266]
    .map((i) => dogs[i])
    .filter((dog): dog is Dog => dog !== undefined && dog.tagDate >= FIRST_DAY)) {
    dogs.push({
      ...original,
      animalId: animalId(dogs.length),
      status: 'DUPLICATE',
      cents: 0,
      datePaid: '',
      inOlder: false,
      repeats: original,
    });
  }
  for (let i = 0; i < Math.round(households.length / 10); i++) {
    const dog = makeDog(random, dogs.length, random.pick(adultsOf(random.pick(households))), String(at(tags, 5000 + i)).padStart(7, '0'));
    dogs.push({ ...dog, animalId: '', tagDate: '', tagExpire: '', status: 'DEAD', inClerk: false, inOlder: true });
  }
  return dogs;
}

function makeDog(random: Random, index: number, owner: Resident, tagNumber: string): Dog {
  const tagType = random.weighted([
    ['LIC ALTERED', 62],
    ['LIC UNALTERED', 18],
    ['LIC SR', 18],
    ['LIC DD1', 2],
  ] as const);
  return {
    id: `D${String(index + 1).padStart(4, '0')}`,
    name: random.pick(DOG_NAMES),
    breed: random.pick(BREEDS),
    sex: random.chance(0.5) ? 'F' : 'M',
    color: random.pick(COLORS),
    altered: tagType !== 'LIC UNALTERED',
    owner,
    animalId: animalId(index),
    tagNumber,
    tagType,
    tagDate: '',
    tagExpire: '',
    status: 'ISSUED',
    rabiesExpire: '',
    cents: FEES[tagType] ?? 0,
    datePaid: '',
    inClerk: true,
    inOlder: false,
  };
}

function animalId(index: number): string {
  return `A${String(index + 1041).padStart(6, '0')}`;
}

function makePermits(random: Random, households: readonly Household[], days: readonly string[]): Permit[] {
  const dates = Array.from({ length: Math.round(households.length / 2) }, () => random.pick(days)).sort();
  return dates.map((applied, i) => {
    const [type, typeMapped, text, cents] = random.pick(PERMIT_TYPES);
    const [status, statusMapped] = random.pick(PERMIT_STATUS);
    const issued = ['ISSD', 'INSP', 'FINL'].includes(status) ? addDays(applied, random.integer(2, 15)) : '';
    return {
      number: `BP-2026-${String(i + 1).padStart(4, '0')}`,
      owner: random.pick(adultsOf(random.pick(households))),
      type,
      typeMapped,
      description: text.replace('{n}', String(random.integer(3, 20) * 10)),
      applied,
      issued,
      completed: status === 'FINL' ? addDays(issued, random.integer(5, 40)) : '',
      status,
      statusMapped,
      cents,
      receipt: 0,
    };
  });
}

/** One receipt for all dogs of an owner on one day, one for each permit, one for each copy of a birth or marriage record. */
function makeReceipts(
  random: Random,
  dogs: readonly Dog[],
  permits: readonly Permit[],
  households: readonly Household[],
  days: readonly string[],
): ClerkReceipt[] {
  const open: (Omit<ClerkReceipt, 'number' | 'tender' | 'checkNumber'> & { settle: (number: number) => void })[] = [];
  const dogVisits = new Map<string, Dog[]>();
  for (const dog of dogs) {
    if (!dog.inClerk || dog.repeats !== undefined || dog.datePaid < FIRST_DAY) continue;
    const visit = `${dog.datePaid} ${dog.owner.id}`;
    dogVisits.set(visit, [...(dogVisits.get(visit) ?? []), dog]);
  }
  for (const visit of dogVisits.values()) {
    const { owner, datePaid } = at(visit, 0);
    const lines = visit.map((dog) => ({
      account: CLERK_ACCOUNTS.dogs.number,
      cents: dog.cents,
      what: 'DOG LICENSE',
      reference: dog.tagNumber,
    }));
    open.push({ date: datePaid, payer: owner, lines, settle: (number) => visit.forEach((dog) => (dog.receipt = number)) });
  }
  for (const permit of permits) {
    const lines = [
      { account: CLERK_ACCOUNTS.permits.number, cents: permit.cents, what: `PERMIT ${permit.type}`, reference: permit.number },
    ];
    open.push({ date: permit.applied, payer: permit.owner, lines, settle: (number) => (permit.receipt = number) });
  }
  for (let i = 0; i < Math.round(households.length * 0.3); i++) {
    const copies = random.integer(1, 3);
    const lines = [
      {
        account: CLERK_ACCOUNTS.records.number,
        cents: copies * 1000,
        what: `CERTIFIED COPY X${copies}`,
        reference: `VR${random.integer(1000, 9999)}`,
      },
    ];
    open.push({ date: random.pick(days), payer: random.pick(adultsOf(random.pick(households))), lines, settle: () => undefined });
  }
  const order = open
    .map((receipt, i) => ({ receipt, i }))
    .sort((a, b) => (a.receipt.date < b.receipt.date ? -1 : a.receipt.date > b.receipt.date ? 1 : a.i - b.i));
  return order.map(({ receipt: { settle, ...receipt } }, i) => {
    const number = FIRST_CLERK_RECEIPT + i;
    settle(number);
    const tender = random.weighted([
      ['cash', 30],
      ['check', 45],
      ['credit card', 25],
    ] as const);
    return { number, ...receipt, tender, checkNumber: tender === 'check' ? String(random.integer(101, 4999)) : '' };
  });
}
