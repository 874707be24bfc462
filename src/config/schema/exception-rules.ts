import { z } from 'zod';
import { columnName, exactlyOne, id } from './common.ts';

/** What a reconciliation by passes looks for besides records that no pass ties. */

const side = z.enum(['left', 'right']);

const where = z
  .record(columnName, z.union([z.string(), z.array(z.string()).min(1)]))
  .describe('Only records with these values: { status: voided }.');

/** Types that a rule may give what it finds; the first is the default. */
export const TYPES_OF_RULES = {
  duplicates: ['duplicate_receipt', 'duplicate_posting'],
  voids: ['void_after_deposit'],
  late: ['late_deposit'],
  parts: ['composition_differs', 'wrong_account'],
  period: ['wrong_period'],
  items: [
    'chargeback',
    'nsf',
    'ach_return',
    'rejected',
    'unposted',
    'bank_item_unposted',
    'settled_without_receipt',
    'deposit_without_receipt',
  ],
  split: ['split_incomplete'],
  after_close: ['refund_after_close'],
  gaps: ['receipt_gap'],
  expected: ['missing_batch', 'missing_settlement'],
} as const;
type Kind = keyof typeof TYPES_OF_RULES;

const KINDS = Object.keys(TYPES_OF_RULES) as Kind[];
const PARAMETERS = [
  'fields',
  'entry',
  'at',
  'minutes',
  'where',
  'on',
  'by',
  'right',
  'always',
  'original',
  'field',
  'entered',
  'closes',
  'number',
  'series',
  'days',
  'within',
] as const;
type Parameter = (typeof PARAMETERS)[number];

/** What each kind needs, and what else it takes. */
const PARAMETERS_OF: Record<Kind, { needs: readonly Parameter[]; takes: readonly Parameter[] }> = {
  duplicates: { needs: ['fields'], takes: ['entry', 'at', 'minutes'] },
  voids: { needs: ['where'], takes: ['on', 'entry'] },
  late: { needs: [], takes: [] },
  parts: { needs: [], takes: ['right'] },
  period: { needs: ['right'], takes: ['entry'] },
  items: { needs: ['where'], takes: ['always', 'original', 'entry'] },
  split: { needs: ['field'], takes: [] },
  after_close: { needs: ['entered'], takes: ['where', 'closes', 'entry'] },
  gaps: { needs: ['number'], takes: ['series'] },
  expected: { needs: ['by'], takes: ['days', 'within'] },
};

const rule = exactlyOne(
  z.strictObject({
    duplicates: side.optional().describe('Entries of this side that say the same, of which one has no money.'),
    voids: side
      .optional()
      .describe('Voided records of this side: voided on their own day they are not money, tied to a deposit they are an exception.'),
    late: z.int().min(0).max(400).optional().describe('More business days than this from a left record to the right of its match.'),
    parts: columnName
      .optional()
      .describe('Within a match, the sums by this field of the left must be those of `right` (by default the same field).'),
    period: columnName.optional().describe("The left's date; the right of its match must be in the same month or fiscal period."),
    items: side.optional().describe('Records of this side that need a person by themselves: chargebacks, returned checks.'),
    split: side.optional().describe('Records of this side that are parts of one whole: "bag 1/2".'),
    after_close: side.optional().describe('Records of this side that were entered after the close of their month; without where, refunds.'),
    gaps: side
      .optional()
      .describe('Records of this side with consecutive numbers; the side must have all that use a number, voided ones too.'),
    expected: side.optional().describe('Records of this side that come every business day.'),
    type: z.enum(Object.values(TYPES_OF_RULES).flat()).optional().describe('What it is called; see docs/reconciliation.md for the types.'),
    fields: z.array(columnName).min(1).optional().describe('For duplicates: what two entries have in common besides the amount.'),
    entry: columnName.optional().describe('Records with the same value here are one entry: a receipt, a journal.'),
    at: columnName.optional().describe('For duplicates, with minutes: the moment of entry.'),
    minutes: z.int().min(1).max(100_000).optional(),
    where: where.optional(),
    on: columnName.optional().describe('For voids: the day on which it was voided.'),
    by: z.array(columnName).min(1).optional().describe('For expected: the fields that tell one sender from another: [branch].'),
    right: z
      .union([columnName, z.record(z.string(), z.union([columnName, z.array(columnName).min(1)]))])
      .optional()
      .describe(
        'For parts and period: the field of the right; for parts also a money field for each value, or several that are added: { cash: [bills, coin], check: checks }.',
      ),
    always: z.boolean().optional().describe('For items: also where a match has it. Default: true for chargebacks.'),
    original: z
      .array(z.strictObject({ left: columnName, right: columnName }))
      .min(1)
      .optional()
      .describe('For items: the fields by which the record is found that it takes back.'),
    field: columnName.optional().describe('For split: the text that names the part.'),
    entered: columnName.optional().describe('For after_close: the day of entry.'),
    closes: z.int().min(1).max(60).optional().describe('For after_close: a month closes on this business day of the next. Default: 10.'),
    number: columnName.optional().describe('For gaps: the number.'),
    series: z.array(columnName).optional().describe('For gaps: records with equal values here are numbered together: [branch].'),
    days: z
      .enum(['business', 'habit'])
      .optional()
      .describe('For expected: every business day, or weekdays with records in 7 of the last 8 weeks. Default: business.'),
    within: z.int().min(0).max(400).optional().describe('For expected: business days until a day is missing. Default: 1.'),
  }),
  KINDS,
).superRefine((value, context) => {
  const kind = KINDS.find((k) => value[k] !== undefined);
  if (!kind) return;
  const { needs, takes } = PARAMETERS_OF[kind];
  for (const key of needs)
    if (value[key] === undefined)
      context.addIssue({ code: 'custom', message: `needs ${key}`, params: { code: 'KEY_MISSING', names: [key] } });
  for (const key of PARAMETERS)
    if (value[key] !== undefined && !needs.includes(key) && !takes.includes(key))
      context.addIssue({ code: 'custom', message: `has no effect for ${kind}`, path: [key] });
  if ((value.at === undefined) !== (value.minutes === undefined))
    context.addIssue({ code: 'custom', message: 'at and minutes go together', path: [value.at === undefined ? 'minutes' : 'at'] });
  if (value.type !== undefined && !(TYPES_OF_RULES[kind] as readonly string[]).includes(value.type))
    context.addIssue({ code: 'custom', message: `must be one of ${TYPES_OF_RULES[kind].join(', ')} for ${kind}`, path: ['type'] });
  if ((kind === 'items' || kind === 'parts' || kind === 'expected') && value.type === undefined)
    context.addIssue({ code: 'custom', message: 'needs type', params: { code: 'KEY_MISSING', names: ['type'] } });
  if (kind === 'period' && typeof value.right !== 'string' && value.right !== undefined)
    context.addIssue({ code: 'custom', message: 'must be the name of one field for period, such as right: posted_on', path: ['right'] });
});
export type ExceptionRuleConfig = z.output<typeof rule>;

export const exceptionRules = z.array(rule).min(1).describe('What else is looked for, each with the type that it is called.');

/** What records are called that a key ties with unequal sums. */
export const unequalType = z
  .enum(['amount_differs', 'bank_amount_differs'])
  .describe('What records are called that a key ties with unequal sums, where nothing else explains it. Default: amount_differs.');

/** Reconciliations whose exceptions may be the cause of exceptions of this one. */
export const echoOf = z
  .array(
    z.strictObject({
      pipeline: id.describe('A reconciliation that comes earlier in the chain.'),
      here: columnName.describe('A field of either side of this reconciliation: the number of the slip in the ledger.'),
      there: columnName.describe('The field of either side of that reconciliation that has the same value.'),
      clean: z
        .enum(['digits'])
        .optional()
        .describe(
          'digits: only the digits are compared, so that SLIP 510000 is 510000. Capitals, spaces, signs and zeros in front never matter.',
        ),
      within: z
        .strictObject({ from: z.int().min(-366).max(366), to: z.int().min(-366).max(366) })
        .optional()
        .describe(
          'Only what did not come there (missing_settlement) so many business days before is the cause: its payout at the bank. `there` is then one of the fields of its rule "by".',
        ),
    }),
  )
  .min(1)
  .describe('What is open here because it is open there is an echo, although it is another record: a slip that never reached the bank.');
