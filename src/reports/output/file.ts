import { rename, rm, stat, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ConfigError } from '../../core/errors.ts';
import { PRIVATE_FILE } from '../../store/private-files.ts';

/**
 * Writes a report into a file that this account alone may read: all of it or nothing, and an older report is replaced only once the new
 * one is written. Throws ConfigError FILE_NOT_WRITABLE.
 */
export async function writeReportFile(file: string, content: string | Buffer | Readable): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    // A device or a pipe would be replaced by the report: /dev/null by the root account.
    const there = await stat(file).catch(() => undefined);
    if (there && !there.isFile() && !there.isDirectory()) throw Object.assign(new Error('no file'), { code: 'NOT_A_FILE' });
    await writeFile(part, content, { mode: PRIVATE_FILE });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'its folder does not exist'
        : code === 'EACCES' || code === 'EPERM'
          ? 'this account may not write there'
          : code === 'EISDIR'
            ? 'it is a folder'
            : code === 'NOT_A_FILE'
              ? 'it is a device or a pipe, not a file'
              : code === 'ENOSPC'
                ? 'the disk is full'
                : (code ?? String(error));
    throw new ConfigError({
      code: 'FILE_NOT_WRITABLE',
      place: { file },
      message: `The report cannot be written: ${why}.`,
      hint: 'Name another file with --out.',
    });
  }
}
