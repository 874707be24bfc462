import { plainMoney } from '../../core/money.ts';

/** What an exception is, for the person who works it. */
export interface ExceptionType {
  /** A few words, as a heading. */
  title: string;
  /** What happened, in one sentence. */
  sentence(about: ExceptionFacts): string;
  /** What to do next. */
  next: string;
  /** Business days until somebody should have looked; undefined: by the amount. */
  dueIn?: number;
}

/** What a sentence can say. */
export interface ExceptionFacts {
  leftName: string;
  rightName: string;
  leftCount: number;
  rightCount: number;
  /** Minor units at stake. */
  minor: number;
  currency: string;
  /** Calendar date of its first record; null: none of them has one. */
  since: string | null;
  facts: Readonly<Record<string, string | number>>;
}

/** Business days by default: a person may have taken the money; over LARGE; all else. */
const DUE = { taken: 1, large: 3, other: 10 };
const LARGE_MINOR = 100_000;

const leftAlone = (rest: string) => (a: ExceptionFacts) =>
  `${money(a, a.minor)} of ${a.leftName}${on(a)} ${rest.replace('{right}', a.rightName)}.`;
const rightAlone = (rest: string) => (a: ExceptionFacts) =>
  `${money(a, a.minor)} of ${a.rightName}${on(a)} ${rest.replace('{left}', a.leftName)}.`;
const bothSums = (a: ExceptionFacts): string =>
  `${capital(a.leftName)} ${money(a, Number(a.facts.left_sum))}, ${a.rightName} ${money(a, Number(a.facts.right_sum))}`;

/** By code: exceptions are stored, exported and reported under these names. */
export const EXCEPTION_TYPES = {
  not_deposited: {
    title: 'Receipts without a deposit',
    sentence: leftAlone('is in no deposit'),
    next: 'Find the bag; tell the supervisor the same day.',
    dueIn: DUE.taken,
  },
  deposit_not_at_bank: {
    title: 'Deposit not at the bank',
    sentence: leftAlone('was made up and has not reached {right}'),
    next: 'Call the bank with the number of the bag.',
    dueIn: DUE.taken,
  },
  deposit_without_receipt: {
    title: 'Deposit without receipts',
    sentence: rightAlone('is explained by no {left}'),
    next: 'Ask the place that deposited it; enter the receipt, or return the money.',
  },
  not_settled: {
    title: 'Card payment not settled',
    sentence: leftAlone('is in no settlement'),
    next: 'Ask the processor; send the payment again.',
  },
  settled_without_receipt: {
    title: 'Settlement without a receipt',
    sentence: rightAlone('is explained by no {left}'),
    next: 'Enter the receipt, or refund the card.',
  },
  unposted: {
    title: 'Not in the ledger',
    sentence: leftAlone('has no entry in {right}'),
    next: 'Post the batch again. It keeps the period from closing.',
  },
  bank_item_unposted: {
    title: 'Bank item not in the ledger',
    sentence: rightAlone('is at the bank and in no entry'),
    next: 'Book it: interest, a fee, a correction.',
  },
  only_left: { title: 'Only on one side', sentence: leftAlone('has nothing on {right} that fits'), next: 'Find out what is missing.' },
  only_right: { title: 'Only on one side', sentence: rightAlone('has nothing on {left} that fits'), next: 'Find out what is missing.' },
  amount_differs: {
    title: 'Amounts differ',
    sentence: (a) => `${bothSums(a)}: ${money(a, a.minor)}.`,
    next: "Look at both; correct the one that is wrong, or book the bank's advice.",
  },
  transposed: {
    title: 'Digits swapped',
    sentence: (a) => `${bothSums(a)}: two neighboring digits were swapped.`,
    next: 'Correct the amount where it was typed.',
  },
  cash_over_short: {
    title: 'Cash over or short',
    sentence: (a) => `${bothSums(a)}: ${money(a, Math.abs(a.minor))} ${a.minor < 0 ? 'short' : 'over'}.`,
    next: 'Count again; book it to over and short, and look at the pattern by cashier.',
  },
  duplicate_receipt: {
    title: 'Receipt entered twice',
    sentence: leftAlone('was entered twice; only one of them is backed by money'),
    next: 'Void one of the two.',
  },
  ambiguous: {
    title: 'More than one answer',
    sentence: (a) => `${a.leftCount} of ${a.leftName} and ${a.rightCount} of ${a.rightName}${on(a)} fit each other in more than one way.`,
    next: 'Pick the pair, or get a reference that tells them apart.',
  },
  decision_no_longer_balances: {
    title: 'A decision no longer balances',
    sentence: (a) =>
      `What a person matched differs by ${money(a, Number(a.facts.difference))} now, and by ${money(a, Number(a.facts.accepted))} when it was decided.`,
    next: 'Look at what changed; confirm the match again or revoke it.',
  },
  source_missing: {
    title: 'A source is missing',
    sentence: (a) => String(a.facts.cause ?? `What ${a.rightName} should say did not arrive.`),
    next: 'Get the file again and run the pipeline.',
  },
} as const satisfies Record<string, ExceptionType>;

export type ExceptionCode = keyof typeof EXCEPTION_TYPES;

/** Codes that an open record may be given by a pipeline. */
export const OPEN_TYPES = [
  'not_deposited',
  'deposit_not_at_bank',
  'deposit_without_receipt',
  'not_settled',
  'settled_without_receipt',
  'unposted',
  'bank_item_unposted',
  'only_left',
  'only_right',
] as const satisfies readonly ExceptionCode[];

/** A town's own business days until exceptions are due, and from what amount one is large, in minor units. */
export interface DueRules {
  taken: number;
  large: number;
  largeMinor: number;
  other: number;
}

/** Business days from its clock until an exception is due. */
export function dueIn(code: ExceptionCode, minor: number, rules: DueRules = { ...DUE, largeMinor: LARGE_MINOR }): number {
  const type: ExceptionType = EXCEPTION_TYPES[code];
  if (type.dueIn !== undefined) return type.dueIn === DUE.taken ? rules.taken : type.dueIn;
  return Math.abs(minor) > rules.largeMinor ? rules.large : rules.other;
}

/** Ages are reported in these ranges of business days. */
export const AGE_BUCKETS = [
  { name: '0-1', to: 1 },
  { name: '2-5', to: 5 },
  { name: '6-15', to: 15 },
  { name: '16-30', to: 30 },
  { name: '31-60', to: 60 },
  { name: 'over 60', to: Number.POSITIVE_INFINITY },
] as const;

export function ageBucket(businessDays: number): string {
  return AGE_BUCKETS.find(({ to }) => businessDays <= to)!.name;
}

function money({ currency }: ExceptionFacts, minor: number): string {
  return plainMoney(minor, currency);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function on({ since }: ExceptionFacts): string {
  return since === null ? '' : ` of ${since}`;
}
