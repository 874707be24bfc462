import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { writeWhole } from '../../config/whole-file.ts';
import { ConfigError } from '../../core/errors.ts';
import { fileNotWritten } from '../../core/file-error.ts';
import { PRIVATE_FILE } from '../../store/private-files.ts';

/**
 * Writes a report into a file that this account alone may read: all of it or nothing, and an older report is replaced only once the new
 * one is written. Throws ConfigError FILE_NOT_WRITABLE.
 */
export async function writeReportFile(file: string, content: string | Buffer | Readable): Promise<void> {
  try {
    // A device or a pipe would be replaced by the report: /dev/null by the root account.
    const there = await stat(file).catch(() => undefined);
    if (there && !there.isFile() && !there.isDirectory()) throw Object.assign(new Error('no file'), { code: 'NOT_A_FILE' });
    await writeWhole(file, content, { mode: PRIVATE_FILE });
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    // What makes the report has failed, not its file.
    if (code !== 'NOT_A_FILE' && typeof errno !== 'number') throw error;
    if (code !== 'NOT_A_FILE') throw fileNotWritten(error, { file, what: 'The report', hint: 'Name another file with --out.' });
    throw new ConfigError({
      code: 'FILE_NOT_WRITABLE',
      place: { file },
      message: 'The report cannot be written, because this is a device or a pipe and not a file.',
      hint: 'Name another file with --out.',
    });
  }
}
