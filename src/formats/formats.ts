import { FatalError } from '../core/errors.ts';
import type { SourceRecord, Values } from '../core/record.ts';
import { bai2 } from './bai2/bai2.ts';
import { camt053 } from './camt053/camt053.ts';
import { csv } from './csv/csv.ts';
import { fixedWidth } from './fixed-width/fixed-width.ts';
import type { DecodeContext, DecoderConfig, EncodeContext, Format } from './format.ts';
import { json } from './json/json.ts';
import { mt940 } from './mt940/mt940.ts';
import { ofx } from './ofx/ofx.ts';
import { xlsx } from './xlsx/xlsx.ts';
import { xml } from './xml/xml.ts';

/** Every format there is, under its name in a decoder. A format that is not in this list does not exist. */
export const FORMATS = { csv, fixed_width: fixedWidth, xml, json, xlsx, bai2, mt940, ofx, camt053 } as const;

/**
 * Bytes to records, by the decoder of a connector (its options with defaults applied). Throws FileError when the file
 * as a whole cannot be trusted; see Decode.
 */
export function decodeWith(
  decoder: DecoderConfig,
  bytes: AsyncIterable<Uint8Array>,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const { format, options } = chosen(decoder, context.file);
  return format.decode(bytes, options, context);
}

/** Records to bytes, by the same options. Throws RecordError for a record that cannot be written without loss. */
export function encodeWith(
  decoder: DecoderConfig,
  records: AsyncIterable<Values[]> | Iterable<Values[]>,
  context: EncodeContext,
): AsyncGenerator<Uint8Array, void, void> {
  const { format, options } = chosen(decoder, context.file);
  if (!format.encode)
    throw new FatalError({
      code: 'FORMAT_READ_ONLY',
      place: { file: context.file },
      message: `No file was written: files in the format ${format.name} can be read but not written.`,
      hint: 'Choose another format in encoder of the connector, such as csv.',
    });
  return format.encode(records, options, context);
}

function chosen(decoder: DecoderConfig, file: string): { format: Format<unknown>; options: unknown } {
  for (const [name, format] of Object.entries(FORMATS)) {
    const options: unknown = decoder[name as keyof typeof FORMATS];
    if (options !== undefined) return { format: format as Format<unknown>, options };
  }
  throw new FatalError({
    code: 'FORMAT_UNKNOWN',
    place: { file },
    message: 'The file was not read, because the decoder of the connector names no format.',
    hint: `Name one in the connector, such as csv: {}. There are ${Object.keys(FORMATS).join(', ')}.`,
  });
}
