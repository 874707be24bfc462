import { z } from 'zod';
import { duration, exactlyOne, id } from './common.ts';
import { decoderSchema } from './decoder.ts';
import { errorHandler, login } from './exchange.ts';
import { unpackStep } from './packing.ts';
import { partition } from './partition.ts';
import { rateLimit } from './rate-limit.ts';
import { report, requestShape } from './report.ts';
import { sinkSchema } from './sink.ts';

export * from './decoder.ts';
export type { ErrorHandler, LoginConfig } from './exchange.ts';
export * from './packing.ts';
export type { PartitionConfig } from './partition.ts';
export type { RateLimit } from './rate-limit.ts';
export type { ReportConfig, RequestConfig } from './report.ts';
export * from './sink.ts';
export type { Template } from './template.ts';

/**
 * The connector manifest: connectors/<id>/connector.yaml. A closed grammar; nothing in it is code.
 * `{{ options.NAME }}` in a text takes a connection option; `{{ cursor }}`, `{{ page }}`, `{{ offset }}`, `{{ size }}`,
 * `{{ from }}`, `{{ to }}`, `{{ partition }}`, `{{ parent.FIELD }}`, `{{ report }}`, `{{ session }}` are known where the stream gives them. Decoders: decoder.ts; sinks: sink.ts.
 */

export const optionSpec = z.strictObject({
  type: z.enum(['text', 'integer', 'boolean', 'secret', 'list']).default('text'),
  description: z.string().optional(),
  required: z.boolean().default(false),
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
  choices: z.array(z.string()).optional(),
});
export type OptionSpec = z.output<typeof optionSpec>;

// ---- retrievers -------------------------------------------------------------------------------------------------------

const filesRetriever = z.strictObject({
  folder: z.string().default('.').describe('Folder on the server, relative to the connection.'),
  pattern: z.string().describe('File names, with * and ?: payments-*.csv.'),
  minimum_age: duration.default('10s').describe('A file changed more recently than this may still be incomplete, and waits.'),
  marker: z.string().optional().describe('A file is read only when this other file is there too: {name}.done'),
  content: z
    .enum(['changes', 'snapshot'])
    .default('changes')
    .describe('changes: each file adds to what was read before. snapshot: each file is the complete source at its time.'),
  order: z
    .enum(['name', 'modified'])
    .optional()
    .describe(
      'Which of two files is older. name: the one whose name sorts first, for names with a date such as export-20260302.csv. modified: the one that was changed first. Files of one run are read in this order, by default by name. A snapshot older than one already read is not read; without order, only if both its name and its time show that it is older.',
    ),
  after: z
    .strictObject({ archive: z.string().optional().describe('Folder where a file is moved after everything in it is committed.') })
    .prefault({}),
  max_size: z.int().positive().optional().describe('Refuse files larger than this, in bytes as they are sent.'),
  unpack: z
    .array(unpackStep)
    .min(1)
    .optional()
    .describe('How the files are packed: the steps to unpack them, outermost first. A file packed in another way is refused.'),
});
export type FilesRetriever = z.output<typeof filesRetriever>;

const requestRetriever = z.strictObject({
  login: login
    .optional()
    .describe('SOAP services with a session: opened before the first page. For HTTP see auth.session of the connection.'),
  ...requestShape,
  report: report
    .optional()
    .describe('The answer must be ordered first and is ready later. The request then fetches it, with {{ report }}.'),
  file: z
    .string()
    .optional()
    .describe('SOAP: path in the answer of a file, in Base64, that the decoder reads. For services that hand files over.'),
  text: z
    .string()
    .optional()
    .describe(
      'SOAP: path in the answer of text that is itself a document, which the decoder reads: XML with its tags escaped or in CDATA, JSON, CSV. Anything else in an XML or JSON document is found below this path, also by success and paginator.',
    ),
  statuses: z
    .array(z.int().min(202).max(299))
    .min(1)
    .optional()
    .describe(
      'HTTP statuses of complete answers, in addition to 200, 201 and 203, such as 206 for a service that pages this way. Any other 2xx is refused; 204 and 205 mean that there are no records.',
    ),
  empty_body: z
    .enum(['refuse', 'none'])
    .optional()
    .describe('An answer with status 200 and nothing in it, or with an empty SOAP body. refuse, the default; none: there are no records.'),
  success: z
    .array(z.strictObject({ path: z.string(), in: z.array(z.string()) }))
    .optional()
    .describe('The answer is valid only if each of these paths has one of these values; otherwise it is an error that shows the value.'),
});

const queryRetriever = z.strictObject({
  tables: z.array(z.string()).min(1).optional().describe('Tables with the same columns (open and history), read as one.'),
  sql: z.string().optional().describe('A SELECT. Values come in as @name from parameters; never by concatenation.'),
  parameters: z.record(z.string(), z.string()).optional(),
  where: z
    .array(z.strictObject({ column: z.string(), is: z.enum(['=', '<>', '<', '<=', '>', '>=']).default('='), value: z.string() }))
    .optional(),
  table_field: z.string().optional().describe('Field that receives the name of the table a row came from.'),
});

// ---- streams ----------------------------------------------------------------------------------------------------------

const fieldSchema = z.strictObject({
  type: z
    .enum(['text', 'integer', 'decimal', 'date', 'datetime', 'boolean', 'list', 'object'])
    .default('text')
    .describe('What the text must look like. The value stays text; mappings parse it.'),
  format: z
    .string()
    .optional()
    .describe('For date and datetime, exactly: MM/DD/YYYY, YYYYMMDD, /Date(ms)/. Without it YYYY-MM-DD, or ISO 8601.'),
  plain: z
    .string()
    .min(1)
    .optional()
    .describe(
      'For objects, and lists of them: plain text is read as a group with this field. Not needed if a field named text is declared in it.',
    ),
  required: z.boolean().default(false).describe('The column must be there and must have a value.'),
  optional: z.boolean().default(false).describe('The column itself may be missing.'),
  class: z.enum(['public', 'internal', 'personal']).default('internal'),
  separators: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('For lists: the text has several values in it, with any of these between them.'),
  description: z.string().optional(),
});

const drift = z.enum(['evolve', 'freeze', 'quarantine_value', 'quarantine_row']);
const recordSelector = z.strictObject({
  path: z.string().optional().describe('SOAP and JSON answers: dotted path to the list of records.'),
  empty: z
    .array(z.enum(['null_list', 'no_list']))
    .min(1)
    .optional()
    .describe(
      'SOAP: what else means that there are no records, besides an empty list. null_list: nil where the list should be. no_list: nothing is at path. Without it such an answer is refused.',
    ),
  types: z.array(z.string()).optional().describe('Only records of these types are records of this stream.'),
  parents: z
    .array(z.string())
    .optional()
    .describe(
      'Earlier records of these types are available in each record under their type: H.receipt_number. Outermost first: a new one ends those inside it.',
    ),
  where: z
    .array(
      exactlyOne(
        z.strictObject({
          field: z.string().describe('Of the record, or of a parent: 5.class.'),
          in: z.array(z.string()).optional(),
          not_in: z.array(z.string()).optional(),
        }),
        ['in', 'not_in'],
      ),
    )
    .optional(),
});

const control = z.strictObject({
  type: z
    .union([z.string(), z.array(z.string()).min(1)])
    .describe('The record type with the control figures: a trailer. Give several if different files have different trailers.'),
  per: z
    .string()
    .optional()
    .describe('The record type that opens a group, such as a batch: each group has its own trailer. Without it, the file has one trailer.'),
  records: z.array(z.string()).min(1).optional().describe('The record types that the figures cover. Default: the records of this stream.'),
  where: z
    .array(z.strictObject({ field: z.string(), in: z.array(z.string()) }))
    .optional()
    .describe('Of those, only these: the debits.'),
  count: z.string().optional().describe('Its field with the number of records.'),
  total: z
    .strictObject({
      field: z.string(),
      of: z.string().describe('Field of the records that is summed.'),
      decimals: z.int().min(0).default(2),
    })
    .optional(),
  hash: z
    .strictObject({
      field: z.string(),
      of: z.string().describe('Field of the records, whole numbers, that is summed.'),
      digits: z.int().min(1).max(18).describe('Only this many digits of the sum, the last ones, are written.'),
    })
    .optional()
    .describe('A sum without meaning of its own, such as the entry hash of NACHA.'),
});
export type ControlConfig = z.output<typeof control>;

const incremental = z.strictObject({
  cursor: z.string().optional().describe('Field that grows: a date of change, a sequence. Needed for every kind but change_tracking.'),
  kind: z
    .enum(['datetime', 'sequence', 'rowversion', 'change_tracking'])
    .default('datetime')
    .describe(
      'datetime: a time of change. sequence: a number that grows. rowversion: SQL Server; read up to MIN_ACTIVE_ROWVERSION(), so open transactions are not missed. change_tracking: SQL Server, for one table with its primary key; reports deletions too, and needs no column.',
    ),
  tie_breaker: z.string().optional().describe('Field that orders records with the same cursor.'),
  start: z.string().optional().describe('Where the first run starts.'),
  lookback: duration.optional().describe('Read this much again each time, for records that were committed late.'),
  delay: duration.optional().describe('Do not read records newer than this.'),
  clock: z
    .enum(['server', 'utc'])
    .optional()
    .describe(
      'Queries: which clock the cursor times use. By default those of the server for delay, and the later of the two for what is in the future.',
    ),
  echo: z
    .enum(['leave_out', 'keep'])
    .optional()
    .describe('change_tracking: what Interlocal itself wrote to the table is left out, by default, or read like any other change.'),
  format: z
    .string()
    .optional()
    .describe(
      'Requests: how {{ from }} and {{ to }} are written: YYYY-MM-DD, or other parts of a date and time; Z is the offset, [text] stands for itself, unix is seconds. Default: YYYY-MM-DDTHH:mm:ss.SSSZ, which includes the zone.',
    ),
  time_zone: z
    .string()
    .optional()
    .describe(
      'Requests: the time zone of {{ from }} and {{ to }}, and of start if it names none: America/New_York, or {{ options.NAME }}. Default: UTC.',
    ),
  window: duration
    .optional()
    .describe(
      'Requests: the window, the longest time span to request at once, such as 30d; oldest first, and the position is saved after each. Needs start.',
    ),
});
export type Incremental = z.output<typeof incremental>;

const paginator = z.strictObject({
  kind: z
    .enum(['page', 'offset', 'cursor', 'link'])
    .describe(
      'page: {{ page }} counts pages. offset: {{ offset }} counts records. cursor: {{ cursor }} is in the answer. link: a Link header names the next page.',
    ),
  size: z
    .int()
    .positive()
    .default(200)
    .describe('Records on a page, {{ size }}; a page with fewer is the last, unless total or more is given.'),
  first: z.int().default(1).describe('The first page number.'),
  cursor: z.string().optional().describe('cursor: path in the answer of the next cursor.'),
  overlap: z
    .int()
    .positive()
    .optional()
    .describe(
      'offset: request this many records of each page again with the next page, which must begin with them; this proves that nothing was inserted or deleted before them. 1 is enough.',
    ),
  total: z
    .string()
    .optional()
    .describe('Path in the answer of the total number of records, which is checked. If it changes between pages, they are read again.'),
  more: z
    .union([
      z.string(),
      z.strictObject({
        path: z.string(),
        yes: z.array(z.string()).min(1).optional(),
        no: z.array(z.string()).min(1).optional().describe('With yes alone, any other value means no.'),
      }),
    ])
    .optional()
    .describe(
      'Path in the answer of whether there are more records: pages are requested while it says yes, however many records they have. Yes is true, 1, yes or y, no is false, 0, no or n, unless yes and no name other values. An answer without it is refused.',
    ),
  max_pages: z.int().positive().default(100_000),
});
export type PaginatorConfig = z.output<typeof paginator>;

const deletes = z.strictObject({
  field: z.string().optional().describe('Field that says a record was deleted.'),
  values: z
    .array(z.string())
    .optional()
    .describe('The values of field for a deleted record, as they are read; a BIT of SQL Server reads as 1. Needed with field.'),
  when_absent: z.boolean().default(false).describe('A record that is missing from a complete snapshot was deleted.'),
  max_percent: z.number().min(0).max(100).default(10).describe('More deletions than this stop the run.'),
  unknown: z
    .enum(['ignore', 'reject'])
    .default('ignore')
    .describe('reject: a record marked as deleted that was never read is rejected, so that someone checks it.'),
});

export const streamSchema = z.strictObject({
  description: z.string().optional(),
  retriever: exactlyOne(
    z.strictObject({ files: filesRetriever.optional(), request: requestRetriever.optional(), query: queryRetriever.optional() }),
    ['files', 'request', 'query'],
  ),
  decoder: decoderSchema.optional().describe('Needed for files and for HTTP.'),
  record_selector: recordSelector.optional().describe('Which of what was read are records of this stream.'),
  schema: z.strictObject({
    fields: z
      .record(z.string(), fieldSchema)
      .describe('By name; H.number is a field of a parent, dog.name of a group, lines.amount of each item of a list.'),
    drift: z
      .strictObject({ columns: drift.default('quarantine_value'), data_type: drift.default('quarantine_row') })
      .prefault({})
      .describe('What happens when the source changes: new columns, values of another type.'),
  }),
  primary_key: z
    .union([
      z.array(z.string()).min(1),
      z.strictObject({
        fields: z.array(z.string()).min(1),
        repeats: z
          .enum(['refuse', 'number'])
          .default('refuse')
          .describe('number: equal keys in one file are different records, identified by their order.'),
        may_be_empty: z
          .array(z.string())
          .optional()
          .describe('The fields that may be empty; an empty value is then part of the key. At least one field must always have a value.'),
      }),
    ])
    .describe('Fields that identify a record in its system.'),
  control: z.array(control).optional().describe('Control figures of trailers; if one does not match, the whole file is refused.'),
  incremental: incremental
    .optional()
    .describe('Read only what changed since the last run. Without it everything is read each time, and known records are recognized.'),
  partition: partition
    .optional()
    .describe('Requests and queries: read in partitions, each with {{ partition }}, to its end, and with its own position.'),
  paginator: paginator.optional().describe('Requests: how the answers are cut into pages.'),
  error_handler: errorHandler.optional().describe('How errors are handled, if different from the default for their kind.'),
  deletes: deletes.optional().describe('How the system shows that a record was deleted.'),
});
export type StreamConfig = z.output<typeof streamSchema>;

/** A manifest over any transport; what may be named is checked by connectorSchemaOf. */
export const connectorSchema = z.strictObject({
  connector: id,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 1.0.0'),
  title: z.string(),
  description: z.string().optional(),
  transport: z.string(),
  options: z.record(z.string(), optionSpec).default({}).describe('What a town sets in addition to the options of the transport.'),
  transport_options: z.record(z.string(), z.unknown()).default({}).describe('Options of the transport that are the same for every town.'),
  rate_limit: rateLimit
    .optional()
    .describe(
      'Services that are read with requests: how many they allow; logins count. A town can set a different rate_limit in its connection.',
    ),
  streams: z.record(id, streamSchema).default({}),
  sinks: z.record(id, sinkSchema).default({}).describe('What can be written to this kind of system.'),
});
export type ConnectorConfig = z.output<typeof connectorSchema>;

const over = new Map<string, ReturnType<typeof overTransports>>();

/** The same over one of these transports; without them, over any. The same transports give the same schema: it is built and compiled once. */
export function connectorSchemaOf(transports?: readonly string[]) {
  if (!transports) return connectorSchema;
  const key = JSON.stringify(transports);
  const schema = over.get(key) ?? overTransports(transports);
  over.set(key, schema);
  return schema;
}

function overTransports(transports: readonly string[]) {
  return connectorSchema.extend({ transport: z.enum(transports) });
}
