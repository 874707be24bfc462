import type { Random } from '../generate/random.ts';
import { sum } from '../generate/money.ts';
import type { Mishap } from './plan.ts';

/** One payment at a dock. */
export interface Payment {
  number: string;
  cents: number;
  paidBy: 'CA' | 'CK' | 'CC' | 'EC';
  account: string;
  what: string;
  payer: string;
  check: string;
  /** Minutes after eight o'clock. */
  minute: number;
  voidedOn?: string;
}

/** What was taken at a dock on a day: the drawer, and what the terminal has. */
export interface Close {
  dock: string;
  day: string;
  mishap: Mishap | undefined;
  drawer: Payment[];
  cards: Payment[];
}

const ACCOUNTS = [
  ['600-010-4610', 'Mooring'],
  ['600-020-4620', 'Launch ramp'],
  ['600-030-4630', 'Transient dockage'],
] as const;
const NAMES = ['Marsh', 'Doyle', 'Quill', 'Ferro', 'Lund', 'Okafor', 'Reyes', 'Sato', 'Whit', 'Brandt', 'Cole', 'Ivers'] as const;

/** Numbers of receipts, one after the other at each dock: N000001 of the drawer, NC000001 of the terminal. */
export function counters(): (series: string) => string {
  const last = new Map<string, number>();
  return (series) => {
    const next = (last.get(series) ?? 0) + 1;
    last.set(series, next);
    return `${series}${String(next).padStart(6, '0')}`;
  };
}

/** A day of a dock. The drawer always has cash over 60.00 and a check; no two amounts of a drawer are equal. */
export function makeClose(random: Random, next: (series: string) => string, dock: string, day: string, mishap: Mishap | undefined): Close {
  const payment = (series: string, paidBy: Payment['paidBy'], cents: number, minute: number): Payment => {
    const number = next(series);
    const [account, what] = random.pick(ACCOUNTS);
    return { number, cents, paidBy, account, what, payer: `${random.pick(NAMES)} ${number.slice(-3)}`, check: '', minute };
  };
  const drawer: Payment[] = [];
  const amounts = new Set<number>();
  const add = (paidBy: 'CA' | 'CK', from: number, to: number): void => {
    let cents = random.integer(from, to);
    while (amounts.has(cents)) cents++;
    amounts.add(cents);
    if (mishap === 'number missing' && drawer.length === 1) next(dock);
    const made = payment(dock, paidBy, cents, drawer.length * 75 + random.integer(0, 40));
    drawer.push(paidBy === 'CK' ? { ...made, check: String(random.integer(1001, 9999)) } : made);
  };
  if (mishap === 'equal bags') {
    for (const [paidBy, cents] of [
      ['CA', 13_000],
      ['CK', 12_000],
    ] as const)
      add(paidBy, cents, cents);
  } else {
    add('CA', 6100, 14_000);
    add('CK', 3000, 25_000);
    if (random.chance(0.5)) add(random.chance(0.5) ? 'CA' : 'CK', 800, 9000);
  }
  const cards = Array.from({ length: 2 }, (_, i) => payment(`${dock}C`, 'CC', random.integer(2500, 30_000), i * 90 + 10));
  return { dock, day, mishap, drawer, cards };
}

export const total = (payments: readonly Payment[]): number => sum(payments.map(({ cents }) => cents));

/** Sums by account, accounts in order. */
export function byAccount(payments: readonly Payment[]): [string, number][] {
  return ACCOUNTS.map(([account]): [string, number] => [account, total(payments.filter((p) => p.account === account))]).filter(
    ([, cents]) => cents !== 0,
  );
}

/** The account that has most of these payments, so that a refund never makes its sum negative. */
export function largestAccount(payments: readonly Payment[]): string {
  return byAccount(payments).sort((a, b) => b[1] - a[1])[0]![0];
}

/** An account that is none of these. */
export function anotherAccount(than: readonly string[]): string {
  return ACCOUNTS.find(([other]) => !than.includes(other))![0];
}

/** The number of a dock's close, and of its bag: N20240715. */
export function closeNumber({ dock, day }: Pick<Close, 'dock' | 'day'>): string {
  return `${dock}${day.replaceAll('-', '')}`;
}
