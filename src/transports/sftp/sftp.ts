import type { FileEntryWithStats, Stats } from 'ssh2';
import { AbortedError, FatalError, FileError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { fileMissing, folderMissing, nameUnreadable, notAFolder, targetExists } from '../file-errors.ts';
import { milliseconds, readOptions } from '../options.ts';
import { patience, tooSlow } from '../patience.ts';
import { byName, confinedPath, folderOf, isLossy, joinPath, nameMatcher, nameOf, temporaryName } from '../paths.ts';
import type { FileTransport, RemoteFile, TransportContext, WriteOptions } from '../transport.ts';
import { checkSftp, checkSftpFolder, checkSftpRename } from './check.ts';
import { sftpConnection } from './connection.ts';
import type { SftpSession } from './connection.ts';
import { askKind, kindOfEntry, kindOfStats, kindUnknown } from './kind.ts';
import { sftpSettings } from './options.ts';
import { SftpFailure } from './status.ts';
import { download, mayBeFolder, sizeOf, upload } from './transfer.ts';
import type { Transfer } from './transfer.ts';

/** Files at an SFTP server. Connects with the first call. Throws ConfigError for wrong options. */
export function openSftp(options: Record<string, unknown>, context: TransportContext): FileTransport {
  const system = context.connection;
  const settings = readOptions(sftpSettings, options, system);
  const connection = sftpConnection(settings, system);

  async function list(folder: string, pattern: string, onUnreadable?: (problem: Problem) => void): Promise<RemoteFile[]> {
    const plain = confinedPath(folder, system);
    const matches = nameMatcher(pattern);
    const session = await connection.session();
    const absolute = below(session, plain);
    const entries = await session
      .call<FileEntryWithStats[]>(plain, (sftp, done) => sftp.readdir(absolute, done))
      .catch(async (error: unknown) => {
        if (error instanceof FileError || (error instanceof SftpFailure && !(await isThere(session, plain, mayBeFolder))))
          throw folderMissing(system, folder, `at ${settings.host} below ${session.root}`, error.cause);
        throw error;
      });
    const files: RemoteFile[] = [];
    const problems: Problem[] = [];
    for (const entry of entries) {
      const name = entry.filename;
      if (name === '.' || name === '..' || !matches(name)) continue;
      if (name.includes('/') || name.includes('\0')) throw strangeName(name);
      const found = await described(session, entry, joinPath(plain, name));
      if (found && 'code' in found) problems.push(found);
      else if (found) files.push(found);
    }
    if (problems.length && !onUnreadable) throw new FileError(problems);
    for (const problem of problems) onUnreadable!(problem);
    return files.sort(byName);
  }

  /** An entry of a listing as a file, undefined when it is none, or the problem why it cannot be known or read. */
  async function described(session: SftpSession, entry: FileEntryWithStats, path: string): Promise<RemoteFile | Problem | undefined> {
    const kind = kindOfEntry(entry);
    if (kind === 'folder' || kind === 'other') return undefined;
    const lossy = isLossy(entry.filename);
    if (kind === 'file' && !lossy && typeof entry.attrs.size === 'number') return remoteFile(path, entry.attrs);
    // A listing describes a link itself; what counts is the file that it leads to. Other servers say more when they are asked.
    const stats = await statsOf(session, path);
    if (!stats) return lossy ? nameUnreadable(system, path) : undefined; // gone since, or a link that leads nowhere
    const asked =
      kind === 'file' ? kind : (kindOfStats(stats) ?? (await askKind(session, below(session, path), path)) ?? kindUnknown(system, path));
    if (typeof asked !== 'string') return asked;
    return asked === 'file' ? remoteFile(path, stats) : undefined;
  }

  async function stat(path: string): Promise<RemoteFile | undefined> {
    const plain = confinedPath(path, system);
    const session = await connection.session();
    const stats = await statsOf(session, plain);
    return stats && kindOfStats(stats) !== 'folder' ? remoteFile(plain, stats) : undefined;
  }

  async function* read(path: string): AsyncGenerator<Uint8Array, void, void> {
    const plain = confinedPath(path, system);
    const session = await connection.session();
    yield* download(session, below(session, plain), plain, transfer(plain));
  }

  async function write(
    path: string,
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    writeOptions: WriteOptions = {},
  ): Promise<void> {
    const plain = confinedPath(path, system);
    const session = await connection.session();
    if (!writeOptions.overwrite && (await isThere(session, plain))) throw targetExists(system, path);
    const folder = folderOf(plain);
    if (!(await isThere(session, folder, mayBeFolder))) throw folderMissing(system, folder, `at ${settings.host} below ${session.root}`);
    const { direct, overwrite, onOpen } = writeOptions;
    const how = { ...transfer(plain), onOpen };
    if (direct) return upload(session, below(session, plain), plain, bytes, { ...how, mode: overwrite ? 'w' : 'wx' });
    const temporary = joinPath(folder, temporaryName(nameOf(plain)));
    try {
      await upload(session, below(session, temporary), plain, bytes, { ...how, mode: 'wx' });
      stopIfAborted(plain);
      if (overwrite) await replace(session, temporary, plain);
      else await moveRefusing(session, temporary, plain);
    } catch (error) {
      await session.call<void>(plain, (sftp, done) => sftp.unlink(below(session, temporary), done)).catch(() => {}); // a lost session leaves it behind, hidden
      throw error;
    }
  }

  async function rename(from: string, to: string): Promise<void> {
    const source = confinedPath(from, system);
    const target = confinedPath(to, system);
    const session = await connection.session();
    if (!(await isThere(session, source))) throw fileMissing(system, from);
    if (await isThere(session, target)) throw targetExists(system, to);
    await makeFolder(session, folderOf(target));
    await moveRefusing(session, source, target);
  }

  async function remove(path: string): Promise<void> {
    const plain = confinedPath(path, system);
    const session = await connection.session();
    await session
      .call<void>(plain, (sftp, done) => sftp.unlink(below(session, plain), done))
      .catch((error: unknown) => {
        if (!(error instanceof FileError)) throw error;
      });
  }

  /** The protocol's rename fails when the target is there; not every server keeps to it, so it is looked at first too. */
  async function moveRefusing(session: SftpSession, from: string, to: string): Promise<void> {
    if (await isThere(session, to)) throw targetExists(system, to);
    await session
      .call<void>(to, (sftp, done) => sftp.rename(below(session, from), below(session, to), done))
      .catch(async (error: unknown) => {
        throw error instanceof SftpFailure && (await isThere(session, to)) ? targetExists(system, to) : error;
      });
  }

  /** In one step where the server can (posix-rename); elsewhere there is a moment with neither file. */
  async function replace(session: SftpSession, from: string, to: string): Promise<void> {
    if (session.supports('posix-rename@openssh.com'))
      return session.call<void>(to, (sftp, done) => sftp.ext_openssh_rename(below(session, from), below(session, to), done));
    if (await isThere(session, to)) await session.call<void>(to, (sftp, done) => sftp.unlink(below(session, to), done));
    await session.call<void>(to, (sftp, done) => sftp.rename(below(session, from), below(session, to), done));
  }

  async function makeFolder(session: SftpSession, folder: string): Promise<void> {
    if (!folder || (await isThere(session, folder, mayBeFolder))) return;
    await makeFolder(session, folderOf(folder));
    await session
      .call<void>(folder, (sftp, done) => sftp.mkdir(below(session, folder), done))
      .catch(async (error: unknown) => {
        if (await isThere(session, folder, mayBeFolder)) return; // another run made it first
        throw (await isThere(session, folder)) ? notAFolder(system, folder) : error;
      });
  }

  async function statsOf(session: SftpSession, plain: string): Promise<Stats | undefined> {
    return session
      .call<Stats>(plain, (sftp, done) => sftp.stat(below(session, plain), done))
      .catch((error: unknown) => {
        if (error instanceof FileError) return undefined;
        throw error;
      });
  }

  async function isThere(session: SftpSession, plain: string, is: (stats: Stats) => boolean = () => true): Promise<boolean> {
    const stats = await statsOf(session, plain);
    return stats !== undefined && is(stats);
  }

  function transfer(path: string): Transfer {
    const slow = () => tooSlow(system, `The transfer of ${path}`, settings.total_timeout, path);
    return { system, stop: () => stopIfAborted(path), waiting: patience({ totalMs: milliseconds(settings.total_timeout), slow }) };
  }

  function stopIfAborted(path: string): void {
    if (context.signal?.aborted) throw new AbortedError({ code: 'ABORTED', place: { system, file: path }, message: 'Stopped on request.' });
  }

  function strangeName(name: string): FatalError {
    return new FatalError({
      code: 'STRANGE_NAME',
      place: { system },
      message: `The server ${settings.host} lists a file named ${JSON.stringify(name)}, which is a path and not a name.`,
      hint: 'A trustworthy server never does this; call the vendor before you continue.',
    });
  }

  return {
    kind: 'files',
    upload: settings.upload,
    list,
    stat,
    read,
    write,
    rename,
    remove,
    check: () => checkSftp(settings, connection, system),
    checkFolder: (folder) =>
      checkSftpFolder(folder, settings.username, async () => statsOf(await connection.session(), confinedPath(folder, system))),
    checkRename: (from, to) =>
      checkSftpRename(from, to, async () => {
        // Of a file that does not exist: a server that allows no rename says so before it looks for it.
        const name = temporaryName('interlocal-check');
        const [source, target] = [from, to].map((folder) => confinedPath(joinPath(folder, name), system)) as [string, string];
        const session = await connection.session();
        await session.call<void>(source, (sftp, done) => sftp.rename(below(session, source), below(session, target), done));
      }),
    close: () => connection.close(),
  };
}

function below(session: SftpSession, plain: string): string {
  if (!plain) return session.root;
  return session.root.endsWith('/') ? session.root + plain : `${session.root}/${plain}`;
}

function remoteFile(path: string, stats: Stats): RemoteFile {
  const time = stats.mtime as number | undefined;
  return { path, name: nameOf(path), size: sizeOf(stats), modifiedMs: time === undefined ? undefined : time * 1000 };
}
