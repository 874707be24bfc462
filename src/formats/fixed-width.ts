import type { FixedWidthOptions } from '../config/schema/connector.ts';
import type { SourceRecord } from '../core/record.ts';
import { encodeFixedWidth } from './fixed-width-encode.ts';
import { fixedLayouts } from './fixed-width-layout.ts';
import type { DecodeContext, Format } from './format.ts';
import { excerpt, refuseFile } from './refuse.ts';
import { decodeText } from './text-decoding.ts';
import { textLines } from './text-lines.ts';
import type { Lines } from './text-lines.ts';

/** Records whose fields stand at fixed characters of a line. Problems: docs/errors.md under FILE_ and RECORD_. */
export const fixedWidth: Format<FixedWidthOptions> = { name: 'fixed_width', decode: decodeFixedWidth, encode: encodeFixedWidth };

const LONGEST_LINE = 1_048_576;
/** The end-of-file character of DOS, which some systems still write. */
const CTRL_Z = '\x1a';

async function* decodeFixedWidth(
  bytes: AsyncIterable<Uint8Array>,
  options: FixedWidthOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const { file } = context;
  const layouts = fixedLayouts(options, file);
  const text = decodeText(bytes, options.encoding ?? 'utf-8', context);
  const lists = options.line_breaks ? textLines(text, file, LONGEST_LINE) : slices(text, options, file);
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
          'Have it sent again. If this system always ends its files so, set final_newline: optional in the decoder.',
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
      'Have it sent again, or change skip_lines in the decoder.',
    );
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
      'Without line breaks the length of a record must be known.',
      'Set record_length in the decoder.',
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
      `The last record has ${rest.length} characters instead of ${length} ("${excerpt(tail)}"): the file was cut off, or record_length is not right.`,
      'Have it sent again.',
    );
}
