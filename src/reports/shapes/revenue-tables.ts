import { z } from 'zod';
import { amount, amountOrNull, count, currency, dayOrNull, object, text, textOrNull, texts, whole } from './parts.ts';
import { corrects, drill, place, receipt, report, split } from './report-tables.ts';

const revenueLine = {
  department: text('the department'),
  account: text('the revenue account'),
  tender: text('paid with'),
  period: text('the period'),
  currency,
  receipts: whole('how many receipts, or parts of one; negative where a correction takes back more than it adds'),
  amount: amount('revenue'),
  reconciled: amount('of it, what a match proves'),
  unreconciled: amount('of it, what is not reconciled: the next three together'),
  in_transit: amount('of it, what is on its way and not late yet'),
  exception: amount('of it, what needs attention'),
  not_covered: amount('of it, what no reconciliation covers'),
};

/** `report revenue`, `/api/revenue` */
export const revenueShape = object({
  rows: z
    .array(
      object({
        ...revenueLine,
        receipt: textOrNull('of a receipt whose lines do not add up to it: its number, when this line is its rest'),
        corrects,
        unreconciled_receipts: count('how many receipts, or parts of one, are not reconciled: a refund may take the amount to 0.00'),
        reasons: texts('why it is not reconciled'),
        drill,
      }),
    )
    .describe('one for each line of the report'),
});

const group = z.string().optional();
/** `report revenue --by`, and with `--table` what `report revenue` gives */
export const revenueTablesShape = report(
  {
    revenue: object({
      department: group.describe('the department, where it is split up by it'),
      fund: group.describe('the fund, where it is split up by it'),
      account: group.describe('the revenue account, where it is split up by it'),
      program: group.describe('the program, where it is split up by it'),
      tender: group.describe('paid with, where it is split up by it'),
      channel: group.describe('the channel, where it is split up by it'),
      place: group.describe('the place, where it is split up by it'),
      batch: group.describe('the daily close or batch, where it is split up by it'),
      cashier: group.describe('who took it, where it is split up by it'),
      system: group.describe('the connection, where it is split up by it'),
      period: text('the period'),
      currency,
      receipts: whole('how many receipts, or parts of one; negative where a correction takes back more than it adds'),
      amount: amount('revenue'),
      ...split,
      unreconciled: z.string().optional().describe('without `--by`: what is not reconciled'),
      corrects: z.string().nullable().optional().describe('without `--by`: the closed period that it corrects'),
      reasons: z.string().nullable().optional().describe('without `--by`: why it is not reconciled'),
    }),
    totals: object({
      currency,
      receipts: whole('how many receipts, or parts of one; negative where a correction takes back more than it adds'),
      amount: amount('revenue'),
      reconciled: split.reconciled,
      unreconciled: z.string().optional().describe('without `--by`: what is not reconciled'),
      in_transit: split.in_transit.optional(),
      exception: split.exception.optional(),
      not_covered: split.not_covered.optional(),
    }),
    not_reconciled: object({
      reason: text('why'),
      receipts: whole('how many receipts, or parts of one; negative where a correction takes back more than it adds'),
      currency,
      amount: amount('what is not reconciled for it'),
      departments: text('the departments'),
      periods: text('the periods'),
    }),
  },
  { revenue: 'one for each line', totals: 'one for each currency', not_reconciled: 'without `--by`: by reason' },
  ['not_reconciled'],
);

/** `report receipts` */
export const receiptsShape = report(
  {
    totals: object({ currency, amount: amount('what they come to'), ...split }),
    receipts: object({
      booked_on: dayOrNull('the day on which it counts'),
      ...receipt,
      department: textOrNull('the department'),
      account: textOrNull('the revenue account'),
      program: textOrNull('the program'),
      tender: textOrNull('paid with'),
      channel: textOrNull('the channel'),
      place: textOrNull('the place'),
      batch: textOrNull('the daily close or batch'),
      cashier: textOrNull('who took it'),
      currency,
      amount: amount('revenue of it'),
      ...split,
      corrects,
      why: textOrNull('why it is not reconciled'),
      ...place,
    }),
  },
  { totals: 'one for each currency', receipts: 'the receipts' },
);

const yearGroup = z.string().optional();
/** `report years` */
export const yearsShape = report(
  {
    years: object({
      department: yearGroup.describe('what the row is of, where `--by` says so; one of these is there'),
      fund: yearGroup.describe('the same'),
      account: yearGroup.describe('the same'),
      program: yearGroup.describe('the same'),
      tender: yearGroup.describe('the same'),
      channel: yearGroup.describe('the same'),
      place: yearGroup.describe('the same'),
      batch: yearGroup.describe('the same'),
      cashier: yearGroup.describe('the same'),
      system: yearGroup.describe('the same'),
      currency,
      amount: amount('revenue of the period'),
      before: amountOrNull('of the same period a year before; null where no receipt of that time or earlier is known'),
      change: amountOrNull('what it is more'),
      drill_before: drill,
      percent: textOrNull('such as `12.5%`; null where there was nothing before'),
    }),
  },
  { years: 'one for each row, and the total' },
);
