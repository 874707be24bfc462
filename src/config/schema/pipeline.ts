import { z } from 'zod';
import { columnName, duration, exactlyOne, id, monthDay } from './common.ts';
import { echoOf, exceptionRules, unequalType } from './exception-rules.ts';
import { openRecords, overShort, passes } from './passes.ts';
import { condition } from './mapping.ts';
import { carrySchema } from './carry.ts';

/** pipelines/<id>.yaml: what flows, when, in which mode. */

/** A field, or a field seen through a calendar: { fiscal_year: received_on }. */
const groupKey = z.union([
  columnName,
  exactlyOne(
    z.strictObject({
      fiscal_year: columnName.optional(),
      month: columnName.optional(),
      day: columnName.optional().describe("The day of a moment in the town's time zone, to be held against a date."),
      field: columnName.optional(),
      starts: monthDay.optional().describe("For fiscal_year, when it is not the town's: 04-01."),
    }),
    ['fiscal_year', 'month', 'day', 'field'],
  ),
]);
export type GroupKey = z.output<typeof groupKey>;

const side = z.strictObject({
  name: z.string().describe('What people call this side: "bank", "payments_summary.csv".'),
  entity: columnName,
  where: z.record(columnName, z.union([z.string(), z.array(z.string())])).default({}),
  amount: columnName.describe('Money field that is summed.'),
  date: columnName.optional().describe("With passes: the record's own day, from which business days are counted."),
});

const reconciliationKeys = z.strictObject({
  left: side,
  right: side,
  match_on: z
    .array(z.strictObject({ name: z.string(), left: groupKey, right: groupKey }))
    .default([])
    .describe('What both sides must agree on, outermost first. Sums are compared for each combination; nothing is netted.'),
  passes: passes.optional(),
  open: openRecords.optional(),
  over_short: overShort.optional(),
  unequal: unequalType.optional(),
  exceptions: exceptionRules.optional(),
  echo_of: echoOf.optional(),
  check: z
    .enum(['both', 'left', 'right'])
    .default('both')
    .describe('both: a key on one side only is a difference. right: keys only on the left are not differences.'),
  compare_from: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'How many of match_on must exist on the other side for a difference to count; keys whose outermost parts have no counterpart at all count as not checked.',
    ),
});

/** Sums by keys (match_on), or records by passes: one of the two. */
const reconciliation = reconciliationKeys
  .superRefine(
    (value, context) => {
      if (typeof value !== 'object' || value === null) return;
      const { match_on = [], passes: rules } = value as { match_on?: unknown[]; passes?: unknown };
      if (match_on.length === 0 && rules === undefined)
        context.addIssue({
          code: 'custom',
          message: 'needs one of match_on, passes',
          params: { code: 'KEY_MISSING', names: ['match_on', 'passes'] },
        });
      if (match_on.length > 0 && rules !== undefined)
        context.addIssue({
          code: 'custom',
          message: 'has match_on next to it, but only one of the two may be given',
          path: ['passes'],
        });
    },
    { when: () => true },
  )
  .meta({ oneOf: [{ required: ['match_on'] }, { required: ['passes'] }] }) as unknown as typeof reconciliationKeys;
export type ReconciliationConfig = z.output<typeof reconciliation>;

const entries = z.strictObject({
  since: z.iso
    .date('must be a day such as 2026-07-01')
    .describe('The first day whose receipts are posted. What was taken before was entered by hand, and is in no entry.'),
  per: z.enum(['day', 'month']).default('month').describe('An entry for each day, or for each month of the fiscal year.'),
  when: z
    .enum(['closed', 'over'])
    .default('closed')
    .describe(
      'closed: entries of a period are made once it is closed (interlocal period close). over: as soon as it is over, and what is reconciled later follows in further entries of the same period, as long as it is not closed.',
    ),
  by: z
    .array(z.enum(['department', 'tender']))
    .default([])
    .describe('An entry for each department, for each way of paying, or for each of both.'),
});
export type EntriesConfig = z.output<typeof entries>;

const delivery = z.strictObject({
  mapping: z.string().describe('The mapping to the sink: receipt-import.from-receipt. It says which entity and which sink.'),
  connection: id.describe('The connection that is written to.'),
  where: z
    .record(columnName, z.union([z.string(), z.array(z.string())]))
    .default({})
    .describe('Only records with these values. With entries: of department and tender.'),
  since: z
    .strictObject({ field: columnName, day: z.iso.date('must be a day such as 2026-07-01') })
    .optional()
    .describe('Only records of this day or later: what was entered by hand before is not sent again.'),
  max_deleted_percent: z
    .number()
    .min(0)
    .max(100)
    .default(10)
    .describe(
      'When more than this share of what was sent is gone at once, and more than ten records, the run stops before it asks for any deletion. With entries: before an entry takes so many receipts back.',
    ),
  entries: entries
    .optional()
    .describe(
      'Sends summarized journal entries of reconciled revenue, made by ledger in config/interlocal.yaml (docs/finance.md). The mapping is one from: { entity: journal_entry }.',
    ),
  carry: carrySchema
    .optional()
    .describe(
      'Carries corrections back: sends what changed in golden records to the records of the same people in this system, by their numbers there (docs/delivery.md). carry: {} takes the defaults.',
    ),
});
export type DeliveryConfig = z.output<typeof delivery>;

export const pipelineSchema = exactlyOne(
  z.strictObject({
    pipeline: id,
    title: z.string().optional().describe('The name that people see instead of the id, on pages and in status.'),
    description: z.string().optional(),
    mode: z
      .enum(['off', 'shadow', 'review', 'live'])
      .default('live')
      .describe(
        'off: does not run, and its records are not counted. shadow: everything except sending is done, and what would be sent is shown. review: each record waits for approval. live: records are sent.',
      ),
    schedule: z.string().optional().describe("Cron expression in the town's time zone: */15 6-20 * * 1-5."),
    source: z.strictObject({ connection: id, stream: id }).optional(),
    mappings: z.array(z.string()).optional().describe('Names of mappings; each record goes through all of them.'),
    skip: condition
      .optional()
      .describe('Records that match this are read and counted as skipped, without mapping: { field: type_code, matches: ^[4-9] }.'),
    unmapped: z
      .enum(['reject', 'skip'])
      .default('reject')
      .describe(
        'What happens to a record that no mapping applies to, because of its when. reject: it is rejected until someone decides. skip: it is counted as skipped.',
      ),
    batch_size: z.int().min(1).max(50_000).default(10_000).describe('Records in one transaction.'),
    waiting_limit: duration
      .default('24h')
      .describe(
        'A file that is there and cannot be read for longer than this (still being written, changed while it was fetched, without its marker) is a problem, and the run fails.',
      ),
    max_rejects: z.int().min(0).optional().describe('More rejected records than this in one run stop it.'),
    after: z.array(id).default([]).describe('With --all, and in one schedule tick: after these pipelines.'),
    reconcile: reconciliation.optional(),
    deliver: delivery.optional().describe('Sends canonical records to another system.'),
  }),
  ['source', 'reconcile', 'deliver'],
);
export type PipelineConfig = z.output<typeof pipelineSchema>;
