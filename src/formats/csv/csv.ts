import { CTRL_Z } from '../text/end-mark.ts';
import { delimiterOf } from './delimiter.ts';
import type { CsvOptions } from '../../config/schema/connector.ts';
import type { SourceRecord } from '../../core/record.ts';
import { encodeCsv } from './encode.ts';
import { plainDialect, plainSplitter } from './plain.ts';
import { csvRecords } from './records.ts';
import { rowsAsLines } from './row-end.ts';
import { type DecodeContext, type Format, RECORDS_AT_ONCE } from '../format.ts';
import { crAlone, refuseFile } from '../refuse.ts';
import { decodeText } from '../text/decoding.ts';

/** Delimited text (RFC 4180 and what systems make of it). Problems: docs/errors.md under FILE_, COLUMN_ and RAGGED_ROW. */
export const csv: Format<CsvOptions> = { name: 'csv', decode: decodeCsv, encode: encodeCsv };

async function* decodeCsv(
  bytes: AsyncIterable<Uint8Array>,
  options: CsvOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const records = csvRecords(options, context, options.skip_lines);
  const delimiter = delimiterOf(options);
  const plain = plainDialect(options, delimiter);
  // csv-parse is loaded for the dialects that need it.
  const splitter = plain
    ? plainSplitter(plain, records, records.passages)
    : (await import('./general.ts')).generalSplitter(options, delimiter, records);
  const skip = lineSkipper(options.skip_lines);
  /** Where lines are skipped: a carriage return came before the first of them ended. */
  let returns = false;
  const decoded = withoutEndMark(decodeText(bytes, options.encoding ?? 'utf-8', { ...context, lines: true }));
  for await (const text of options.row_end === undefined ? decoded : rowsAsLines(decoded, options.row_end)) {
    if (skip.missing() > 0) returns ||= text.includes('\r');
    const more = skip.rest(text);
    if (more === '') continue;
    const pushed = splitter.push(more);
    if (pushed) await pushed;
    if (records.waiting() >= RECORDS_AT_ONCE) {
      const list = records.take();
      if (list.length) yield list;
    }
  }
  if (returns && skip.missing() === options.skip_lines) throw crAlone(context.file);
  if (skip.missing() > 0)
    throw refuseFile(
      'FILE_TRUNCATED',
      context.file,
      {},
      `The file ends within its first ${options.skip_lines} lines, which the connector skips.`,
      'Have it sent again, or change skip_lines in the decoder of the connector.',
    );
  const ended = splitter.end();
  if (ended) await ended;
  const list = records.finish();
  if (list.length) yield list;
}

const MAX_END_LENGTH = 1_048_576;

/**
 * Leaves out the end-of-file characters of DOS (^Z) behind the last line. They prove that the file is whole, also where the line
 * before them has no line break.
 */
async function* withoutEndMark(text: AsyncIterable<string>): AsyncGenerator<string, void, void> {
  let held = '';
  let last = '\n';
  for await (const piece of text) {
    const whole = held + piece;
    let end = whole.length;
    while (end > 0 && whole[end - 1] === CTRL_Z) end--;
    if (whole.length - end > MAX_END_LENGTH) end = whole.length;
    held = whole.slice(end);
    if (end === 0) continue;
    last = whole[end - 1]!;
    yield whole.slice(0, end);
  }
  if (held !== '' && last !== '\n') yield '\n';
}

/** Leaves out the first lines of a file. */
function lineSkipper(lines: number): { rest(text: string): string; missing(): number } {
  let missing = lines;
  return {
    rest(text) {
      let at = 0;
      while (missing > 0) {
        const end = text.indexOf('\n', at);
        if (end < 0) return '';
        at = end + 1;
        missing--;
      }
      return at === 0 ? text : text.slice(at);
    },
    missing: () => missing,
  };
}
