import type { Side } from '../entry.ts';

/** Values of fields that a record must have: column to the values that count. */
export type Where = Readonly<Record<string, readonly string[]>>;

/** Entries that say the same in all `fields`; the later ones are copies, of which at most one is backed by money. */
export interface DuplicateRule {
  side: Side;
  type: string;
  fields: readonly string[];
  /** Records with the same value belong together and are compared as a whole: the receipt of tenders, the journal of lines. */
  entry?: string;
  /** When it was entered; with `minutes`, entries further apart are not copies. */
  at?: string;
  minutes?: number;
}

/** Voided records. On or before their own day they never had money. */
export interface VoidRule {
  side: Side;
  type: string;
  where: Where;
  /** The field with the day on which it was voided. */
  on?: string;
  /** Records with the same value are one exception: the lines of a receipt. */
  entry?: string;
}

/** The days between the first left and the right record of a match. */
export interface LateRule {
  type: string;
  businessDays: number;
}

/** Within a match, the sums by these values must agree too: by tender, by account. */
export interface PartsRule {
  type: string;
  left: string;
  /** A field, or for each value of the left the money fields of the right that have its sum. */
  right: string | Readonly<Record<string, readonly string[]>>;
}

/** Within a match, both sides must be in the same month or fiscal period. */
export interface PeriodRule {
  type: string;
  left: string;
  right: string;
  /** Records of the right with the same value are one exception. */
  entry?: string;
}

/** Records of a kind that needs a person by itself: chargebacks, returned checks. */
export interface ItemRule {
  side: Side;
  type: string;
  where: Where;
  /** Also when a match has it. */
  always: boolean;
  /** Which record of the other side it takes back. */
  original: readonly { left: string; right: string }[];
  /** Records with the same value are one exception: the lines of a journal. */
  entry?: string;
}

/** Texts such as "bag 1/2" name parts of one whole. */
export interface SplitRule {
  side: Side;
  type: string;
  field: string;
}

/** Records entered after the close of the month that they are dated in. */
export interface AfterCloseRule {
  side: Side;
  type: string;
  where: Where;
  entered: string;
  /** The business day of the next month on which a month closes. */
  closes: number;
  /** Records with the same value are one exception: the lines of a receipt. */
  entry?: string;
}

/** Numbers that are given out one after the other. */
export interface GapRule {
  side: Side;
  type: string;
  number: string;
  series: readonly string[];
}

/** Records that come on every business day, or by the habit of the weekday. */
export interface ExpectedRule {
  side: Side;
  type: string;
  by: readonly string[];
  days: 'business' | 'habit';
  /** Business days after its own until a day's records are missing. */
  within: number;
}

export interface ExceptionRules {
  /** Differences up to this many minor units are over or short at the counter. */
  overShort?: number;
  /** What records are called that a key ties with unequal sums. */
  unequal: string;
  duplicates: readonly DuplicateRule[];
  voids: readonly VoidRule[];
  late: readonly LateRule[];
  parts: readonly PartsRule[];
  periods: readonly PeriodRule[];
  items: readonly ItemRule[];
  splits: readonly SplitRule[];
  afterClose: readonly AfterCloseRule[];
  gaps: readonly GapRule[];
  expected: readonly ExpectedRule[];
}

export const NO_RULES: ExceptionRules = {
  unequal: 'amount_differs',
  duplicates: [],
  voids: [],
  late: [],
  parts: [],
  periods: [],
  items: [],
  splits: [],
  afterClose: [],
  gaps: [],
  expected: [],
};

/** Whether a record has one of the wanted values in each field. */
export function isWhere(values: Readonly<Record<string, string | null>>, where: Where): boolean {
  for (const field in where) if (!where[field]!.includes(values[field] ?? '')) return false;
  return true;
}
