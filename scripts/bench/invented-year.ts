import { dayNumber } from '../../src/reconciliation/calendar.ts';
import type { BusinessDays, Entry } from '../../src/reconciliation/entry.ts';
import { mulberry32 } from '../sample-town/generate/random.ts';

/** `--receipts N` (250,000), `--blank PERCENT` of the hard keys, `--seed N`: the same seed makes the same year. */
const options = new Map(
  process.argv.slice(2).flatMap((word, i, all) => (word.startsWith('--') ? [[word.slice(2), Number(all[i + 1])]] : [])),
);
export const RECEIPTS = options.get('receipts') ?? 250_000;
const BLANK = (options.get('blank') ?? 0) / 100;

export const FIRST = dayNumber('2026-07-01');
export const LAST = dayNumber('2027-06-30');
export const PRICES = [500, 800, 1000, 1200, 1500, 2000, 2500, 4000, 6000, 7500, 12_500, 35_000];

export const random = mulberry32(options.get('seed') ?? 1);

export function below(n: number): number {
  return Math.floor(random() * n);
}

export function pick<T>(list: readonly T[]): T {
  return list[below(list.length)]!;
}

/** A hard key, or the blank that stands for a share of them. */
export function key(text: string): string | null {
  return random() < BLANK ? null : text;
}

/** The n-th business day after a day. */
export function businessDaysAfter(days: BusinessDays): (day: number, n: number) => number {
  return (day, n) => {
    const goal = days.index(day) + n;
    let next = day;
    while (days.index(next) < goal) next++;
    return next;
  };
}

export function entry(id: string, minor: number, day: number, values: Entry['values']): Entry {
  return { id, minor, currency: 'USD', day, values };
}
