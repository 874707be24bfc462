import { FIRST_DAY } from './calendar.ts';
import type { Dog } from './clerk-activity.ts';
import { dollars } from './money.ts';
import type { Plan } from './plan.ts';
import { at, type Random } from './random.ts';
import { adultsOf, TOWN, type Household, type Resident } from './residents.ts';
import { landlordOf } from './people-records.ts';
import { streamTruth, type Registry, type SeededError, type StreamTruth } from './truth.ts';
import { HABITS, streetLine, typePerson, type Typed } from './typing.ts';

const LICENSE_STREAM = 'clerk.dog-licenses';
const BILLING_STREAM = 'clerk.billing';

/** What the clerk's web service serves, element by element in the order of its schema: clerk.json. An absent element was never filled in. */
export interface ClerkRecords {
  dogLicenses: DogLicense[];
  billing: BillingOutputParameters[];
}

export interface DogLicense {
  AnimalID: string;
  TagNumber: string;
  TagType: string;
  TagDate: string;
  TagExpire: string;
  TagStatus: string;
  OwnerFirstName: string;
  OwnerLastName: string;
  OwnerAddress1: string;
  OwnerAddress2?: string;
  OwnerCity: string;
  OwnerState: string;
  OwnerZip: string;
  OwnerPhone: string;
  OwnerEmail?: string;
  PetName: string;
  Breed: string;
  Sex: string;
  Color: string;
  Altered: string;
  RabiesExpire: string;
  Fee: string;
  ReceiptNumber?: string;
  DatePaid?: string;
}

export interface BillingOutputParameters {
  AccountNumber: string;
  CustomerNumber: string;
  CustomerFirstName: string;
  CustomerLastName: string;
  CustomerPhoneNumber: string;
  PhoneType: string;
  AccountAddress: string;
  AccountStatus: string;
  BillDate: string;
  LastBillAmount: string;
  LastBillDueDate: string;
  OverdueBalance: string;
  TotalBalance: string;
  LastPaymentAmount: string;
  LastPaymentDate: string;
  EnabledPaymentMethods: string;
  PendingPaymentAmount: string;
}

export function clerkRecords(
  random: Random,
  dogs: readonly Dog[],
  households: readonly Household[],
  plan: Plan,
  registry: Registry,
): { records: ClerkRecords; seeded: SeededError[]; streams: Record<string, StreamTruth> } {
  const dogLicenses = licenses(random.fork('licenses'), dogs, plan, registry);
  const billing = bills(random.fork('billing'), households, registry);
  return {
    records: { dogLicenses, billing },
    seeded: [
      {
        kind: 'unknown-tag-status',
        stream: LICENSE_STREAM,
        key: plan.unknownStatus.animalId,
        expect: `reject this license: tag status ${UNKNOWN_STATUS} is in no lookup; its receipt ${plan.unknownStatus.receipt} is good`,
      },
    ],
    streams: {
      [LICENSE_STREAM]: streamTruth({ records: dogLicenses.length, rejected: 1 }),
      [BILLING_STREAM]: streamTruth({ records: billing.length }),
    },
  };
}

const UNKNOWN_STATUS = 'PENDNG';

function licenses(random: Random, dogs: readonly Dog[], plan: Plan, registry: Registry): DogLicense[] {
  const typed = new Map<string, Typed>();
  const ordered = dogs.filter((dog) => dog.inClerk).sort((a, b) => (`${a.tagDate} ${a.animalId}` < `${b.tagDate} ${b.animalId}` ? -1 : 1));
  return ordered.map((dog) => {
    // the clerk looks an owner up and types nobody twice, except where the whole license was typed twice
    const kept = dog.repeats === undefined ? typed.get(dog.owner.id) : undefined;
    const owner = kept ?? typePerson(random, dog.owner, HABITS.clerk);
    if (dog.repeats === undefined) typed.set(dog.owner.id, owner);
    registry.resident(dog.owner.id, LICENSE_STREAM, dog.animalId, owner.variants);
    registry.dog(dog.id, LICENSE_STREAM, dog.animalId, dog.repeats === undefined ? [] : ['entered twice']);
    return {
      AnimalID: dog.animalId,
      TagNumber: dog.tagNumber,
      TagType: dog.tagType,
      TagDate: midnight(dog.tagDate),
      TagExpire: midnight(dog.tagExpire),
      TagStatus: dog === plan.unknownStatus ? UNKNOWN_STATUS : dog.status,
      OwnerFirstName: owner.first,
      OwnerLastName: owner.last,
      OwnerAddress1: owner.address1,
      ...(owner.address2 === '' ? {} : { OwnerAddress2: owner.address2 }),
      OwnerCity: TOWN.name,
      OwnerState: TOWN.state,
      OwnerZip: TOWN.zip,
      OwnerPhone: owner.phone,
      ...(owner.email === '' ? {} : { OwnerEmail: owner.email }),
      PetName: dog.name,
      Breed: dog.breed,
      Sex: dog.sex,
      Color: dog.color,
      Altered: dog.altered ? 'Y' : 'N',
      RabiesExpire: midnight(dog.rabiesExpire),
      Fee: dollars(dog.cents),
      ...(dog.receipt === undefined ? {} : { ReceiptNumber: String(dog.receipt) }),
      ...(dog.datePaid === '' || dog.datePaid < FIRST_DAY ? {} : { DatePaid: midnight(dog.datePaid) }),
    };
  });
}

/** Water and sewer are billed in February and May. */
function bills(random: Random, households: readonly Household[], registry: Registry): BillingOutputParameters[] {
  const accounts = households.map((household) => {
    const owner = landlordOf(household, households) ?? at(adultsOf(household), 0);
    const typed = typePerson(random, owner, HABITS.utility);
    const account = `01-${String(household.number).padStart(5, '0')}-00`;
    registry.resident(owner.id, BILLING_STREAM, account, typed.variants);
    return { household, owner, typed, account, late: random.chance(0.08) };
  });
  return ['2026-02-15', '2026-05-15'].flatMap((billDate) =>
    accounts.map(({ household, owner, typed, account, late }) => {
      const bill = random.integer(4200, 19800);
      const overdue = late ? random.integer(4200, 9900) : 0;
      return {
        AccountNumber: account,
        CustomerNumber: String(200000 + owner.household.number),
        CustomerFirstName: typed.first,
        CustomerLastName: typed.last,
        CustomerPhoneNumber: typed.phone,
        PhoneType: typed.variants.includes('other phone') ? 'Home' : 'Cell',
        AccountAddress: serviceAddress(household, owner, typed),
        AccountStatus: late ? 'PastDue' : 'Active',
        BillDate: midnight(billDate),
        LastBillAmount: dollars(bill),
        LastBillDueDate: midnight(`${billDate.slice(0, 5)}${billDate.startsWith('2026-02') ? '03-15' : '06-15'}`),
        OverdueBalance: dollars(overdue),
        TotalBalance: dollars(bill + overdue),
        LastPaymentAmount: dollars(late ? 0 : random.integer(4200, 19800)),
        LastPaymentDate: midnight(billDate.startsWith('2026-02') ? '2025-12-12' : '2026-03-10'),
        EnabledPaymentMethods: 'Check,CreditCard',
        PendingPaymentAmount: dollars(0),
      };
    }),
  );
}

/** Where the water runs: what a landlord is billed for is not where he lives. */
function serviceAddress(household: Household, owner: Resident, { address2 }: Typed): string {
  const { unit } = household.address;
  const second = owner.household === household ? address2 : unit === undefined ? '' : `Apt ${unit}`;
  return `${streetLine(household, true)}${second === '' ? '' : ` ${second}`}`.toUpperCase();
}

function midnight(date: string): string {
  return `${date}T00:00:00`;
}
