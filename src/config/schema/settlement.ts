import { z } from 'zod';
import { columnName } from './common.ts';

/** What a settlement pass and a control pass say besides the keys of every pass. */

const amountText = z.string().regex(/^\d{1,9}(?:\.\d{1,3})?$/, 'must be an amount such as "0.10"');
const where = z.record(columnName, z.union([z.string(), z.array(z.string()).min(1)]));

export const of = z
  .enum(['left', 'right'])
  .describe('For settlement and control: the side that has the settlements, or the records that are checked.');

export const settlementParts = z
  .strictObject({
    gross: columnName.optional().describe('Sales before anything is taken from them.'),
    refunds: columnName.optional(),
    fees: columnName.optional(),
    chargebacks: columnName.optional(),
    reserve: columnName.optional().describe('What the processor holds back; negative where it gives it back.'),
    released: columnName.optional().describe('What it gives back of a reserve, where the report says it apart from what it holds back.'),
    net: columnName.optional().describe('What it pays out.'),
  })
  .refine((parts) => parts.gross !== undefined || parts.net !== undefined, 'must name gross or net')
  .describe(
    'For settlement, and for subset where the one record is a settlement: the money field of each part: gross - refunds - fees - chargebacks - reserve + released = net.',
  );

export const negativeParts = z
  .array(z.enum(['gross', 'refunds', 'fees', 'chargebacks', 'reserve', 'released', 'net']))
  .describe('For settlement: parts that the report writes with a minus sign: [fees, refunds].');

export const paymentCount = columnName.describe(
  'For settlement and subset: the field with the number of its payments, or of the bags that the bank has joined. Where several payments fit, it shows which are the right ones. A subset with parts takes it from the settlement pass of its side.',
);

export const contract = z
  .array(
    z.strictObject({
      where: where.default({}).describe('Only settlements with these values: { brand: amex }. The first entry that fits holds.'),
      from: z.iso.date().optional().describe('First day on which it holds.'),
      to: z.iso.date().optional().describe('Last day on which it holds.'),
      percent: z.number().min(0).max(100).multipleOf(0.0001).default(0).describe('Of the gross: 2.65.'),
      per_item: amountText.default('0').describe('For each payment: "0.10".'),
      rounding: z
        .enum(['batch', 'item'])
        .default('batch')
        .describe('batch: the fee of a settlement is rounded. item: the fee of each payment.'),
      items: columnName.optional().describe('The field with the number of payments; without it, the payments that the pass has tied.'),
      deducted: z
        .enum(['daily', 'monthly'])
        .default('daily')
        .describe('daily: taken out of each settlement. monthly: debited by itself in the next month.'),
    }),
  )
  .min(1)
  .describe('For settlement: what the processor may charge. A fee that differs is an exception.');

export const monthlyFee = z
  .strictObject({ where, by: z.array(columnName).default([]).describe('Fields that tell one account from another.') })
  .describe('For settlement: which records of the same side are the fee of the month before.');

export const feeLimit = amountText.describe('For settlement: a fee may be off by so much. Default: "0".');

export const controlTotals = z
  .strictObject({
    entity: columnName,
    where: where.default({}),
    amount: columnName.describe('The money field with the sum; empty in a record: only its count is checked.'),
    count: columnName.optional().describe('The field with the number of records.'),
    first: columnName.optional().describe('The number of its first record.'),
    last: columnName.optional().describe('The number of its last record.'),
    date: columnName.optional().describe('The day it is for.'),
  })
  .describe('For control: where the totals are that the source gave next to its records.');
