import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Reopen, TryOut } from '../dialect.ts';
import { processRuns } from '../../core/process-runs.ts';

const NAME = /^preview-(\d+)-\d+\.db/;
let copies = 0;

/**
 * Works on a copy of the store as it is now, in a file of this folder, for this account alone. Copying takes only a read lock, for as long as it
 * takes. Copies that killed processes left behind are deleted.
 */
export async function tryOut<T>(knex: Knex, folder: string, work: (on: TryOut) => Promise<T>, reopen: Reopen): Promise<T> {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !processRuns(Number(pid))) rmSync(join(folder, name), { force: true });
  }
  const path = join(folder, `preview-${process.pid}-${++copies}.db`);
  let copy: Knex | undefined;
  try {
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
    await knex.raw('VACUUM INTO ?', [path]);
    copy = await reopen(`sqlite:${path}`, folder);
    await copy.raw('PRAGMA synchronous = OFF'); // it need not survive anything
    return await work({ knex: copy });
  } finally {
    await copy?.destroy();
    for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
  }
}
