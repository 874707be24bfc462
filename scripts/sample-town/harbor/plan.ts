import type { Random } from '../generate/random.ts';
import { FIRST_YEAR, openDays, SECOND_YEAR } from './books.ts';

/** What goes wrong, or is only unusual, with one dock's close of a day. One thing for each close at most. */
export type Mishap = (typeof EVERY_YEAR)[number] | (typeof SECOND_YEAR_ONLY)[number];

/** Each happens once or twice in each year. */
const EVERY_YEAR = [
  // Drawers and slips.
  'bag without number',
  'two days in one bag',
  'voided the same day',
  'cash short',
  'cash over',
  'slip typed wrong',
  'no slip',
  'receipt not in the bag',
  'slip made late',
  'checks for cash',
  'slip without receipts',
  'entered twice',
  'voided later',
  'number missing',
  'close counts one more',
  'drawer file missing',
  // Slips and the bank.
  'bag never at the bank',
  'bank counts less',
  'one of two bags',
  'credit without slip',
  'check returned',
  // Cards and settlements.
  'terminal not settled',
  'strange settlement',
  'fee odd',
  'fee blank',
  'net wrong',
  'charged back',
  'settlement missing',
  'refund after the close',
  'payout missing',
  // The ledger.
  'finance rejected',
  'entry without receipts',
  'posted twice',
  'wrong account',
  'wrong period',
  'posted too much',
] as const;

/** These keep a period from closing, or need review: in the year that is open. */
const SECOND_YEAR_ONLY = ['never posted', 'equal bags', 'bank lost the number', 'decided by hand'] as const;

const EACH = 2;
/** Days at the edge of a year have nothing unusual, so that what follows from it is in the same year. */
const EDGE = 12;

/** Which close has which mishap, by `dock day`. Two mishaps are at least three business days apart at one dock. */
export function planMishaps(random: Random, docks: readonly string[]): Map<string, Mishap> {
  const plan = new Map<string, Mishap>();
  for (const year of [FIRST_YEAR, SECOND_YEAR]) {
    const kinds: Mishap[] = [...EVERY_YEAR, ...(year === SECOND_YEAR ? SECOND_YEAR_ONLY : [])];
    const places = random.shuffle(
      openDays(year.first, year.last)
        .slice(EDGE, -EDGE)
        .filter((day, i) => i % 3 === 0 && !BROKEN_WEEK.includes(day))
        .flatMap((day) => docks.map((dock) => `${dock} ${day}`)),
    );
    for (const kind of kinds)
      for (let n = 0; n < EACH; n++) {
        const place =
          kind === 'equal bags' ? places.find((p) => p.startsWith(docks[0]!) && places.includes(`${docks[1]!}${p.slice(1)}`)) : places[0];
        if (place === undefined) throw new RangeError(`no day is left for "${kind}"`);
        places.splice(places.indexOf(place), 1);
        plan.set(place, kind);
        if (kind !== 'equal bags') continue;
        const other = `${docks[1]!}${place.slice(1)}`;
        places.splice(places.indexOf(other), 1);
        plan.set(other, kind);
      }
  }
  return plan;
}

/** The bank's file of this week lacks a column and is refused; nothing else is wrong in it or around it. */
const BROKEN_WEEK: readonly string[] = openDays('2026-03-04', '2026-03-25');
export const BROKEN_DAYS: readonly string[] = openDays('2026-03-09', '2026-03-13');
