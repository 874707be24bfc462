import { pipeline, Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import { AbortedError } from '../../core/errors.ts';
import type { FileError } from '../../core/errors.ts';
import { refuseFile } from '../refuse.ts';

export interface Limits {
  max_size: number;
  max_ratio: number;
  /** What raises the size, for messages; default: the step of unpack. */
  raise?: string;
}

/** So much may always come out: small files of blanks and zeros pack very well. */
const FREE_BYTES = 10_000_000;

/**
 * Passes bytes on and counts them; refuses the file as soon as more came out than may, so a small file cannot fill disk
 * or memory. `taken`: how many packed bytes went in until now. Throws FileError UNPACKED_TOO_LARGE.
 */
export async function* limited(
  bytes: AsyncIterable<Uint8Array>,
  limits: Limits,
  taken: () => number,
  file: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  let size = 0;
  for await (const piece of bytes) {
    if (signal?.aborted) throw new AbortedError({ code: 'ABORTED', place: { file }, message: 'Stopped on request.' });
    size += piece.length;
    if (size > limits.max_size)
      throw refuseFile(
        'UNPACKED_TOO_LARGE',
        file,
        {},
        `Unpacked, the file is larger than ${limits.max_size.toLocaleString('en-US')} bytes, the limit that the connector sets.`,
        `Raise ${limits.raise ?? 'max_size of this step of unpack'} in the connector if such files are expected.`,
      );
    if (size > FREE_BYTES && size > taken() * limits.max_ratio)
      throw refuseFile(
        'UNPACKED_TOO_LARGE',
        file,
        {},
        `The file unpacks to more than ${limits.max_ratio} times its size: it was made to fill disks, or contains almost nothing but blanks.`,
        limits.raise
          ? 'Have it sent in another format.'
          : 'If the system really writes such files, raise max_ratio of this step of unpack in the connector.',
      );
    yield piece;
  }
}

export interface Inflated {
  bytes: AsyncGenerator<Uint8Array, void, void>;
  /** How many packed bytes were used until now. */
  taken(): number;
}

/**
 * Runs packed bytes through one of zlib's streams. `explain` makes the error of what zlib calls wrong (`Z_DATA_ERROR`,
 * `Z_BUF_ERROR`: the bytes end too early).
 */
export function inflated(
  packed: AsyncIterable<Uint8Array>,
  engine: Transform & { bytesWritten: number },
  explain: (code: string) => FileError,
): Inflated {
  async function* bytes(): AsyncGenerator<Uint8Array, void, void> {
    // Streams queue pieces, and who reads files uses their buffers again: each piece is copied.
    const stream = pipeline(Readable.from(copies(packed)), engine, () => {});
    try {
      yield* stream as AsyncIterable<Uint8Array>;
    } catch (error) {
      const { code } = error as { code?: string };
      throw code?.startsWith('Z_') ? explain(code) : error;
    } finally {
      stream.destroy();
    }
  }
  return { bytes: bytes(), taken: () => engine.bytesWritten };
}

async function* copies(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of bytes) if (piece.length) yield Buffer.from(piece);
}
