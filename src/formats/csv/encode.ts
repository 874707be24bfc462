import { delimiterOf } from './delimiter.ts';
import type { CsvOptions } from '../../config/schema/connector.ts';
import { didYouMean } from '../../core/errors.ts';
import type { Value, Values } from '../../core/record.ts';
import { refuseRecord } from '../refuse.ts';
import { encoderOf, LINE_ENDS } from '../text/encoding.ts';

/**
 * Records to delimited text. With header true the columns are those of the first record; a list
 * gives the columns and no header is written, as reading expects none; with record_types the row's type tells them.
 * Throws RecordError for a value that would not read back as it is.
 */
export async function* encodeCsv(
  records: AsyncIterable<Values[]> | Iterable<Values[]>,
  options: CsvOptions,
  context: { file: string },
): AsyncGenerator<Uint8Array, void, void> {
  const encode = await encoderOf(options.encoding ?? 'utf-8', context.file);
  const delimiter = delimiterOf(options);
  const cell = cellWriter(options, delimiter, context.file);
  const end = options.row_end ?? LINE_ENDS[options.line_ending];
  let columns = Array.isArray(options.header) ? options.header : undefined;
  let record = 0;
  for await (const list of records) {
    let text = '';
    for (const values of list) {
      record++;
      if (!columns && !options.record_types) {
        columns = Object.keys(values);
        if (options.header === true) text += `${columns.map((name) => cell(name, columns!.length === 1, 0, name)).join(delimiter)}${end}`;
      }
      const layout = options.record_types ? typeLayout(values) : columns!;
      const unknown = Object.keys(values).find((name) => !layout.includes(name));
      if (unknown !== undefined)
        throw refuseRecord(
          'COLUMN_UNKNOWN',
          context.file,
          { record, path: unknown },
          `The file has no column ${JSON.stringify(unknown)}.`,
          meant(unknown, layout) ?? 'Every record of a file has the same columns.',
        );
      text += `${layout.map((name, i) => cell(values[name] ?? null, layout.length === 1, i, name, record)).join(delimiter)}${end}`;
    }
    if (text) yield encode(text);
  }

  function typeLayout(values: Values): readonly string[] {
    for (const [type, layout] of Object.entries(options.record_types!)) {
      const told = layout[options.record_type_column - 1];
      if (told !== undefined && values[told] === type) return layout;
    }
    throw refuseRecord(
      'RECORD_TYPE_UNKNOWN',
      context.file,
      { record },
      `The record is of none of the types ${Object.keys(options.record_types!).join(', ')}.`,
    );
  }
}

function meant(unknown: string, columns: readonly string[]): string | undefined {
  const name = didYouMean(unknown, columns);
  return name && `Did you mean ${name}?`;
}

/** Writes one cell so that it reads back as the same text. */
function cellWriter(
  options: CsvOptions,
  delimiter: string,
  file: string,
): (value: Value, alone: boolean, index: number, name: string, record?: number) => string {
  const { quote, comment, trim, row_end: rowEnd } = options;
  const escape = options.escape ?? quote;
  const delimiters = [...delimiter];
  return (value, alone, index, name, record) => {
    if (value !== null && typeof value !== 'string')
      throw refuseRecord(
        'VALUE_NOT_TEXT',
        file,
        { record, path: name },
        'A list or a group of fields cannot be put in one column.',
        'Select one of its fields in the mapping.',
      );
    let text = value ?? '';
    if (options.excel_text && /^="(?:[^"]|"")*"$/s.test(text)) text = `="${text.replaceAll('"', '""')}"`;
    const special =
      // Of a delimiter of several characters the last may come before one, or the first behind.
      delimiters.some((c) => text.includes(c)) ||
      /[\r\n]/.test(text) ||
      (rowEnd !== undefined && text.includes(rowEnd)) ||
      (quote !== null && text.includes(quote)) ||
      (alone && text === '') ||
      (trim && text !== text.trim()) ||
      (index === 0 && comment !== undefined && text.startsWith(comment));
    if (!special) return text;
    if (quote === null)
      throw refuseRecord(
        'VALUE_NOT_WRITABLE',
        file,
        { record, path: name },
        `The value has the delimiter or ${rowEnd === undefined ? 'a line break' : `a line break or ${rowEnd}`} in it, or is an empty line, but this file has no quotes.`,
        'Replace these characters in the mapping.',
      );
    let inner = text;
    if (escape !== quote) inner = inner.replaceAll(escape!, escape! + escape!);
    return quote + inner.replaceAll(quote, escape! + quote) + quote;
  };
}
