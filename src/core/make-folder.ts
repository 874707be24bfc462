import { existsSync, mkdirSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it that are missing; gives the first that was made, undefined where all were there. On a disk that is
 * mounted read-only Node says that such a folder is not there, which sends people looking for a file that nobody took: one folder alone
 * fails with the true reason. `make`: Node's, but for tests.
 */
export async function makeFolder(path: string, make: typeof mkdir = mkdir): Promise<string | undefined> {
  try {
    return await make(path, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
    let first = resolve(path);
    const isThere = async (folder: string): Promise<boolean> =>
      access(folder).then(
        () => true,
        () => false,
      );
    while (dirname(first) !== first && !(await isThere(dirname(first)))) first = dirname(first);
    await make(first);
    await make(path, { recursive: true });
    return first;
  }
}

/** The same at once, with these rights: for the folders of the store. */
export function makeFolderNow(path: string, mode: number, make: typeof mkdirSync = mkdirSync): void {
  try {
    make(path, { recursive: true, mode });
  } catch (error) {
    if (!isMissing(error)) throw error;
    let first = resolve(path);
    while (dirname(first) !== first && !existsSync(dirname(first))) first = dirname(first);
    make(first, { mode });
    make(path, { recursive: true, mode });
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
