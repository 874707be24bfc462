import * as fs from 'node:fs/promises';
import { dirname, join, basename } from 'node:path';
import { temporaryName } from '../paths.ts';
import type { WriteOptions } from '../transport.ts';
import { errorCode } from './status.ts';

/** Writes a file, by default one that must not exist, and has the disk confirm it. Stops early, without an error, when the signal says so. */
export async function writeWhole(
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal?: AbortSignal,
  { overwrite, onOpen }: Pick<WriteOptions, 'overwrite' | 'onOpen'> = {},
): Promise<void> {
  const file = await fs.open(path, overwrite ? 'w' : 'wx', 0o660);
  onOpen?.();
  try {
    for await (const chunk of bytes) {
      if (signal?.aborted) return;
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Moves a file; throws EEXIST when the target is there. A hard link does both in one step, which renaming does not: it
 * overwrites. File systems without hard links (exFAT, some shares) are looked at first and then renamed.
 */
export async function moveRefusing(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EXDEV') return copyRefusing(from, to);
    if (code === 'EEXIST' && (await sameFile(from, to))) return fs.unlink(from); // we were killed between link and unlink
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
    if (await exists(to)) throw Object.assign(new Error('exists'), { code: 'EEXIST' });
    return fs.rename(from, to);
  }
  await fs.unlink(from);
}

/** Below the root there may be another mount: renaming cannot cross it, so the file is copied under a temporary name first. */
async function copyRefusing(from: string, to: string): Promise<void> {
  const temporary = join(dirname(to), temporaryName(basename(to)));
  try {
    const source = await fs.open(from);
    try {
      await writeWhole(temporary, source.createReadStream({ autoClose: false }));
      const { atime, mtime } = await source.stat();
      await fs.utimes(temporary, atime, mtime);
    } finally {
      await source.close();
    }
    await moveRefusing(temporary, to);
  } finally {
    await fs.rm(temporary, { force: true });
  }
  await fs.unlink(from);
}

/** Makes a rename survive a power cut. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder).catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Some network file systems refuse to sync a folder; the file itself was synced.
  } finally {
    await handle?.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return fs.lstat(path).then(
    () => true,
    () => false,
  );
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([fs.lstat(a, { bigint: true }), fs.lstat(b, { bigint: true })]);
  return first.ino === second.ino && first.dev === second.dev && first.ino !== 0n;
}
