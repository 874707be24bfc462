import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../core/make-folder.ts';
import { replacedFolder } from '../../config/find-files.ts';
import { type InstalledPack, notedPack, readLock, writeLock } from '../../packs/lock.ts';
import { folderHash, type PackFiles } from '../../packs/files.ts';
import { FatalError } from '../../core/errors.ts';
import { processRuns } from '../../core/process-runs.ts';

/** Where `add` is; told when the step is done. */
export type Step = 'staged' | 'noted' | 'moved' | 'placed' | 'settled';

export interface Staged {
  /** Absolute, in the town's connectors/, called as the connector. */
  folder: string;
  discard(): Promise<void>;
}

/** Writes the files next to where they will be, where nothing reads them. */
export async function stagePack(town: string, connector: string, files: PackFiles): Promise<Staged> {
  const top = join(town, 'connectors', `.add-${randomBytes(6).toString('hex')}`);
  const folder = join(top, connector);
  const discard = (): Promise<void> => rm(top, { recursive: true, force: true });
  try {
    for (const [name, bytes] of files) {
      await makeFolder(dirname(join(folder, name)));
      await writeFile(join(folder, name), bytes, { flag: 'wx', flush: true });
    }
  } catch (error) {
    await discard();
    throw error;
  }
  return { folder, discard };
}

/**
 * Puts a staged pack in its place. Killed anywhere, the town reads the one or the other whole: the lock file names both
 * until the end, and a folder that was moved aside is read as long as nothing is in its place (config/find-files.ts).
 */
export async function placePack(
  town: string,
  connector: string,
  staged: Staged,
  pack: InstalledPack,
  onStep: (step: Step) => unknown = () => {},
): Promise<void> {
  const target = join(town, 'connectors', connector);
  const aside = join(town, 'connectors', replacedFolder(connector));
  const lock = await readLock(town);
  const now = notedPack(lock.packs[connector], await folderHash(target));
  await writeLock(town, { ...lock, packs: { ...lock.packs, [connector]: { ...(now && { now }), next: pack } } });
  await onStep('noted');
  if (existsSync(target)) await rename(target, aside);
  await onStep('moved');
  try {
    await rename(staged.folder, target);
  } catch (error) {
    if (existsSync(aside)) await rename(aside, target);
    throw error;
  }
  await onStep('placed');
  await writeLock(town, { ...lock, packs: { ...lock.packs, [connector]: { now: pack } } });
  await onStep('settled');
  await rm(aside, { recursive: true, force: true });
  await staged.discard();
}

/** Lets one `add` at a time into a town's folder, and first puts right what one that was killed left there. */
export async function alone<T>(town: string, work: () => Promise<T>): Promise<T> {
  const folder = join(town, 'connectors');
  await makeFolder(folder);
  const file = join(folder, '.adding');
  await take(file);
  try {
    await putRight(folder);
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const mine = await open(file, 'wx');
      await mine.writeFile(`${process.pid} ${hostname()}\n`);
      await mine.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid, host] = (await readFile(file, 'utf8').catch(() => '')).trim().split(' ');
    if (tries < 2 && host === hostname() && !processRuns(Number(pid))) await rm(file, { force: true });
    else
      throw new FatalError({
        code: 'PACK_BUSY',
        place: { file: 'connectors/.adding' },
        message: `Nothing was installed, because another interlocal add is working in this folder (process ${pid} on ${host}).`,
        hint: 'Wait until it has ended, then add the pack again. If that process is no longer running, remove this file first.',
      });
  }
}

async function putRight(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('.add-')) await rm(join(folder, name), { recursive: true, force: true });
    const connector = name.startsWith(replacedFolder('')) ? name.slice(replacedFolder('').length) : undefined;
    if (connector === undefined) continue;
    if (existsSync(join(folder, connector))) await rm(join(folder, name), { recursive: true, force: true });
    else await rename(join(folder, name), join(folder, connector));
  }
}
