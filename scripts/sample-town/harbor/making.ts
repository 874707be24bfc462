import type { Random } from '../generate/random.ts';
import { FIRST_YEAR, SECOND_VISIT, type Stage, type System, type TrueException, type TrueLink } from './books.ts';
import type { Close, Payment } from './close.ts';

export const DOCKS = ['N', 'S'] as const;
export const DOCK_NAMES: Readonly<Record<string, string>> = { N: 'North Dock', S: 'South Dock' };

export interface HarborTruth {
  seed: number;
  years: [string, string];
  /** Every pair of records that really belongs together, as groups. */
  links: TrueLink[];
  /** Every exception that is there at the end. */
  exceptions: TrueException[];
  /** What came to be known of the first year after it was closed: decimal text, and the month that it corrects. */
  adjustments: { receipt: string; corrects: string; amount: string }[];
  /** What dana matches by hand, and what the bank corrects afterwards. */
  byHand: { slip: string; bank: string }[];
}

export interface HarborFile {
  name: string;
  stage: Stage;
  text: string;
}

/** The making of the harbor: rows of its systems, and the truth. */
export interface Making {
  random: Random;
  truth: HarborTruth;
  next(series: string): string;
  row(system: System, stage: Stage, day: string, values: Record<string, string>): void;
  link(pipeline: string, left: readonly string[], right: readonly string[]): void;
  plant(pipeline: string, type: string, records: readonly string[], missing?: string): void;
  /** A credit or debit of the bank; its id. */
  bank(day: string, code: string, cents: number, reference: string, text: string): string;
  receipt(close: Pick<Close, 'dock' | 'day'> & Partial<Close>, payment: Payment, more?: Record<string, string>, stage?: Stage): void;
}

/** The first year's files come in stage 1, those of the second in stages 2 and 3. */
export function stageOf(day: string): Stage {
  return day <= FIRST_YEAR.last ? 1 : day <= SECOND_VISIT ? 2 : 3;
}
