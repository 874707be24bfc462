import { isDeepStrictEqual } from 'node:util';
import type { StreamConfig } from '../../config/schema/connector.ts';
import { repeatFinder } from '../../connector/stream/keys.ts';
import { columnsOf } from '../../connector/stream/field-paths.ts';
import { selectorOf } from '../../connector/stream/select.ts';
import type { Variables } from '../../connector/template.ts';
import { InterlocalError, type Problem } from '../../core/errors.ts';
import type { SourceRecord, Value, Values } from '../../core/record.ts';
import { openUnpacked } from '../../connector/sink/packing.ts';
import { decodeWith } from '../../formats/formats.ts';
import { keepInMemory, packedBytes } from '../../formats/unpack/unpack.ts';
import { assignKey, lookForRepeats } from '../../engine/landing/land-batch.ts';

/** What a file reads as, before anything is landed. */
export interface Reading {
  /** In order; those that would be rejected carry their problem. */
  records: SourceRecord[];
  newColumns: readonly string[];
  /** The file as a whole was refused. */
  refused?: readonly Problem[];
}

/**
 * Reads a file, whole or in the pieces in which it comes, as a run does: unpacking, decoder, selector, contract, keys. What is thrown
 * that is not ours to throw goes on upwards. Pieces are of a file that is not packed.
 */
export async function readBytes(
  stream: StreamConfig,
  file: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  variables: Variables,
): Promise<Reading> {
  const selector = selectorOf(stream, file);
  const records: SourceRecord[] = [];
  const context = { file, ...columnsOf(stream) };
  try {
    const unpacked =
      bytes instanceof Uint8Array
        ? await openUnpacked(packedBytes(bytes), stream.retriever.files?.unpack, { file, variables, keep: keepInMemory })
        : { file, read: () => bytes };
    for await (const list of decodeWith(stream.decoder!, unpacked.read(), { ...context, file: unpacked.file }))
      records.push(...selector.select(list));
    selector.finish();
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return { records: [], newColumns: selector.newColumns(), refused: error.problems };
  }
  withKeys(records, stream);
  return { records, newColumns: selector.newColumns() };
}

/** Gives each record its key, or its problem, as loading a file does. */
export function withKeys(records: SourceRecord[], stream: StreamConfig): void {
  const repeats = repeatFinder(records.length);
  lookForRepeats(records, stream, repeats);
  for (const record of records) assignKey(record, stream, repeats);
}

export function goodOf(reading: { records: SourceRecord[] }): SourceRecord[] {
  return reading.records.filter((record) => !record.problem);
}

/** Equal values; a field that is not there is one without a value. */
export function sameValues(a: Values, b: Values): boolean {
  return differences(a, b).length === 0;
}

/** The fields that differ. */
export function differences(a: Values, b: Values): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !isDeepStrictEqual(plain(a[name]), plain(b[name])));
}

export function sameRecords(a: readonly SourceRecord[], b: readonly SourceRecord[]): boolean {
  return (
    a.length === b.length && a.every((record, i) => sameValues(record.values, b[i]!.values) && record.problem?.code === b[i]!.problem?.code)
  );
}

/** What a refusal said, for a report: codes, and the first message. */
export function saidOf(problems: readonly Problem[]): string {
  return `${[...new Set(problems.map((p) => p.code))].join(', ')}: ${problems[0]?.message ?? ''}`;
}

/** Without prototypes and absent fields, which mean nothing here. */
function plain(value: Value | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, plain(inner)]])));
}
