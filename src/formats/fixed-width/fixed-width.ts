import { CTRL_Z } from '../text/end-mark.ts';
import type { FixedWidthOptions } from '../../config/schema/connector.ts';
import type { SourceRecord } from '../../core/record.ts';
import { encodeFixedWidth } from './encode.ts';
import { fixedLayouts } from './layout.ts';
import type { DecodeContext, Format } from '../format.ts';
import { excerpt, refuseFile } from '../refuse.ts';
import { decodeText } from '../text/decoding.ts';
import { textLines } from '../text/lines.ts';
import type { Lines } from '../text/lines.ts';

/** Records whose fields are at fixed characters of a line. Problems: docs/errors.md under FILE_ and RECORD_. */
export const fixedWidth: Format<FixedWidthOptions> = { name: 'fixed_width', decode: decodeJoined, encode: encodeFixedWidth };

const MAX_LINE_LENGTH = 1_048_576;
function decodeJoined(
  bytes: AsyncIterable<Uint8Array>,
  options: FixedWidthOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const records = decodeFixedWidth(bytes, options, context);
  return Object.values(options.record_types).some((type) => type.continues) ? joined(records, options, context.file) : records;
}

async function* decodeFixedWidth(
  bytes: AsyncIterable<Uint8Array>,
  given: FixedWidthOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const { file } = context;
  let text: AsyncIterable<string> = decodeText(bytes, given.encoding ?? 'utf-8', { ...context, lines: true });
  let options = given;
  if (given.line_breaks === 'detect') {
    const found = await lineBreaksOf(text, given.record_length ?? 0);
    text = found.text;
    options = { ...given, line_breaks: found.has };
  }
  const layouts = fixedLayouts(options, file);
  const lists = options.line_breaks ? textLines(text, file, MAX_LINE_LENGTH) : slices(text, options, file);
  let number = 0;
  let read = 0;
  for await (const { lines, first, terminated } of lists) {
    const records: SourceRecord[] = [];
    for (const [i, given] of lines.entries()) {
      const line = options.line_breaks ? first + i : 1;
      const last = !terminated && i === lines.length - 1;
      if (last && given.startsWith(CTRL_Z)) continue;
      if (last && options.final_newline === 'required')
        throw refuseFile(
          'FILE_TRUNCATED',
          file,
          { line },
          'The last line has no line break: the file was probably cut off while it was written or copied.',
          'Have it sent again. If this system always ends its files this way, set final_newline: optional in the decoder of the connector.',
        );
      read++;
      if (options.line_breaks && line <= options.skip_lines) continue;
      if (given === '') continue;
      const before = records.length;
      layouts.read(given, number + 1, line, last, records);
      number += records.length - before;
    }
    if (records.length) yield records;
  }
  if (options.line_breaks && read < options.skip_lines)
    throw refuseFile(
      'FILE_TRUNCATED',
      file,
      {},
      `The file ends within its first ${options.skip_lines} lines, which the connector skips.`,
      'Have it sent again, or change skip_lines in the decoder of the connector.',
    );
}

/** Is the first record followed by a line break? The text is given back with what was looked at. */
async function lineBreaksOf(text: AsyncIterable<string>, length: number): Promise<{ has: boolean; text: AsyncIterable<string> }> {
  const pieces = text[Symbol.asyncIterator]();
  let start = '';
  let more = true;
  // Line breaks before the first record say nothing, and neither does one behind a record without any other.
  while (more && start.trimStart().length <= 2 * length + 2) {
    const next = await pieces.next();
    if (next.done) more = false;
    else start += next.value;
  }
  const first = start.trimStart();
  const end = first.indexOf('\n');
  const has = end >= 0 && [...first.slice(0, end)].length <= length + 1;
  async function* again(): AsyncGenerator<string, void, void> {
    try {
      yield start;
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
    } finally {
      // Whoever stops reading early lets go of the file too.
      await pieces.return?.();
    }
  }
  return { has, text: again() };
}

/** Puts lines that go on with the text of the record before them into that record. */
async function* joined(
  lists: AsyncIterable<SourceRecord[]>,
  options: FixedWidthOptions,
  file: string,
): AsyncGenerator<SourceRecord[], void, void> {
  let last: SourceRecord | undefined;
  for await (const list of lists) {
    const done: SourceRecord[] = [];
    for (const record of list) {
      const continues = options.record_types[record.type ?? '']?.continues;
      if (!continues || record.problem) {
        if (last) done.push(last);
        last = record;
        continue;
      }
      const { field, text, with: glue } = continues;
      if (last?.problem) continue;
      if (!last || !Object.hasOwn(last.values, field))
        throw refuseFile(
          'CONTINUATION_STRAY',
          file,
          options.line_breaks === true ? { line: record.line! } : { record: record.number },
          `The line of type ${record.type} continues a text, but ${last ? `the record before it (${last.type}) has no ${field}` : 'no record comes before it'}.`,
          'A part of the file is missing: have it sent again. If the layout differs, fix continues in the decoder of the connector.',
        );
      const before = last.values[field];
      const own = record.values[text];
      if (typeof own !== 'string' || own === '') continue;
      last.values[field] = typeof before === 'string' && before !== '' ? before + glue + own : own;
      if (last.values[field].length > MAX_LINE_LENGTH)
        throw refuseFile(
          'RECORD_TOO_LARGE',
          file,
          { record: last.number },
          `The text of the record is longer than ${MAX_LINE_LENGTH} characters with its continuation lines.`,
          'The file is damaged or of another kind: have it sent again.',
        );
    }
    if (done.length) yield done;
  }
  if (last) yield [last];
}

/** Records that follow each other without line breaks. */
async function* slices(
  text: AsyncIterable<string>,
  { record_length: length, skip_lines: skip }: FixedWidthOptions,
  file: string,
): AsyncGenerator<Lines, void, void> {
  if (length === undefined)
    throw refuseFile(
      'RECORD_LENGTH',
      file,
      {},
      'Without line breaks, the record length must be known.',
      'Set record_length in the decoder of the connector.',
    );
  let rest: string[] = [];
  let whole = 0;
  let first = 1;
  for await (const piece of text) {
    // By character, not by UTF-16 unit.
    rest = rest.concat([...piece]);
    const lines: string[] = [];
    while (rest.length - whole >= length) {
      lines.push(rest.slice(whole, whole + length).join(''));
      whole += length;
    }
    rest = rest.slice(whole);
    whole = 0;
    const kept = lines.slice(Math.max(0, skip - first + 1));
    if (kept.length) yield { lines: kept, first, terminated: true };
    first += lines.length;
  }
  const tail = rest.join('');
  if (tail.replace(/[\r\n\x1a ]/g, '') !== '')
    throw refuseFile(
      'FILE_TRUNCATED',
      file,
      { record: first },
      `The last record has ${rest.length} characters instead of ${length} ("${excerpt(tail)}"): the file was cut off, or record_length is wrong.`,
      'Have it sent again.',
    );
}
