import { pipeline } from 'node:stream';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { AbortedError, FatalError, InterlocalError, RetriableError } from '../../core/errors.ts';
import { networkError } from '../network.ts';
import type { Patience } from '../patience.ts';

interface BodyLimits {
  system: string;
  url: URL;
  /** How long it may take. */
  waiting: Patience;
  maxBytes: number;
  /** The content-encoding header. */
  packing: string | undefined;
  signal?: AbortSignal | undefined;
  /** Asked when all of it was read: did more bytes come than its Content-Length says? */
  surplus?: () => boolean;
}

/** axios would unpack too, but takes a packed answer that was cut off for whole; zlib by itself does not. */
const UNPACKERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The bytes of an answer, with an end to silence and to size (after unpacking, so a small packed answer cannot fill the
 * memory). Throws RetriableError when it breaks off, FatalError ANSWER_TOO_LARGE.
 */
export async function* readBody(
  answer: Readable,
  { system, url, waiting, maxBytes, packing, signal, surplus }: BodyLimits,
): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  const packed = packing !== undefined && packing !== '' && packing !== 'identity';
  const unpacker = packed ? UNPACKERS[packing.toLowerCase()] : undefined;
  if (packed && !unpacker) {
    answer.destroy();
    throw new FatalError({
      code: 'ANSWER_UNREADABLE',
      place: { system },
      message: `The answer of ${url.host} uses the content encoding ${packing}, which is not supported.`,
      hint: 'Ask the owner of the system to send it as gzip or uncompressed.',
    });
  }
  const body: Readable = unpacker ? pipeline(answer, unpacker(), () => {}) : answer;
  const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await waiting.wait(pieces.next(), () => body.destroy());
      if (step.done) break;
      const bytes = step.value;
      size += bytes.length;
      if (size > maxBytes)
        throw new FatalError({
          code: 'ANSWER_TOO_LARGE',
          place: { system },
          message: `The answer of ${url.host} is larger than ${maxBytes} bytes.`,
          hint: 'Nothing of it was used. If such answers are normal, raise max_bytes of the connection; otherwise have the connector request less at a time (a paginator, a shorter window).',
        });
      yield bytes;
    }
    if (surplus?.())
      throw new FatalError({
        code: 'ANSWER_UNREADABLE',
        place: { system },
        message: `${url.host} sent more bytes than the Content-Length of its answer says, so the answer may be incomplete. None of it was used.`,
        hint: 'Ask the owner of the system to correct the header; a program that counts characters in place of bytes is a common reason.',
      });
  } catch (error) {
    if (signal?.aborted) throw new AbortedError({ code: 'ABORTED', place: { system }, message: 'Stopped on request.' });
    if (error instanceof InterlocalError) throw error;
    throw brokenOff(error, system, url);
  } finally {
    body.destroy();
  }
}

function brokenOff(error: unknown, system: string, url: URL): Error {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'Z_DATA_ERROR' || code.startsWith('ERR_BROTLI') || code === 'ERR__ERROR_FORMAT')
    return new FatalError({
      code: 'ANSWER_UNREADABLE',
      place: { system },
      message: `The answer of ${url.host} is compressed, but not as it declares (${code}).`,
      hint: 'Run again. If this continues, ask the owner of the system to correct how it compresses its answers.',
    });
  return (
    networkError(error, { system, host: url.hostname, port: url.port || (url.protocol === 'https:' ? 443 : 80) }) ??
    new RetriableError(
      {
        code: 'CONNECTION_LOST',
        place: { system },
        message: `The answer of ${url.host} was cut off${code ? ` (${code})` : ''}.`,
        hint: 'If this continues, ask the owner of the system to check its log.',
      },
      { passes: true },
    )
  );
}

/** All of it, as text in UTF-8; for small answers. Stops at `most` bytes without complaint. Throws as `readBody` does. */
export async function textOf(bytes: AsyncIterable<Uint8Array>, most: number): Promise<string> {
  return collected(bytes, most, (error) => {
    throw error;
  });
}

/** What arrived of it, for a message: that it broke off does not matter then. */
export async function beginningOf(bytes: AsyncIterable<Uint8Array>, most: number): Promise<string> {
  return collected(bytes, most, () => {});
}

async function collected(bytes: AsyncIterable<Uint8Array>, most: number, failed: (error: unknown) => void): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of bytes) {
      parts.push(part);
      size += part.length;
      if (size >= most) break;
    }
  } catch (error) {
    failed(error);
  }
  return Buffer.concat(parts).subarray(0, most).toString('utf8');
}
