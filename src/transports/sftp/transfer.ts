import type { FileEntryWithStats, Stats } from 'ssh2';
import { FileError, RetriableError } from '../../core/errors.ts';
import { fileChanged } from '../file-errors.ts';
import { youngCollector } from './cheaper.ts';
import type { SftpSession } from './connection.ts';

/**
 * How much is asked for at once, and how many requests are on their way: all the memory that a transfer takes is their product.
 * Only OpenSSH's `limits` says that large requests are answered in full; they halve the work for each byte (300 MB on
 * loopback: 240 MB/s with 64 of 32 kB, 400 with 16 of 255 kB, where OpenSSH's own client makes 430).
 */
function pace(session: SftpSession): { chunk: number; inFlight: number } {
  return session.supports('limits@openssh.com') ? { chunk: 255 * 1024, inFlight: 16 } : { chunk: 32 * 1024, inFlight: 64 };
}

/** The bytes of a file in order. RetriableError FILE_CHANGED when size or time differ after reading from before. */
export async function* download(
  session: SftpSession,
  absolute: string,
  path: string,
  system: string,
  stop: () => void,
): AsyncGenerator<Uint8Array, void, void> {
  const { chunk, inFlight } = pace(session);
  const handle = await session.call<Buffer>(path, (sftp, done) => sftp.open(absolute, 'r', done));
  const flying: Promise<Buffer>[] = [];
  try {
    const before = await session.call<Stats>(path, (sftp, done) => sftp.fstat(handle, done));
    if (isFolder(before))
      throw new FileError({ code: 'NOT_A_FILE', place: { system, file: path }, message: `${path} is a folder, not a file.` });
    // A piece may be written over once the next is asked for: fresh buffers for each would lie about until a large collection.
    const free: Buffer[] = [];
    const collect = youngCollector();
    const part = (from: number) => {
      const length = Math.min(chunk, before.size - from);
      const bytes = readPart(session, handle, path, from, (free.pop() ?? Buffer.allocUnsafeSlow(length)).subarray(0, length));
      bytes.catch(() => {}); // looked at when its turn comes
      return bytes;
    };
    for (let next = 0; next < before.size || flying.length;) {
      stop();
      for (; flying.length < inFlight && next < before.size; next += chunk) flying.push(part(next));
      const bytes = await flying.shift()!;
      if (bytes.length < chunk && flying.length) throw fileChanged(system, path);
      yield bytes;
      free.push(bytes);
      collect(bytes.length);
    }
    const after = await session
      .call<Stats>(path, (sftp, done) => sftp.stat(absolute, done))
      .catch((error: unknown) => {
        if (error instanceof FileError) throw fileChanged(system, path); // taken away while it was read
        throw error;
      });
    if (after.size !== before.size || after.mtime !== before.mtime) throw fileChanged(system, path);
  } finally {
    await Promise.allSettled(flying);
    await session.call<void>(path, (sftp, done) => sftp.close(handle, done)).catch(() => {}); // a lost session has closed it
  }
}

/** A server may answer less than it was asked for; the rest is asked for again. Ends short only at the end of the file. */
async function readPart(session: SftpSession, handle: Buffer, path: string, from: number, buffer: Buffer): Promise<Buffer> {
  const { length } = buffer;
  let filled = 0;
  while (filled < length) {
    const got = await session.call<number>(path, (sftp, done) =>
      sftp.read(handle, buffer, filled, length - filled, from + filled, (error, bytes) => done(error, bytes)),
    );
    if (got === 0) break;
    filled += got;
  }
  return filled === length ? buffer : buffer.subarray(0, filled);
}

/** Writes a new file (it must not exist) and checks that the server has it whole. */
export async function upload(
  session: SftpSession,
  absolute: string,
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  system: string,
  stop: () => void,
): Promise<void> {
  const { chunk, inFlight } = pace(session);
  const handle = await session.call<Buffer>(path, (sftp, done) => sftp.open(absolute, 'wx', done));
  const flying: Promise<void>[] = [];
  let written = 0;
  try {
    for await (const source of bytes) {
      for (let at = 0; at < source.length; at += chunk) {
        stop();
        // A copy: the source may use its buffer again while this part waits for the server.
        const part = Buffer.from(source.subarray(at, at + chunk));
        const position = written;
        written += part.length;
        const sent = session.call<void>(path, (sftp, done) => sftp.write(handle, part, 0, part.length, position, done));
        sent.catch(() => {});
        flying.push(sent);
        if (flying.length >= inFlight) await flying.shift();
      }
    }
    await Promise.all(flying);
    if (session.supports('fsync@openssh.com')) await session.call<void>(path, (sftp, done) => sftp.ext_openssh_fsync(handle, done));
  } finally {
    await Promise.allSettled(flying);
    await session.call<void>(path, (sftp, done) => sftp.close(handle, done)).catch(() => {});
  }
  const { size } = await session.call<Stats>(path, (sftp, done) => sftp.stat(absolute, done));
  if (size !== written)
    throw new RetriableError({
      code: 'UPLOAD_INCOMPLETE',
      place: { system, file: path },
      message: `The server has ${size} of the ${written} bytes that were sent for ${path}; it was not put in place.`,
      hint: "It is tried again; if it goes on, the server's disk or quota may be full.",
    });
}

/** The file type, from the attributes or, where a server leaves the mode out, from the listing's text. */
export function isPlainFile(entry: FileEntryWithStats): boolean {
  return entry.attrs.mode ? entry.attrs.isFile() : !/^[dlbcps]/.test(entry.longname);
}

export function isLink(entry: FileEntryWithStats): boolean {
  return entry.attrs.mode ? entry.attrs.isSymbolicLink() : entry.longname.startsWith('l');
}

/** Some servers leave the mode out of a file's attributes; nothing is then known to be a folder, and nothing known not to be one. */
export function isFolder(stats: Stats): boolean {
  return stats.mode ? stats.isDirectory() : false;
}

export function mayBeFolder(stats: Stats): boolean {
  return stats.mode ? stats.isDirectory() : true;
}
