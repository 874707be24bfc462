import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError } from '../../core/errors.ts';
import type { Kept } from '../../formats/unpack/unpack.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../../store/private-files.ts';
import type { FileTransport, RemoteFile } from '../../transports/transport.ts';
import { type HashBehind, hashBehind } from './hash-behind.ts';

/** A fetched copy of a remote file: it cannot change any more while it is read twice. */
export interface Spooled extends Kept {
  sha256: string;
}

/** Fetches a file into the spool folder and takes its content hash on the way. `onMegabyte` is told of each that has come. */
export async function spool(
  transport: FileTransport,
  file: RemoteFile,
  folder: string,
  maxSize: number | undefined,
  signal: AbortSignal,
  onMegabyte: (megabytes: number) => void = () => {},
  whileHashing: () => void = () => {},
): Promise<Spooled> {
  const digest = createHash('sha256');
  const path = spoolPath(folder);
  let behind: HashBehind | undefined;
  let size = 0;
  async function* hashed(): AsyncGenerator<Uint8Array, void, void> {
    let whole = false;
    if ((file.size ?? 0) > THREAD_BYTES) behind = hashBehind(path);
    try {
      for await (const chunk of transport.read(file.path)) {
        signal.throwIfAborted();
        if (Math.floor((size + chunk.length) / MEGABYTE) > Math.floor(size / MEGABYTE))
          onMegabyte(Math.floor((size + chunk.length) / MEGABYTE));
        size += chunk.length;
        if (maxSize !== undefined && size > maxSize)
          throw new FileError({
            code: 'FILE_TOO_LARGE',
            place: { file: file.path },
            message: `The file is larger than ${maxSize.toLocaleString('en-US')} bytes, the limit that the connector sets, so nothing of it was used.`,
            hint: 'If files of this size are normal, raise max_size of the stream in the connector. If not, ask the sender what happened.',
          });
        if (!behind) digest.update(chunk);
        yield chunk;
        // It is written: the next one is asked for. A file may be larger than was said.
        if (size > 2 * THREAD_BYTES) behind ??= hashBehind(path);
        behind?.wrote(size);
      }
      whole = true;
    } finally {
      if (!whole) await behind?.stop();
    }
  }
  const kept = await keep(hashed(), folder, path);
  if (!behind) return { ...kept, sha256: digest.digest('hex') };
  const hash = behind.digest(size);
  whileHashing();
  return { ...kept, sha256: await hash };
}

/** A file larger than this is hashed in a thread of its own, from its beginning: fetching is what takes time, and hashing a part of it. */
const THREAD_BYTES = 32_000_000;

const MEGABYTE = 1_000_000;

function spoolPath(folder: string): string {
  return join(folder, `${randomUUID()}.spool`);
}

/** Writes bytes to a file of the spool folder, under a name of its own, for this account alone. */
export async function keep(bytes: AsyncIterable<Uint8Array>, folder: string, path = spoolPath(folder)): Promise<Kept> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const out = await open(path, 'wx', PRIVATE_FILE);
  let size = 0;
  try {
    for await (const chunk of bytes) {
      size += chunk.length;
      await out.writeFile(chunk);
    }
  } catch (error) {
    await out.close();
    await rm(path, { force: true });
    throw error;
  }
  await out.close();
  return { size, at: { path }, read: () => pieces(path), remove: () => rm(path, { force: true }) };
}

const PIECE_BYTES = 1 << 16;

/**
 * Reads a file piece by piece into the same few buffers: a fresh one for each piece would lie about until the next large
 * collection. Decoders make text of a piece before they ask for the next, and copy what they carry over.
 */
async function* pieces(path: string): AsyncGenerator<Uint8Array, void, void> {
  const ring = [0, 1, 2, 3].map(() => Buffer.allocUnsafeSlow(PIECE_BYTES));
  const file = await open(path);
  try {
    for (let i = 0; ; i = (i + 1) % ring.length) {
      const { bytesRead } = await file.read(ring[i]!, 0, PIECE_BYTES, null);
      if (bytesRead === 0) return;
      yield ring[i]!.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** What killed runs left behind: nothing in the spool outlives its run, and the pipeline's lock is held. */
export async function emptySpool(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
