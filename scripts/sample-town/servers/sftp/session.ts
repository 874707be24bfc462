import { constants, type Stats } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rmdir, stat, truncate, unlink, utimes, type FileHandle } from 'node:fs/promises';
import { join, posix } from 'node:path';
import ssh2, { type Attributes, type FileEntry, type SFTPWrapper } from 'ssh2';
import { announcePosixRename, POSIX_RENAME, renamePaths } from './extensions.ts';
import { clientPath, diskPath, OutsideRoot } from './paths.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;
/** Names per READDIR answer: as OpenSSH does it, a long listing takes several. */
const NAMES_AT_ONCE = 100;
/** More than any client asks for at once; a larger request gets this much, which the protocol allows. */
const MAX_BYTES = 256 * 1024;

type Handle = { kind: 'file'; file: FileHandle; path: string; written: boolean } | { kind: 'folder'; path: string; names: string[] };

/** The status, and the server's words, that a request is to fail with; undefined lets it be. */
export type Refuse = (
  request: 'OPEN' | 'OPENDIR' | 'RENAME' | 'FSTAT' | 'CLOSE',
  path: string,
) => { status: number; words: string } | undefined;

/** What odd servers do, for tests of clients. */
export interface SftpFaults {
  /** The attributes as this server tells them, in a listing or of one file. */
  attributes?: (attributes: Attributes, asked: 'listing' | 'stat', name: string) => Partial<Attributes>;
  /** The line of `ls -l` of a listing. */
  longName?: (name: string, line: string) => string;
  /** Awaited after a file that was written was closed, before the client is told. `path` is that on the disk. */
  closed?: (path: string) => Promise<void>;
  /** Awaited before each piece is given; at most so many bytes are given at once. */
  reading?: (path: string) => Promise<number>;
}

/** Serves one SFTP channel (protocol version 3) over the folder `root`, a real path; a read-only user's changes are refused. */
export function serveSftp(
  sftp: SFTPWrapper,
  root: string,
  readOnly: boolean,
  refuse: Refuse = () => undefined,
  faults: SftpFaults = {},
): void {
  const handles = new Map<number, Handle>();
  let nextHandle = 0;
  announcePosixRename(sftp);

  const follow = (path: string) => diskPath(root, path, { follow: true });
  const asNamed = (path: string) => diskPath(root, path, { follow: false });

  /** Answers with what the work yields, or with the status that fits its error; the error's own text would tell paths of this machine. */
  const answer = (request: number, work: () => Promise<void>): void => {
    work().catch((error: unknown) => sftp.status(request, statusOf(error)));
  };
  const unlessRefused = (request: number, kind: Parameters<Refuse>[0], path: string, work: () => Promise<void>): void => {
    const refused = refuse(kind, path);
    if (refused) sftp.status(request, refused.status, refused.words);
    else answer(request, work);
  };
  const change = (request: number, work: () => Promise<void>): void =>
    answer(request, async () => {
      if (readOnly) return void sftp.status(request, STATUS_CODE.PERMISSION_DENIED);
      await work();
      sftp.status(request, STATUS_CODE.OK);
    });
  const give = (request: number, handle: Handle): void => {
    const id = nextHandle++;
    handles.set(id, handle);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(id);
    sftp.handle(request, bytes);
  };
  const handleOf = (bytes: Buffer): Handle => {
    const handle = bytes.length === 4 ? handles.get(bytes.readUInt32BE()) : undefined;
    if (handle === undefined) throw new Error('no such handle');
    return handle;
  };
  const openFileOf = (bytes: Buffer): Handle & { kind: 'file' } => {
    const handle = handleOf(bytes);
    if (handle.kind !== 'file') throw new Error("the handle is a folder's");
    return handle;
  };
  const fileOf = (bytes: Buffer): FileHandle => openFileOf(bytes).file;
  const told = (stats: Stats, asked: 'listing' | 'stat', path: string): Attributes => {
    const all = attributes(stats);
    return (faults.attributes?.(all, asked, posix.basename(path)) ?? all) as Attributes;
  };

  sftp.on('OPEN', (request, path, flags) =>
    unlessRefused(request, 'OPEN', path, async () => {
      if (readOnly && (flags & ~OPEN_MODE.READ) !== 0) return void sftp.status(request, STATUS_CODE.PERMISSION_DENIED);
      const at = await follow(path);
      give(request, { kind: 'file', file: await open(at, openFlags(flags), 0o644), path: at, written: (flags & OPEN_MODE.WRITE) !== 0 });
    }),
  );
  sftp.on('READ', (request, handle, offset, length) =>
    answer(request, async () => {
      const { file, path } = openFileOf(handle);
      const most = (await faults.reading?.(path)) ?? MAX_BYTES;
      const buffer = Buffer.allocUnsafe(Math.min(length, most));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) sftp.status(request, STATUS_CODE.EOF);
      else sftp.data(request, buffer.subarray(0, bytesRead));
    }),
  );
  sftp.on('WRITE', (request, handle, offset, data) =>
    change(request, async () => {
      const file = fileOf(handle);
      for (let done = 0; done < data.length;) done += (await file.write(data, done, data.length - done, offset + done)).bytesWritten;
    }),
  );
  sftp.on('CLOSE', (request, handle) =>
    answer(request, async () => {
      const closed = handleOf(handle);
      handles.delete(handle.readUInt32BE());
      if (closed.kind === 'file') await closed.file.close();
      const refused = closed.kind === 'file' && closed.written ? refuse('CLOSE', closed.path) : undefined;
      if (refused) return void sftp.status(request, refused.status, refused.words);
      if (closed.kind === 'file' && closed.written) await faults.closed?.(closed.path);
      sftp.status(request, STATUS_CODE.OK);
    }),
  );

  sftp.on('STAT', (request, path) => answer(request, async () => sftp.attrs(request, told(await stat(await follow(path)), 'stat', path))));
  sftp.on('LSTAT', (request, path) =>
    answer(request, async () => sftp.attrs(request, told(await lstat(await asNamed(path)), 'stat', path))),
  );
  sftp.on('FSTAT', (request, handle) =>
    unlessRefused(request, 'FSTAT', '', async () => {
      const { file, path } = openFileOf(handle);
      sftp.attrs(request, told(await file.stat(), 'stat', path));
    }),
  );
  sftp.on('SETSTAT', (request, path, wanted) =>
    change(request, async () => {
      const file = await follow(path);
      if (wanted.size !== undefined) await truncate(file, wanted.size);
      if (wanted.mtime !== undefined) await utimes(file, wanted.atime ?? wanted.mtime, wanted.mtime);
      else await stat(file);
    }),
  );
  sftp.on('FSETSTAT', (request, handle, wanted) =>
    change(request, async () => {
      const file = fileOf(handle);
      if (wanted.size !== undefined) await file.truncate(wanted.size);
      if (wanted.mtime !== undefined) await file.utimes(wanted.atime ?? wanted.mtime, wanted.mtime);
    }),
  );

  sftp.on('OPENDIR', (request, path) =>
    unlessRefused(request, 'OPENDIR', path, async () => {
      const folder = await follow(path);
      give(request, { kind: 'folder', path: folder, names: (await readdir(folder)).sort() });
    }),
  );
  sftp.on('READDIR', (request, handle) =>
    answer(request, async () => {
      const folder = handleOf(handle);
      if (folder.kind !== 'folder') throw new Error("the handle is a file's");
      const names = folder.names.splice(0, NAMES_AT_ONCE);
      const entries = (await Promise.all(names.map((name) => entryOf(folder.path, name)))).flatMap((entry): FileEntry[] =>
        entry === undefined
          ? []
          : [
              {
                filename: entry.name,
                longname: faults.longName?.(entry.name, longName(entry.name, entry.stats)) ?? longName(entry.name, entry.stats),
                attrs: told(entry.stats, 'listing', entry.name),
              },
            ],
      );
      if (names.length === 0) sftp.status(request, STATUS_CODE.EOF);
      else sftp.name(request, entries);
    }),
  );
  sftp.on('REALPATH', (request, path) =>
    answer(request, async () => {
      const real = clientPath(path);
      sftp.name(request, [{ filename: real, longname: real, attrs: {} as Attributes }]);
    }),
  );

  sftp.on('REMOVE', (request, path) => change(request, async () => unlink(await asNamed(path))));
  sftp.on('MKDIR', (request, path) => change(request, async () => mkdir(await asNamed(path)).then(() => undefined)));
  sftp.on('RMDIR', (request, path) => change(request, async () => rmdir(await asNamed(path))));
  sftp.on('RENAME', (request, from, to) => {
    const refused = refuse('RENAME', from);
    if (refused) sftp.status(request, refused.status, refused.words);
    else change(request, async () => renameToFree(await asNamed(from), await asNamed(to)));
  });
  sftp.on('EXTENDED', (request, name, data) => {
    const paths = name === POSIX_RENAME ? renamePaths(data) : undefined;
    if (paths === undefined) return void sftp.status(request, name === POSIX_RENAME ? STATUS_CODE.BAD_MESSAGE : STATUS_CODE.OP_UNSUPPORTED);
    const refused = refuse('RENAME', paths[0]);
    if (refused) return void sftp.status(request, refused.status, refused.words);
    change(request, async () => rename(await asNamed(paths[0]), await asNamed(paths[1])));
  });

  // a client that goes away leaves its handles open
  sftp.on('close', () => {
    for (const handle of handles.values()) if (handle.kind === 'file') handle.file.close().catch(() => undefined);
    handles.clear();
  });
}

/** Protocol version 3 says that a rename never replaces a file; linking first leaves no moment in which it could. */
async function renameToFree(from: string, to: string): Promise<void> {
  const linked = (await lstat(from)).isDirectory() ? false : await link(from, to).then(() => true, onlyWithoutLinks);
  if (linked) return unlink(from);
  if (await lstat(to).catch(() => undefined)) throw new Error('the target exists');
  await rename(from, to);
}

/** Some file systems know no hard links; every other error is the client's. */
function onlyWithoutLinks(error: NodeJS.ErrnoException): false {
  if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'].includes(error.code ?? '')) return false;
  throw error;
}

function openFlags(flags: number): number {
  const access = flags & OPEN_MODE.READ ? (flags & OPEN_MODE.WRITE ? constants.O_RDWR : constants.O_RDONLY) : constants.O_WRONLY;
  return (
    access |
    (flags & OPEN_MODE.APPEND ? constants.O_APPEND : 0) |
    (flags & OPEN_MODE.CREAT ? constants.O_CREAT : 0) |
    (flags & OPEN_MODE.TRUNC ? constants.O_TRUNC : 0) |
    (flags & OPEN_MODE.EXCL ? constants.O_EXCL : 0)
  );
}

function statusOf(error: unknown): number {
  if (error instanceof OutsideRoot) return STATUS_CODE.PERMISSION_DENIED;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return STATUS_CODE.NO_SUCH_FILE;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return STATUS_CODE.PERMISSION_DENIED;
    default:
      return STATUS_CODE.FAILURE;
  }
}

function attributes(stats: Stats): Attributes {
  return {
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atime: Math.floor(stats.atimeMs / 1000),
    mtime: Math.floor(stats.mtimeMs / 1000),
  };
}

/** A file that vanished since the folder was opened is left out. */
async function entryOf(folder: string, name: string): Promise<{ name: string; stats: Stats } | undefined> {
  const stats = await lstat(join(folder, name)).catch(() => undefined);
  return stats === undefined ? undefined : { name, stats };
}

/** `ls -l`: clients take a file's type and rights from it. */
function longName(name: string, stats: Stats): string {
  const type = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-';
  const rights = [6, 3, 0]
    .map((shift) => ['r', 'w', 'x'].map((letter, bit) => ((stats.mode >> shift) & (4 >> bit) ? letter : '-')).join(''))
    .join('');
  return `${type}${rights} ${stats.nlink} town town ${String(stats.size).padStart(12)} ${stats.mtime.toISOString().slice(0, 16).replace('T', ' ')} ${name}`;
}
