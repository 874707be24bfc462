import { FatalError } from '../core/errors.ts';
import type { SourceRecord } from '../core/record.ts';
import { csv } from './csv.ts';
import type { DecodeContext, DecoderConfig } from './format.ts';

/** Every format there is. A format that is not in this list does not exist. */
export const FORMATS = { csv } as const;

/** Bytes to records, by the decoder of a connector, whose options have their defaults applied. Errors: see Decode. */
export function decodeWith(decoder: DecoderConfig, bytes: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncGenerator<SourceRecord[], void, void> {
  if (decoder.csv) return csv.decode(bytes, decoder.csv, context);
  throw new FatalError({ code: 'FORMAT_UNKNOWN', place: { file: context.file }, message: 'The decoder names no format.' });
}
