import { z } from 'zod';
import {
  amount,
  amountOrNull,
  count,
  currency,
  dayOrNull,
  decimalOrNull,
  flag,
  object,
  text,
  textOrNull,
  whole,
  wholeOrNull,
} from './parts.ts';
import { drill, place, report, split } from './report-tables.ts';

/** `report gaps` */
export const gapsShape = report(
  {
    gaps: object({
      place: textOrNull('the place that gives the numbers'),
      first: text('the first missing number'),
      last: text('the last missing number'),
      count: count('how many are missing'),
      before: text('the number before them'),
      before_day: dayOrNull('its day'),
      before_cashier: textOrNull('its cashier'),
      after: text('the number after them'),
      after_day: dayOrNull('its day'),
      after_cashier: textOrNull('its cashier'),
      rejected: count('how many of the missing numbers are keys of rejected records'),
      drill_after: drill,
      drill_rejected: drill,
    }),
  },
  { gaps: 'numbers that are missing between two that were used' },
);

/** `report reconciled` */
export const reconciledShape = report(
  {
    money: object({
      currency,
      receipts: whole('how many receipts; negative where corrections take back more than was taken'),
      amount: amount('the next four together'),
      ...split,
    }),
    reconciliations: object({
      pipeline: text('the reconciliation'),
      side: text('`left` or `right`'),
      name: text('name of the side'),
      currency,
      records: count('how many records'),
      amount: amount('the next four together'),
      ...split,
    }),
  },
  {
    money: 'every receipt once, over all reconciliations that cover it',
    reconciliations: 'each side of each reconciliation by itself',
  },
);

/** `report exceptions` */
export const exceptionsReportShape = report(
  {
    exceptions: object({
      id: text('its id'),
      pipeline: text('the reconciliation'),
      type: text('its type'),
      since: dayOrNull('its day'),
      age: wholeOrNull('business days since then'),
      due_on: dayOrNull('the day by which somebody should have dealt with it'),
      owner: textOrNull('who deals with it'),
      state: text('as in `exceptions list`'),
      currency,
      amount: amount('what it is about'),
      sentence: text('what happened'),
      next: text('what to do next'),
    }),
  },
  { exceptions: 'those that are unresolved' },
);

const ageFigures = {
  count: count('how many'),
  currency,
  amount: amount('what they come to, without their sign'),
  oldest: dayOrNull('the day of the oldest'),
  overdue: count('how many are overdue'),
};
/** `report aging` */
export const agingShape = report(
  {
    ages: object({ type: text('the type'), bucket: text('business days, as a range'), ...ageFigures }),
    owners: object({ owner: text('who deals with them; `(nobody)`'), ...ageFigures }),
    exceptions: object({
      id: text('its id'),
      pipeline: text('the reconciliation'),
      type: text('its type'),
      bucket: text('business days, as a range'),
      owner: text('who deals with it; `(nobody)`'),
      since: dayOrNull('its day'),
      due_on: dayOrNull('the day by which somebody should have dealt with it'),
      currency,
      amount: amount('what it is about'),
      sentence: text('what happened'),
    }),
  },
  { ages: 'by type and age', owners: 'by owner', exceptions: 'each of them, the oldest first' },
);

const till = {
  day: dayOrNull('the day'),
  branch: textOrNull('the place'),
  cashier: textOrNull('the cashier'),
  tender: textOrNull('paid with'),
};
/** `report drawers` */
export const drawersShape = report(
  {
    drawers: object({
      ...till,
      currency,
      receipts: count('how many receipts'),
      taken: amount('what was taken'),
      refunded: amount('what was paid back'),
      amount: amount('both together'),
      voided: count('how many were voided'),
      voided_amount: amount('what they were of'),
    }),
  },
  { drawers: 'one for each cashier, day and way of paying' },
);
/** `report drawer` */
export const drawerShape = report(
  {
    receipts: object({
      ...till,
      receipt: textOrNull('number of the receipt'),
      source: text('the connection that it came from'),
      currency,
      amount: amount('its amount'),
      voided: flag('it was voided'),
      ...place,
    }),
  },
  { receipts: 'those behind a line of `report drawers`' },
);

const part = {
  receipt: textOrNull('number of the receipt'),
  system: text('the connection that it came from'),
  day: dayOrNull('the day on which it was taken'),
  tender: textOrNull('paid with'),
  place: textOrNull('the place'),
  cashier: textOrNull('the cashier'),
  currency,
  amount: amount('its amount'),
  ...place,
};
/** `report deposits` */
export const depositsShape = report(
  {
    deposits: object({
      deposit: text('the deposit'),
      system: text('the connection that it came from'),
      day: dayOrNull('its day'),
      currency,
      amount: amount('what was deposited'),
      receipts: count('how many receipts are in it'),
      cash: amount('of these, in cash'),
      check: amount('by check'),
      card: amount('by card'),
      electronic: amount('electronic'),
      other: amount('other'),
      taken: amount('all receipts in it'),
      difference: amount('deposited less receipts'),
      state: text('how it stands'),
      what: textOrNull('what does not agree'),
      ...place,
    }),
    receipts: object({
      deposit: text('the deposit that it is in'),
      ...part,
      state: text('how the match stands'),
      rule: textOrNull('the rule that tied them'),
    }),
    not_deposited: object({ ...part, what: textOrNull('why') }),
  },
  { deposits: 'the deposits', receipts: 'their receipts', not_deposited: 'receipts that are in no deposit' },
);

const figures = {
  gross: amountOrNull('gross'),
  refunds: amountOrNull('refunds'),
  fees: amountOrNull('fees'),
  expected: amountOrNull('the fee of the contract'),
  fee_difference: amountOrNull('what the fee is more than that'),
  chargebacks: amountOrNull('chargebacks'),
  reserve: amountOrNull('what was put into the reserve'),
  net: amountOrNull('net'),
  off: amountOrNull('what net is off from gross less the others'),
  bank: amountOrNull('what reached the bank'),
  bank_difference: amountOrNull('what it is more than net'),
};
/** `report settlements` */
export const settlementsShape = report(
  {
    settlements: object({
      settlement: text('the settlement'),
      system: text('the connection that it came from'),
      day: dayOrNull('its day'),
      currency,
      ...figures,
      bank_on: dayOrNull('the day at the bank'),
      payments: wholeOrNull('how many payments are in it'),
      what: textOrNull('what does not agree'),
      ...place,
      drill_bank: drill,
    }),
    totals: object({ currency, settlements: count('how many'), ...figures }),
    payments: object({
      settlement: text('the settlement that it is in'),
      receipt: textOrNull('number of the receipt'),
      system: text('the connection that it came from'),
      day: dayOrNull('the day on which it was taken'),
      currency,
      amount: amount('its amount'),
      state: text('how the match stands'),
      ...place,
    }),
  },
  { settlements: 'the settlements; null is not known', totals: 'one for each currency', payments: 'their payments' },
);

/** `report proof-of-cash` */
export const proofOfCashShape = report(
  {
    proof: object({
      line: text('the line'),
      currency,
      beginning: amountOrNull('at the beginning'),
      receipts: amountOrNull('receipts'),
      disbursements: amountOrNull('disbursements'),
      ending: amountOrNull('at the end'),
      drill_beginning: drill,
      drill_ending: drill,
    }),
  },
  { proof: 'from the bank to the books' },
);

/** `report outstanding` */
export const outstandingShape = report(
  {
    summary: object({ what: text('the line'), currency, amount: amount('its amount') }),
    outstanding: object({
      on: text('the side that has it'),
      day: dayOrNull('its day'),
      system: text('the connection that it came from'),
      key: text('its key there'),
      currency,
      amount: amount('its amount'),
      age: wholeOrNull('business days'),
      cleared_on: dayOrNull('the later day on which it was matched'),
      exception: textOrNull('id of the exception that has it'),
      ...place,
    }),
  },
  {
    summary: 'the last line of each currency is what is unexplained: 0.00',
    outstanding: 'what only one side had on that day',
  },
);

/** `report records` */
export const recordsShape = report(
  {
    records: object({
      group: wholeOrNull('records with the same number are tied'),
      side: text('`left` or `right`'),
      what: text('name of the side'),
      entity: text('the entity'),
      system: text('the connection that it came from'),
      key: text('its key there'),
      day: dayOrNull('its day'),
      currency,
      amount: amount('its amount'),
      ...split,
      state: text('how it stands'),
      rule: textOrNull('the rule that tied them'),
      why: textOrNull('what does not agree'),
      ...place,
    }),
  },
  { records: 'the records behind a figure of the reconciliation' },
);

/** `report trace` */
export const traceShape = report(
  {
    steps: object({
      step: count('how many matches are between it and the receipt'),
      by: text('the reconciliation or pipeline that leads there'),
      state: text(
        '`receipt`; of a match `confirmed`, `proposed`, `contested` or `changed` (one of its records is another version now); `in_transit`, `exception`, `not_covered` where a reconciliation leads no further; of a delivery or journal entry its state',
      ),
      rule: text('the rule that tied them'),
      entity: text('the entity; `journal_entry` of an entry'),
      connection: text('the connection; empty where it ends'),
      key: text('its key there'),
      day: dayOrNull('its day'),
      currency: text('ISO 4217 code'),
      amount: amountOrNull('its amount'),
      file: textOrNull('the file that it came from'),
      line: decimalOrNull('the line in it'),
      reference: text("more that it is known by, such as the ledger's own number"),
    }),
  },
  { steps: 'from the receipt to the bank and the ledger' },
);

/** `report reconciliation` with `--table` */
export const reconciliationTablesShape = report(
  {
    keys: object({
      reconciliation: text('the reconciliation'),
      depth: count('how many parts the key has; 0 is the total'),
      status: text('as in `lines` of `report reconciliation`'),
      left: amountOrNull('what the left has'),
      right: amountOrNull('what the right has'),
      difference: amountOrNull('right less left'),
      currency,
      left_count: count('records of the left'),
      right_count: count('records of the right'),
      reason: text('why'),
    }).catchall(z.string().describe('`key_1`, `key_2` …: the parts of the key')),
    states: object({
      reconciliation: text('the reconciliation'),
      side: text('`left` or `right`'),
      name: text('name of the side'),
      state: text('as in `states` of `report reconciliation`'),
      records: count('how many'),
      currency,
      amount: amount('what they come to'),
    }),
  },
  { keys: 'of reconciliations by match_on', states: 'of reconciliations by passes' },
);
