import type { JsonOptions } from '../../config/schema/connector.ts';
import type { SourceRecord } from '../../core/record.ts';
import { fieldCheck } from '../field-check.ts';
import { type DecodeContext, type Format, RECORDS_AT_ONCE } from '../format.ts';
import { encodeJson } from './encode.ts';
import { jsonRows } from './rows.ts';
import type { JsonRow } from './rows.ts';
import { JsonDefect, jsonScanner } from './scan.ts';
import { excerpt, problemIn, refuseFile } from '../refuse.ts';
import { decodeText } from '../text/decoding.ts';
import { textLines } from '../text/lines.ts';

/** JSON: one document with a list of records, or one document a line. Problems: docs/errors.md under FILE_ and JSON_. */
export const json: Format<JsonOptions> = { name: 'json', decode: decodeJson, encode: encodeJson };

async function* decodeJson(
  bytes: AsyncIterable<Uint8Array>,
  options: JsonOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const check = fieldCheck(context);
  for await (const records of options.lines ? lineRecords(bytes, options, context) : documentRecords(bytes, options, context)) {
    check.see(records);
    yield records;
  }
  check.finish();
}

async function* lineRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: JsonOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  let number = 0;
  for await (const { lines, first, terminated } of textLines(
    decodeText(bytes, options.encoding ?? 'utf-8', { ...context, lines: true }),
    context.file,
    options.max_bytes,
  )) {
    const records: SourceRecord[] = [];
    for (const [i, text] of lines.entries()) {
      if (text.trim() === '') continue;
      const lastAndCut = !terminated && i === lines.length - 1;
      placed(context.file, text, first + i - 1, lastAndCut, () => {
        const scanner = jsonScanner(text);
        const start = scanner.skipSpace(0);
        const value = scanner.readValue(start);
        const end = scanner.end();
        if (scanner.skipSpace(end) < text.length) scanner.fail('something follows the value on its line', scanner.skipSpace(end));
        const rows =
          options.rows === '' ? [{ value, from: start, to: end, doubled: scanner.doubled() }] : jsonRows(text, options, context.file);
        for (const row of rows) records.push(recordOf(row, text, ++number, first + i, context.file));
      });
    }
    if (records.length) yield records;
  }
}

async function* documentRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: JsonOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const pieces: string[] = [];
  for await (const piece of decodeText(bounded(bytes, options.max_bytes, context.file), options.encoding ?? 'utf-8', context))
    pieces.push(piece);
  const text = pieces.join('');
  const rows = jsonRows(text, options, context.file);
  let records: SourceRecord[] = [];
  let number = 0;
  let line = 1;
  let counted = 0;
  for (;;) {
    const next = placed(context.file, text, 0, true, () => rows.next());
    if (next.done) break;
    const { from } = next.value;
    for (let at = text.indexOf('\n', counted); at >= 0 && at < from; at = text.indexOf('\n', at + 1)) line++;
    counted = from;
    records.push(recordOf(next.value, text, ++number, line, context.file));
    if (records.length < RECORDS_AT_ONCE) continue;
    yield records;
    records = [];
  }
  if (records.length) yield records;
}

/** Turns a defect into the error that refuses the file, with its line and column. */
function placed<T>(file: string, text: string, linesBefore: number, canBeCut: boolean, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof JsonDefect)) throw error;
    const before = text.slice(0, error.offset);
    const line = linesBefore + before.split('\n').length;
    const column = error.offset - before.lastIndexOf('\n');
    if (error.ended && canBeCut)
      throw refuseFile(
        'FILE_TRUNCATED',
        file,
        { line, column },
        `The file ends in the middle of its JSON (${error.message}): it was cut off.`,
        'Have it sent again.',
      );
    throw refuseFile(
      'JSON_MALFORMED',
      file,
      { line, column },
      `${/there twice/.test(error.message) ? 'This JSON is ambiguous' : 'This is not JSON'}: ${error.message}.`,
      'The file is damaged or of another kind: have it sent again.',
    );
  }
}

function recordOf({ value, from, to, doubled }: JsonRow, text: string, number: number, line: number, file: string): SourceRecord {
  if (doubled) {
    const before = text.slice(from, doubled.offset);
    const at = { line: line + before.split('\n').length - 1, column: doubled.offset - text.lastIndexOf('\n', doubled.offset - 1) };
    return {
      values: {},
      number,
      line,
      problem: problemIn(
        'JSON_NAME_TWICE',
        file,
        { ...at, record: number },
        `The name ${JSON.stringify(excerpt(doubled.name))} appears twice in one object of this record, so it is not known which value is right.`,
        'Have it corrected in the system that wrote it, and the file sent again.',
      ),
      raw: text.slice(from, to),
    };
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return { values: value, number, line };
  const raw = text.slice(from, to);
  return {
    values: {},
    number,
    line,
    problem: problemIn(
      'ROW_NOT_AN_OBJECT',
      file,
      { line, record: number },
      `The record is not an object with fields, but ${excerpt(raw)}.`,
      'In the decoder of the connector, rows must name a list of objects: correct it, or have the right file sent.',
    ),
    raw,
  };
}

async function* bounded(bytes: AsyncIterable<Uint8Array>, most: number, file: string): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > most)
      throw refuseFile(
        'FILE_TOO_LARGE',
        file,
        {},
        `The document is larger than ${most} bytes, but one JSON document is read in one piece.`,
        'Raise max_bytes in the decoder of the connector, or have it exported with one document per line (lines: true).',
      );
    yield chunk;
  }
}
