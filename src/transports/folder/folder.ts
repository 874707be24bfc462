import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from '../../core/make-folder.ts';
import { AbortedError, FileError, InterlocalError, RetriableError } from '../../core/errors.ts';
import { milliseconds, readOptions } from '../options.ts';
import { byName, confinedPath, folderOf, isLossy, joinPath, nameMatcher, nameOf, temporaryName } from '../paths.ts';
import type { CheckResult, FileTransport, RemoteFile, TransportContext, WriteOptions } from '../transport.ts';
import type { Problem } from '../../core/errors.ts';
import { fileChanged, folderMissing, nameUnreadable, notAFile, notAFolder, sizeWrong, targetExists } from '../file-errors.ts';
import { confine } from './confine.ts';
import { watchShare } from '../hung.ts';
import { folderSettings } from './options.ts';
import { moveRefusing, syncFolder, writeWhole } from './place.ts';
import { asTransportError, errorCode } from './status.ts';

const READ_BYTES = 256 * 1024;

/** Files in a folder of this machine or of a mounted share. Throws ConfigError for wrong options. */
export function openFolder(options: Record<string, unknown>, context: TransportContext): FileTransport {
  const system = context.connection;
  const settings = readOptions(folderSettings, options, system);
  const root = resolve(context.projectFolder, settings.path);
  const share = watchShare(root, system, {
    timeout: settings.timeout,
    total: settings.total_timeout,
    timeoutMs: milliseconds(settings.timeout),
    totalMs: milliseconds(settings.total_timeout),
  });

  /** The real path of something that may exist; symbolic links that leave the root are refused. */
  async function real(path: string): Promise<string> {
    return confine(root, confinedPath(path, system), system);
  }

  async function list(folder: string, pattern: string, onUnreadable?: (problem: Problem) => void): Promise<RemoteFile[]> {
    const plain = confinedPath(folder, system);
    const matches = nameMatcher(pattern);
    try {
      const entries = await fs.readdir(await real(plain), { withFileTypes: true });
      const found = await Promise.all(
        entries
          .filter((entry) => matches(entry.name) && !entry.isDirectory())
          .map(async (entry) => ({ name: entry.name, file: await describe(joinPath(plain, entry.name)) })),
      );
      // Where bytes are no UTF-8, the name that we have is that of no file.
      const problems = found.flatMap(({ name, file }) => (!file && isLossy(name) ? [nameUnreadable(system, joinPath(plain, name))] : []));
      if (problems.length && !onUnreadable) throw new FileError(problems);
      for (const problem of problems) onUnreadable!(problem);
      return found.flatMap(({ file }) => file ?? []).sort(byName);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') throw folderMissing(system, folder, `in ${root}`);
      throw asTransportError(error, system, folder);
    }
  }

  /**
   * A link that leaves the root is listed with the link's own size, so reading it is refused for all to see; one that
   * leads nowhere or to a folder is not a plain file.
   */
  async function describe(path: string): Promise<RemoteFile | undefined> {
    const at = join(root, path);
    const link = await fs.lstat(at).catch(ignoreMissing);
    if (!link) return undefined;
    const stats = link.isSymbolicLink() ? await fs.stat(at).catch(ignoreMissing) : link;
    if (!stats?.isFile()) return undefined;
    return { path, name: nameOf(path), size: stats.size, modifiedMs: Math.floor(stats.mtimeMs) };
  }

  async function stat(path: string): Promise<RemoteFile | undefined> {
    const plain = confinedPath(path, system);
    try {
      await real(plain);
      return await describe(plain);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
      throw asTransportError(error, system, path);
    }
  }

  async function* read(path: string): AsyncGenerator<Uint8Array, void, void> {
    let file: fs.FileHandle | undefined;
    let hangs = false;
    try {
      const step = share.transfer(path);
      const opening = real(path).then((at) => fs.open(at, constants.O_RDONLY));
      opening.catch(() => {}); // heard here where the share hangs before
      file = await share
        .within(path, () => opening)
        .catch((error: unknown) => {
          opening.then(async (late) => late.close()).catch(() => {}); // it may come back when nobody waits for it anymore
          throw error;
        });
      const before = await step(file.stat({ bigint: true }));
      if (!before.isFile()) throw notAFile(system, path, 'not a plain file');
      // Two buffers in turn: fresh ones would lie about until the next large collection.
      const buffers = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
      let total = 0;
      for (let i = 0; ; i = 1 - i) {
        if (context.signal?.aborted) throw aborted(path);
        const { bytesRead, buffer } = await step(file.read(buffers[i]!, 0, READ_BYTES, total));
        if (bytesRead === 0) break;
        total += bytesRead;
        yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
      }
      const after = await step(file.stat({ bigint: true }));
      if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) throw fileChanged(system, path);
      if (total !== Number(before.size)) throw sizeWrong(system, path, Number(before.size), `${total}`);
    } catch (error) {
      hangs = error instanceof RetriableError && error.code === 'SHARE_UNREACHABLE';
      throw asTransportError(error, system, path);
    } finally {
      const closing = file?.close();
      if (hangs)
        closing?.catch(() => {}); // it hangs as well
      else await closing;
    }
  }

  async function write(path: string, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options: WriteOptions = {}): Promise<void> {
    const plain = confinedPath(path, system);
    if (!options.overwrite && (await stat(path))) throw targetExists(system, path);
    try {
      const folder = await confine(root, folderOf(plain), system);
      await fs.access(folder).catch(() => {
        throw folderMissing(system, folderOf(plain), `in ${root}`);
      });
      await real(plain);
      if (options.direct) {
        await writeWhole(join(folder, nameOf(plain)), bytes, context.signal, options);
        if (context.signal?.aborted) throw aborted(path);
        return await syncFolder(folder);
      }
      const temporary = join(folder, temporaryName(nameOf(plain)));
      try {
        await writeWhole(temporary, bytes, context.signal);
        if (context.signal?.aborted) throw aborted(path);
        if (options.overwrite) await fs.rename(temporary, join(folder, nameOf(plain)));
        else await moveRefusing(temporary, join(folder, nameOf(plain)));
      } finally {
        await fs.rm(temporary, { force: true });
      }
      await syncFolder(folder);
    } catch (error) {
      throw errorCode(error) === 'EEXIST' ? targetExists(system, path) : asTransportError(error, system, path);
    }
  }

  async function madeFolder(plain: string): Promise<string> {
    try {
      const folder = await confine(root, plain, system);
      await makeFolder(folder);
      return folder;
    } catch (error) {
      throw ['EEXIST', 'ENOTDIR'].includes(errorCode(error)) ? notAFolder(system, plain) : error;
    }
  }

  async function rename(from: string, to: string): Promise<void> {
    const target = confinedPath(to, system);
    try {
      const source = await real(from);
      await fs.access(source);
      const folder = await madeFolder(folderOf(target));
      await real(target);
      await moveRefusing(source, join(folder, nameOf(target)));
      await syncFolder(folder);
    } catch (error) {
      throw errorCode(error) === 'EEXIST' ? targetExists(system, to) : asTransportError(error, system, from);
    }
  }

  async function remove(path: string): Promise<void> {
    const plain = confinedPath(path, system);
    try {
      const folder = await confine(root, folderOf(plain), system);
      await fs.unlink(join(folder, nameOf(plain)));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw asTransportError(error, system, path);
    }
  }

  async function check(): Promise<CheckResult[]> {
    const stats = await fs.stat(root).catch((error: unknown) => error);
    if (stats instanceof Error)
      return [
        {
          name: 'reachable',
          ok: false,
          detail: `The folder ${root} cannot be opened (${errorCode(stats)}).`,
          hint: 'Correct path of this connection in config/connections.yaml, or mount the share.',
        },
      ];
    if (!(stats as { isDirectory(): boolean }).isDirectory())
      return [
        {
          name: 'reachable',
          ok: false,
          detail: `${root} is not a folder.`,
          hint: 'In config/connections.yaml, set path of this connection to the folder, not to a file in it.',
        },
      ];
    const entries = await fs.readdir(root).catch((error: unknown) => error);
    const reachable: CheckResult = { name: 'reachable', ok: true, detail: `The folder ${root} exists.` };
    if (entries instanceof Error)
      return [
        reachable,
        {
          name: 'list',
          ok: false,
          detail: `The account that runs Interlocal may not list the folder ${root} (${errorCode(entries)}).`,
          hint: 'Give that account permission to read the folder.',
        },
      ];
    return [
      reachable,
      { name: 'list', ok: true, detail: `${(entries as string[]).length} ${(entries as string[]).length === 1 ? 'entry' : 'entries'}.` },
    ];
  }

  async function checkFolder(folder: string): Promise<CheckResult> {
    const name = `folder ${folder}`;
    try {
      const at = await real(folder);
      if (!(await fs.stat(at)).isDirectory()) throw folderMissing(system, folder, `in ${root}`);
      await fs.access(at, constants.W_OK | constants.X_OK);
      return { name, ok: true, detail: `${at} exists, and this account may write to it.` };
    } catch (error) {
      const known = errorCode(error) === 'ENOENT' ? folderMissing(system, folder, `in ${root}`) : asTransportError(error, system, folder);
      if (!(known instanceof InterlocalError)) throw error;
      const { message, hint } = known.problems[0]!;
      return {
        name,
        ok: false,
        detail: message,
        hint: hint ?? 'Have the folder created in the remote system, with permission to write to it for the account that runs Interlocal.',
      };
    }
  }

  function aborted(path: string): AbortedError {
    return new AbortedError({ code: 'ABORTED', place: { system, file: path }, message: 'Stopped on request.' });
  }

  return {
    kind: 'files',
    upload: settings.upload,
    list: (folder, pattern, onUnreadable) => share.within(folder, () => list(folder, pattern, onUnreadable)),
    stat: (path) => share.within(path, () => stat(path)),
    read,
    write: (path, bytes, how) => share.within(path, () => write(path, bytes, how), 'bytes'),
    // On to another disk it is copied.
    rename: (from, to) => share.within(from, () => rename(from, to), 'bytes'),
    remove: (path) => share.within(path, () => remove(path)),
    async check() {
      try {
        return await share.within('.', check);
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
        const { code, message, hint } = error.problems[0]!;
        return [{ name: 'reachable', ok: false, code, detail: message, ...(hint === undefined ? {} : { hint }) }];
      }
    },
    async checkFolder(folder) {
      try {
        return await share.within(folder, () => checkFolder(folder));
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
        const { code, message, hint } = error.problems[0]!;
        return { name: `folder ${folder}`, ok: false, code, detail: message, ...(hint === undefined ? {} : { hint }) };
      }
    },
    close: async () => {},
  };
}

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}
