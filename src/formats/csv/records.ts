import { delimiterOf } from './delimiter.ts';
import type { FileError, Problem } from '../../core/errors.ts';
import type { SourceRecord, Value, Values } from '../../core/record.ts';
import type { CsvOptions } from '../../config/schema/connector.ts';
import type { CsvDefect, CsvHandlers, CsvPassages, CsvRow } from './rows.ts';
import { checkColumns } from '../columns.ts';
import { checkFooter, endRowOf } from '../footer.ts';
import type { DecodeContext, Passages } from '../format.ts';
import { crAlone, excerpt, problemIn, refuseFile } from '../refuse.ts';

export interface CsvRecords extends CsvHandlers {
  /** Where rows may be left out many at a time. */
  passages: CsvPassages | undefined;
  /** The records made since the last call. */
  take(): SourceRecord[];
  waiting(): number;
  /** After the last row: the records that the footer did not claim; refuses a file without a header. */
  finish(): SourceRecord[];
}

type MakeValues = (cells: string[]) => Values;
interface Layout {
  columns: readonly string[];
  make: MakeValues;
  /** The values alone, in a list that is used again; undefined where records have them in another order than the columns. */
  values: ((cells: string[]) => readonly Value[]) | undefined;
}

/** Rows to records: header, row types, ragged rows, footer lines. Throws FileError where the file cannot be trusted. */
export function csvRecords(options: CsvOptions, context: DecodeContext, firstLine: number): CsvRecords {
  const { file } = context;
  const { footer_lines: footer, footer_has: has, record_types: types } = options;
  const rowEnd = options.row_end ?? 'line break';
  const typeAt = options.record_type_column - 1;
  const layouts = types && new Map(Object.entries(types).map(([type, columns]) => [type, layoutOf(columns, options)]));
  let layout = Array.isArray(options.header) && !layouts ? named(options.header, undefined) : undefined;
  let headerRead = options.header !== true || layouts !== undefined;
  // What a footer line is cannot be told before the end, and the type of a row is not a value of its record.
  const rowsAreRecords = footer === 0 && !layouts;
  const asks = context.isUnchanged !== undefined && rowsAreRecords;
  let number = 0;
  let records: SourceRecord[] = [];

  function row(row: CsvRow): void {
    const line = row.line + firstLine;
    // The only row of a text without a line feed.
    if (!row.terminated && line === 1 && /\r[^\n]/.test(row.raw())) throw crAlone(file);
    if (line === 1) {
      const separator = separatorOf(row.raw());
      if (separator !== undefined) return checkSeparator(separator);
    }
    if (!row.terminated && options.final_newline === 'required') throw cutOff(line, `The last line has no ${rowEnd}`);
    if (options.empty_rows === 'skip' && isEmptyRow(row)) return;
    if (!headerRead) {
      headerRead = true;
      layout = named(row.cells.slice(0, countOf(row, 0)), line);
      return;
    }
    let fits: Layout | undefined = layout;
    let type: string | undefined;
    if (layouts) {
      type = row.cells[typeAt] ?? '';
      if (typeAt >= row.count) type = '';
      fits = layouts.get(type);
      if (!fits && footer === 0)
        throw refuseFile(
          'RECORD_TYPE_UNKNOWN',
          file,
          { line },
          `The row is of type ${JSON.stringify(excerpt(type))}, which the connector does not know (it knows ${[...layouts.keys()].join(', ')}).`,
          'Add the type to record_types, or have the file sent again if it is damaged.',
        );
    } else fits ??= layout = layoutOf(positions(row.count), options);
    number++;
    const count = fits ? countOf(row, fits.columns.length) : row.count;
    const isShort = options.short_rows === 'fill' && row.terminated && fits !== undefined && count < fits.columns.length;
    if (fits && (count === fits.columns.length || isShort) && !row.misplacedQuote) {
      const cells = isShort ? filled(row, fits.columns.length) : row.cells;
      if (asks && fits.values && context.isUnchanged!(fits.columns, fits.values(cells))) return;
      const values = fits.make(cells);
      const record: SourceRecord = type === undefined ? { values, number, line } : { values, number, line, type };
      records.push(record);
      return;
    }
    // A last row that is short and has no line break was cut off, whatever the connector says about the last line break.
    if (!row.terminated && fits && row.count < fits.columns.length && footer === 0)
      throw cutOff(line, `The last line has ${columnCount(row.count)} instead of ${fits.columns.length} and no ${rowEnd}`);
    if (row.misplacedQuote && row.raw().includes('\n')) defect({ kind: 'misplaced quote', line: row.line, openQuote: false });
    records.push({
      values: {},
      number,
      line,
      ...(type === undefined ? {} : { type }),
      problem: rowProblem(row, fits, line, type),
      raw: row.raw(),
    });
  }

  function passagesOf(known: Passages): CsvPassages {
    let name = '';
    let first = 0;
    return {
      // The first line may be Excel's sep=.
      mayBegin: (line) => headerRead && layout?.values !== undefined && line + firstLine > 1,
      leaveOut(text) {
        name = known.nameOf(layout!.columns, text);
        first = number + 1;
        const count = known.leaveOut(name);
        number += count;
        return count > 0;
      },
      read: () => known.read(name, first, number + 1 - first),
    };
  }

  function rowProblem(row: CsvRow, fits: Layout | undefined, line: number, type: string | undefined): Problem {
    if (!fits)
      return problemIn(
        'RECORD_TYPE_UNKNOWN',
        file,
        { line },
        `The row is of type ${JSON.stringify(excerpt(type ?? ''))}, which the connector does not know.`,
      );
    if (row.misplacedQuote)
      return problemIn(
        'QUOTE_MISPLACED',
        file,
        { line },
        `In this row text follows a closing ${options.quote} within its column, so it is not clear what was meant.`,
        `A ${options.quote} inside a quoted value must be doubled: correct it in the system that exported it.`,
      );
    const behind = row.cells.slice(fits.columns.length, row.count);
    if (behind.length > 0 && behind.every((cell) => cell === ''))
      return problemIn(
        'RAGGED_ROW',
        file,
        { line },
        `The row has ${columnCount(row.count)}, but the file has ${fits.columns.length}; the extra ones are empty.`,
        'If this system always writes delimiters at the ends of rows, set trailing_delimiters: drop in the decoder of the connector.',
      );
    const wanted = type === undefined ? 'the file has' : `rows of type ${type} have`;
    const isShort = row.count < fits.columns.length;
    const cause = /\r[^\n]/.test(row.raw())
      ? 'A CR without LF is in it, so two rows were probably written as one'
      : isShort
        ? 'A value is missing, or an unquoted value contains a line break'
        : 'A value probably contains the delimiter without being quoted';
    const declared = isShort
      ? ' If this system leaves out empty values at the ends of rows, set short_rows: fill in the decoder of the connector.'
      : '';
    return problemIn(
      'RAGGED_ROW',
      file,
      { line },
      `The row has ${columnCount(row.count)}, but ${wanted} ${fits.columns.length}.`,
      `${cause}: correct it in the system that exported it.${declared}`,
    );
  }

  /** How many columns of a row count, at least `least`. */
  function countOf(row: CsvRow, least: number): number {
    let count = row.count;
    if (options.trailing_delimiters === 'drop') while (count > least && row.cells[count - 1] === '') count--;
    return count;
  }

  /** Excel's line sep=; must say what the decoder says. */
  function checkSeparator(separator: string): void {
    const delimiter = delimiterOf(options);
    if (separator === delimiter && options.sep_line === 'skip') return;
    throw refuseFile(
      'SEPARATOR_LINE',
      file,
      { line: 1 },
      separator === delimiter
        ? `The first line is Excel's sep=${separator}, and not the header.`
        : `The first line says that the columns are delimited by ${JSON.stringify(separator)}, but the connector says ${JSON.stringify(delimiter)}.`,
      separator === delimiter
        ? 'Set sep_line: skip in the decoder of the connector, which ignores that line if it is there.'
        : 'Set delimiter in the decoder of the connector to what the system writes, and sep_line: skip.',
    );
  }

  function cutOff(line: number, what: string): FileError {
    return refuseFile(
      'FILE_TRUNCATED',
      file,
      { line },
      `${what}: the file was probably cut off while it was written or copied.`,
      'Have it sent again. If this system always ends its files this way, set final_newline: optional in the decoder of the connector.',
    );
  }

  /** The layout that a header gives, or FileError with everything that is wrong with it. */
  function named(header: readonly string[], line: number | undefined): Layout {
    const columns = header.map((name, i) => name.trim() || `column_${i + 1}`);
    const duplicates = options.duplicate_columns;
    return layoutOf(
      checkColumns(columns, context, line === undefined ? {} : { line }, { missingHint: missingHint(columns), duplicates }),
      options,
    );
  }

  function missingHint(columns: readonly string[]): string | undefined {
    if (columns.length === 1 && columns[0]!.includes('\r'))
      return 'The lines of this file end in CR only, as on old Macs: have it exported with CRLF or LF.';
    const other = columns.length === 1 ? [';', '\t', '|', ','].find((c) => columns[0]!.includes(c)) : undefined;
    return (
      other &&
      `The file seems to be delimited by ${other === '\t' ? 'tabs' : JSON.stringify(other)}: set delimiter in the decoder of the connector.`
    );
  }

  function defect({ kind, line, openQuote }: CsvDefect): never {
    const at = { line: line + firstLine };
    if (kind === 'too large')
      throw refuseFile(
        'RECORD_TOO_LARGE',
        file,
        at,
        `The record that starts here is larger than ${options.max_record_bytes} bytes${openQuote ? ', probably because a quote in it is never closed' : ''}.`,
        'Fix the file, or raise max_record_bytes in the decoder of the connector.',
      );
    if (kind === 'misplaced quote')
      throw refuseFile(
        'QUOTE_MISPLACED',
        file,
        at,
        `In the record that starts here a ${options.quote} opens a value that closes only on a later line, in the middle of another value: lines may have run together.`,
        `A ${options.quote} inside a value must be doubled, and the value quoted: correct it in the system that exported it.`,
      );
    throw refuseFile(
      'FILE_TRUNCATED',
      file,
      at,
      `A ${options.quote} is opened in the record that starts here and never closed: the file was cut off, or the ${options.quote} does not belong there.`,
      'Have it sent again, or correct the quote in the system that exported it.',
    );
  }

  function take(): SourceRecord[] {
    if (footer === 0) {
      const taken = records;
      records = [];
      return taken;
    }
    return records.splice(0, Math.max(0, records.length - footer));
  }

  return {
    passages: context.passages && rowsAreRecords ? passagesOf(context.passages) : undefined,
    row,
    defect,
    take,
    waiting: () => records.length,
    finish() {
      if (!headerRead)
        throw refuseFile(
          'FILE_EMPTY',
          file,
          {},
          'The file has no header: it contains only empty lines or comments.',
          'Export it again; even a file without records has a header.',
        );
      if (footer > 0 && has !== undefined)
        checkFooter(records.slice(-footer).map(endRowOf), { count: footer, has, key: 'footer_lines' }, file);
      return footer === 0 ? take() : records.slice(0, Math.max(0, records.length - footer));
    },
  };
}

/** The cells of a row that ends early. The list of a row is used again for the next, so what is in it behind them is not of this one. */
function filled(row: CsvRow, columns: number): string[] {
  return [...row.cells.slice(0, row.count), ...Array.from({ length: columns - row.count }, () => '')];
}

function layoutOf(columns: readonly string[], options: CsvOptions): Layout {
  const emptyIsNull = options.empty_is_null;
  const excelText = options.excel_text;
  const count = columns.length;
  // Copying a template and filling it keeps all records of one hidden class, at the speed of a literal. It is made by
  // JSON.parse because an object made by keyed stores turns into a slow dictionary beyond 12 columns.
  const template = JSON.parse(`{${columns.map((name) => `${JSON.stringify(name)}:""`).join(',')}}`) as Values;
  const valueOf = (cell: string): Value => {
    if (cell.length === 0) return emptyIsNull ? null : cell;
    return excelText && cell.charCodeAt(0) === EQUALS ? fromExcel(cell) : cell;
  };
  function make(cells: string[]): Values {
    const values: Values = { ...template };
    for (let i = 0; i < count; i++) values[columns[i]!] = valueOf(cells[i]!);
    return values;
  }
  const list = new Array<Value>(count).fill('');
  function values(cells: string[]): readonly Value[] {
    for (let i = 0; i < count; i++) list[i] = valueOf(cells[i]!);
    return list;
  }
  // Names that are numbers come first in an object, and a name that comes twice comes once.
  const inOrder = Object.keys(template).every((name, i) => name === columns[i]) && Object.keys(template).length === count;
  return { columns, make, values: inOrder ? values : undefined };
}

/** What Excel's line `sep=;` says; undefined: the row is another one. */
function separatorOf(raw: string): string | undefined {
  const text = raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  return text.length === 5 && text.toLowerCase().startsWith('sep=') ? text[4] : undefined;
}

function isEmptyRow(row: CsvRow): boolean {
  for (let i = 0; i < row.count; i++) if (row.cells[i] !== '' && row.cells[i]!.trim() !== '') return false;
  return true;
}

const EQUALS = 61;

/** `="00123"`, which Excel writes to keep leading zeros, is 00123. */
function fromExcel(cell: string): string {
  const quoted = /^="((?:[^"]|"")*)"$/s.exec(cell);
  return quoted ? quoted[1]!.replaceAll('""', '"') : cell;
}

function positions(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `column_${i + 1}`);
}

function columnCount(count: number): string {
  return count === 1 ? '1 column' : `${count} columns`;
}
