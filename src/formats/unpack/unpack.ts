import type { Packed } from './packed.ts';
import type { UnpackStep } from '../../config/schema/packing.ts';

export type { UnpackStep };

/** A copy that lies somewhere until it is removed. */
export interface Kept extends Packed {
  remove(): Promise<void>;
}

export interface UnpackContext {
  /** The file as the person knows it; is in every problem. */
  file: string;
  /**
   * Keeps what came out of a step where the next one cannot read it as a stream: what is in an archive is known only at its
   * end, and of what was encrypted nothing may be used before all of it proved to be unaltered.
   */
  keep(bytes: AsyncIterable<Uint8Array>): Promise<Kept>;
  signal?: AbortSignal | undefined;
}

export interface Unpacked {
  /** The file, with the entry of an archive: `bundle.zip › receipts.csv`. */
  file: string;
  /** About how many bytes will come; for sizing only. */
  expected: number;
  /** The bytes for the decoder, as often as wanted. Throws FileError where the file cannot be trusted, at the latest at its end. */
  read(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** What a compressed byte usually comes to. */
const USUAL_RATIO = 10;

/**
 * Undoes the steps, the outermost first. Keys in the steps are armored text. Throws FileError for what is not packed so,
 * damaged, cut off, of somebody else's key or too large; FatalError PGP_KEY_UNREADABLE where our own keys are not keys.
 */
export async function openPacked(packed: Packed, steps: readonly UnpackStep[], context: UnpackContext): Promise<Unpacked> {
  const kept: Kept[] = [];
  let { file } = context;
  let at: Packed | undefined = packed;
  let read = (): AsyncIterable<Uint8Array> => packed.read();
  let { size: expected } = packed;
  const keep = async (bytes: AsyncIterable<Uint8Array>): Promise<Kept> => {
    const copy = await context.keep(bytes);
    kept.push(copy);
    return copy;
  };
  const close = async (): Promise<void> => void (await Promise.all(kept.map((copy) => copy.remove())));
  try {
    for (const { gzip, zip, pgp } of steps) {
      if (gzip) {
        const { gunzipped } = await import('./gzip.ts');
        const [before, name] = [read, file];
        read = () => gunzipped(before(), gzip, name, context.signal);
        at = undefined;
        expected *= USUAL_RATIO;
      } else if (zip) {
        const { openEntry } = await import('./zip.ts');
        const entry = await openEntry(at ?? (await keep(read())), zip, file, context.signal);
        file = entry.file;
        read = entry.read;
        at = undefined;
        expected *= USUAL_RATIO;
      } else if (pgp) {
        const { decrypted } = await import('./pgp.ts');
        const copy = await keep(decrypted(read(), pgp, file, context.signal));
        at = copy;
        read = () => copy.read();
        expected = copy.size;
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { file, expected, read, close };
}

/** Bytes in memory, for what is small: recordings and samples. */
export function packedBytes(bytes: Uint8Array): Kept {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    size: buffer.length,
    at: { bytes: buffer },
    async *read() {
      for (let from = 0; from < buffer.length; from += PIECE) yield buffer.subarray(from, from + PIECE);
    },
    remove: () => Promise.resolve(),
  };
}

const PIECE = 65_536;

/** Keeps what comes out of a step in memory. */
export async function keepInMemory(bytes: AsyncIterable<Uint8Array>): Promise<Kept> {
  return packedBytes(await collected(bytes));
}

/** What comes piece by piece, whole. Whoever reads files uses their buffers again: each piece is copied. */
export async function collected(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}
