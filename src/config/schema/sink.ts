import { z } from 'zod';
import { duration, exactlyOne } from './common.ts';
import { encoderSchema } from './decoder.ts';
import { template } from './template.ts';

/**
 * What can be written to a system: a file, a request or rows of a table. Records come in plain: dates YYYY-MM-DD, amounts
 * 1234.50, everything else text; the sink says how the system wants them.
 */

const sinkField = z.strictObject({
  type: z.enum(['text', 'integer', 'decimal', 'date', 'datetime', 'boolean', 'list', 'object']).default('text'),
  required: z.boolean().default(false).describe('A record without it is not sent.'),
  max_length: z.int().min(0).optional().describe('Characters, as written. Longer values are refused, never cut off.'),
  decimals: z.int().min(0).max(9).optional().describe('For decimals: always written with so many: 12.5 as 12.50.'),
  format: z.string().optional().describe('For dates, how they are written: MM/DD/YYYY. Parts: YYYY YY MM M DD D HH mm ss.'),
  signed: z.boolean().default(true).describe('false: a negative value is refused.'),
  absolute: z.boolean().default(false).describe('Written without its sign.'),
  values: z.array(z.string()).optional().describe('The only values that the system takes.'),
  never: z.array(z.string()).optional().describe('Values that must not be written, because the system takes them for something else.'),
  class: z.enum(['public', 'internal', 'personal']).default('internal'),
  description: z.string().optional(),
});
export type SinkField = z.output<typeof sinkField>;

const row = z.record(z.string(), z.string());
const rows = z.strictObject({
  header: z.array(row).default([]).describe('Before all records.'),
  each: z.array(row).min(1).describe('The rows of one record, which stay together.'),
  trailer: z.array(row).default([]).describe('After all records.'),
});

const fileTarget = z.strictObject({
  folder: z.string().default('.').describe('Folder on the server, relative to the connection.'),
  name: z.string().describe('Name of the file: receipts-{{ date }}-{{ sequence }}.xml'),
  marker: z.string().optional().describe('A second, empty file that says that the first is complete: {name}.done'),
});
const requestTarget = z.strictObject({
  operation: z.string().optional().describe('SOAP: the operation, as the WSDL names it.'),
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  path: z.string().optional().describe('HTTP: the path below base_url.'),
  headers: z.record(z.string(), z.string()).optional(),
  body: template
    .optional()
    .describe('Parameters of the operation, or the JSON body; {{ record.NAME }} is a field. Without it, the encoder writes the body.'),
});
const tableTarget = z.strictObject({
  name: z.string().describe('The table.'),
  write: z.enum(['append', 'upsert', 'update', 'delete']).default('append'),
  key: z.array(z.string()).default([]).describe('Columns that a row is found by.'),
});

const response = z.strictObject({
  path: z.string().describe('Path in the answer.'),
  accepted: z.array(z.string()).min(1),
  rejected: z.array(z.string()).default([]),
});
const acknowledgement = z.strictObject({
  taken: z.literal(true).optional().describe('The system has it when the file is gone from the folder.'),
  file: z
    .strictObject({
      folder: z.string().default('.'),
      accepted: z.string().optional().describe('Name of the file that says yes: {name}.ok'),
      rejected: z.string().optional().describe('Name of the file that says no, and why: {name}.err'),
    })
    .optional(),
  response: response.optional().describe('The answer to the request says it.'),
  person: z.string().optional().describe('Only a person can say whether it was accepted; what they look at.'),
  within: duration.optional().describe('After this long without an answer somebody is told.'),
});

export const sinkSchema = z.strictObject({
  description: z.string().optional(),
  target: exactlyOne(z.strictObject({ file: fileTarget.optional(), request: requestTarget.optional(), table: tableTarget.optional() }), [
    'file',
    'request',
    'table',
  ]),
  encoder: encoderSchema.optional().describe('How it is written; needed for files. Same options as a decoder.'),
  rows: rows
    .optional()
    .describe(
      'Rows to write; without it each record is one row. {{ record.NAME }}, {{ number }} (of the record), {{ count }}, {{ total.NAME }}, {{ date }}, {{ sequence }}, {{ options.NAME }}.',
    ),
  schema: z.strictObject({
    fields: z.record(z.string(), sinkField).describe('Fields of a record. Those of a list or a group have a path: Payments.Amount.'),
  }),
  idempotency_key: z.array(z.string()).min(1).describe('Fields that name a record: it is sent once, and stands once in a file.'),
  totals: z.array(z.string()).default([]).describe('Decimal fields that are summed: {{ total.NAME }}, and kept with what was sent.'),
  file_per: z.array(z.string()).default([]).describe('All records of a file have the same values of these fields.'),
  date_format: z.string().default('YYYY-MM-DD').describe('How {{ date }} is written.'),
  sequence_digits: z.int().min(1).max(12).default(1).describe('{{ sequence }} has at least so many digits.'),
  acknowledgement: acknowledgement.optional().describe('How it is known what became of it: sent, acknowledged, accepted or rejected.'),
  one_at_a_time: z.boolean().default(false).describe('The next one is sent when this one was taken.'),
});
export type SinkConfig = z.output<typeof sinkSchema>;
