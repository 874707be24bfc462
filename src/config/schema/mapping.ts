import { z } from 'zod';
import { columnName, exactlyOne } from './common.ts';

/** mappings/<entity>.from-<connector>[-<stream>].yaml: pure field rules with their tests. */

const PARSE_KINDS = ['date', 'datetime', 'money', 'decimal', 'integer', 'boolean'] as const;
const group = z
  .enum([',', '.', ' ', "'"])
  .optional()
  .describe('The separator between groups of three digits. A space includes no-break and thin spaces, an apostrophe the curly one.');
const exponent = z.boolean().optional().describe('Numbers may be written with an exponent, as JSON allows: 1E+2 is 100.');
const parse = z.union([
  z.enum(PARSE_KINDS),
  exactlyOne(
    z.strictObject({
      date: z
        .union([z.string(), z.array(z.string())])
        .optional()
        .describe(
          'Formats to try in order: YYYY-MM-DD, MM/DD/YYYY, MMM D, YYYY, YYYY-MM (the first of the month), YYMMDD, /Date(ms)/, unix.',
        ),
      datetime: z.union([z.string(), z.array(z.string())]).optional(),
      zone: z
        .string()
        .optional()
        .describe(
          "The time zone of a time without an offset, such as UTC. Default: the town's. The result is a day or time in the town's zone.",
        ),
      money: z
        .strictObject({
          currency: z
            .string()
            .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as USD')
            .optional()
            .describe("Default: the town's. A sign in the amount must not contradict it."),
          currency_from: z
            .union([z.string(), z.array(z.string()).min(1)])
            .optional()
            .describe(
              'Source field with the ISO 4217 code of the amount; of a list, the first that has a value; "@currency" is the town\'s. If all are empty, currency is used; without it the record is rejected.',
            ),
          decimal: z.enum(['.', ',']).optional(),
          group,
          implied_decimals: z.int().min(0).max(6).optional(),
          credit: z
            .enum(['negative', 'positive'])
            .optional()
            .describe(
              'The system writes CR or DR (C or D, DB) before or after its amounts: whether a credit is negative or positive here.',
            ),
          currency_code: z
            .boolean()
            .optional()
            .describe(
              'The system writes the code of the currency with its amounts: USD 12.50. A currency other than the expected one is an error.',
            ),
          exponent,
        })
        .optional(),
      decimal: z.strictObject({ decimal: z.enum(['.', ',']).optional(), group, exponent }).optional(),
      integer: z.strictObject({ group, exponent }).optional(),
      boolean: z.strictObject({ true: z.array(z.string()), false: z.array(z.string()) }).optional(),
    }),
    PARSE_KINDS,
  ),
]);

/** An unquoted null in YAML means the word as well. */
const written = z.null().transform(() => 'null' as const);

const lookup = z.strictObject({
  table: z.string().describe('mappings/lookups/<table>.csv: columns from, to, and optionally valid_from, valid_to.'),
  column: z.string().default('to').describe('The column that is taken.'),
  on: z.string().optional().describe('Source field with the date for which effective-dated rows are looked up.'),
  on_format: z.string().default('YYYY-MM-DD'),
  unknown: z
    .union([z.enum(['reject', 'keep', 'null']), written, z.strictObject({ value: z.string() })])
    .default('reject')
    .describe('What an unknown code becomes.'),
});

export const condition: z.ZodType<Condition> = z.lazy(() =>
  z.strictObject({
    field: z.string().optional(),
    is: z.union([z.string(), z.array(z.string())]).optional(),
    not: z.union([z.string(), z.array(z.string())]).optional(),
    empty: z.boolean().optional(),
    matches: z.string().optional(),
    all: z.array(condition).optional(),
    any: z.array(condition).optional(),
  }),
);
export interface Condition {
  field?: string;
  is?: string | string[];
  not?: string | string[];
  empty?: boolean;
  matches?: string;
  all?: Condition[];
  any?: Condition[];
}

/** The steps are applied in the order in which they stand here, whatever their order in the YAML. */
export const ruleSchema = z.strictObject({
  when: condition.optional().describe('Otherwise the field gets its default, or null.'),
  from: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe(
      'Source field; of a list, the first that has a value. ../field: of the record around a for_each item. @file, @record, @connection, @currency: where the record came from.',
    ),
  const: z.union([z.string(), z.number(), z.boolean()]).optional(),
  cases: z
    .array(z.strictObject({ when: condition, const: z.union([z.string(), z.number(), z.boolean()]) }))
    .min(1)
    .optional()
    .describe('The value of the first case whose condition holds; of none: no value, or default.'),
  sum: z
    .string()
    .optional()
    .describe(
      'Numbers or money of a list, added up: ReceiptPaymentLevel.ReceiptPaymentAmount. Of an empty list: no value. parse is for each of them.',
    ),
  concat: z
    .strictObject({ of: z.array(z.string()).min(1), with: z.string().default(' ') })
    .optional()
    .describe('Joins the fields that have a value.'),
  trim: z.boolean().default(true),
  split: z.strictObject({ on: z.string().min(1), take: z.int().describe('1 is the first, -1 the last.') }).optional(),
  match: z
    .strictObject({ pattern: z.string(), take: z.int().min(0).default(1) })
    .optional()
    .describe('Regular expression; the group that is taken. No match: an error, or default.'),
  case: z.enum(['upper', 'lower', 'title']).optional(),
  replace: z.array(z.strictObject({ text: z.string().min(1), with: z.string() })).optional(),
  ascii: z
    .literal(true)
    .optional()
    .describe(
      'Written in ASCII, for banks: é as e, ß as ss, ø as o, “ ” as ", – as -. A character without a counterpart rejects the record.',
    ),
  lookup: lookup.optional(),
  raw: z.string().optional().describe('For codes of a source that gives both: the field with its own code. Default: what was looked up.'),
  parse: parse.optional(),
  negate: z
    .union([z.boolean(), condition])
    .optional()
    .describe('For numbers and money: reverse the sign; with a condition, only where it holds: { field: Credit, empty: false }.'),
  default: z
    .union([z.string(), z.number(), z.boolean()])
    .optional()
    .describe('When there is no value, in the form that the field has after parsing of text.'),
  on_error: z.union([z.enum(['reject', 'null', 'default']), written]).default('reject'),
});
export type FieldRule = z.output<typeof ruleSchema>;

export const mappingSchema = z.strictObject({
  mapping: z.string().describe("Its name, as pipelines say it; the same as the file's."),
  entity: columnName,
  from: z.strictObject({ connector: z.string(), stream: z.string() }),
  when: condition
    .optional()
    .describe(
      'Only records for which this holds. A record that no mapping of a pipeline applies to is rejected, unless the pipeline skips it.',
    ),
  for_each: z.string().optional().describe('A list in the record: each item gives one canonical record.'),
  item_key: z.array(z.string()).optional().describe('Fields that identify an item in its list; default: its position.'),
  fields: z.record(columnName, z.union([z.string(), ruleSchema])).describe('Canonical field: rule, or the name of the source field.'),
  tests: z
    .array(
      z.strictObject({
        name: z.string(),
        record: z.record(z.string(), z.unknown()),
        gives: z
          .union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown())), z.null()])
          .optional()
          .describe('What the mapping must make of it; a list for for_each; null: nothing.'),
        rejects: z.string().optional().describe('Text that the reason for rejecting must contain.'),
      }),
    )
    .default([]),
});
export type MappingConfig = z.output<typeof mappingSchema>;
