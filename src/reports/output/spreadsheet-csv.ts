import { visible } from '../../core/text/visible.ts';

/** A cell: text, or a number as plain decimal text. */
export type CsvCell = { text: string } | { number: string };

/**
 * Delimited text (RFC 4180) that a spreadsheet can open without harm: a text cell that a spreadsheet would take for a
 * formula gets an apostrophe in front (OWASP, "CSV Injection"), and what a terminal would obey or nobody could see is written out.
 * Numbers are left alone, so -12.00 stays one.
 */
export function spreadsheetCsv(head: readonly string[], rows: Iterable<readonly CsvCell[]>): string {
  return [...spreadsheetCsvLines(head, rows)].join('');
}

/** About so many characters are made at a time. */
const CHUNK = 64 * 1024;

/** The same in pieces of whole lines, for streams. */
export function* spreadsheetCsvLines(head: readonly string[], rows: Iterable<readonly CsvCell[]>): Generator<string> {
  let text = `${head.map((name) => quoted(harmless(name))).join(',')}\r\n`;
  for (const row of rows) {
    text += `${row.map((cell) => ('number' in cell ? cell.number : quoted(harmless(cell.text)))).join(',')}\r\n`;
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  if (text) yield text;
}

function harmless(text: string): string {
  return visible(/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
