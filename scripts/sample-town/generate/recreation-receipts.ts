import { datesFrom, FIRST_DAY, isRecreationDay, LAST_DAY, monthOf, weekday } from './calendar.ts';
import { RECREATION_ACCOUNTS, type RecreationAccount } from './chart.ts';
import { sum } from './money.ts';
import { at, type Random } from './random.ts';
import { ageAt, adultsOf, type Household, type Resident } from './residents.ts';
import type { Tender } from './truth.ts';

/** One receipt of the recreation counter, as it really was. */
export interface RecreationReceipt {
  number: number;
  date: string;
  /** Who paid; nobody known at the snack bar. */
  payer?: Resident;
  cashier: string;
  tender: Tender;
  checkNumber: string;
  voided: boolean;
  lines: RecreationLine[];
}

export interface RecreationLine {
  account: RecreationAccount;
  /** RecTrac module: AR activity registration, PM passes, FR facility reservation, PS point of sale. */
  module: 'AR' | 'PM' | 'FR' | 'PS';
  cents: number;
  what: string;
  reference: string;
  registration?: { participant: Resident; program: Program; session: string };
}

interface Program {
  code: string;
  name: string;
  account: RecreationAccount;
  cents: number;
  ages: readonly [number, number];
  materials?: number;
}

const PROGRAMS: readonly Program[] = [
  { code: '110201', name: 'Tiny Tots Play', account: 'youth', cents: 4500, ages: [2, 5] },
  { code: '110305', name: 'Youth Soccer', account: 'youth', cents: 8500, ages: [5, 14], materials: 2200 },
  { code: '110312', name: 'T-Ball, Beginners', account: 'youth', cents: 6500, ages: [4, 8], materials: 1850 },
  { code: '110330', name: 'Youth Basketball', account: 'youth', cents: 7500, ages: [7, 15], materials: 2000 },
  { code: '110410', name: "Kids' Art Studio", account: 'youth', cents: 9250, ages: [6, 13], materials: 1575 },
  { code: '110422', name: 'Robotics Club', account: 'youth', cents: 12000, ages: [9, 16], materials: 3500 },
  { code: '120115', name: 'Learn to Swim 1', account: 'swim', cents: 5500, ages: [4, 9] },
  { code: '120116', name: 'Learn to Swim 2', account: 'swim', cents: 5500, ages: [6, 12] },
  { code: '120140', name: 'Adult Lap Technique', account: 'swim', cents: 6400, ages: [18, 90] },
  { code: '130100', name: 'Morning Yoga', account: 'adult', cents: 7200, ages: [18, 90] },
  { code: '130112', name: 'Pottery, Evening', account: 'adult', cents: 11500, ages: [16, 90], materials: 4025 },
  { code: '130120', name: 'Pickleball League', account: 'adult', cents: 4800, ages: [18, 90] },
  { code: '130135', name: 'Tai Chi for Seniors', account: 'adult', cents: 2500, ages: [60, 99] },
  { code: '130150', name: 'Watercolor', account: 'adult', cents: 8800, ages: [18, 90], materials: 2650 },
  { code: '140500', name: 'Summer Day Camp', account: 'camp', cents: 21500, ages: [5, 13] },
];

/** Family swim is paid at the door: two of one family on one day give two equal lines, and both are real. */
export const DROP_IN: Program = { code: '120900', name: 'Family Swim Drop-In', account: 'swim', cents: 600, ages: [0, 99] };

const CASHIERS = ['mjones', 'tkelly', 'rsantos', 'online'] as const;

/** Sign-up seasons: spring programs and summer camp. */
const MONTH_WEIGHT: Readonly<Record<string, number>> = {
  '2026-01': 10,
  '2026-02': 7,
  '2026-03': 11,
  '2026-04': 12,
  '2026-05': 14,
  '2026-06': 13,
};

const FIRST_RECREATION_RECEIPT = 100001;

export function makeRecreationReceipts(random: Random, households: readonly Household[]): RecreationReceipt[] {
  const count = Math.round(households.length * 6.25);
  const days = datesFrom(FIRST_DAY, LAST_DAY).filter(isRecreationDay);
  const weights = days.map((day) => [day, (MONTH_WEIGHT[monthOf(day)] ?? 10) * (weekday(day) === 6 ? 5 : 10)] as const);
  const dates = Array.from({ length: count }, () => random.weighted(weights)).sort();
  // every open day has takings, so every day has its deposit
  const missing = days.filter((day) => !dates.includes(day));
  return [...dates, ...missing].sort().map((date, i) => makeReceipt(random, FIRST_RECREATION_RECEIPT + i, date, random.pick(households)));
}

export function total(receipt: RecreationReceipt): number {
  return sum(receipt.lines.map((line) => line.cents));
}

/** One amount per GL account of the receipt, as both exports post it. */
export function byAccount(receipt: RecreationReceipt): { account: RecreationAccount; cents: number; line: RecreationLine }[] {
  const accounts = new Map<RecreationAccount, { account: RecreationAccount; cents: number; line: RecreationLine }>();
  for (const line of receipt.lines) {
    const kept = accounts.get(line.account);
    if (kept === undefined) accounts.set(line.account, { account: line.account, cents: line.cents, line });
    else kept.cents += line.cents;
  }
  return [...accounts.values()];
}

export function accountNumber(account: RecreationAccount): string {
  return RECREATION_ACCOUNTS[account].number;
}

function makeReceipt(random: Random, number: number, date: string, household: Household): RecreationReceipt {
  const kind = random.weighted([
    ['registration', 55],
    ['pass', 18],
    ['rental', 12],
    ['sale', 15],
  ] as const);
  const tender = random.weighted([
    ['credit card', 55],
    ['debit card', 12],
    ['check', 20],
    ['cash', 13],
  ] as const);
  const payer = kind === 'sale' && random.chance(0.8) ? undefined : random.pick(adultsOf(household));
  const lines =
    kind === 'registration'
      ? registrations(random, date, household)
      : kind === 'pass'
        ? passes(random)
        : kind === 'rental'
          ? rental(random)
          : sale(random);
  return {
    number,
    date,
    ...(payer === undefined ? {} : { payer }),
    cashier: tender === 'cash' || tender === 'check' ? random.pick(CASHIERS.slice(0, 3)) : random.pick(CASHIERS),
    tender,
    checkNumber: tender === 'check' ? String(random.integer(1001, 9899)) : '',
    voided: false,
    lines,
  };
}

function registrations(random: Random, date: string, household: Household): RecreationLine[] {
  const lines: RecreationLine[] = [];
  for (const participant of random.shuffle(household.members).slice(
    0,
    random.weighted([
      [1, 60],
      [2, 30],
      [3, 10],
    ] as const),
  )) {
    const age = ageAt(participant, date);
    const fitting = PROGRAMS.filter(
      (program) => age >= program.ages[0] && age <= program.ages[1] && (program.account !== 'camp' || date >= '2026-03-01'),
    );
    const program = fitting.length === 0 ? DROP_IN : random.pick(fitting);
    const session = `${program.code}-${random.pick(['A', 'B', 'C'])}`;
    lines.push({
      account: program.account,
      module: 'AR',
      cents: program.cents,
      what: program.name,
      reference: session,
      registration: { participant, program, session },
    });
    if (program.materials !== undefined)
      lines.push({ account: 'materials', module: 'AR', cents: program.materials, what: `Materials, ${program.name}`, reference: session });
  }
  return lines;
}

function passes(random: Random): RecreationLine[] {
  const [what, cents] = random.pick([
    ['Family pool pass', 18000],
    ['Adult pool pass', 9500],
    ['Youth pool pass', 6000],
    ['Senior pool pass', 5250],
  ] as const);
  const lines: RecreationLine[] = [{ account: 'passes', module: 'PM', cents, what, reference: `PASS${random.integer(20000, 29999)}` }];
  if (random.chance(0.45))
    lines.push({ account: 'lockers', module: 'PM', cents: 1500, what: 'Pool locker, season', reference: `LKR${random.integer(100, 399)}` });
  return lines;
}

function rental(random: Random): RecreationLine[] {
  const hours = random.integer(2, 6);
  const hall = random.chance(0.5);
  const reference = `RES${random.integer(5000, 8999)}`;
  const lines: RecreationLine[] = [
    {
      account: hall ? 'hall' : 'fields',
      module: 'FR',
      cents: hours * (hall ? 6500 : 2750),
      what: `${hall ? 'Community hall' : 'Field 2'}, ${hours} h`,
      reference,
    },
  ];
  if (random.chance(0.5)) lines.push({ account: 'staff', module: 'FR', cents: hours * 1825, what: 'Event staff', reference });
  return lines;
}

function sale(random: Random): RecreationLine[] {
  const reference = `POS${random.integer(100000, 999999)}`;
  const snacks: RecreationLine = {
    account: 'concession',
    module: 'PS',
    cents: at([175, 250, 325, 475, 600], random.integer(0, 4)) * random.integer(1, 4),
    what: 'Snack bar',
    reference,
  };
  const shirt: RecreationLine = {
    account: 'merchandise',
    module: 'PS',
    cents: 1295 * random.integer(1, 2),
    what: 'Maplewood T-shirt',
    reference,
  };
  return random.weighted([
    [[snacks], 5],
    [[shirt], 2],
    [[snacks, shirt], 4],
  ] as const);
}
