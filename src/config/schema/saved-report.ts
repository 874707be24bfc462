import { z } from 'zod';

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
  system: name.optional().describe('The connection that its receipts are from.'),
  standing: z.enum(['reconciled', 'in_transit', 'exception', 'not_covered']).optional(),
};
const GROUPS = ['department', 'fund', 'account', 'program', 'tender', 'channel', 'place', 'system'] as const;

/** A report that is saved under a name; the keys are the options of the command of the same name. */
export const savedReport = z
  .discriminatedUnion('report', [
    z.strictObject({
      report: z.literal('revenue'),
      ...titled,
      ...days,
      ...groups,
      by: z.array(z.enum(GROUPS)).min(1).default(['department', 'account', 'tender']).describe('What revenue is split up by.'),
      period: z.enum(['day', 'month', 'fiscal-period', 'fiscal-year']).default('month'),
    }),
    z.strictObject({ report: z.literal('receipts'), ...titled, ...days, ...groups }),
    ...(['reconciled', 'adjustments', 'exceptions', 'entries', 'gaps', 'drawers', 'clearing'] as const).map((kind) =>
      z.strictObject({ report: z.literal(kind), ...titled, ...days }),
    ),
    z.strictObject({ report: z.literal('postings'), ...titled, ...days, account: name.optional() }),
    z.strictObject({
      report: z.literal('drawer'),
      ...titled,
      ...days,
      place: name.optional(),
      cashier: name.optional(),
      tender: name.optional(),
    }),
    ...(['deposits', 'settlements'] as const).map((kind) =>
      z.strictObject({ report: z.literal(kind), ...titled, ...days, pipeline: pipeline.optional() }),
    ),
    z.strictObject({
      report: z.literal('records'),
      ...titled,
      ...days,
      pipeline,
      side: z.enum(['left', 'right']).optional(),
      state: z.enum(['matched', 'open']).optional(),
    }),
    z.strictObject({
      report: z.literal('proof-of-cash'),
      ...titled,
      pipeline,
      in: z.string().min(1).describe('A day, month or fiscal year.'),
    }),
    z.strictObject({ report: z.literal('years'), ...titled, in: z.string().min(1), by: z.enum(GROUPS).default('department') }),
    z.strictObject({ report: z.literal('outstanding'), ...titled, ...asOf, pipeline }),
    ...(['aging', 'unposted'] as const).map((kind) => z.strictObject({ report: z.literal(kind), ...titled, ...asOf })),
  ])
  .describe('A report, saved under a name.');
export type SavedReport = z.output<typeof savedReport>;
