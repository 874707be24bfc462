import { at } from './random.ts';

/** Accounts as finance keeps them: fund-department-object. */
export interface Account {
  /** Segments ACTNUMBR_1..3, joined by '-' everywhere outside finance. */
  number: string;
  /** What the recreation system calls it. */
  glCode: string;
  description: string;
  branch: string;
}

export const CASH: Account = { number: '100-000-1010', glCode: 'CASH', description: 'Cash clearing', branch: '' };

export const RECREATION_ACCOUNTS = {
  youth: { number: '100-410-4510', glCode: 'YOUTH PROG', description: 'Youth programs', branch: 'Community Center' },
  adult: { number: '100-410-4520', glCode: 'ADULT PROG', description: 'Adult programs', branch: 'Community Center' },
  materials: { number: '100-410-4590', glCode: 'MATERIALS', description: 'Program materials', branch: 'Community Center' },
  swim: { number: '100-412-4530', glCode: 'SWIM LESSON', description: 'Swim lessons', branch: 'Town Pool' },
  passes: { number: '100-412-4540', glCode: 'POOL PASS', description: 'Pool passes', branch: 'Town Pool' },
  lockers: { number: '100-412-4545', glCode: 'LOCKERS', description: 'Pool lockers', branch: 'Town Pool' },
  fields: { number: '100-414-4610', glCode: 'FIELD RENT', description: 'Field rental', branch: 'Community Center' },
  hall: { number: '100-414-4620', glCode: 'HALL RENT', description: 'Hall rental', branch: 'Community Center' },
  staff: { number: '100-414-4630', glCode: 'STAFF FEE', description: 'Event staffing', branch: 'Community Center' },
  concession: { number: '100-418-4710', glCode: 'CONCESSION', description: 'Concessions', branch: 'Town Pool' },
  merchandise: { number: '100-418-4720', glCode: 'MERCHANDISE', description: 'Merchandise', branch: 'Community Center' },
  camp: { number: '210-416-4550', glCode: 'SUMMER CAMP', description: 'Summer camp (fund 210)', branch: 'Community Center' },
} as const satisfies Record<string, Account>;

export const CLERK_ACCOUNTS = {
  dogs: { number: '100-140-4210', glCode: '', description: 'Dog licenses', branch: 'Town Hall' },
  records: { number: '100-140-4220', glCode: '', description: 'Vital records', branch: 'Town Hall' },
  permits: { number: '100-142-4310', glCode: '', description: 'Building permits', branch: 'Town Hall' },
} as const satisfies Record<string, Account>;

export type RecreationAccount = keyof typeof RECREATION_ACCOUNTS;

/** '100-410-4510' → ['100', '410', '4510'] */
export function segments(number: string): [string, string, string] {
  const parts = number.split('-');
  return [at(parts, 0), at(parts, 1), at(parts, 2)];
}

export function accountOf(number: string): Account {
  const all: Account[] = [CASH, ...Object.values(RECREATION_ACCOUNTS), ...Object.values(CLERK_ACCOUNTS)];
  const found = all.find((account) => account.number === number);
  if (found === undefined) throw new RangeError(`no account ${number}`);
  return found;
}

/**
 * One tender, three systems. The recreation pay codes are the ones in use since they were renumbered (03 and 04 changed places in
 * February 2024); distribution and payment types are New World's.
 */
export const TENDERS = {
  cash: { payCode: '01', distributionType: '0', paymentType: '0', council: 'CASH' },
  check: { payCode: '02', distributionType: '0', paymentType: '1', council: 'CHECK' },
  'credit card': { payCode: '03', distributionType: '2', paymentType: '3', council: 'CREDITCARD' },
  'debit card': { payCode: '04', distributionType: '1', paymentType: '3', council: 'DEBITCARD' },
} as const;
