import { z } from 'zod';
import { REVENUE_GROUPS } from '../revenue-groups.ts';

const day = z.iso.date('must be a day such as 2026-07-15');
const name = z.string().min(1).max(200);
const pipeline = z.string().min(1).describe('The reconciliation.');

/** Days that move on: by the day on which the report is made, or by its as-of time. */
export const MOVING_PERIODS = ['yesterday', 'this_month', 'last_month', 'this_year', 'last_year'] as const;

const days = {
  in: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The period: 2026-07-15, 2026-07, 2026/2027; or yesterday, this_month, last_month, this_year (fiscal), last_year. In place of from and to.',
    ),
  from: day.optional().describe('First day.'),
  to: day.optional().describe('Last day.'),
};
const asOf = { as_of: day.optional().describe('The day; without it, the day on which the report is made.') };
const titled = {
  title: z.string().min(1).max(120).optional().describe('What people call it.'),
  table: z.string().min(1).optional().describe('Which of its tables a CSV file has.'),
};
const groups = {
  department: name.optional(),
  fund: name.optional(),
  account: name.optional(),
  program: name.optional(),
  tender: name.optional(),
  channel: name.optional(),
  place: name.optional(),
  batch: name.optional().describe('The daily close or batch that its receipts belong to.'),
  cashier: name.optional(),
  system: name.optional().describe('The connection that its receipts are from.'),
  standing: z.enum(['reconciled', 'in_transit', 'exception', 'not_covered']).optional(),
};

/** A report that is saved under a name; the keys are the options of the command of the same name. */
export const savedReport = z
  .discriminatedUnion('report', [
    z.strictObject({
      report: z.literal('revenue'),
      ...titled,
      ...days,
      ...groups,
      by: z.array(z.enum(REVENUE_GROUPS)).min(1).default(['department', 'account', 'tender']).describe('What revenue is split up by.'),
      period: z.enum(['day', 'month', 'fiscal-period', 'fiscal-year']).default('month'),
    }),
    z.strictObject({
      report: z.literal('receipts'),
      ...titled,
      ...days,
      ...groups,
      corrects: name.optional().describe('Only what corrects this closed period; none: only what corrects none.'),
      receipt: name.optional().describe('The number of one receipt.'),
      refunds: z.enum(['only', 'none']).optional().describe('Only amounts below zero, or none of these.'),
      rest: z.enum(['only', 'none']).optional().describe('Only what the lines of a receipt do not add up to, or none of that.'),
      why: z.string().min(1).max(2000).optional().describe('Only what this is the reason of, why it is not reconciled.'),
    }),
    ...(['reconciled', 'adjustments', 'exceptions', 'entries', 'gaps', 'drawers'] as const).map((kind) =>
      z.strictObject({ report: z.literal(kind), ...titled, ...days }),
    ),
    z.strictObject({ report: z.literal('clearing'), ...titled, ...days, account: name.optional() }),
    z.strictObject({
      report: z.literal('postings'),
      ...titled,
      ...days,
      account: name.optional(),
      what: z.enum(['money', 'clearing', 'revenue', 'due from', 'due to']).optional().describe('Only this part of the entries.'),
      tender: name.optional(),
      why: z.string().min(1).max(2000).optional().describe('Of what is in no entry, only this reason.'),
    }),
    z.strictObject({
      report: z.literal('drawer'),
      ...titled,
      ...days,
      place: name.optional(),
      cashier: name.optional(),
      tender: name.optional(),
    }),
    z.strictObject({
      report: z.literal('deposits'),
      ...titled,
      ...days,
      pipeline: pipeline.optional(),
      deposit: name.optional().describe('Only this deposit, by its key.'),
    }),
    z.strictObject({
      report: z.literal('settlements'),
      ...titled,
      ...days,
      pipeline: pipeline.optional(),
      settlement: name.optional().describe('Only this settlement, by its key.'),
    }),
    z.strictObject({
      report: z.literal('records'),
      ...titled,
      ...days,
      pipeline,
      side: z.enum(['left', 'right']).optional(),
      state: z
        .enum(['matched', 'open', 'different', 'confirmed', 'proposed', 'in_transit', 'excepted', 'out_of_scope'])
        .optional()
        .describe(
          'matched, or open: all others. different: matched, and the sides differ. The rest are the states of a reconciliation by passes.',
        ),
      standing: z.enum(['reconciled', 'in_transit', 'exception', 'not_covered']).optional(),
      record: name.optional().describe('Only the records that are tied to the one with this key.'),
      key: z
        .array(z.string().max(200))
        .optional()
        .describe('Only records of this key of a reconciliation that compares sums, part by part.'),
    }),
    z.strictObject({
      report: z.literal('proof-of-cash'),
      ...titled,
      pipeline,
      in: z.string().min(1).describe('A day, month or fiscal year.'),
    }),
    z.strictObject({ report: z.literal('years'), ...titled, in: z.string().min(1), by: z.enum(REVENUE_GROUPS).default('department') }),
    z.strictObject({
      report: z.literal('outstanding'),
      ...titled,
      ...asOf,
      pipeline,
      side: z.enum(['left', 'right']).optional().describe('Only items of this side.'),
      refunds: z.enum(['only', 'none']).optional().describe('Only items below zero, or none of these.'),
    }),
    z.strictObject({
      report: z.literal('aging'),
      ...titled,
      ...asOf,
      type: name.optional().describe('Only exceptions of this type.'),
      age: name.optional().describe('Only those of this range of business days, as the report has it: 6-15.'),
      owner: name.optional().describe('Only those of this owner; "(nobody)": those that have none.'),
    }),
    z.strictObject({ report: z.literal('unposted'), ...titled, ...asOf }),
  ])
  .describe('A report, saved under a name.');
export type SavedReport = z.output<typeof savedReport>;
