import { z } from 'zod';
import { columnName, id } from './common.ts';
import { type Condition, condition, type FieldRule, ruleSchema } from './mapping.ts';

/** mappings/<sink>.from-<entity>.yaml: what a sink gets of a canonical record, with its tests. Told from other mappings by the key `sink`. */

const rule = z.union([z.string(), ruleSchema]);

const list: z.ZodType<SinkList> = z.lazy(() =>
  z.strictObject({
    for_each: z
      .string()
      .optional()
      .describe('A list of the record, named under with: each of its records gives one item. Without it: one item, of the record itself.'),
    when: condition.optional().describe('Only items for which this holds.'),
    fields: z.record(z.string(), rule).default({}).describe('Field of the item: rule. ../field: of the record around it.'),
    lists: z.record(z.string(), list).default({}).describe('Lists within the item.'),
  }),
);
export interface SinkList {
  for_each?: string | undefined;
  when?: Condition | undefined;
  fields: Record<string, string | FieldRule>;
  lists: Record<string, SinkList>;
}

export const sinkMappingSchema = z.strictObject({
  mapping: z.string().describe("Its name, as pipelines say it; the same as the file's."),
  sink: z.strictObject({ connector: id, sink: id }).describe('What is written.'),
  from: z.strictObject({ entity: columnName }).describe('The canonical records that are sent.'),
  with: z
    .record(
      columnName,
      z.strictObject({
        entity: columnName,
        on: z.record(columnName, columnName).describe('Their field: the field of the record that it must equal.'),
      }),
    )
    .default({})
    .describe('Records that belong to it, as lists of these names: { lines: { entity: charge, on: { receipt_number: receipt_number } } }'),
  when: condition.optional().describe('Only records for which this holds.'),
  fields: z
    .record(z.string(), rule)
    .describe(
      'Field of the sink: rule, or the name of a canonical field. Dates are YYYY-MM-DD and amounts 1234.50 here; the sink defines how they are written.',
    ),
  lists: z.record(z.string(), list).default({}).describe('Lists of the sink, such as the lines of a receipt.'),
  tests: z
    .array(
      z.strictObject({
        name: z.string(),
        record: z.record(z.string(), z.unknown()).describe('A canonical record: amounts 1234.50, and the lists named under with.'),
        gives: z
          .union([z.record(z.string(), z.unknown()), z.null()])
          .optional()
          .describe('What the mapping must make of it; null: nothing.'),
        rejects: z.string().optional().describe('Text that the reason must contain, of the mapping or of the sink.'),
      }),
    )
    .default([]),
});
export type SinkMappingConfig = z.output<typeof sinkMappingSchema>;
