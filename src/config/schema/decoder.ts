import { z } from 'zod';
import { exactlyOne } from './common.ts';

/** How files and answers are written: options of each format, the same for reading (decoder) and writing (encoder). */

export const encoding = z
  .enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1', 'ascii', 'cp437', 'cp850'])
  .optional()
  .describe('Default: utf-8; for an answer over HTTP that is no JSON, the charset that its Content-Type names.');
const finalNewline = z
  .enum(['required', 'optional'])
  .default('required')
  .describe('required: a file whose last line has no line break was cut off, and is refused.');

const lineEnding = z.enum(['crlf', 'lf']).default('crlf').describe('Writing: how a line ends. Reading takes either.');

const footerHas = z
  .string()
  .min(1)
  .optional()
  .describe(
    'A text that the first of these rows always has, such as Total. A file in which it has not is refused: a record may stand there.',
  );

const csvDecoder = z.strictObject({
  encoding,
  delimiter: z.string().min(1).default(',').describe('One or more characters; \\t for a tab.'),
  quote: z.string().length(1).nullable().default('"').describe('null: quotes mean nothing.'),
  escape: z.string().length(1).optional().describe('Default: the quote character doubled.'),
  header: z
    .union([z.literal(true), z.literal(false), z.array(z.string())])
    .default(true)
    .describe('true: the first row names the columns. A list: the columns in order, and the file has no header.'),
  skip_lines: z.int().min(0).default(0).describe('Lines before the header.'),
  footer_lines: z.int().min(0).default(0).describe('Lines at the end that are no records.'),
  footer_has: footerHas,
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
  line_ending: lineEnding,
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
  sign: z
    .enum(['leading', 'trailing', 'overpunch'])
    .optional()
    .describe(
      'With decimals (0 for whole numbers), where the sign stands. leading: 000125- is none. trailing: the last character, empty where the number is not negative. overpunch: the last digit carries it, as in zoned decimals of mainframes: { is +0, A to I +1 to +9, } is -0, J to R -1 to -9; plain digits are read as positive. Default: read in front or behind, written in front.',
    ),
  literal: z.string().optional().describe('Reading: must be this. Writing: this is written.'),
});
export type FixedField = z.output<typeof fixedField>;
const fixedRecordType = z.strictObject({
  when: z
    .strictObject({ from: z.int().min(1), to: z.int().min(1), is: z.string() })
    .optional()
    .describe('The characters that tell this record type. Of two marks that fit, the longer one counts.'),
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
    .describe(
      'The line has several segments of the same layout, and each that is not blank is one record. fields are then what they share.',
    ),
});
const fixedDecoder = z.strictObject({
  encoding,
  record_length: z
    .int()
    .positive()
    .optional()
    .describe('Every line must be this long. Without it lines may be as long as the last field or longer.'),
  line_breaks: z.boolean().default(true).describe('false: records follow each other without line breaks; record_length is then needed.'),
  skip_lines: z.int().min(0).default(0),
  pad_short_lines: z.boolean().default(true).describe('Trailing spaces were stripped by the sender.'),
  record_types: z.record(z.string(), fixedRecordType).describe('One or more record types.'),
  final_newline: finalNewline,
  line_ending: lineEnding,
});
export type FixedWidthOptions = z.output<typeof fixedDecoder>;

const xmlDecoder = z.strictObject({
  encoding: z.enum(['declared', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1']).default('declared'),
  row: z.string().describe('The element that is one record, by local name or by path from the root: ROOT/ReceiptHeaderLevel.'),
  empty: z
    .array(z.enum(['no_list']))
    .min(1)
    .optional()
    .describe(
      'What means that there are no records, beside a list without any. no_list: the element around the rows is not there. Without it such a document is refused.',
    ),
  lists: z
    .array(z.string())
    .default([])
    .describe('Paths below the row that are lists even when there is one, or none: ReceiptPaymentLevel.'),
  scalars: z
    .enum(['elements', 'attributes'])
    .default('elements')
    .describe('Writing: what values without fields of their own become. Reading takes both.'),
  attributes_prefix: z.string().default('').describe('Put before the names of attributes, where they clash with elements.'),
  max_depth: z.int().positive().default(64),
  max_row_bytes: z.int().positive().default(4_194_304),
});
export type XmlOptions = z.output<typeof xmlDecoder>;

const jsonDecoder = z.strictObject({
  encoding,
  rows: z.string().default('').describe('Dotted path to the list of records; empty: the document is the list.'),
  empty: z
    .array(z.enum(['null_list', 'no_list']))
    .min(1)
    .optional()
    .describe(
      'What means that there are no records, beside []. null_list: null where the list should be. no_list: nothing stands at rows. Without it such a document is refused.',
    ),
  lines: z.boolean().default(false).describe('One JSON document a line.'),
  max_bytes: z.int().positive().default(67_108_864).describe('For one document (not for lines).'),
});
export type JsonOptions = z.output<typeof jsonDecoder>;

const bai2Decoder = z.strictObject({ encoding, currency: z.string().default('USD') });
export type Bai2Options = z.output<typeof bai2Decoder>;

const xlsxDecoder = z.strictObject({
  sheet: z
    .union([z.string().min(1), z.int().min(1)])
    .default(1)
    .describe('Name of the sheet, or its number from the left among those that are shown.'),
  header: z
    .union([z.literal(true), z.array(z.string())])
    .default(true)
    .describe(
      'true: the first row that has a value names the columns. A list: the columns from A on, and the sheet has no header; "" leaves one out.',
    ),
  skip_rows: z.int().min(0).default(0).describe('Rows at the top that are no records, before the header; empty ones count.'),
  footer_rows: z.int().min(0).default(0).describe('Rows at the end that are no records, such as totals; empty ones do not count.'),
  footer_has: footerHas,
  merged_cells: z
    .enum(['first', 'fill'])
    .default('first')
    .describe('first: what merged cells show belongs to the first of them, the others are empty. fill: to each of them.'),
  trim: z.boolean().default(false),
  max_bytes: z.int().positive().default(67_108_864).describe('For one workbook, as it is sent.'),
  max_unpacked_bytes: z.int().positive().default(1_073_741_824).describe('For what is unpacked of one workbook.'),
});
export type XlsxOptions = z.output<typeof xlsxDecoder>;

export const DECODERS = ['csv', 'fixed_width', 'xml', 'json', 'xlsx', 'bai2'] as const;
export const decoderSchema = exactlyOne(
  z.strictObject({
    csv: csvDecoder.optional(),
    fixed_width: fixedDecoder.optional(),
    xml: xmlDecoder.optional(),
    json: jsonDecoder.optional(),
    xlsx: xlsxDecoder.optional().describe('Excel workbooks (.xlsx). Every value is text: what is stored, dates as YYYY-MM-DD.'),
    bai2: bai2Decoder.optional(),
  }),
  DECODERS,
);
export type DecoderConfig = z.output<typeof decoderSchema>;

/** What a sink can write: every format but those that banks alone write. */
export const ENCODERS = ['csv', 'fixed_width', 'xml', 'json'] as const;
export const encoderSchema = exactlyOne(
  z.strictObject({
    csv: csvDecoder.optional(),
    fixed_width: fixedDecoder.optional(),
    xml: xmlDecoder.optional(),
    json: jsonDecoder.optional(),
  }),
  ENCODERS,
);
export type EncoderConfig = z.output<typeof encoderSchema>;
