import { rename, rm, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/**
 * Writes a file as a whole or not at all: what is there is replaced only once the new one is on the disk. Throws what the system says,
 * with the name of the file (a write that fails names none).
 */
export async function writeWhole(file: string, content: string | Buffer | Readable, { mode }: { mode?: number } = {}): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await writeFile(part, content, { mode, flush: true });
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    if (typeof (error as NodeJS.ErrnoException).errno !== 'number') throw error;
    throw Object.assign(error as Error, { path: file, syscall: 'write' });
  }
}
