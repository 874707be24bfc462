import { InterlocalError } from '../../src/core/errors.ts';
import type { SourceRecord, Values } from '../../src/core/record.ts';
import { decoderSchema } from '../../src/config/schema/connector.ts';
import type { DecoderConfig } from '../../src/config/schema/connector.ts';
import type { DecodeContext } from '../../src/formats/format.ts';
import { decodeWith, encodeWith } from '../../src/formats/formats.ts';

/** A decoder as a connector writes it, with its defaults applied. */
export function decoder(given: object): DecoderConfig {
  return decoderSchema.parse(given);
}

export async function readAll(
  config: DecoderConfig,
  content: string | Uint8Array | Iterable<Uint8Array>,
  context: Partial<DecodeContext> = {},
): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const list of decodeWith(config, stream(content), { file: 'file', ...context })) records.push(...list);
  return records;
}

export async function valuesOf(config: DecoderConfig, content: string | Uint8Array): Promise<Values[]> {
  return (await readAll(config, content)).map((record) => {
    if (record.problem) throw new Error(record.problem.message);
    return record.values;
  });
}

/** Why a file was refused: `CODE file:line:column` and the words; the records when it was not. */
export async function refusal(
  config: DecoderConfig,
  content: string | Uint8Array | Iterable<Uint8Array>,
  context: Partial<DecodeContext> = {},
): Promise<string> {
  try {
    return `read ${(await readAll(config, content, context)).length} records`;
  } catch (error) {
    if (error instanceof InterlocalError) return error.message;
    throw error;
  }
}

export async function written(config: DecoderConfig, records: Values[][]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of encodeWith(config, records, { file: 'out' })) parts.push(part);
  return Buffer.concat(parts);
}

export async function* stream(content: string | Uint8Array | Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  if (typeof content === 'string') yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}
