import { accessSync, chmodSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps files in memory. */
const MEMORY = '/dev/shm';
/** What the files and databases of the tests take at most; a tenth of it is the rule. */
const MOST_BYTES = 4_000_000_000;
const OURS = 'interlocal-tests-';

/**
 * A folder in memory for the temporary files of this run of the tests, removed when the run ends. Thousands of small towns are made and
 * thrown away: on a disk that takes a third more processor time, and waits for the disk besides. undefined: there is no such place, no
 * room in it, or programs may not be started there; then the files go to the disk as ever.
 */
export function folderInMemory(): string | undefined {
  if (!hasRoom() || isWithoutPrograms()) return undefined;
  removeLeftOver();
  const folder = join(MEMORY, `${OURS}${process.pid}`);
  mkdirSync(folder, { recursive: true });
  // As the system's own: servers of the tests run for other users.
  chmodSync(folder, 0o1777);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function hasRoom(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= MOST_BYTES;
  } catch {
    return false;
  }
}

function isWithoutPrograms(): boolean {
  const mounted = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounted.some((line) => line.split(' ')[1] === MEMORY && line.split(' ')[3]!.split(',').includes('noexec'));
}

/** What a run that was killed could not remove. Where a test of it has mounted a disk, that has to be unmounted by hand. */
function removeLeftOver(): void {
  for (const name of readdirSync(MEMORY)) {
    const run = name.startsWith(OURS) ? Number(name.slice(OURS.length)) : undefined;
    if (run === undefined || isAlive(run)) continue;
    try {
      rmSync(join(MEMORY, name), { recursive: true, force: true });
    } catch (error) {
      console.warn(`${join(MEMORY, name)} is left over from an earlier run and could not be removed: ${(error as Error).message}`);
    }
  }
}

function isAlive(run: number): boolean {
  try {
    process.kill(run, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
