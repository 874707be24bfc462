import type { LookAlikes } from './residents.ts';

/** What is really so in Maplewood, whatever its systems say: written next to the data as truth.json. Money is integer cents. */
export interface TownTruth {
  version: number;
  seed: number;
  town: {
    name: string;
    state: string;
    zip: string;
    timeZone: string;
    currency: string;
    fiscalYearStart: string;
    firstDay: string;
    lastDay: string;
    households: number;
  };
  residents: ResidentTruth[];
  lookAlikes: LookAlikes[];
  organizations: { id: string; name: string; appearances: Appearance[] }[];
  /** What is corrected on the next day, and whom it is to reach. */
  corrections: CorrectionTruth[];
  dogs: DogTruth[];
  permits: { permitNumber: string; owner: string; cents: number; receipt: number }[];
  receipts: ReceiptTruth[];
  deposits: DepositTruth[];
  /** department → 'YYYY-MM' → cents of receipts taken and not voided. */
  revenue: Record<Department, Record<string, number>>;
  /** What a reader that makes no mistake counts, by stream. */
  streams: Record<string, StreamTruth>;
  /** The council's published payments since January 2024: all detail lines as they should be, and the control totals as they stand. */
  councilPayments: { detailCents: number; summaryCents: number };
  seeded: SeededError[];
}

export type Department = 'recreation' | 'clerk';
export type Tender = 'cash' | 'check' | 'credit card' | 'debit card';

export interface ResidentTruth {
  id: string;
  first: string;
  last: string;
  formerLast?: string;
  generation?: string;
  birthDate: string;
  sex: string;
  household: number;
  address: string;
  unit?: string;
  /** Every record of this person in any stream: the key is that stream's own identifier. */
  appearances: Appearance[];
}

/** The systems that know the same residents and are told what the others correct. */
export type PeopleSystemName = 'recreation' | 'clerk' | 'finance';
export type PeopleField = 'street' | 'phone' | 'email';

/** A correction that somebody makes in one system. */
export interface CorrectionTruth {
  person: string;
  system: PeopleSystemName;
  /** The person's number there. */
  key: string;
  field: PeopleField;
  /** Telephone numbers as ten digits: each system writes them in its own way. */
  value: string;
  /** The other systems that keep this field and do not own it, with the person's number there: each is told once. */
  reaches: { system: PeopleSystemName; key: string }[];
}

export interface DogTruth {
  id: string;
  name: string;
  breed: string;
  owner: string;
  appearances: Appearance[];
}

export interface Appearance {
  stream: string;
  key: string;
  /** How it was typed differently from the truth; empty if it was not. */
  variants: string[];
}

export interface ReceiptTruth {
  number: number;
  department: Department;
  date: string;
  cents: number;
  tender: Tender;
  voided: boolean;
  resident?: string;
  lines: { account: string; cents: number; what: string }[];
}

/** What the bank should have credited: a department's receipts of one day, paid in on the next banking day. */
export interface DepositTruth {
  department: Department;
  collected: string;
  banked: string;
  cents: number;
  file: string;
  /** What the bank's file says instead, where it differs. */
  bankSays?: number;
}

export interface StreamTruth {
  /** Files that are to be read. */
  files: number;
  /** Files rejected whole because they contradict themselves. */
  refused: number;
  /** Files with the bytes of one that was already taken. */
  alreadyTaken: number;
  /** Files that are still being uploaded: never to be read. */
  incomplete: number;
  /** Records in the files to be read, good and bad. */
  records: number;
  good: number;
  rejected: number;
}

export interface SeededError {
  kind: string;
  stream: string;
  /** Path below the town's folder, for file-based systems. */
  file?: string;
  /** 1-based physical line in that file. */
  line?: number;
  /** The record's own identifier in its system. */
  key?: string;
  /** By how much money is out, where it is. */
  cents?: number;
  /** What the middleware should make of it. */
  expect: string;
}

export function streamTruth(counts: Partial<StreamTruth> & { records: number }): StreamTruth {
  const rejected = counts.rejected ?? 0;
  return { files: 0, refused: 0, alreadyTaken: 0, incomplete: 0, rejected, good: counts.records - rejected, ...counts };
}

/** Who appears where, gathered by the writers of the files as they type. */
export interface Registry {
  resident(id: string, stream: string, key: string, variants: readonly string[]): void;
  dog(id: string, stream: string, key: string, variants: readonly string[]): void;
  /** The appearances of one person or dog, in a fixed order. */
  of(id: string): Appearance[];
}

export function createRegistry(): Registry {
  const all = new Map<string, Map<string, Appearance>>();
  const note = (id: string, stream: string, key: string, variants: readonly string[]) => {
    const own = all.get(id) ?? new Map<string, Appearance>();
    const name = `${stream} ${key}`;
    if (!own.has(name)) own.set(name, { stream, key, variants: [...variants] });
    all.set(id, own);
  };
  return {
    resident: note,
    dog: note,
    of: (id) => [...(all.get(id)?.values() ?? [])].sort((a, b) => (`${a.stream} ${a.key}` < `${b.stream} ${b.key}` ? -1 : 1)),
  };
}
