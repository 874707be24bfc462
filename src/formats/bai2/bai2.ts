import type { Bai2Options } from '../../config/schema/connector.ts';
import type { SourceRecord } from '../../core/record.ts';
import { bai2Records } from './records.ts';
import { bai2Statement } from './statement.ts';
import { type DecodeContext, type Format, RECORDS_AT_ONCE } from '../format.ts';
import { decodeText } from '../text/decoding.ts';
import { textLines } from '../text/lines.ts';

/**
 * Bank statements in BAI2 (source only). One record of type 16 for each detail, one of type summary for each figure
 * that an account states of itself. The last list is not given before counts and control totals are verified.
 * Problems: BAI2_STRUCTURE, BAI2_UNBALANCED, FILE_TRUNCATED.
 */
export const bai2: Format<Bai2Options> = { name: 'bai2', decode: decodeBai2 };

const MAX_LINE_LENGTH = 1_048_576;
/** The end-of-file character of DOS. */
const CTRL_Z = /^\x1a+$/;

async function* decodeBai2(
  bytes: AsyncIterable<Uint8Array>,
  options: Bai2Options,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const assembled = bai2Records(context.file);
  const statement = bai2Statement(options, context.file);
  let records: SourceRecord[] = [];
  for await (const { lines, first, terminated } of textLines(
    decodeText(bytes, options.encoding ?? 'utf-8', { ...context, lines: true }),
    context.file,
    MAX_LINE_LENGTH,
  )) {
    for (const [i, line] of lines.entries()) {
      if (line.trim() === '' || CTRL_Z.test(line)) continue;
      for (const record of assembled.line(line, first + i, terminated || i < lines.length - 1)) records.push(...statement.take(record));
    }
    if (records.length < RECORDS_AT_ONCE) continue;
    yield records;
    records = [];
  }
  for (const record of assembled.end()) records.push(...statement.take(record));
  statement.end();
  if (records.length) yield records;
}
