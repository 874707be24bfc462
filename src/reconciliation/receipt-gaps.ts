import { compare } from '../core/compare.ts';

/** A receipt's number where it was given out. */
export interface Numbered {
  /** Numbers run on within a place: the system, and the branch or drawer where numbers are given there. */
  place: string;
  number: string;
  day: string;
  cashier: string | null;
}

export interface Gap {
  place: string;
  first: string;
  last: string;
  count: number;
  /** The receipts on either side. */
  before: Numbered;
  after: Numbered;
}

export interface Gaps {
  gaps: Gap[];
  /** Places whose numbers do not run on, so nothing can be said of gaps. */
  notSequential: string[];
  /** Receipts whose number has no digits at its end. */
  withoutDigits: number;
}

/** Where fewer than so many of the numbers between the first and the last are used, they are not running numbers. */
const MIN_SHARE = 0.5;

/**
 * Numbers that are missing between two that were used, by place and by what comes before the digits (`R-`). Only gaps of which the
 * receipt after is in the days asked for; all receipts are looked at, since a number that is missing here may be used on another day.
 */
export function receiptGaps(receipts: readonly Numbered[], from = '', to = '9999-12-31'): Gaps {
  const result: Gaps = { gaps: [], notSequential: [], withoutDigits: 0 };
  const series = new Map<string, Map<bigint, Numbered>>();
  for (const receipt of receipts) {
    const digits = trailingDigits(receipt.number);
    if (digits === '') {
      result.withoutDigits++;
      continue;
    }
    const prefix = receipt.number.slice(0, receipt.number.length - digits.length);
    const key = JSON.stringify([receipt.place, prefix]);
    let numbers = series.get(key);
    if (!numbers) series.set(key, (numbers = new Map()));
    const at = BigInt(digits);
    if (!numbers.has(at)) numbers.set(at, receipt);
  }
  for (const [key, numbers] of [...series].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [place, prefix] = JSON.parse(key) as [string, string];
    const sorted = [...numbers.keys()].sort(compare);
    const span = Number(sorted.at(-1)! - sorted[0]!) + 1;
    if (sorted.length / span < MIN_SHARE) {
      result.notSequential.push(prefix === '' ? place : `${place} (${prefix}…)`);
      continue;
    }
    for (const [i, at] of sorted.entries()) {
      const previous = sorted[i - 1];
      if (previous === undefined || at === previous + 1n) continue;
      const [before, after] = [numbers.get(previous)!, numbers.get(at)!];
      if (after.day < from || after.day > to) continue;
      const width = trailingDigits(before.number).length;
      const named = (n: bigint): string => `${prefix}${String(n).padStart(width, '0')}`;
      result.gaps.push({ place, first: named(previous + 1n), last: named(at - 1n), count: Number(at - previous) - 1, before, after });
    }
  }
  return result;
}

function trailingDigits(text: string): string {
  let at = text.length;
  while (at > 0 && text[at - 1]! >= '0' && text[at - 1]! <= '9') at--;
  return text.slice(at);
}
