import { z } from 'zod';
import { exactlyOne } from './common.ts';

/** A stream that is asked for piece by piece: once for each department, account, year. */
export const partition = exactlyOne(
  z.strictObject({
    values: z.array(z.string().min(1)).min(1).optional().describe('The partitions themselves: ["01", "02"], in quotes.'),
    option: z.string().optional().describe('An option of the connector, of type list: each of its values is a partition.'),
    stream: z
      .string()
      .optional()
      .describe(
        'Another stream of this connector: it is read first, and each of its records gives a partition. {{ parent.FIELD }} is a field of that record.',
      ),
    field: z.string().optional().describe('With stream: the field of its records that is the partition.'),
    into: z
      .union([z.string().min(1), z.record(z.string(), z.string())])
      .optional()
      .describe(
        'Field that receives the partition in each record, where the answer does not say it: it may then be part of primary_key. Several: { AccountNumber: "{{ partition }}", Route: "{{ parent.Route }}" }.',
      ),
  }),
  ['values', 'option', 'stream'],
);
export type PartitionConfig = z.output<typeof partition>;
