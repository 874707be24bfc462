import type { SinkConfig } from '../../config/schema/connector.ts';
import { FatalError, type Place, type Problem, RecordError } from '../../core/errors.ts';
import type { Values } from '../../core/record.ts';
import { encodeWith } from '../../formats/formats.ts';
import { MAX_PROBLEMS } from '../stream/control.ts';
import { textAt } from '../stream/figures.ts';
import { jsonTypesOf } from './json-body.ts';
import { fileNameOf, groupsOf, keyText, rowsOf } from './sink-rows.ts';
import { writtenDate } from './sink-dates.ts';
import { totalsOf } from './sink-sums.ts';
import { writtenValues } from './sink-values.ts';
import type { Variables } from '../template.ts';

export interface SinkContext {
  /** The day that the file is for, YYYY-MM-DD. */
  date: string;
  /** Grows by one with each file that is sent; kept by the outbox. */
  sequence: number;
  /** `options.NAME` of the connection. */
  variables?: Variables;
}

/** A file as it is to be dropped, with the figures that tell what is in it. */
export interface RenderedFile {
  name: string;
  /** Not packed yet: see packedForSending. */
  bytes: Uint8Array;
  /** How many records, which may be fewer than rows. */
  count: number;
  /** The sums that the sink lists as totals, as exact text. */
  totals: Record<string, string>;
  /** What its name was made of. */
  scope: Variables;
}

/**
 * Records to one file. Records are plain: dates YYYY-MM-DD, amounts 1234.50, everything else text; null and missing are the
 * same. Pure: the same records in the same context give the same bytes. Throws RecordError with everything that is wrong with
 * the records (nothing is cut off, nothing left out), FatalError where the sink writes no files or there is nothing to write.
 */
export async function renderSink(sink: SinkConfig, records: readonly Values[], context: SinkContext): Promise<RenderedFile> {
  const { file, request } = sink.target;
  if ((!file && !request) || !sink.encoder)
    throw new FatalError({
      code: 'SINK_WRITES_NO_FILE',
      place: {},
      message: 'This sink has no file target with an encoder, so no file can be written for it.',
      hint: 'Add target.file and encoder to the sink in the connector.',
    });
  const scope = sinkScope(sink, context);
  const name = file ? fileNameOf(file.name, scope) : (request!.path ?? request!.operation ?? '');
  if (records.length === 0)
    throw new FatalError({
      code: 'NOTHING_TO_WRITE',
      place: { file: name },
      message: 'There is no record to write, and an empty file is never sent.',
      hint: 'Give at least one record.',
    });
  const problems: Problem[] = [...repeatedKeys(sink, records, name), ...mixed(sink, records, name)];
  const written = records.map((values, i) => writtenValues(sink, values, { file: name, record: i + 1 }, problems));
  if (problems.length > 0) throw new RecordError(problems.slice(0, MAX_PROBLEMS));
  const rows = rowsOf(sink, written, scope, name);
  return { name, bytes: await encodedRows(sink, rows, name), count: records.length, totals: totalsOf(sink, written), scope };
}

/** `{{ date }}`, `{{ sequence }}` and the connection's options, as this sink writes them. */
export function sinkScope(sink: SinkConfig, context: SinkContext): Variables {
  return {
    ...context.variables,
    date: writtenDate(context.date, sink.date_format),
    sequence: String(context.sequence).padStart(sink.sequence_digits, '0'),
  };
}

/** Everything that the system would not take of one record, told before it is sent; none when it can be. */
export function problemsOfRecord(sink: SinkConfig, values: Values, place: Place): Problem[] {
  const problems: Problem[] = [];
  writtenValues(sink, values, { file: '', record: 1 }, problems);
  // A part of a key may be empty, such as the sub-property of a property that is whole.
  const [first] = sink.idempotency_key;
  if (sink.idempotency_key.every((field) => textAt(values, field) === '') && !problems.some((p) => p.place.path === first))
    problems.push({
      code: 'FIELD_REQUIRED',
      place: { path: first },
      message: `${sink.idempotency_key.map((field) => `"${field}"`).join(' and ')} ${sink.idempotency_key.length === 1 ? 'has' : 'have'} no value, but the other system recognizes the record by it, so it is not sent.`,
      hint: 'Give it a value in the mapping, or correct the record in the system that it comes from.',
    });
  return problems.map((problem) => ({ ...problem, place: { ...place, path: problem.place.path } }));
}

/** The key of a record in a sink, as the outbox knows it. */
export function sinkKey(sink: SinkConfig, values: Values): string {
  return keyText(values, sink.idempotency_key);
}

/** Records to lists that go to a file each, by the sink's `file_per`; in the order in which they come. */
export function filesOf(sink: SinkConfig, records: readonly Values[]): Values[][] {
  return groupsOf(records, sink.file_per);
}

/** Rows to the bytes of a file. Throws RecordError for one that cannot be written without loss. */
export async function encodedRows(sink: SinkConfig, rows: Values[], file: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of encodeWith(sink.encoder!, [rows], { file, jsonTypes: jsonTypesOf(sink) })) parts.push(part);
  return Buffer.concat(parts);
}

/** Two records of one key are one thing sent twice, such as one header for each ledger row of a receipt. */
function repeatedKeys(sink: SinkConfig, records: readonly Values[], file: string): Problem[] {
  const seen = new Map<string, number>();
  return records.flatMap((values, i) => {
    const key = keyText(values, sink.idempotency_key);
    const before = seen.get(key);
    seen.set(key, before ?? i + 1);
    if (before === undefined) return [];
    return [
      {
        code: 'KEY_REPEATED',
        place: { file, record: i + 1, path: sink.idempotency_key[0]! },
        message: `The records ${before} and ${i + 1} are both ${sink.idempotency_key.map((field) => `${field} ${textAt(values, field)}`).join(', ')}.`,
        hint: 'The other system would enter the record twice. Send it as one record that contains its lines (from a list in the mapping).',
      },
    ];
  });
}

function mixed(sink: SinkConfig, records: readonly Values[], file: string): Problem[] {
  const first = records[0]!;
  return sink.file_per.flatMap((field) => {
    const other = records.findIndex((values) => textAt(values, field) !== textAt(first, field));
    if (other < 0) return [];
    return [
      {
        code: 'FILE_MIXED',
        place: { file, record: other + 1, path: field },
        message: `No file was written: the other system takes one ${field} per file, but this record has ${JSON.stringify(textAt(records[other]!, field))} where the first has ${JSON.stringify(textAt(first, field))}.`,
        hint: `Send one file for each ${field}.`,
      },
    ];
  });
}
