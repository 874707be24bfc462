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

/** Records of one side; `{other}` is the name of the other one. Which record it is may not be known where several would explain it. */
const alone = (rest: string) => (a: ExceptionFacts) => {
  const [own, other] =
    (a.facts.side ?? (a.leftCount > 0 ? 'left' : 'right')) === 'left' ? [a.leftName, a.rightName] : [a.rightName, a.leftName];
  return `${money(a, a.minor)} of ${own}${on(a)} ${rest.replace('{other}', other)}${oneOf(a)}.`;
};
const oneOf = ({ facts }: ExceptionFacts): string => {
  if (facts.one_of === undefined) return '';
  const [what, has] = Number(facts.records) > 1 ? ['groups of records', 'come to'] : ['records', 'have'];
  return `: ${facts.one_of} ${what} ${has} just this amount, and it is not known which of them is missing`;
};
const bothSums = (a: ExceptionFacts): string =>
  `${capital(a.leftName)} ${money(a, Number(a.facts.left_sum))}, ${a.rightName} ${money(a, Number(a.facts.right_sum))}`;

const moreOrLess = (a: ExceptionFacts, minor = a.minor): string => `${money(a, Math.abs(minor))} ${minor < 0 ? 'less' : 'more'}`;

/** By code: exceptions are stored, exported and reported under these names. */
export const EXCEPTION_TYPES = {
  not_deposited: {
    title: 'Receipts without a deposit',
    sentence: alone('is in no deposit'),
    next: 'Find the deposit bag, or the slip that shows when it was deposited. Tell the supervisor the same day.',
    dueIn: DUE.taken,
  },
  deposit_not_at_bank: {
    title: 'Deposit not at the bank',
    sentence: alone('was made up and has not reached {other}'),
    next: 'Call the bank, give the bag number, and ask whether the deposit arrived.',
    dueIn: DUE.taken,
  },
  deposit_without_receipt: {
    title: 'Deposit without receipts',
    sentence: alone('matches nothing in {other}'),
    next: 'Ask the place that made the deposit whose money it is. Then enter the missing receipt, or return the money.',
  },
  not_settled: {
    title: 'Card payment not settled',
    sentence: alone('is in no settlement'),
    next: 'Ask the card processor whether it has the payment. If not, have the payment sent to it again.',
  },
  settled_without_receipt: {
    title: 'Settlement without a receipt',
    sentence: alone('matches nothing in {other}'),
    next: 'Find out what was paid. Then enter the missing receipt, or refund the card.',
  },
  unposted: {
    title: 'Not in the ledger',
    sentence: alone('has no entry in {other}'),
    next: 'Post it to the ledger again. The period cannot be closed until it is posted.',
  },
  bank_item_unposted: {
    title: 'Bank item not in the ledger',
    sentence: alone('is at the bank and in no entry'),
    next: 'Find out what it is (interest, a fee, a correction) and book it in the ledger.',
  },
  only_left: {
    title: 'Only in one of the two systems',
    sentence: alone('has nothing that matches it in {other}'),
    next: 'Ask the people who keep the other records whether it is missing there. If it is there in another form, match the two by hand: interlocal matches add.',
  },
  only_right: {
    title: 'Only in one of the two systems',
    sentence: alone('has nothing that matches it in {other}'),
    next: 'Ask the people who keep the other records whether it is missing there. If it is there in another form, match the two by hand: interlocal matches add.',
  },
  amount_differs: {
    title: 'Amounts differ',
    sentence: (a) => `${bothSums(a)}: ${moreOrLess(a)}.`,
    next: 'Compare the two record by record, and correct the wrong one in its own system.',
  },
  transposed: {
    title: 'Digits swapped',
    sentence: (a) =>
      `${bothSums(a)}: two neighboring digits were swapped${a.facts.or_missing === undefined ? '' : `, or a record of ${money(a, Math.abs(a.minor))} is missing`}.`,
    next: 'Correct the amount in the system in which it was typed.',
  },
  cash_over_short: {
    title: 'Cash over or short',
    sentence: (a) => `${bothSums(a)}: ${money(a, Math.abs(a.minor))} ${a.minor < 0 ? 'short' : 'over'}.`,
    next: 'Count again. If the difference stays, book it to the account for cash over and short, and check whether it happens often with one cashier.',
  },
  bank_amount_differs: {
    title: 'The bank has another amount',
    sentence: (a) => `${bothSums(a)}: ${moreOrLess(a)}.`,
    next: "Ask the bank for its correction notice. Then correct the deposit slip, or dispute the bank's count.",
  },
  composition_differs: {
    title: 'Cash and checks exchanged',
    sentence: (a) =>
      `The sum is right, but in ${a.rightName}${on(a)} there is ${money(a, a.minor)} too little of ${a.facts.short} and too much of ${a.facts.over}.`,
    next: 'Ask the person who made up the bag. Checks in place of cash can be a sign of fraud: tell the supervisor.',
    dueIn: DUE.taken,
  },
  split_incomplete: {
    title: 'Part of a deposit is missing',
    sentence: (a) =>
      a.facts.is_missing !== undefined
        ? `${money(a, a.minor)} of ${a.leftCount > 0 ? a.leftName : a.rightName}${on(a)} came in parts, and part ${a.facts.missing} is missing in ${a.leftCount > 0 ? a.rightName : a.leftName}.`
        : a.facts.left_sum === undefined
          ? `A deposit${on(a)} came in parts, of which ${money(a, Math.abs(a.minor))} is there: part ${a.facts.missing} is missing.`
          : `A deposit${on(a)} came in parts. ${bothSums(a)}: part ${a.facts.missing} is missing.`,
    next: 'Find the missing part (the other bag), and tell the supervisor the same day.',
    dueIn: DUE.taken,
  },
  late_deposit: {
    title: 'Deposited late',
    sentence: (a) =>
      `${money(a, a.minor)} of ${a.leftName}${on(a)} was deposited ${a.facts.business_days} business days later, on ${a.facts.deposited}.`,
    next: 'No money is missing. Remind the place of the deposit policy.',
  },
  duplicate_receipt: {
    title: 'Receipt entered twice',
    sentence: alone('was entered twice; only one of the entries is backed by money'),
    next: 'Void the second entry in the system in which the receipt was entered.',
  },
  duplicate_posting: {
    title: 'Posted twice',
    sentence: alone('was posted twice: two entries have equal lines'),
    next: 'Reverse the second entry in the ledger.',
  },
  void_after_deposit: {
    title: 'Voided after its money was deposited',
    sentence: alone('was voided, but a deposit has its money'),
    next: 'Refund the payer, or undo the void in the system in which the receipt was entered.',
    dueIn: DUE.taken,
  },
  refund_after_close: {
    title: 'Entered after the close of its month',
    sentence: (a) =>
      `${money(a, a.minor)} dated ${a.since ?? 'in a closed month'} was entered on ${a.facts.entered}; that month closed on ${a.facts.closed}.`,
    next: 'In the system in which it was entered, give it a date in a month that is still open.',
  },
  missing_batch: {
    title: 'A batch is missing',
    sentence: (a) => missing(a, 'batch'),
    next: 'Have the file of this batch sent again. Its receipt numbers are not reported as missing one by one.',
  },
  missing_settlement: {
    title: 'A settlement is missing',
    sentence: (a) => missing(a, 'settlement'),
    next: 'Ask the processor for the report of that day.',
  },
  control_total_differs: {
    title: 'A batch does not add up to its total',
    sentence: (a) => {
      const says = [
        ...(a.facts.says_count === undefined ? [] : [`${a.facts.says_count} records`]),
        ...(a.facts.says === undefined ? [] : [cents(a, 'says')]),
      ];
      return `Batch ${a.facts.total}: the source says ${says.join(' and ')}, its records are ${a.facts.count} and come to ${cents(a, 'have')}. None of them is matched.`;
    },
    next: 'Have the batch sent again. Nothing of it is used until its records add up to its total.',
  },
  receipt_gap: {
    title: 'Receipt numbers are missing',
    sentence: (a) =>
      a.facts.count === 1
        ? `Number ${a.facts.first} is missing between ${a.facts.after} and ${a.facts.before}.`
        : `${a.facts.count} numbers, ${a.facts.first} to ${a.facts.last}, are missing between ${a.facts.after} and ${a.facts.before}.`,
    next: 'Find the stub with this number, and enter the receipt if it is missing. If the number was not used, note why: interlocal exceptions note ID --text TEXT.',
  },
  fee_missing: {
    title: 'A settlement without its fee',
    sentence: (a) => `The settlement${on(a)} of ${money(a, a.minor)} does not say its fee; a blank fee is not zero.`,
    next: 'Ask the card processor for the complete report.',
  },
  fee_odd: {
    title: 'The fee is not what the contract says',
    sentence: (a) =>
      a.facts.month === undefined
        ? `The settlement${on(a)} has a fee of ${cents(a, 'fee')}; the contract gives ${cents(a, 'expected')}.`
        : `The fees of ${a.facts.month} were debited with ${cents(a, 'fee')}; the contract gives ${cents(a, 'expected')}.`,
    next: 'Dispute the fee with the card processor. If the contract changed, correct the fees in the pipeline.',
  },
  settlement_does_not_add_up: {
    title: 'A settlement does not add up',
    sentence: (a) => `The settlement${on(a)} pays ${cents(a, 'net')}; its own parts come to ${cents(a, 'parts')}.`,
    next: 'Ask the card processor what the difference is.',
  },
  chargeback: {
    title: 'Chargeback',
    sentence: (a) => `${money(a, Math.abs(a.minor))}${on(a)} was charged back by the cardholder's bank.`,
    next: "Send the processor proof of the payment before the card network's deadline, or accept the loss and reverse the revenue.",
    dueIn: DUE.large,
  },
  nsf: {
    title: 'Returned check',
    sentence: (a) => `The bank returned a check: ${money(a, Math.abs(a.minor))}${on(a)}.`,
    next: "Reverse the revenue, and bill the payer for the check and the bank's fee.",
  },
  ach_return: {
    title: 'Returned electronic payment',
    sentence: (a) => `The bank returned an electronic payment: ${money(a, Math.abs(a.minor))}${on(a)}.`,
    next: 'Reverse the revenue and bill the payer. A return as unauthorized can come up to 60 days later.',
  },
  wrong_account: {
    title: 'Posted to the wrong account',
    sentence: (a) => `${money(a, a.minor)}${on(a)} is posted to ${a.facts.over}; it belongs to ${a.facts.short}.`,
    next: 'Move it to the right account in the ledger, with due-to and due-from entries if the fund changes.',
  },
  wrong_period: {
    title: 'Posted in the wrong period',
    sentence: (a) =>
      `${money(a, a.minor)}${on(a)} is posted in ${String(a.facts.is).replace(/^(\d{4}-\d{2})-\d{2}.*/, '$1')}; it belongs to ${a.facts.should_be}.`,
    next: 'In the ledger, post it again in the right period, or accrue it.',
  },
  rejected: {
    title: 'Rejected by finance',
    sentence: alone('was rejected by finance'),
    next: 'Correct it and post it again. The period cannot be closed until finance has accepted it.',
  },
  ambiguous: {
    title: 'Can be matched in more than one way',
    sentence: (a) =>
      a.leftCount === 0 || a.rightCount === 0
        ? `${records(a.leftCount + a.rightCount)} of ${a.leftCount ? a.leftName : a.rightName}${on(a)} fit more than one record of ${a.leftCount ? a.rightName : a.leftName} equally well.`
        : `${records(a.leftCount)} of ${a.leftName} and ${a.rightCount} of ${a.rightName}${on(a)} can be paired in more than one way.`,
    next: 'Say which records belong together: interlocal matches add. To avoid this, have a number sent with them that shows it.',
  },
  decision_no_longer_balances: {
    title: 'A match made by hand no longer balances',
    sentence: (a) =>
      `What a person matched${on(a)} has changed: ${accepted(a, 'difference')} now, ${accepted(a, 'accepted')} when it was decided.`,
    next: 'Check what changed; interlocal exceptions show ID gives the id of the match. Then confirm the match again (interlocal matches confirm) or revoke it (interlocal matches revoke).',
  },
  source_missing: {
    title: 'Data did not arrive',
    sentence: (a) => String(a.facts.problem ?? `The data of ${a.rightName} did not arrive.`),
    next: 'Have the file sent again, then run the pipeline that reads it and this reconciliation.',
  },
} as const satisfies Record<string, ExceptionType>;

export type ExceptionCode = keyof typeof EXCEPTION_TYPES;

/** How far down a finding is an echo: of two exceptions about the same records, the one named earlier is the cause. */
export const CAUSES_FIRST = [
  'source_missing',
  'missing_batch',
  'missing_settlement',
  'control_total_differs',
] as const satisfies readonly ExceptionCode[];

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

function missing(a: ExceptionFacts, what: string): string {
  const of = a.facts.of === undefined ? '' : ` of ${a.facts.of}`;
  const numbers = a.facts.first === undefined ? '' : ` (numbers ${a.facts.first} to ${a.facts.last})`;
  const onward = a.facts.onward === undefined ? '' : ' and all days since';
  // A total that a source gave has a name of its own; a place is expected to send something each day.
  if (what === 'batch' && a.facts.side === undefined && a.facts.of !== undefined)
    return `Batch ${a.facts.of} of ${a.facts.day ?? a.since ?? 'an unknown day'}${numbers} did not come.`;
  return `The ${what}${of} for ${a.facts.day ?? a.since ?? 'an unknown day'}${numbers}${onward} did not come.`;
}

function accepted(a: ExceptionFacts, fact: string): string {
  const minor = Number(a.facts[fact]);
  return minor === 0 ? 'no difference' : `${moreOrLess(a, minor)} in ${a.rightName}`;
}

function cents(a: ExceptionFacts, fact: string): string {
  return money(a, Number(a.facts[fact]));
}

function money({ currency }: ExceptionFacts, minor: number): string {
  return plainMoney(minor, currency);
}

function records(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function on({ since }: ExceptionFacts): string {
  return since === null ? '' : ` of ${since}`;
}
