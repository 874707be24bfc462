import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../core/errors.ts';

const installed = z.strictObject({
  version: z.string(),
  hash: z.string(),
  /** Who signed it; null: nobody. */
  signer: z.strictObject({ key: z.string(), name: z.string().nullable() }).nullable(),
  certified: z.boolean(),
  source: z.string(),
  installed_at: z.string(),
  /** SHA-256 of each file, to say which one was changed. */
  files: z.record(z.string(), z.string()),
});
const entry = z.strictObject({ now: installed.optional(), next: installed.optional() });
const lockFile = z.strictObject({ format: z.literal(1), packs: z.record(z.string(), entry) });

/** A pack as it was installed. */
export type InstalledPack = z.output<typeof installed>;
/**
 * What the lock file notes of a connector: what is installed, and while `add` replaces it, by what. The folder's own hash
 * says which of the two it is, whenever `add` was killed.
 */
export type LockEntry = z.output<typeof entry>;
export type PackLock = z.output<typeof lockFile>;

export const LOCK_FILE = 'connectors/packs.lock.json';

/** The lock file of a town's folder; empty when there is none. Throws ConfigError (PACK_LOCK_INVALID). */
export async function readLock(town: string): Promise<PackLock> {
  let text: string;
  try {
    text = await readFile(join(town, LOCK_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { format: 1, packs: {} };
    throw error;
  }
  try {
    return lockFile.parse(JSON.parse(text));
  } catch {
    throw new ConfigError({
      code: 'PACK_LOCK_INVALID',
      place: { file: LOCK_FILE },
      message: 'This file, in which interlocal add notes what it installed, was changed so that it cannot be read.',
      hint: "Restore it from version control, or remove it: installed connectors then count as the town's own.",
    });
  }
}

/** Writes it whole or not at all. */
export async function writeLock(town: string, lock: PackLock): Promise<void> {
  const packs = Object.fromEntries(Object.entries(lock.packs).sort(([a], [b]) => (a < b ? -1 : 1)));
  const path = join(town, LOCK_FILE);
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, `${JSON.stringify({ ...lock, packs }, null, 2)}\n`, { flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Which of the noted packs the folder is, by its hash; where it is neither, what it was before it was changed. */
export function notedPack(noted: LockEntry | undefined, folderHash: string): InstalledPack | undefined {
  return noted?.next?.hash === folderHash ? noted.next : (noted?.now ?? noted?.next);
}
