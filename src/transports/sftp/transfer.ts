import type { Stats } from 'ssh2';
import { FileError, RetriableError } from '../../core/errors.ts';
import { fileChanged, notAFile, sizeWrong, uploadTaken } from '../file-errors.ts';
import { youngCollector } from './cheaper.ts';
import type { SftpSession } from './connection.ts';
import { kindOfStats } from './kind.ts';
import type { Patience } from '../patience.ts';
import { SftpFailure } from './status.ts';

/**
 * How much is asked for at once, and how many requests are on their way: all the memory that a transfer takes is their product.
 * Only OpenSSH's `limits` says that large requests are answered in full; they halve the work for each byte (300 MB on
 * loopback: 240 MB/s with 64 of 32 kB, 400 with 16 of 255 kB, where OpenSSH's own client makes 430).
 */
function pace(session: SftpSession): { chunk: number; inFlight: number } {
  return session.supports('limits@openssh.com') ? { chunk: 255 * 1024, inFlight: 16 } : { chunk: 32 * 1024, inFlight: 64 };
}

/** What one transfer of a file is bound by. */
export interface Transfer {
  system: string;
  /** Throws when a person asked to stop. */
  stop: () => void;
  waiting: Patience;
}

/**
 * The bytes of a file in order, to its end. What the server says of the size decides only how much is asked for at once: RetriableError
 * FILE_CHANGED when size or time differ after reading from before, FileError FILE_SIZE_WRONG when they do not and the content has another size.
 */
export async function* download(
  session: SftpSession,
  absolute: string,
  path: string,
  { system, stop: stopped, waiting }: Transfer,
): AsyncGenerator<Uint8Array, void, void> {
  const { chunk, inFlight } = pace(session);
  const handle = await session.call<Buffer>(path, (sftp, done) => sftp.open(absolute, 'r', done));
  const flying: Promise<Buffer>[] = [];
  let over: Error | undefined;
  const stop = (): void => {
    if (over) throw over;
    stopped();
  };
  try {
    const before = await fstat(session, handle, absolute, path);
    if (kindOfStats(before) === 'folder') throw notAFile(system, path, 'a folder, not a file');
    // A piece may be written over once the next is asked for: fresh buffers for each would lie about until a large collection.
    const free: Buffer[] = [];
    const collect = youngCollector();
    const part = (from: number, length: number) => {
      const bytes = readPart(session, handle, path, from, stop, (free.pop() ?? Buffer.allocUnsafeSlow(chunk)).subarray(0, length));
      bytes.catch(() => {}); // looked at when its turn comes
      return bytes;
    };
    const said = sizeOf(before);
    const end = said ?? Number.POSITIVE_INFINITY;
    let next = 0;
    let probed = false;
    let total = 0;
    let ended = false;
    while (!ended) {
      stop();
      for (; flying.length < inFlight && next < end; next += chunk) flying.push(part(next, Math.min(chunk, end - next)));
      // After what was said to be all, there must be nothing more.
      if (next >= end && !probed && flying.length < inFlight) {
        probed = true;
        flying.push(part(end, 1));
      }
      const wanted = Math.min(chunk, end - total);
      const bytes = await waiting.wait(flying.shift()!, (error) => (over = error));
      total += bytes.length;
      ended = bytes.length < wanted || (probed && flying.length === 0) || total > end;
      if (total > end) break;
      if (bytes.length) yield bytes;
      free.push(Buffer.from(bytes.buffer, bytes.byteOffset, chunk));
      collect(bytes.length);
    }
    // What was asked for beyond the end must be empty; otherwise the file grew while it was read.
    const beyond = await Promise.all(flying.splice(0));
    if (total <= end && beyond.some((bytes) => bytes.length > 0)) throw fileChanged(system, path);
    const after = await session
      .call<Stats>(path, (sftp, done) => sftp.stat(absolute, done))
      .catch((error: unknown) => {
        if (error instanceof FileError) throw fileChanged(system, path); // taken away while it was read
        throw error;
      });
    if (sizeOf(after) !== said || after.mtime !== before.mtime) throw fileChanged(system, path);
    if (said !== undefined && total !== said) throw sizeWrong(system, path, said, total > said ? 'more' : `${total}`);
  } finally {
    await Promise.allSettled(flying);
    await session.call<void>(path, (sftp, done) => sftp.close(handle, done)).catch(() => {}); // a lost session has closed it
  }
}

/** Some servers have no FSTAT. */
async function fstat(session: SftpSession, handle: Buffer, absolute: string, path: string): Promise<Stats> {
  try {
    return await session.call<Stats>(path, (sftp, done) => sftp.fstat(handle, done));
  } catch (error) {
    if (!(error instanceof SftpFailure)) throw error;
    return session.call<Stats>(path, (sftp, done) => sftp.stat(absolute, done));
  }
}

/** undefined where the server's answer has none. */
export function sizeOf(stats: Stats): number | undefined {
  return typeof stats.size === 'number' ? stats.size : undefined;
}

/** A server may answer less than it was asked for; the rest is asked for again. Ends short only at the end of the file. */
async function readPart(
  session: SftpSession,
  handle: Buffer,
  path: string,
  from: number,
  stop: () => void,
  buffer: Buffer,
): Promise<Buffer> {
  const { length } = buffer;
  let filled = 0;
  while (filled < length) {
    stop();
    const got = await session.call<number>(path, (sftp, done) =>
      sftp.read(handle, buffer, filled, length - filled, from + filled, (error, bytes) => done(error, bytes)),
    );
    if (got === 0) break;
    filled += got;
  }
  return filled === length ? buffer : buffer.subarray(0, filled);
}

/**
 * Writes a file and makes sure that the server has it whole. `mode`: `wx` for a file that must not exist, `w` to write over one. Throws
 * UPLOAD_TAKEN when it was closed well and is gone.
 */
export async function upload(
  session: SftpSession,
  absolute: string,
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { system, stop, waiting, mode, onOpen }: Transfer & { mode: 'w' | 'wx'; onOpen?: (() => void) | undefined },
): Promise<void> {
  const { chunk, inFlight } = pace(session);
  const handle = await session.call<Buffer>(path, (sftp, done) => sftp.open(absolute, mode, done));
  onOpen?.();
  const flying: Promise<void>[] = [];
  let written = 0;
  let sent = false;
  try {
    for await (const source of bytes) {
      for (let at = 0; at < source.length; at += chunk) {
        stop();
        // A copy: the source may use its buffer again while this part waits for the server.
        const part = Buffer.from(source.subarray(at, at + chunk));
        const position = written;
        written += part.length;
        const sending = session.call<void>(path, (sftp, done) => sftp.write(handle, part, 0, part.length, position, done));
        sending.catch(() => {});
        flying.push(sending);
        if (flying.length >= inFlight) await waiting.wait(flying.shift()!);
      }
    }
    await waiting.wait(Promise.all(flying));
    if (session.supports('fsync@openssh.com')) await session.call<void>(path, (sftp, done) => sftp.ext_openssh_fsync(handle, done));
    sent = true;
  } finally {
    await Promise.allSettled(flying);
    const closing = session.call<void>(path, (sftp, done) => sftp.close(handle, done));
    // Servers that write only now say here that the disk is full.
    if (sent) await closing;
    else await closing.catch(() => {});
  }
  const there = await session
    .call<Stats>(path, (sftp, done) => sftp.stat(absolute, done))
    .catch((error: unknown) => {
      throw error instanceof FileError ? uploadTaken(system, path, written) : error;
    });
  const size = sizeOf(there);
  if (size !== undefined && size !== written)
    throw new RetriableError(
      {
        code: 'UPLOAD_INCOMPLETE',
        place: { system, file: path },
        message: `The server has ${size} of the ${written} bytes that were sent for ${path}.`,
        hint: "If this continues, ask the owner of the server whether its disk or the account's quota is full.",
      },
      { passes: true },
    );
}

/** Where the kind is not said, nothing is known not to be a folder. */
export function mayBeFolder(stats: Stats): boolean {
  return (kindOfStats(stats) ?? 'folder') === 'folder';
}
