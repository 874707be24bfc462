import { z } from 'zod';
import { duration, exactlyOne, upload } from './common.ts';
import { decoderSchema, encoderSchema } from './decoder.ts';
import { errorHandler, login } from './exchange.ts';
import { packStep } from './packing.ts';
import { soapHeader, template } from './template.ts';

/**
 * What can be written to a system: a file, a request or rows of a table. Records come in plain: dates YYYY-MM-DD, amounts
 * 1234.50, everything else text; the sink says how the system wants them.
 */

const sinkField = z.strictObject({
  type: z.enum(['text', 'integer', 'decimal', 'date', 'datetime', 'boolean', 'list', 'object']).default('text'),
  required: z.boolean().default(false).describe('A record without it is not sent.'),
  max_length: z.int().min(0).optional().describe('Characters, as written. Longer values are refused, never cut off.'),
  decimals: z.int().min(0).max(9).optional().describe('For decimals: always written with this many digits: 12.5 as 12.50.'),
  format: z.string().optional().describe('For dates, how they are written: MM/DD/YYYY. Parts: YYYY YY MM M DD D HH mm ss.'),
  signed: z.boolean().default(true).describe('false: a negative value is refused.'),
  absolute: z.boolean().default(false).describe('Written without its sign.'),
  values: z.array(z.string()).optional().describe('The only values that the system accepts.'),
  never: z.array(z.string()).optional().describe('Values that must not be written, because they mean something else in the system.'),
  class: z.enum(['public', 'internal', 'personal']).default('internal'),
  description: z.string().optional(),
});
export type SinkField = z.output<typeof sinkField>;

const row = z.record(z.string(), z.string());
const rows = z.strictObject({
  header: z.array(row).default([]).describe('Before all records.'),
  group: z
    .strictObject({
      by: z
        .array(z.string())
        .min(1)
        .describe('Records with the same values of these fields are one group, in the order in which they come.'),
      header: z.array(row).default([]).describe('Before the records of a group.'),
      trailer: z.array(row).default([]).describe('After them.'),
    })
    .optional()
    .describe(
      'Batches within the file. In their rows {{ count }}, {{ total.NAME }}, {{ count.NAME }} and {{ hash.NAME }} are of the group alone, {{ record.NAME }} a field of by; {{ batch }} is the number of the group, also in each; {{ batches }} in header and trailer is how many there are.',
    ),
  for_each: z
    .string()
    .optional()
    .describe(
      'A list of the record: each of its items gives the rows of each, and {{ record.LIST.NAME }} is a field of the item. {{ line }} counts the items of a record, {{ lines }} those of the file.',
    ),
  each: z.array(row).min(1).describe('The rows of one record, which stay together.'),
  trailer: z.array(row).default([]).describe('After all records.'),
});

const partTotal = z.strictObject({
  name: z.string().describe('{{ total.NAME }} is the sum, {{ count.NAME }} the number of records, or of lines where `of` is in a list.'),
  of: z.string().describe('Field of the records, or of their lines, that is summed.'),
  where: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .describe('Of the records, only those with these values; of lines, a field of the list says which of them.'),
});
const hashTotal = z.strictObject({
  of: z.string().describe('Field of the records, digits alone, that is summed.'),
  digits: z
    .int()
    .min(1)
    .max(18)
    .optional()
    .describe('Only so many digits of the sum, the last ones, are written, zeros in front included. Default: all.'),
});

const fileTarget = z.strictObject({
  folder: z.string().default('.').describe('Folder on the server, relative to the connection.'),
  name: z.string().describe('Name of the file: receipts-{{ date }}-{{ sequence }}.xml'),
  marker: z.string().optional().describe('A second, empty file that says that the first is complete: {name}.done'),
  staging: z
    .string()
    .optional()
    .describe(
      'Folder in which the file is written before it is moved to its place, on the same disk. Default: the folder itself, under a name that begins with a point.',
    ),
  upload: upload
    .optional()
    .describe(
      'How a file is written, if different from the setting of the connection. rename: under a temporary name, then moved. direct: the server allows no rename, and the file is written under its own name. taken: like direct, but the server removes each file as soon as it is closed.',
    ),
  pack: z
    .array(packStep)
    .min(1)
    .optional()
    .describe(
      'How the file is packed before it is sent: the steps, in the order in which they are done. Only packed files leave the town.',
    ),
});
const ask = {
  operation: z.string().optional().describe('SOAP: the operation, as the WSDL names it.'),
  path: z.string().optional().describe('HTTP: the path below base_url.'),
  query: z.record(z.string(), z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: template.optional().describe('Parameters of the operation, or the JSON body; {{ record.NAME }} is a field.'),
  header: soapHeader,
};
const requestTarget = z.strictObject({
  ...ask,
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  body: template
    .optional()
    .describe(
      'Parameters of the operation, or the JSON body; {{ record.NAME }} is a field, {{ idempotency_key }} a text of its own for each record. Without it, the encoder writes the body.',
    ),
  login: login
    .optional()
    .describe('SOAP services with a session, which is then {{ session }}. For HTTP see auth.session of the connection.'),
  content_type: z.string().optional().describe('HTTP, with an encoder: application/xml. Default: by the encoder.'),
  idempotent: z
    .boolean()
    .default(false)
    .describe(
      'true: the system treats a repeated request as one, by its key or by {{ idempotency_key }}. Otherwise a request whose answer was lost is not sent again, but looked up with read_back or left to a person.',
    ),
  delete: z
    .strictObject({ ...ask, method: z.enum(['DELETE', 'POST', 'PUT', 'PATCH']).default('DELETE') })
    .optional()
    .describe('The request that deletes the record there (deletions: send).'),
});
export type RequestTarget = z.output<typeof requestTarget>;
const tableTarget = z.strictObject({
  name: z.string().describe('The table.'),
  write: z.enum(['append', 'upsert', 'update', 'delete']).default('append'),
  for_each: z
    .string()
    .optional()
    .describe(
      'A list of the record: each of its items is a row, with the fields of the record itself in each. All rows of a record are written, or none. key identifies a row.',
    ),
  key: z.array(z.string()).default([]).describe('Columns that identify a row. Default: the idempotency key.'),
});

/** What is said of one record, in a list of such. */
const recordAnswer = {
  key: z.array(z.string()).min(1).describe('Its fields with the idempotency key, in that order.'),
  result: z.string().describe('Its field that says what became of the record.'),
  accepted: z.array(z.string()).min(1),
  rejected: z.array(z.string()).min(1),
  reason: z.string().optional().describe('Its field with the reason.'),
  number: z.string().optional().describe('Its field with the number that the system gave the record, such as that of a journal.'),
};
export type RecordAnswer = z.output<z.ZodObject<typeof recordAnswer>>;
const response = z.strictObject({
  path: z.string().optional().describe('Path in the answer with the result for the whole request.'),
  accepted: z.array(z.string()).min(1).optional().describe('Its values that mean accepted.'),
  rejected: z.array(z.string()).default([]),
  reason: z.string().optional().describe('Path in the answer of the reason, in the words of the system.'),
  number: z.string().optional().describe('Path in the answer of the number that the system gave the record, such as that of a journal.'),
  records: z
    .strictObject({
      path: z.string().default('').describe('Path of the list in the answer; empty: the answer is the list.'),
      ...recordAnswer,
    })
    .optional()
    .describe('The answer has a result for each record of a request with several. A record that it does not name is left to a person.'),
});
const answerFile = z.strictObject({
  folder: z.string().default('.'),
  accepted: z.string().optional().describe('Name of the file that means accepted: {name}.ok. {stem} is the name without its ending.'),
  rejected: z.string().optional().describe('Name of the file that means rejected, with the reason: {name}.err'),
  number_after: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The file that means accepted has the number that the system gave the records after this text, up to the next space, comma or semicolon: "Journal ".',
    ),
  records: z
    .strictObject({
      name: z.string().describe('Name of the file with a result for each record: {stem}-result.csv'),
      decoder: decoderSchema,
      ...recordAnswer,
    })
    .optional()
    .describe('A file with a result for each record: some are accepted, others not.'),
});
const readBack = z.strictObject({
  operation: z.string().optional(),
  method: z.enum(['GET', 'POST']).optional().describe('HTTP: default GET.'),
  path: z.string().optional(),
  query: z.record(z.string(), z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: template.optional(),
  header: soapHeader,
  found: z
    .strictObject({ path: z.string(), in: z.array(z.string()).optional() })
    .describe('The record is there when the answer has a value at this path, or one of these values.'),
  equal: z
    .record(z.string(), z.string())
    .default({})
    .describe('Path in the answer: field of the record that must be the same there, as it was written.'),
  number: z.string().optional().describe('Path in the answer of the number that the system gave the record, such as that of a journal.'),
});
export type ReadBackConfig = z.output<typeof readBack>;
const rowAnswer = z.strictObject({
  result: z.string().describe('Column that the system fills in.'),
  accepted: z.array(z.string()).min(1),
  rejected: z.array(z.string()).min(1),
  reason: z.string().optional().describe('Column with the reason.'),
  number: z.string().optional().describe('Column with the number that the system gave the record, such as that of a journal.'),
});
const acknowledgment = z.strictObject({
  taken: z.literal(true).optional().describe('The system has it when the file is gone from the folder.'),
  file: answerFile.optional().describe('The system writes a file that says what became of it.'),
  response: response.optional().describe('The answer to the request has the result.'),
  read_back: z
    .union([z.literal(true), readBack])
    .optional()
    .describe(
      'It is read again from the remote system. true: for tables, row by row. Also asked when it is not known whether a request got there.',
    ),
  row: rowAnswer
    .optional()
    .describe(
      'For tables: the system says in columns of the row what became of it, and each run looks. Other values, and none, mean: not yet. Of a record with several rows, all of them have to be accepted.',
    ),
  person: z.string().optional().describe('Only a person can say whether it was accepted; this says what they check.'),
  within: duration.optional().describe('After this long without an answer it is reported as overdue.'),
});

const creates = z.strictObject({
  request: z
    .strictObject({ ...ask, method: z.enum(['POST', 'PUT', 'PATCH']).default('POST') })
    .optional()
    .describe('What is asked in place of target.request. A table gets a new row.'),
  key: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'Where its number there is. Of requests: paths in the answer. Of tables: columns, read again by find_by. Several are joined with join. Without it the link is made when the record is read and compared.',
    ),
  join: z.string().default('-').describe('What is between several parts of the number: 00338-03.'),
  reference: z
    .string()
    .optional()
    .describe('A field of the sink that gets a text of its own for each new record, 32 characters, the same in every attempt.'),
  find_by: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'Tables: columns that find the new row, so it is made once and its number can be read. Default: the reference. If other columns find a row that is there already, none is made and the delivery is rejected.',
    ),
});

export const sinkSchema = z.strictObject({
  description: z.string().optional(),
  target: exactlyOne(z.strictObject({ file: fileTarget.optional(), request: requestTarget.optional(), table: tableTarget.optional() }), [
    'file',
    'request',
    'table',
  ]),
  encoder: encoderSchema.optional().describe('How it is written; needed for files. Same options as a decoder.'),
  json_types: z
    .boolean()
    .default(false)
    .describe(
      'true: in JSON, fields of type integer and decimal are numbers with exactly their digits, boolean ones are true and false. Otherwise everything is text. For the json encoder and the body of a request over HTTP.',
    ),
  rows: rows
    .optional()
    .describe(
      'Rows to write; without it each record is one row. {{ record.NAME }}, {{ number }} (of the record), {{ count }}, {{ total.NAME }}, {{ count.NAME }}, {{ hash.NAME }}, {{ date }}, {{ sequence }}, {{ options.NAME }}.',
    ),
  schema: z.strictObject({
    fields: z.record(z.string(), sinkField).describe('Fields of a record. Those of a list or a group have a path: Payments.Amount.'),
  }),
  idempotency_key: z.array(z.string()).min(1).describe('Fields that identify a record: it is sent once, and is in a file only once.'),
  totals: z
    .array(z.union([z.string(), partTotal]))
    .default([])
    .describe(
      'Decimal fields that are summed: {{ total.NAME }}, with the decimals of the field (2 where it says none), and kept with what was sent. A part of the records has a name: { name: Voids, of: Amount, where: { Kind: [V] } }.',
    ),
  hash_totals: z
    .record(z.string(), hashTotal)
    .default({})
    .describe('Sums without meaning of their own, such as the entry hash of NACHA: {{ hash.NAME }}.'),
  file_per: z.array(z.string()).default([]).describe('All records of a file have the same values of these fields.'),
  date_format: z.string().default('YYYY-MM-DD').describe('How {{ date }} is written.'),
  sequence_digits: z.int().min(1).max(12).default(1).describe('{{ sequence }} has at least this many digits.'),
  max_records: z
    .int()
    .positive()
    .optional()
    .describe(
      'At most this many records in one file, request or statement. Default: 10,000 in a file, 500 rows of a table, 1 in a request.',
    ),
  changes: z
    .enum(['hold', 'send', 'ignore'])
    .optional()
    .describe(
      'A record that changed after it was sent. hold: a person decides. send: it is sent with its new values, and the system treats it as the newer state. Default: send for a table with upsert or update, hold otherwise.',
    ),
  deletions: z
    .enum(['hold', 'send', 'ignore'])
    .default('hold')
    .describe(
      'A record that was sent and no longer exists. hold: a person decides. send: its row is deleted, or target.request.delete is sent.',
    ),
  corrections: z
    .enum(['changed', 'whole'])
    .optional()
    .describe(
      'What is sent when a correction is carried to a record that the system has. changed: its key, fields that are required, and the fields that were corrected; the system leaves what is empty as it is. whole: every field of the mapping, with what the system itself says in those that were not corrected. Needed for files and requests; default for tables: changed.',
    ),
  emptied: z
    .string()
    .nullable()
    .optional()
    .describe(
      'What is written into a field that a correction empties (carry.emptied of a pipeline), such as *CLEAR*, where a system leaves empty fields as they are. "": an empty element or text. null: null in the JSON of a request. Default for tables: NULL.',
    ),
  creates: creates
    .optional()
    .describe('How a record is made that the system does not have yet (carry.create of a pipeline). Its key is empty then.'),
  acknowledgment: acknowledgment.optional().describe('How it is known what became of it: sent, acknowledged, accepted or rejected.'),
  error_handler: errorHandler
    .optional()
    .describe('How errors are handled. ignore: the record counts as accepted, such as one that the system already has.'),
  one_at_a_time: z.boolean().default(false).describe('The next one is sent only after this one was taken.'),
});
export type SinkConfig = z.output<typeof sinkSchema>;

/** The list that a field of a sink is in. */
export function listOf({ schema }: Pick<SinkConfig, 'schema'>, field: string): string | undefined {
  return Object.keys(schema.fields).find((name) => schema.fields[name]!.type === 'list' && field.startsWith(`${name}.`));
}
