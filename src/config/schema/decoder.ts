import { z } from 'zod';
import { exactlyOne } from './common.ts';

/** How files and answers are written: options of each format, the same for reading (decoder) and writing (encoder). */

export const encoding = z
  .enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1', 'ascii', 'cp437', 'cp850'])
  .optional()
  .describe('Default: utf-8; for an answer over HTTP that is not JSON, the charset that its Content-Type names.');
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
    'A text that the first of these rows always contains, such as Total. A file without it is refused, because the row may be a record.',
  );

const duplicateColumns = z
  .enum(['refuse', 'number'])
  .default('refuse')
  .describe(
    'Several columns with one name. number: the second is name_2, and so on, as long as the schema does not have the name; otherwise it is not known which is meant.',
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
  footer_lines: z.int().min(0).default(0).describe('Lines at the end that are not records.'),
  footer_has: footerHas,
  duplicate_columns: duplicateColumns,
  empty_rows: z
    .enum(['keep', 'skip'])
    .default('keep')
    .describe(
      'Rows with only delimiters, as Excel writes them below a table. keep: records without any value. Lines without any character are never rows.',
    ),
  trailing_delimiters: z
    .enum(['refuse', 'drop'])
    .default('refuse')
    .describe('Delimiters after the last column with nothing between them, in the header or in rows. drop: they are not columns.'),
  short_rows: z
    .enum(['refuse', 'fill'])
    .default('refuse')
    .describe(
      'Reading: rows that end before the last column. fill: their other columns are empty, as systems write that leave out empty values at the end.',
    ),
  sep_line: z
    .enum(['refuse', 'skip'])
    .default('refuse')
    .describe(
      "Excel's first line sep=; which tells it the delimiter. skip: the line may be present, and must name the delimiter of this decoder.",
    ),
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
  row_end: z
    .string()
    .length(1)
    .regex(/^[^\r\n]$/, 'must not be a line break')
    .optional()
    .describe(
      'A character that ends a row in place of a line break, such as ~ in X12. Line breaks then mean nothing, and lines are counted by it. quote must be null.',
    ),
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
const mark = {
  from: z.int().min(1),
  to: z.int().min(1),
  is: z.string(),
  or: z.array(z.string()).min(1).optional().describe('Reading: other characters of the same length that may be there instead.'),
};
const fixedRecordType = z.strictObject({
  when: z
    .strictObject({
      ...mark,
      and: z
        .array(z.strictObject(mark))
        .min(1)
        .optional()
        .describe('Reading: these must match too. For types that begin alike, such as file controls with other totals.'),
    })
    .optional()
    .describe('The characters that mark this record type. If two marks match, the longer one counts.'),
  continues: z
    .strictObject({
      field: z.string().describe('Field of the record before it, that this text belongs to.'),
      text: z.string().describe('Its own field that continues it.'),
      with: z.string().default(' ').describe('What is put between the two.'),
    })
    .optional()
    .describe('A line of this type is not a record: its text continues a field of the record before it.'),
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
      'The line has several segments of the same layout, and each that is not blank is one record. fields are then those they share.',
    ),
});
const fixedDecoder = z.strictObject({
  encoding,
  record_length: z
    .int()
    .positive()
    .optional()
    .describe('Every line must be this long. Without it lines may be as long as the last field or longer.'),
  line_breaks: z
    .union([z.boolean(), z.literal('detect')])
    .default(true)
    .describe(
      'false: records follow each other without line breaks; record_length is then needed. detect: either, depending on whether one follows the first record.',
    ),
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
      'What else means that there are no records, besides an empty list. no_list: the element around the rows is not there. Without it such a document is refused.',
    ),
  lists: z
    .array(z.string())
    .default([])
    .describe('Paths below the row that are lists even when there is one, or none: ReceiptPaymentLevel.'),
  scalars: z
    .enum(['elements', 'attributes'])
    .default('elements')
    .describe('Writing: what values without fields of their own become. Reading takes both.'),
  attributes_prefix: z.string().default('').describe('Prefix for the names of attributes that clash with elements.'),
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
      'What else means that there are no records, besides []. null_list: null where the list should be. no_list: nothing is at rows. Without it such a document is refused.',
    ),
  lines: z.boolean().default(false).describe('One JSON document a line.'),
  max_bytes: z.int().positive().default(67_108_864).describe('For one document (not for lines).'),
});
export type JsonOptions = z.output<typeof jsonDecoder>;

const bai2Decoder = z.strictObject({
  encoding,
  currency: z.string().default('USD').describe('Of groups and accounts that name none.'),
  days: z
    .enum(['all', 'final', 'interim'])
    .default('all')
    .describe(
      'Which groups are read. final: whole days (as-of date modifier 2 or 4, or none). interim: what came in since the last file of the day (1 or 3).',
    ),
  other_days: z.enum(['refuse', 'skip']).default('refuse').describe('What is done with a file that has groups of the other kind.'),
  tests: z.enum(['refuse', 'skip', 'read']).default('refuse').describe('Groups that say they are a test (status 4).'),
  deletions: z
    .enum(['refuse', 'read'])
    .default('refuse')
    .describe(
      "Groups that cancel an earlier one (status 2). read: their records have group.status 2; set deletes: { field: group.status, values: ['2'] } in the stream.",
    ),
  corrections: z
    .enum(['refuse', 'read'])
    .default('refuse')
    .describe('Groups that correct an earlier one (status 3). read: as if they were new; what they correct stays.'),
});
export type Bai2Options = z.output<typeof bai2Decoder>;

const mt940Decoder = z.strictObject({ encoding, final_newline: finalNewline });
export type Mt940Options = z.output<typeof mt940Decoder>;

const ofxDecoder = z.strictObject({
  encoding: z
    .enum(['declared', 'utf-8', 'windows-1252', 'iso-8859-1', 'ascii'])
    .default('declared')
    .describe('declared: what the header of the file says (ENCODING and CHARSET, or its XML declaration).'),
});
export type OfxOptions = z.output<typeof ofxDecoder>;

const camt053Decoder = z.strictObject({
  encoding: z.enum(['declared', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1']).default('declared'),
  balances: z
    .enum(['required', 'optional'])
    .default('required')
    .describe(
      'required: a statement without opening and closing balance is refused. optional: it is read; if both are there they must match.',
    ),
});
export type Camt053Options = z.output<typeof camt053Decoder>;

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
  skip_rows: z.int().min(0).default(0).describe('Rows at the top that are not records, before the header; empty ones count.'),
  footer_rows: z.int().min(0).default(0).describe('Rows at the end that are not records, such as totals; empty ones do not count.'),
  footer_has: footerHas,
  duplicate_columns: duplicateColumns,
  merged_cells: z
    .enum(['first', 'fill'])
    .default('first')
    .describe('first: the value of merged cells belongs to the first of them, the others are empty. fill: it belongs to each of them.'),
  trim: z.boolean().default(false),
  max_bytes: z.int().positive().default(67_108_864).describe('For one workbook, as it is sent.'),
  max_unpacked_bytes: z.int().positive().default(1_073_741_824).describe('For what is unpacked of one workbook.'),
});
export type XlsxOptions = z.output<typeof xlsxDecoder>;

export const DECODERS = ['csv', 'fixed_width', 'xml', 'json', 'xlsx', 'bai2', 'mt940', 'ofx', 'camt053'] as const;
export const decoderSchema = exactlyOne(
  z.strictObject({
    csv: csvDecoder.optional(),
    fixed_width: fixedDecoder.optional(),
    xml: xmlDecoder.optional(),
    json: jsonDecoder.optional(),
    xlsx: xlsxDecoder.optional().describe('Excel workbooks (.xlsx). Every value is text: what is stored, dates as YYYY-MM-DD.'),
    bai2: bai2Decoder.optional(),
    mt940: mt940Decoder.optional().describe('Statements of a bank account in SWIFT MT940.'),
    ofx: ofxDecoder.optional().describe('Statements of a bank account or a card in OFX, version 1 (SGML) or 2 (XML).'),
    camt053: camt053Decoder.optional().describe('Statements of a bank account in CAMT.053 (ISO 20022).'),
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
