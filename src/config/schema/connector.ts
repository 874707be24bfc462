import { z } from 'zod';
import { duration, exactlyOne, id } from './common.ts';

/**
 * The connector manifest: connectors/<id>/connector.yaml. A closed grammar; nothing in it is code.
 * `{{ options.NAME }}` in a text takes a connection option; `{{ cursor }}`, `{{ page }}`, `{{ offset }}`, `{{ size }}`,
 * `{{ from }}`, `{{ to }}`, `{{ partition }}` are known where the retriever gives them.
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
  minimum_age: duration.default('10s').describe('A file younger than this may still be being written.'),
  marker: z.string().optional().describe('A file is read only when this other file is there too: {name}.done'),
  content: z.enum(['changes', 'snapshot']).default('changes').describe('changes: each file adds to what was read before. snapshot: each file is the whole of the source at its time.'),
  after: z
    .strictObject({ archive: z.string().optional().describe('Folder that a file is moved to once what it held is committed.') })
    .prefault({}),
  max_size: z.int().positive().optional().describe('Refuse files larger than this, in bytes.'),
});
export type FilesRetriever = z.output<typeof filesRetriever>;

/** Parameter values of a request: text with {{ }} in it, nested as the request body is. */
const template: z.ZodType<Template> = z.lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(template), z.record(z.string(), template)]));
export type Template = string | number | boolean | null | Template[] | { [name: string]: Template };

const requestRetriever = z.strictObject({
  operation: z.string().optional().describe('SOAP: the operation, as the WSDL names it.'),
  body: template.optional().describe('SOAP: the parameters of the operation. HTTP: the JSON or form body.'),
  method: z.enum(['GET', 'POST']).optional().describe('HTTP: default GET.'),
  path: z.string().optional().describe('HTTP: the path below base_url.'),
  query: z.record(z.string(), z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  success: z
    .array(z.strictObject({ path: z.string(), in: z.array(z.string()) }))
    .optional()
    .describe('The answer is an answer only when each of these paths has one of these values; anything else is an error that shows the value.'),
});
export type RequestRetriever = z.output<typeof requestRetriever>;

const queryRetriever = z.strictObject({
  tables: z.array(z.string()).min(1).optional().describe('Tables with the same columns (open and history), read as one.'),
  sql: z.string().optional().describe('A SELECT. Values come in as @name from parameters; never by concatenation.'),
  parameters: z.record(z.string(), z.string()).optional(),
  where: z
    .array(z.strictObject({ column: z.string(), is: z.enum(['=', '<>', '<', '<=', '>', '>=']).default('='), value: z.string() }))
    .optional(),
  table_field: z.string().optional().describe('Field that receives the name of the table a row came from.'),
});
export type QueryRetriever = z.output<typeof queryRetriever>;

// ---- decoders ---------------------------------------------------------------------------------------------------------

export const encoding = z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1', 'ascii', 'cp437', 'cp850']).default('utf-8');
const finalNewline = z
  .enum(['required', 'optional'])
  .default('required')
  .describe('required: a file whose last line has no line break was cut off, and is refused.');

const csvDecoder = z.strictObject({
  encoding,
  delimiter: z.string().min(1).default(',').describe('One or more characters; \\t for a tab.'),
  quote: z.string().length(1).nullable().default('"').describe('null: quotes mean nothing.'),
  escape: z.string().length(1).optional().describe('Default: the quote character doubled.'),
  header: z.union([z.literal(true), z.literal(false), z.array(z.string())]).default(true).describe('true: the first row names the columns. A list: the columns in order, and the file has no header.'),
  skip_lines: z.int().min(0).default(0).describe('Lines before the header.'),
  footer_lines: z.int().min(0).default(0).describe('Lines at the end that are no records.'),
  comment: z.string().optional(),
  trim: z.boolean().default(false),
  excel_text: z.boolean().default(true).describe('="00123" is read as 00123.'),
  empty_is_null: z.boolean().default(true),
  record_types: z
    .record(z.string(), z.array(z.string()))
    .optional()
    .describe('For files whose rows have different columns: the columns of each type. header must be false.'),
  record_type_column: z.int().min(1).default(1).describe('The column (from 1) that says the type.'),
  final_newline: finalNewline,
  max_record_bytes: z.int().positive().default(1_048_576),
});
export type CsvOptions = z.output<typeof csvDecoder>;

const fixedField = z.strictObject({
  from: z.int().min(1).describe('First character, from 1.'),
  to: z.int().min(1).describe('Last character.'),
  align: z.enum(['left', 'right']).default('left'),
  pad: z.string().length(1).default(' ').describe('What fills the field. Reading strips spaces only, unless strip is given.'),
  strip: z.boolean().default(true).describe('Strip the spaces around.'),
  decimals: z.int().min(0).max(9).optional().describe('Implied decimals: 0001250 with 2 is read as 12.50.'),
  literal: z.string().optional().describe('Reading: must be this. Writing: this is written.'),
});
export type FixedField = z.output<typeof fixedField>;
const fixedRecordType = z.strictObject({
  when: z.strictObject({ from: z.int().min(1), to: z.int().min(1), is: z.string() }).optional().describe('The characters that tell this record type. Of two marks that fit, the longer one counts.'),
  fields: z.record(z.string(), fixedField),
  segments: z
    .strictObject({
      from: z.int().min(1).describe('First character of the first segment.'),
      length: z.int().min(1).describe('Characters of one segment.'),
      count: z.int().min(1).describe('How many segments a line has.'),
      fields: z.record(z.string(), fixedField).describe('Counted from the beginning of the segment.'),
      number_field: z.string().optional().describe('Field that receives the number of the segment in its line, from 1.'),
    })
    .optional()
    .describe('The line has several segments of the same layout, and each that is not blank is one record. fields are then what they share.'),
});
const fixedDecoder = z.strictObject({
  encoding,
  record_length: z.int().positive().optional().describe('Every line must be this long. Without it lines may be as long as the last field or longer.'),
  line_breaks: z.boolean().default(true).describe('false: records follow each other without line breaks; record_length is then needed.'),
  skip_lines: z.int().min(0).default(0),
  pad_short_lines: z.boolean().default(true).describe('Trailing spaces were stripped by the sender.'),
  record_types: z.record(z.string(), fixedRecordType).describe('One or more record types.'),
  final_newline: finalNewline,
});
export type FixedWidthOptions = z.output<typeof fixedDecoder>;

const xmlDecoder = z.strictObject({
  encoding: z.enum(['declared', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1']).default('declared'),
  row: z.string().describe('The element that is one record, by local name or by path from the root: ROOT/ReceiptHeaderLevel.'),
  lists: z.array(z.string()).default([]).describe('Paths below the row that are lists even when there is one, or none: ReceiptPaymentLevel.'),
  attributes_prefix: z.string().default('').describe('Put before the names of attributes, where they clash with elements.'),
  max_depth: z.int().positive().default(64),
  max_row_bytes: z.int().positive().default(4_194_304),
});
export type XmlOptions = z.output<typeof xmlDecoder>;

const jsonDecoder = z.strictObject({
  encoding,
  rows: z.string().default('').describe('Dotted path to the list of records; empty: the document is the list.'),
  lines: z.boolean().default(false).describe('One JSON document a line.'),
  max_bytes: z.int().positive().default(67_108_864).describe('For one document (not for lines).'),
});
export type JsonOptions = z.output<typeof jsonDecoder>;

const bai2Decoder = z.strictObject({ encoding, currency: z.string().default('USD') });
export type Bai2Options = z.output<typeof bai2Decoder>;

export const DECODERS = ['csv', 'fixed_width', 'xml', 'json', 'bai2'] as const;
export const decoderSchema = exactlyOne(
  z.strictObject({
    csv: csvDecoder.optional(),
    fixed_width: fixedDecoder.optional(),
    xml: xmlDecoder.optional(),
    json: jsonDecoder.optional(),
    bai2: bai2Decoder.optional(),
  }),
  DECODERS,
);
export type DecoderConfig = z.output<typeof decoderSchema>;

// ---- streams ----------------------------------------------------------------------------------------------------------

const fieldSchema = z.strictObject({
  type: z.enum(['text', 'integer', 'decimal', 'date', 'datetime', 'boolean', 'list', 'object']).default('text').describe('What the text must look like. The value stays text; mappings parse it.'),
  format: z.string().optional().describe('For date and datetime: YYYY-MM-DD, MM/DD/YYYY …'),
  required: z.boolean().default(false).describe('The column must be there and must have a value.'),
  optional: z.boolean().default(false).describe('The column itself may be missing.'),
  class: z.enum(['public', 'internal', 'personal']).default('internal'),
  separators: z.array(z.string().min(1)).min(1).optional().describe('For lists: the text has several values in it, with any of these between them.'),
  description: z.string().optional(),
});

const drift = z.enum(['evolve', 'freeze', 'quarantine_value', 'quarantine_row']);
const recordSelector = z.strictObject({
  path: z.string().optional().describe('SOAP and JSON answers: dotted path to the list of records.'),
  types: z.array(z.string()).optional().describe('Only records of these types are records of this stream.'),
  parents: z.array(z.string()).optional().describe('Records of these types, read before, are seen in each record under their type: H.receipt_number. The outermost first: one that comes ends those within it.'),
  where: z
    .array(
      exactlyOne(
        z.strictObject({ field: z.string().describe('Of the record, or of a parent: 5.class.'), in: z.array(z.string()).optional(), not_in: z.array(z.string()).optional() }),
        ['in', 'not_in'],
      ),
    )
    .optional(),
});
export type RecordSelector = z.output<typeof recordSelector>;

const control = z.strictObject({
  type: z.string().describe('The record type that carries the control figures: a trailer.'),
  per: z.string().optional().describe('The record type that opens a group, such as a batch: each group has a trailer of its own. Without it, the file has one.'),
  records: z.array(z.string()).min(1).optional().describe('The record types that the figures are about. Default: the records of this stream.'),
  where: z.array(z.strictObject({ field: z.string(), in: z.array(z.string()) })).optional().describe('Of those, only these: the debits.'),
  count: z.string().optional().describe('Its field with the number of records.'),
  total: z.strictObject({ field: z.string(), of: z.string().describe('Field of the records that is summed.'), decimals: z.int().min(0).default(2) }).optional(),
  hash: z
    .strictObject({ field: z.string(), of: z.string().describe('Field of the records, whole numbers, that is summed.'), digits: z.int().min(1).max(18).describe('Only so many digits of the sum, the last ones, are written.') })
    .optional()
    .describe('A sum without meaning of its own, such as the entry hash of NACHA.'),
});
export type ControlConfig = z.output<typeof control>;

const incremental = z.strictObject({
  cursor: z.string().describe('Field that grows: a date of change, a sequence.'),
  kind: z.enum(['datetime', 'sequence', 'rowversion']).default('datetime'),
  tie_breaker: z.string().optional().describe('Field that orders records with the same cursor.'),
  start: z.string().optional().describe('Where the first run starts.'),
  lookback: duration.optional().describe('Read this much again each time, for records that were committed late.'),
  delay: duration.optional().describe('Do not read what is younger than this.'),
  format: z.string().optional().describe('How the request wants dates: YYYY-MM-DD.'),
  window: duration.optional().describe('Ask for at most this long a stretch at once.'),
});
export type Incremental = z.output<typeof incremental>;

const paginator = z.strictObject({
  kind: z.enum(['page', 'offset', 'cursor', 'link']),
  size: z.int().positive().default(200),
  first: z.int().default(1).describe('The first page number.'),
  cursor: z.string().optional().describe('cursor: path in the answer of the next cursor.'),
  total: z.string().optional().describe('Path in the answer of the number of records in all; checked.'),
  max_pages: z.int().positive().default(100_000),
});
export type PaginatorConfig = z.output<typeof paginator>;

const errorHandler = z.strictObject({
  max_retries: z.int().min(0).default(5),
  rules: z
    .array(
      z.strictObject({
        status: z.array(z.int()).optional().describe('HTTP status, or SQL error number.'),
        fault: z.string().optional().describe('Text in the SOAP fault code or message.'),
        action: z.enum(['retry', 'fail', 'ignore']),
        hint: z.string().optional().describe('What a person should do about it.'),
      }),
    )
    .default([]),
});
export type ErrorHandler = z.output<typeof errorHandler>;

const deletes = z.strictObject({
  field: z.string().optional().describe('Field that says a record was deleted.'),
  values: z.array(z.string()).optional(),
  when_absent: z.boolean().default(false).describe('A record that is missing from a complete snapshot was deleted.'),
  max_percent: z.number().min(0).max(100).default(10).describe('More deletions than this stop the run.'),
});

export const streamSchema = z.strictObject({
  description: z.string().optional(),
  retriever: exactlyOne(
    z.strictObject({ files: filesRetriever.optional(), request: requestRetriever.optional(), query: queryRetriever.optional() }),
    ['files', 'request', 'query'],
  ),
  decoder: decoderSchema.optional().describe('Needed for files and for HTTP.'),
  record_selector: recordSelector.optional(),
  schema: z.strictObject({
    fields: z.record(z.string(), fieldSchema),
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
        repeats: z.enum(['refuse', 'number']).describe('number: equal keys in one file are different records, told apart by their order.'),
      }),
    ])
    .describe('Fields that name a record in its system.'),
  control: z.array(control).optional(),
  incremental: incremental.optional(),
  paginator: paginator.optional(),
  error_handler: errorHandler.optional(),
  deletes: deletes.optional(),
});
export type StreamConfig = z.output<typeof streamSchema>;

export const TRANSPORTS = ['sftp', 'folder', 'http', 'soap', 'sqlserver'] as const;
export const connectorSchema = z.strictObject({
  connector: id,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 1.0.0'),
  title: z.string(),
  description: z.string().optional(),
  transport: z.enum(TRANSPORTS),
  options: z.record(z.string(), optionSpec).default({}).describe('What a town gives beside the options of the transport.'),
  transport_options: z.record(z.string(), z.unknown()).default({}).describe('Options of the transport that every town has the same.'),
  streams: z.record(id, streamSchema),
});
export type ConnectorConfig = z.output<typeof connectorSchema>;
