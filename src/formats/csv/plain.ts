import type { CsvOptions } from '../../config/schema/connector.ts';
import { passageEnd } from './passage.ts';
import type { CsvHandlers, CsvPassages, CsvRow, CsvSplitter } from './rows.ts';

const LF = 10;
const CR = 13;

export interface PlainDialect {
  delimiter: string;
  quote: string | null;
  maxRecord: number;
}

/** A passage is waited for until so much of its text has come. */
const MAX_WAITING = 65_536;

/** The plain dialect of these options, which is nearly every file there is; undefined when csv-parse is needed. */
export function plainDialect(options: CsvOptions, delimiter: string): PlainDialect | undefined {
  const { quote, escape } = options;
  const single = (c: string) => c.length === 1 && c.charCodeAt(0) < 0x80 && c !== '\n' && c !== '\r';
  if (!single(delimiter) || (quote !== null && (!single(quote) || quote === delimiter))) return undefined;
  if ((escape !== undefined && escape !== quote) || options.comment !== undefined || options.trim) return undefined;
  return { delimiter, quote, maxRecord: options.max_record_bytes };
}

/**
 * Splits text into rows, 10 times as fast as csv-parse and giving the same rows (csv-plain.test.ts proves it).
 * Speed comes from looking for the next delimiter and the next line break with indexOf, and from reusing one list
 * of cells. A row that is not whole yet is read again from its start when more text comes.
 * A quote inside an unquoted field is a letter (5" pipe). Empty lines are not rows. Passages that are known are left out and not split.
 */
export function plainSplitter({ delimiter, quote, maxRecord }: PlainDialect, handlers: CsvHandlers, passages?: CsvPassages): CsvSplitter {
  const delimiterCode = delimiter.charCodeAt(0);
  const quoteCode = quote === null ? -1 : quote.charCodeAt(0);
  const quoteText = quote ?? '';
  const doubled = quoteText + quoteText;
  let rest = '';
  let line = 1;
  let text = '';
  let rowStart = 0;
  let rowEnd = 0;
  /** Where the passage ends that is being read; before the row at hand: none is. */
  let passageTo = 0;
  /** Rows that are there are split, whatever passages they are part of. */
  let last = false;
  /** The rest is whole rows, of a passage whose end has not come. */
  let waits = false;
  const cells: string[] = [];
  const row: CsvRow = { cells, count: 0, line: 1, terminated: true, misplacedQuote: false, raw: () => text.slice(rowStart, rowEnd) };

  function split(): void {
    const end = text.length;
    rowStart = 0;
    waits = false;
    let delimiterAt = find(delimiter, 0);
    let lineEnd = find('\n', 0);
    rows: while (lineEnd < end) {
      if (passages && !last && rowStart >= passageTo && passages.mayBegin(line)) {
        const to = passageEnd(text, rowStart);
        waits = to < 0 && end - rowStart < MAX_WAITING;
        if (waits) break;
        if (to > 0 && passages.leaveOut(text.slice(rowStart, to))) {
          for (; lineEnd < to; lineEnd = find('\n', lineEnd + 1)) line++;
          rowStart = to;
          if (delimiterAt < rowStart) delimiterAt = find(delimiter, rowStart);
          continue;
        }
        passageTo = to < 0 ? end + 1 : to;
      }
      let at = rowStart;
      let count = 0;
      let lines = 1;
      row.misplacedQuote = false;
      fields: for (;;) {
        if (text.charCodeAt(at) === quoteCode) {
          let from = at + 1;
          let close: number;
          let escaped = false;
          for (;;) {
            close = text.indexOf(quoteText, from);
            if (close < 0 || close + 1 >= end) break rows;
            if (text.charCodeAt(close + 1) !== quoteCode) break;
            escaped = true;
            from = close + 2;
          }
          const value = escaped ? text.slice(at + 1, close).replaceAll(doubled, quoteText) : text.slice(at + 1, close);
          while (lineEnd < close) {
            lines++;
            lineEnd = find('\n', lineEnd + 1);
          }
          const next = text.charCodeAt(close + 1);
          if (next === delimiterCode) {
            cells[count++] = value;
            at = close + 2;
            if (delimiterAt < at) delimiterAt = find(delimiter, at);
            continue fields;
          }
          if (next === LF || (next === CR && lineEnd === close + 2)) {
            cells[count++] = value;
            if (delimiterAt < lineEnd) delimiterAt = find(delimiter, lineEnd);
            break fields;
          }
          if (lineEnd >= end) break rows;
          row.misplacedQuote = true;
          if (delimiterAt <= close) delimiterAt = find(delimiter, close + 1);
          const fieldEnd = delimiterAt < lineEnd ? delimiterAt : beforeCr(lineEnd, close + 1);
          cells[count++] = quoteText + value + text.slice(close, fieldEnd);
        } else if (delimiterAt < lineEnd) cells[count++] = text.slice(at, delimiterAt);
        else cells[count++] = text.slice(at, beforeCr(lineEnd, at));
        if (delimiterAt >= lineEnd) break fields;
        at = delimiterAt + 1;
        delimiterAt = find(delimiter, at);
      }
      if (lineEnd >= end) break rows;
      rowEnd = beforeCr(lineEnd, rowStart);
      if (rowEnd - rowStart > maxRecord) handlers.defect({ kind: 'too large', line, openQuote: false });
      if (rowEnd > rowStart) {
        row.count = count;
        row.line = line;
        handlers.row(row);
      }
      line += lines;
      rowStart = lineEnd + 1;
      lineEnd = find('\n', rowStart);
      if (delimiterAt < rowStart) delimiterAt = find(delimiter, rowStart);
      if (rowStart === passageTo) passages?.read();
    }
    rest = text.slice(rowStart);
    passageTo -= rowStart;
    if (rest.length > maxRecord + 2 && !waits) handlers.defect({ kind: 'too large', line, openQuote: rest.includes('\n') });
  }

  /** Where it stands next; past the end when nowhere, so comparisons need no second condition. */
  function find(what: string, from: number): number {
    const at = text.indexOf(what, from);
    return at < 0 ? text.length + 1 : at;
  }

  function beforeCr(lineEnd: number, from: number): number {
    return lineEnd > from && text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd;
  }

  function push(more: string): void {
    text = rest === '' ? more : rest + more;
    split();
  }

  return {
    push,
    end() {
      last = true;
      if (waits) push('');
      if (rest === '') return;
      const opened = line;
      row.terminated = false;
      text = `${rest}\n`;
      split();
      if (rest !== '') handlers.defect({ kind: 'unclosed quote', line: opened, openQuote: true });
    },
  };
}
