import type { XlsxOptions } from '../../config/schema/connector.ts';
import type { Problem } from '../../core/errors.ts';
import type { SourceRecord, Values } from '../../core/record.ts';
import { checkColumns } from '../columns.ts';
import { checkFooter, type EndRow } from '../footer.ts';
import type { DecodeContext } from '../format.ts';
import { problemIn, refuseFile } from '../refuse.ts';
import { setField } from '../set-field.ts';
import { type CellContext, cellText, columnLetters, type RawCell } from './cell.ts';
import type { RawRow } from './sheet.ts';

export interface XlsxRecords {
  row(row: RawRow): void;
  /** The records made since the last call. */
  take(): SourceRecord[];
  /** After the last row; refuses a sheet without a header. */
  finish(): SourceRecord[];
}

/** Rows of a sheet to records: header, rows that are skipped, empty rows, footer. The line of a record is its row. */
export function xlsxRecords(options: XlsxOptions, cells: CellContext, context: DecodeContext): XlsxRecords {
  const { file } = context;
  const { footer_rows: footer, footer_has: has } = options;
  /** The last rows as they are, also what is in columns that are left out. */
  const end: EndRow[] = [];
  /** Names by column; '' and what is not there is no field. */
  let columns: string[] | undefined;
  let named: [column: number, name: string][] = [];
  let number = 0;
  let records: SourceRecord[] = [];
  if (Array.isArray(options.header)) setColumns(options.header, undefined);

  function setColumns(names: string[], line: number | undefined): void {
    named = names.flatMap((name, column) => (name === '' ? [] : [[column, name] as [number, string]]));
    const checked = checkColumns(
      named.map(([, name]) => name),
      context,
      line === undefined ? {} : { line },
      { called: (i) => columnLetters(named[i]![0]), duplicates: options.duplicate_columns },
    );
    named = named.map(([column], i) => [column, checked[i]!]);
    columns = names.slice();
    for (const [column, name] of named) columns[column] = name;
  }

  function header(row: RawRow): void {
    const names: string[] = [];
    for (const cell of row.cells) {
      const read = cellText(cell, cells);
      if ('code' in read) throw refuseFile(read.code, file, { line: row.number }, sentence(cell, row.number, read.what), read.hint);
      const name = read.text?.replace(/\s+/g, ' ').trim() ?? '';
      if (name === '') continue;
      while (names.length < cell.column) names.push('');
      names.push(name);
    }
    if (names.length) setColumns(names, row.number);
  }

  function row(row: RawRow): void {
    if (row.number <= options.skip_rows) return;
    if (!columns) return header(row);
    const texts: (string | null)[] = [];
    let problem: Problem | undefined;
    let any = false;
    for (const cell of row.cells) {
      const read = cellText(cell, cells);
      const at = { line: row.number };
      if ('code' in read) {
        if (columns[cell.column] === '' && Array.isArray(options.header)) continue;
        any = true;
        problem ??= problemIn(read.code, file, at, sentence(cell, row.number, read.what), read.hint);
        continue;
      }
      const text = options.trim ? read.text?.trim() || null : read.text === '' ? null : read.text;
      if (text === null) continue;
      any = true;
      texts[cell.column] = text;
      if (columns[cell.column]) continue;
      // In a list, an empty name leaves a column out on purpose.
      if (columns[cell.column] === '' && Array.isArray(options.header)) continue;
      problem ??= problemIn(
        'RAGGED_ROW',
        file,
        at,
        `The cell ${columnLetters(cell.column)}${row.number} has a value, but its column has no name in the header.`,
        'Have the column named in the header, or the value removed; cells outside the table are not read.',
      );
    }
    if (!any) return;
    if (has !== undefined && footer > 0) {
      end.push({ line: row.number, text: texts.filter(Boolean).join(' ') });
      if (end.length > footer) end.shift();
    }
    number++;
    if (problem) {
      records.push({ values: {}, number, line: row.number, problem, raw: Array.from(texts, (text) => text ?? '').join('\t') });
      return;
    }
    const values: Values = {};
    for (const [column, name] of named) setField(values, name, texts[column] ?? null);
    records.push({ values, number, line: row.number });
  }

  function take(): SourceRecord[] {
    if (footer > 0) return records.splice(0, Math.max(0, records.length - footer));
    const taken = records;
    records = [];
    return taken;
  }

  return {
    row,
    take,
    finish() {
      if (!columns)
        throw refuseFile(
          'FILE_EMPTY',
          file,
          {},
          'The sheet has no header: it is empty below the rows that are skipped.',
          'Export it again; even a sheet without records has a header. Or correct sheet and skip_rows in the decoder of the connector.',
        );
      if (footer > 0 && has !== undefined) checkFooter(end, { count: footer, has, key: 'footer_rows' }, file);
      return footer > 0 ? records.slice(0, Math.max(0, records.length - footer)) : take();
    },
  };
}

function sentence(cell: RawCell, row: number, what: string): string {
  return `The cell ${columnLetters(cell.column)}${row} ${what}.`;
}
