import { z } from 'zod';
import { columnName, exactlyOne } from './common.ts';
import { contract, controlTotals, feeLimit, monthlyFee, negativeParts, of, paymentCount, settlementParts } from './settlement.ts';

/** The passes of a reconciliation: which records of its two sides are tied, in which order, and what the rest is called. */

const cleaning = z.enum(['upper', 'alnum', 'digits', 'no_leading_zeros']);

const pair = z
  .union([
    columnName,
    z.strictObject({
      left: columnName,
      right: columnName,
      clean: z
        .union([cleaning, z.array(cleaning).min(1)])
        .optional()
        .describe(
          'How values are cleaned before they are compared. upper: in capitals. alnum: letters and digits only. digits: digits only. no_leading_zeros: 00071 is 71.',
        ),
    }),
  ])
  .describe('A field that both sides have, or the field of each: { left: slip, right: customer_reference, clean: digits }.');

const pairs = z.array(pair).min(1);

const window = z
  .strictObject({ from: z.int().min(-400).max(400).default(0), to: z.int().min(-400).max(400) })
  .refine(({ from, to }) => from <= to, 'must have a from that is not after its to')
  .describe('Business days from the day of the left record to that of the right: { from: 0, to: 3 }.');

const tolerance = z
  .strictObject({
    amount: z
      .string()
      .regex(/^\d{1,9}(?:\.\d{1,3})?$/, 'must be an amount such as "0.05"')
      .optional(),
    percent: z.number().min(0).max(10).multipleOf(0.01).optional(),
  })
  .describe(
    'How far two amounts may differ and still agree; with both, the narrower one applies. The tolerated difference stays visible on its match.',
  );

const confirm = z
  .enum(['automatic', 'suggest'])
  .default('automatic')
  .describe('automatic: what this pass finds is confirmed. suggest: a person confirms it.');

const name = z.string().min(1).max(60).describe('What people call this rule; it is in every match.');

const pass = exactlyOne(
  z.strictObject({
    key: name.optional().describe('A pass by key: records whose fields in `on` are equal, where their sums are equal too.'),
    amount: name.optional().describe('A pass by amount: one record of each side with the same amount, near in days.'),
    subset: name
      .optional()
      .describe('A pass by parts: records of one side that add up to one of the other. If there are two solutions, none is used.'),
    balance: name.optional().describe('All that is left in a block and adds up to the same on both sides; proposed only.'),
    settlement: name
      .optional()
      .describe('A pass by settlement: payments that add up to what a settlement is made of; its parts and fees are checked.'),
    control: name
      .optional()
      .describe('A pass by control totals: nothing of a batch is used whose count or sum is not what its source says. Put it first.'),
    on: pairs
      .optional()
      .describe(
        'For key and settlement: the fields that must be equal. For control: left is the field of the records, right that of the totals.',
      ),
    of: of.optional(),
    parts: settlementParts.optional(),
    negative: negativeParts.optional(),
    count: paymentCount.optional(),
    contract: contract.optional(),
    monthly: monthlyFee.optional(),
    fee_limit: feeLimit.optional(),
    totals: controlTotals.optional(),
    sides: z
      .enum(['one_to_one', 'many_to_one', 'one_to_many', 'many_to_many'])
      .optional()
      .describe('For key and settlement: how many records of the left and the right one key may have. Default: one_to_one.'),
    block: pairs.optional().describe('For amount, subset and balance: only records that agree in these fields.'),
    within: window.optional(),
    text: pairs.optional().describe('For amount: references and memos; if they mention each other, they decide among equal amounts.'),
    chance: z
      .int()
      .min(0)
      .max(1000)
      .optional()
      .describe(
        'For amount: an amount that would match an unrelated record within these days more often than this, per thousand, is proposed instead of confirmed; at 1000, only where two numbers differ. Default: 100. For subset: so many candidates that they would add up to an unrelated amount more often than this. Default: 10.',
      ),
    one: z.enum(['left', 'right']).optional().describe('For subset: the side that has the one record. Default: right.'),
    most: z
      .int()
      .min(2)
      .max(40)
      .optional()
      .describe(
        'For subset: more candidates than this are not tried, or, with alike, more of one group; more than 16 only where they would not come to an unrelated amount in several ways. Default: 30.',
      ),
    together: z
      .array(columnName)
      .min(1)
      .optional()
      .describe(
        'For subset: records of the many that agree in these fields are taken together or not at all, so that whole days or batches add up: [merchant, day].',
      ),
    alike: z
      .array(columnName)
      .min(1)
      .optional()
      .describe(
        'For subset: all records of one group agree in these fields, also with those that a key ties to it already: [office]. Records that do not are only proposed; where there are more candidates than most, those of each office are tried by themselves.',
      ),
    order: pairs
      .optional()
      .describe(
        'For subset: the records of one group follow one another in the order of these fields of theirs: [entered_at], or [day, number]. What lies between two records of a batch is of it, and its ends are found by the sum; with a field of each side, groups of a day also come in the order of the records that they add up to: [{ left: entry, right: line }]. For amount: records of one day come in this order on both sides: [{ left: receipt_number, right: line }].',
      ),
    tolerance: tolerance.optional(),
    confirm,
  }),
  ['key', 'amount', 'subset', 'balance', 'settlement', 'control'],
).superRefine((value, context) => {
  const kind = KINDS.find((k) => value[k] !== undefined);
  if (!kind) return;
  const { needs, takes } = KEYS_OF[kind];
  for (const key of needs)
    if (value[key] === undefined)
      context.addIssue({ code: 'custom', message: `needs ${key}`, params: { code: 'KEY_MISSING', names: [key] } });
  for (const key of PASS_KEYS)
    if (value[key] !== undefined && !needs.includes(key) && !takes.includes(key))
      context.addIssue({ code: 'custom', message: `has no effect for a pass by ${kind}`, path: [key] });
});
export type PassConfig = z.output<typeof pass>;

const KINDS = ['key', 'amount', 'subset', 'balance', 'settlement', 'control'] as const;
const PASS_KEYS = [
  'on',
  'sides',
  'block',
  'within',
  'text',
  'chance',
  'one',
  'most',
  'together',
  'alike',
  'order',
  'tolerance',
  'of',
  'parts',
  'negative',
  'count',
  'contract',
  'monthly',
  'fee_limit',
  'totals',
] as const;
type PassKey = (typeof PASS_KEYS)[number];
const KEYS_OF: Record<(typeof KINDS)[number], { needs: readonly PassKey[]; takes: readonly PassKey[] }> = {
  key: { needs: ['on'], takes: ['sides', 'within', 'tolerance'] },
  amount: { needs: ['within'], takes: ['block', 'text', 'order', 'chance', 'tolerance'] },
  subset: { needs: ['within'], takes: ['block', 'one', 'most', 'together', 'alike', 'order', 'chance', 'parts', 'negative', 'count'] },
  balance: { needs: ['within'], takes: ['block'] },
  settlement: { needs: ['of', 'parts'], takes: ['on', 'sides', 'within', 'negative', 'count', 'contract', 'monthly', 'fee_limit'] },
  control: { needs: ['of', 'on', 'totals'], takes: [] },
};

/** What a record that no pass ties is called, once it is overdue. */
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
] as const;

const openSide = z.strictObject({
  type: z.enum(OPEN_TYPES).optional().describe('What an open record is called. Without it only_left or only_right, by its side.'),
  within: z
    .int()
    .min(0)
    .max(400)
    .default(0)
    .describe('For this many business days after its own day a record is in transit, which is normal.'),
  together: z
    .array(columnName)
    .min(1)
    .optional()
    .describe('Records that agree in these fields are one exception: the receipts of one bag.'),
  opening: z.iso
    .date()
    .optional()
    .describe(
      'The first day of what the other side has. What matches nothing and is older is an opening item: out of scope. On the right, so is what comes while the left of before may be in transit.',
    ),
});

export const passes = z
  .array(pass)
  .min(1)
  .describe('Rules that tie records of the two sides, in this order; money that one has tied is used. In place of match_on.');

export const openRecords = z
  .strictObject({ left: openSide.optional(), right: openSide.optional() })
  .describe('The exception type of records that no pass matches, and how long they may be in transit.');

export const overShort = z
  .string()
  .regex(/^\d{1,9}(?:\.\d{1,3})?$/, 'must be an amount such as "20.00"')
  .describe('Differences up to this amount between records with the same key are cash over or short.');
