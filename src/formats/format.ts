import type { ConnectorConfig, DecoderConfig } from '../config/schema/connector.ts';
import type { SourceRecord, Value, Values } from '../core/record.ts';
import type { JsonTypes } from './json/types.ts';

export type { ConnectorConfig, DecoderConfig };

/** A decoder hands records over when it has so many: of 1000 a tenth outlived what made them, and a first load took a tenth more time. */
export const RECORDS_AT_ONCE = 100;

/** What a decoder is told about where the bytes come from. */
export interface DecodeContext {
  /** The file as the person knows it; is in every problem. */
  file: string;
  /** Who says what the encoding is, for messages; default: the connector. */
  saidBy?: string | undefined;
  /** Columns that the stream requires; a missing one refuses the file with what was found instead. */
  requiredColumns?: readonly string[];
  /** Columns that the stream knows; others are reported once through `onNewColumns`. */
  knownColumns?: readonly string[];
  /** Told of the columns of a header before anything is found wrong with them. */
  onColumns?: (columns: readonly string[]) => void;
  onNewColumns?: (columns: readonly string[]) => void;
  /**
   * Asked of a row that fits its header, before a record is made of it: true leaves it out, and its number is passed over. `values` is the
   * same list each time. A decoder need not ask.
   */
  isUnchanged?: ((columns: readonly string[], values: readonly Value[]) => boolean) | undefined;
  /** Of a file that probably says much that was read before. A decoder need not ask. */
  passages?: Passages | undefined;
  signal?: AbortSignal;
}

/** Text that comes again in file after file: some rows together, in their order. What rows a text is, it says alone. */
export interface Passages {
  /** What the passage is known by: its text, under these columns. */
  nameOf(columns: readonly string[], text: string): string;
  /** How many rows are left out, because they are known; 0: they are read. Their numbers are passed over. */
  leaveOut(name: string): number;
  /** So many rows from this number on were the passage that was asked about last, and it was not left out. */
  read(name: string, number: number, count: number): void;
}

export interface EncodeContext {
  file: string;
  /** Which values JSON writes as numbers, true and false. Without it every scalar is a text. */
  jsonTypes?: JsonTypes | undefined;
}

/**
 * Bytes to records. Yields records in the order of the file, in lists of any length (a list, not single records,
 * because an await per record costs more than the parsing). Reads as a stream: memory does not grow with the file.
 * Throws FileError, with every problem found up to then (at most 20), when the file as a whole cannot be trusted:
 * wrong encoding, cut off, missing column, malformed structure. A single record that cannot be read (a ragged row)
 * is yielded with `problem` and `raw`.
 */
export type Decode<Options> = (
  bytes: AsyncIterable<Uint8Array>,
  options: Options,
  context: DecodeContext,
) => AsyncGenerator<SourceRecord[], void, void>;

/**
 * Records to bytes, the inverse of decode: decode(encode(records)) gives the records again.
 * Throws RecordError when a record cannot be written without loss (a value wider than its field).
 */
export type Encode<Options> = (
  records: AsyncIterable<Values[]> | Iterable<Values[]>,
  options: Options,
  context: EncodeContext,
) => AsyncGenerator<Uint8Array, void, void>;

export interface Format<Options> {
  name: string;
  decode: Decode<Options>;
  encode?: Encode<Options>;
}
