import { CsvError, parse } from 'csv-parse';
import type { CsvOptions } from '../../config/schema/connector.ts';
import type { CsvHandlers, CsvRow, CsvSplitter } from './rows.ts';

interface Parsed {
  cells: string[];
  /** Offset of the end of the row in all the bytes given to the parser. */
  end: number;
}

/**
 * Splits text into rows with csv-parse: for delimiters of several characters, escapes other than the doubled quote,
 * comments and trimming. csv-parse says where each row ended, in bytes; from that come the lines and the raw text,
 * since its own line count is off after quoted line breaks.
 */
export function generalSplitter(options: CsvOptions, delimiter: string, handlers: CsvHandlers): CsvSplitter {
  const { quote, comment, trim, max_record_bytes: maxRecord } = options;
  const escape = options.escape ?? quote ?? '"';
  let parsed: Parsed[] = [];
  const parser = parse({
    delimiter,
    quote: quote ?? false,
    escape,
    comment: comment ?? null,
    comment_no_infix: true,
    trim,
    record_delimiter: ['\r\n', '\n'],
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    on_record: (cells: string[], at) => {
      parsed.push({ cells, end: (at as unknown as { bytes: number }).bytes });
      // The first row says how many cells the others have; of each that has not, csv-parse makes an error with its stack and
      // throws it away, which took 4 s for a megabyte of short rows. So each row is its first.
      (parser.info as { records: number }).records = 0;
      return null;
    },
  });
  // What goes wrong reaches us through the callback of write() and end().
  parser.on('error', () => undefined);
  parser.resume();
  let pending: Buffer = Buffer.alloc(0);
  let pendingFrom = 0;
  let line = 1;

  function deliver(lastIsCut: boolean): void {
    for (const { cells, end } of parsed) {
      const bytes = pending.subarray(0, end - pendingFrom);
      pending = pending.subarray(end - pendingFrom);
      pendingFrom = end;
      const text = bytes.toString('utf8');
      const skipped = leadingNonRows(text, comment);
      const raw = text.slice(skipped);
      const start = line + breaksIn(text.slice(0, skipped));
      line += breaksIn(text);
      if (bytes.length - Buffer.byteLength(text.slice(0, skipped)) > maxRecord + 2)
        handlers.defect({ kind: 'too large', line: start, openQuote: false });
      const row: CsvRow = {
        cells,
        count: cells.length,
        line: start,
        terminated: !(lastIsCut && pending.length === 0) && raw.endsWith('\n'),
        misplacedQuote:
          quote !== null && cells.some((cell) => cell.startsWith(quote)) && hasMisplacedQuote(raw, { delimiter, quote, escape, trim }),
        raw: () => raw.replace(/\r?\n$/, ''),
      };
      handlers.row(row);
    }
    parsed = [];
    if (pending.length > maxRecord + 2) handlers.defect({ kind: 'too large', line, openQuote: quote !== null && pending.includes(10) });
  }

  function refused(error: Error): void {
    deliver(false);
    const at = line + breaksIn(pending.subarray(0, leadingNonRows(pending.toString('utf8'), comment)).toString());
    if (error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED')
      handlers.defect({ kind: 'unclosed quote', line: at, openQuote: true });
    if (error instanceof CsvError && error.code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE')
      handlers.defect({ kind: 'misplaced quote', line: at, openQuote: false });
    throw error;
  }

  return {
    async push(text) {
      const bytes = Buffer.from(text, 'utf8');
      pending = pending.length ? Buffer.concat([pending, bytes]) : bytes;
      const error = await new Promise<Error | null | undefined>((resolve) => parser.write(bytes, resolve));
      if (error) refused(error);
      deliver(false);
    },
    async end() {
      // A file cut between CR and LF ends like one cut before the CR.
      const halfBreak = pending.at(-1) === 13;
      if (halfBreak) await this.push('\n');
      const error = await new Promise<Error | undefined>((resolve) => {
        parser.once('error', resolve);
        parser.end(() => resolve(undefined));
      });
      if (error) refused(error);
      deliver(halfBreak);
    },
  };
}

function breaksIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** How long the empty lines and comments before a row are; csv-parse passes over them without a word. */
function leadingNonRows(text: string, comment: string | undefined): number {
  let at = 0;
  for (;;) {
    const end = text.indexOf('\n', at);
    if (end < 0) return at;
    const line = text.slice(at, end);
    if (line !== '' && line !== '\r' && !(comment !== undefined && line.startsWith(comment))) return at;
    at = end + 1;
  }
}

/** Does text follow a closing quote before the next delimiter? Asked only of rows where a cell begins with a quote. */
function hasMisplacedQuote(
  raw: string,
  { delimiter, quote, escape, trim }: { delimiter: string; quote: string; escape: string; trim: boolean },
): boolean {
  const row = raw.replace(/\r?\n$/, '');
  let at = 0;
  while (at < row.length) {
    if (trim) at = afterBlanks(at);
    if (row[at] === quote) {
      at++;
      for (; at < row.length; at++) {
        if (row[at] === escape && (escape !== quote || row[at + 1] === quote)) at++;
        else if (row[at] === quote) break;
      }
      const after = trim ? afterBlanks(at + 1) : at + 1;
      if (after < row.length && !row.startsWith(delimiter, after)) return true;
    }
    const next = row.indexOf(delimiter, at);
    if (next < 0) return false;
    at = next + delimiter.length;
  }
  return false;

  /** A delimiter may be white space itself: a tab. */
  function afterBlanks(from: number): number {
    let to = from;
    while (to < row.length && /\s/.test(row[to]!) && !row.startsWith(delimiter, to)) to++;
    return to;
  }
}
