import type { DecoderConfig } from '../config/schema/connector.ts';
import type { RecordedText } from './certify-changes.ts';

/** What stands in the added column, and what it is called. */
export const NEW_COLUMN = 'certify_new';

/** Changes of a file's columns as a vendor's update makes them, for formats that name their columns. undefined: not this format. */
export interface ColumnChanges {
  add(): string | undefined;
  remove(name: string): string | undefined;
  rename(name: string, to: string): string | undefined;
}

export function columnChanges(recorded: RecordedText, decoder: DecoderConfig): ColumnChanges | undefined {
  if (decoder.csv && decoder.csv.header === true && !decoder.csv.record_types) return csvColumns(recorded, decoder.csv);
  if (decoder.xml) return xmlColumns(recorded.text, decoder.xml.row);
  if (decoder.json && !decoder.json.lines) return jsonColumns(recorded.text);
  return undefined;
}

function csvColumns(recorded: RecordedText, csv: NonNullable<DecoderConfig['csv']>): ColumnChanges | undefined {
  const delimiter = csv.delimiter === '\\t' ? '\t' : csv.delimiter;
  const rows = csvCells(recorded.text, delimiter, csv.quote);
  const first = csv.skip_lines;
  const last = rows.length - csv.footer_lines;
  const header = rows[first];
  if (!header) return undefined;
  const name = (cell: string): string => (csv.quote ? cell.replaceAll(csv.quote, '') : cell).replace(/^\ufeff|^ï»¿/, '').trim();
  const at = (column: string): number => header.findIndex((cell) => name(cell) === column);
  const written = (change: (cells: readonly string[], row: number) => readonly string[]): string =>
    rows
      .map(
        (cells, i) =>
          (i < first || i >= last || (csv.comment && cells[0]?.startsWith(csv.comment)) ? cells : change(cells, i)).join(delimiter) +
          recorded.newline,
      )
      .join('');
  return {
    add: () => written((cells, i) => [...cells, i === first ? NEW_COLUMN : 'x']),
    remove: (column) => (at(column) < 0 || header.length < 2 ? undefined : written((cells) => cells.filter((_, i) => i !== at(column)))),
    rename: (column, to) =>
      at(column) < 0 ? undefined : written((cells, i) => (i === first ? cells.map((cell, j) => (j === at(column) ? to : cell)) : cells)),
  };
}

/** Raw cells, quotes kept; line breaks within quotes do not end a row. Empty lines are left out. */
export function csvCells(text: string, delimiter: string, quote: string | null): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  let from = 0;
  let quoted = false;
  const end = (at: number): void => void cells.push(text.slice(from, at));
  const quoteCode = quote?.charCodeAt(0);
  const delimiterCode = delimiter.charCodeAt(0);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quoteCode) quoted = !quoted;
    else if (quoted) continue;
    else if (code === delimiterCode && text.startsWith(delimiter, i)) {
      end(i);
      from = i + delimiter.length;
      i = from - 1;
    } else if (code === 0x0a) {
      end(text[i - 1] === '\r' ? i - 1 : i);
      if (cells.length > 1 || cells[0] !== '') rows.push(cells);
      cells = [];
      from = i + 1;
    }
  }
  if (from < text.length) {
    end(text.length);
    rows.push(cells);
  }
  return rows;
}

function xmlColumns(text: string, row: string): ColumnChanges {
  const element = row.split('/').at(-1)!;
  const open = new RegExp(`(<(?:[\\w.-]+:)?${escaped(element)})(?=[\\s/>])`, 'g');
  const field = (name: string): RegExp =>
    new RegExp(
      `<((?:[\\w.-]+:)?)${escaped(name)}(?=[\\s/>])(?:[^>]*/>|[^>]*>[^<]*</(?:[\\w.-]+:)?${escaped(name)}>)|(\\s)${escaped(name)}=("[^"]*"|'[^']*')`,
      'g',
    );
  const changed = (after: string): string | undefined => (after === text ? undefined : after);
  return {
    add: () => changed(text.replace(open, `$1 ${NEW_COLUMN}="x"`)),
    remove: (name) => changed(text.replace(field(name), '')),
    rename: (name, to) => changed(text.replace(new RegExp(`(</?(?:[\\w.-]+:)?|\\s)${escaped(name)}(?=[\\s/>=])`, 'g'), `$1${to}`)),
  };
}

function jsonColumns(text: string): ColumnChanges {
  const changed = (after: string): string | undefined => (after === text ? undefined : after);
  return {
    // An object that has an ordinary member directly: a row, or the document around the rows, which nobody minds.
    add: () => changed(text.replace(/\{(?=\s*")/g, `{"${NEW_COLUMN}": "x", `)),
    remove: () => undefined,
    rename: (name, to) => changed(text.replace(new RegExp(`"${escaped(name)}"(?=\\s*:)`, 'g'), JSON.stringify(to))),
  };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
