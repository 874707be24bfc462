import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Knex, openKnex } from './open.ts';

/** A copy of the store, to try something on. */
export interface StoreCopy {
  knex: Knex;
  /** Closes and deletes it. */
  remove(): Promise<void>;
}

const NAME = /^preview-(\d+)-\d+\.db/;
let copies = 0;

/**
 * Copies the store as it is now into a file of this folder, for this account alone. It takes only a read lock, for as long as the copying
 * takes. Copies that killed processes left behind are deleted.
 */
export async function copyStore(knex: Knex, folder: string): Promise<StoreCopy> {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
  const path = join(folder, `preview-${process.pid}-${++copies}.db`);
  const remove = (): void => {
    for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
  };
  try {
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
    await knex.raw('VACUUM INTO ?', [path]);
    const copy = await openKnex(`sqlite:${path}`, folder);
    await copy.raw('PRAGMA synchronous = OFF'); // it need not survive anything
    return {
      knex: copy,
      async remove() {
        await copy.destroy();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
