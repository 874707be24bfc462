import { bankFiles } from './generate/files/bank-files.ts';
import { FIRST_DAY, LAST_DAY, monthOf } from './generate/calendar.ts';
import { makeClerkActivity, type ClerkReceipt, type Dog } from './generate/clerk-activity.ts';
import { clerkRecords, type ClerkRecords } from './generate/clerk-records.ts';
import { dogTagFile, permitFile } from './generate/files/council-files.ts';
import type { TownFile } from './generate/files.ts';
import { makeFinance, type Finance } from './generate/finance-tables.ts';
import { LEDGER_STREAM, ledgerFiles } from './generate/files/ledger-files.ts';
import { sum } from './generate/money.ts';
import { organizationsOf, peopleRecords, planCorrections, type PeopleRecords } from './generate/people-records.ts';
import { paymentFiles } from './generate/files/payment-files.ts';
import { planErrors } from './generate/plan.ts';
import { createRandom } from './generate/random.ts';
import { RECEIPT_STREAM, receiptFiles } from './generate/files/receipt-files.ts';
import { accountNumber, makeRecreationReceipts, total, type RecreationReceipt } from './generate/recreation-receipts.ts';
import { REGISTRATION_STREAM, recreationIds, registrationFiles } from './generate/files/registration-files.ts';
import { makePeople, TOWN, type Resident } from './generate/residents.ts';
import {
  createRegistry,
  type Department,
  type DogTruth,
  type ReceiptTruth,
  type Registry,
  type ResidentTruth,
  type TownTruth,
} from './generate/truth.ts';

/** Changes whenever the same seed would make another town, so an older folder is known to be one. */
export const TOWN_VERSION = 3;

export interface Town {
  files: TownFile[];
  finance: Finance['rows'];
  clerk: ClerkRecords;
  people: Pick<PeopleRecords, 'recreation' | 'register'>;
  truth: TownTruth;
}

/** The whole town in memory: first what really happened, then what goes wrong, then what each system says about it. */
export function makeTown(seed: number, householdCount: number): Town {
  if (householdCount < 60) throw new RangeError(`a town of ${householdCount} households is too small for its errors: 60 or more`);
  const random = createRandom(seed);
  const people = makePeople(random.fork('people'), householdCount);
  const recreation = makeRecreationReceipts(random.fork('recreation'), people.households);
  const clerk = makeClerkActivity(random.fork('clerk'), people.households);
  const plan = planErrors(random.fork('errors'), recreation, clerk.permits, clerk.dogs);

  const receipts = [...recreation.map(recreationTruth), ...clerk.receipts.map(clerkTruth)];
  const registry = createRegistry();
  const ids = recreationIds(random.fork('household ids'), householdCount);
  const ledger = ledgerFiles(recreation, plan);
  const received = receiptFiles(recreation, plan, (receipt) => ids.household(receipt.payer, receipt.number));
  const registered = registrationFiles(random.fork('registrations'), recreation, ids, plan, registry);
  const takings = takingsOf(receipts);
  const bank = bankFiles((department, date) => takings.get(`${department} ${date}`) ?? 0, plan);
  const served = clerkRecords(random.fork('clerk records'), clerk.dogs, people.households, plan, registry);
  const organizations = organizationsOf(people.households);
  const finance = makeFinance(random.fork('finance'), clerk.receipts, recreation, organizations, registry);
  const lists = peopleRecords(random.fork('lists of residents'), people, organizations, registry);
  const permits = permitFile(random.fork('permit file'), clerk.permits, plan, registry);
  const tags = dogTagFile(random.fork('dog tags'), clerk.dogs, registry);
  const payments = paymentFiles(random.fork('payments'), receipts);

  const truth: TownTruth = {
    version: TOWN_VERSION,
    seed,
    town: {
      ...TOWN,
      timeZone: 'America/New_York',
      currency: 'USD',
      fiscalYearStart: '07-01',
      firstDay: FIRST_DAY,
      lastDay: LAST_DAY,
      households: householdCount,
    },
    residents: people.residents.map((resident) => residentTruth(resident, registry)),
    lookAlikes: people.lookAlikes,
    organizations: organizations.map(({ id, name }) => ({ id, name, appearances: registry.of(id) })),
    corrections: planCorrections(random.fork('corrections'), people.residents, registry),
    dogs: dogTruths(clerk.dogs, registry),
    permits: clerk.permits.map((permit) => ({
      permitNumber: permit.number,
      owner: permit.owner.id,
      cents: permit.cents,
      receipt: permit.receipt,
    })),
    receipts,
    deposits: bank.deposits,
    revenue: { recreation: revenueByMonth(receipts, 'recreation'), clerk: revenueByMonth(receipts, 'clerk') },
    streams: {
      [LEDGER_STREAM]: ledger.stream,
      [RECEIPT_STREAM]: received.stream,
      [REGISTRATION_STREAM]: registered.stream,
      'bank.deposits': bank.stream,
      ...served.streams,
      ...finance.streams,
      ...lists.streams,
      'council.permits': permits.stream,
      ...payments.streams,
      'council.dog-tags': tags.stream,
    },
    councilPayments: payments.control,
    seeded: [
      ...ledger.seeded,
      ...received.seeded,
      ...registered.seeded,
      ...bank.seeded,
      ...served.seeded,
      ...permits.seeded,
      ...payments.seeded,
    ],
  };
  return {
    files: [...ledger.files, ...received.files, ...registered.files, ...bank.files, permits.file, tags.file, ...payments.files],
    finance: finance.rows,
    clerk: served.records,
    people: { recreation: lists.recreation, register: lists.register },
    truth,
  };
}

function recreationTruth(receipt: RecreationReceipt): ReceiptTruth {
  return {
    number: receipt.number,
    department: 'recreation',
    date: receipt.date,
    cents: total(receipt),
    tender: receipt.tender,
    voided: receipt.voided,
    ...(receipt.payer === undefined ? {} : { resident: receipt.payer.id }),
    lines: receipt.lines.map((line) => ({ account: accountNumber(line.account), cents: line.cents, what: line.what })),
  };
}

function clerkTruth(receipt: ClerkReceipt): ReceiptTruth {
  return {
    number: receipt.number,
    department: 'clerk',
    date: receipt.date,
    cents: sum(receipt.lines.map((line) => line.cents)),
    tender: receipt.tender,
    voided: false,
    resident: receipt.payer.id,
    lines: receipt.lines.map((line) => ({ account: line.account, cents: line.cents, what: `${line.what} ${line.reference}` })),
  };
}

/** What was really taken, by department and day. */
function takingsOf(receipts: readonly ReceiptTruth[]): Map<string, number> {
  const takings = new Map<string, number>();
  for (const receipt of receipts) {
    if (receipt.voided) continue;
    const key = `${receipt.department} ${receipt.date}`;
    takings.set(key, (takings.get(key) ?? 0) + receipt.cents);
  }
  return takings;
}

function revenueByMonth(receipts: readonly ReceiptTruth[], department: Department): Record<string, number> {
  const months: Record<string, number> = {};
  for (const receipt of receipts) {
    if (receipt.department !== department || receipt.voided) continue;
    const month = monthOf(receipt.date);
    months[month] = (months[month] ?? 0) + receipt.cents;
  }
  return Object.fromEntries(Object.entries(months).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function residentTruth(resident: Resident, registry: Registry): ResidentTruth {
  const { number, street, suffix, unit } = resident.household.address;
  return {
    id: resident.id,
    first: resident.first,
    last: resident.last,
    ...(resident.formerLast === undefined ? {} : { formerLast: resident.formerLast }),
    ...(resident.generation === undefined ? {} : { generation: resident.generation }),
    birthDate: resident.birthDate,
    sex: resident.sex,
    household: resident.household.number,
    address: `${number} ${street} ${suffix}`,
    ...(unit === undefined ? {} : { unit }),
    appearances: registry.of(resident.id),
  };
}

/** A dog that was entered twice is one dog here. */
function dogTruths(dogs: readonly Dog[], registry: Registry): DogTruth[] {
  return dogs
    .filter((dog) => dog.repeats === undefined)
    .map((dog) => ({ id: dog.id, name: dog.name, breed: dog.breed, owner: dog.owner.id, appearances: registry.of(dog.id) }));
}
