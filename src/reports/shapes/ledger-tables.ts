import { amount, count, currency, day, dayOrNull, flag, object, text, textOrNull, wholeOrNull } from './parts.ts';
import { drill, place, receipt, report } from './report-tables.ts';

/** `report adjustments` */
export const adjustmentsShape = report(
  {
    adjustments: object({
      booked_on: day('the day on which it counts'),
      corrects: text('the closed period that it corrects'),
      ...receipt,
      department: textOrNull('the department'),
      account: textOrNull('the revenue account'),
      tender: textOrNull('paid with'),
      currency,
      amount: amount('what it changes'),
      run: wholeOrNull('the run'),
      final: flag('a later closing has booked it, and nothing changes it anymore'),
      ...place,
    }),
  },
  { adjustments: 'what corrects closed periods' },
);

const entryLine = {
  fund: text('the fund'),
  account: text('the account'),
  what: text('`money`, `clearing`, `revenue`, `due from`, `due to`'),
  currency,
  debit: amount('debit'),
  credit: amount('credit'),
};
/** `report entries` */
export const entriesShape = report(
  {
    entries: object(entryLine),
    not_posted: object({
      account: textOrNull('the revenue account; null where it is not known'),
      tender: textOrNull('paid with'),
      currency,
      amount: amount('what is in none of them'),
      reason: text('why'),
    }),
  },
  { entries: 'summarized journal entries, balanced in each fund', not_posted: 'what is in none of them' },
);

/** `report postings` */
export const postingsShape = report(
  {
    postings: object({
      ...entryLine,
      booked_on: dayOrNull('the day on which it counts'),
      ...receipt,
      tender: textOrNull('paid with'),
      moved: flag('its money has left the clearing account'),
      ...place,
    }),
    not_posted: object({
      booked_on: dayOrNull('the day on which it counts'),
      ...receipt,
      account: textOrNull('the revenue account'),
      tender: textOrNull('paid with'),
      currency,
      amount: amount('what is in no entry'),
      reason: text('why'),
      ...place,
    }),
  },
  { postings: 'the receipts behind a line of the entries', not_posted: 'those behind what is in none of them' },
);

/** `report clearing` */
export const clearingShape = report(
  {
    accounts: object({
      account: text('the clearing account'),
      currency,
      beginning: amount('in it at the beginning'),
      came: amount('what came'),
      moved: amount('what was moved on'),
      ending: amount('in it at the end'),
      drill_came: drill,
      drill_beginning: drill,
    }),
    items: object({
      account: text('the clearing account'),
      ...receipt,
      age: wholeOrNull('business days'),
      tender: textOrNull('paid with'),
      currency,
      amount: amount('its amount'),
      why: textOrNull('why it is still there'),
      ...place,
    }),
  },
  { accounts: 'the clearing accounts', items: 'each receipt that is still in them' },
);

/** `report unposted` */
export const unpostedShape = report(
  {
    unposted: object({
      pipeline: text('the pipeline that sends them'),
      state: text('as in `deliver list`'),
      receipts: count('how many receipts'),
      currency,
      amount: amount('what they come to'),
      oldest: dayOrNull('the day of the oldest'),
      reason: textOrNull('the first problem of the record'),
    }),
    entries: object({
      pipeline: text('the pipeline that posts it'),
      entry: wholeOrNull('its number; null for one that is `not made` yet'),
      reference: textOrNull('how the ledger knows it'),
      period: text('its period'),
      department: textOrNull('its department'),
      tender: textOrNull('paid with'),
      corrects: wholeOrNull('number of the entry that it corrects'),
      currency,
      amount: amount('all debits'),
      state: text('as in `deliver list`, or `not made`'),
      reason: textOrNull('the first problem of it'),
    }),
  },
  { unposted: 'receipts that the ledger has not taken, by state', entries: 'journal entries that it has not taken' },
);

const entry = {
  entry: wholeOrNull('its number'),
  reference: text('how the ledger knows it'),
  pipeline: text('the pipeline that posts it'),
  period: text('its period'),
  day: day('its day'),
  department: textOrNull('its department'),
  tender: textOrNull('paid with'),
  corrects: wholeOrNull('number of the entry that it adjusts'),
  receipts: count('how many receipts it has'),
  currency,
  amount: amount('all debits'),
  state: text('as in `deliver list`'),
  ledger_number: textOrNull('the number that the ledger gave it'),
  delivery: wholeOrNull('number of the delivery'),
  sent_at: textOrNull('when it was sent'),
  reason: textOrNull('the first problem of it'),
};
/** `report journals` */
export const journalsShape = report({ journals: object(entry) }, { journals: 'journal entries that were made for the ledger' });

/** `report journal` */
export const journalShape = report(
  {
    journals: object(entry),
    lines: object(entryLine),
    receipts: object({
      source: text('the connection that it came from'),
      receipt: textOrNull('number of the receipt'),
      day: dayOrNull('its day'),
      department: textOrNull('its department'),
      tender: textOrNull('paid with'),
      account: text('the account'),
      what: text('what the line is for'),
      currency,
      debit: amount('debit'),
      credit: amount('credit'),
      ...place,
    }),
  },
  { journals: 'the entry', lines: 'its lines', receipts: 'what it has of each receipt, a line for each account' },
);
