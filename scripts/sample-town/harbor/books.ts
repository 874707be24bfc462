import { businessDays, dayNumber } from '../../../src/reconciliation/calendar.ts';
import { closedDays } from '../../../src/config/calendar.ts';
import { addDays, datesFrom } from '../generate/calendar.ts';

/** What the harbor's systems say, a row of each file; the truth of it is kept beside. Money is integer cents. */

export const FIRST_YEAR = { id: '2024/2025', first: '2024-07-01', last: '2025-06-30' } as const;
export const SECOND_YEAR = { id: '2025/2026', first: '2025-07-01', last: '2026-06-30' } as const;

/** When the files of the harbor come: of the first year; of the second, up to a day in August and the rest; and what is corrected after that. */
export type Stage = 1 | 2 | 3 | 4;
/** The last day whose files come in stage 2, together with what is corrected in the first year. */
export const SECOND_VISIT = '2025-08-31';

export type System = 'receipts' | 'closes' | 'slips' | 'settlements' | 'bank' | 'ledger';

export interface Row {
  system: System;
  stage: Stage;
  /** Calendar day that decides in which month's file it is. */
  day: string;
  values: Record<string, string>;
}

/** Records that belong together: `left` and `right` are keys of source records, as `matches list --json` has them. */
export interface TrueLink {
  pipeline: string;
  left: string[];
  right: string[];
}

/** An exception that was put in on purpose. */
export interface TrueException {
  pipeline: string;
  type: string;
  /** Keys of source records of both sides, sorted; empty where it is about something that is not there. */
  records: string[];
  /** Of a gap, a missing batch or settlement, a missing source: what is missing. */
  missing?: string;
}

const open = businessDays([0, 6], closedDaysOfHarbor());

function closedDaysOfHarbor(): number[] {
  const calendar = { weekend: ['saturday' as const, 'sunday' as const], holidays: 'us_bank' as const, also: [], open: [] };
  return closedDays(calendar, FIRST_YEAR.first, '2026-12-31').holidays.map(dayNumber);
}

export function isOpen(day: string): boolean {
  const n = dayNumber(day);
  return open.index(n) > open.index(n - 1);
}

/** The n-th business day after a day. */
export function after(day: string, n: number): string {
  const goal = open.index(dayNumber(day)) + n;
  let next = day;
  while (open.index(dayNumber(next)) < goal) next = addDays(next, 1);
  return next;
}

/** Business days of a year, in order. */
export function openDays(first: string, last: string): string[] {
  return datesFrom(first, last).filter(isOpen);
}
