import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Knex } from 'knex';
import { openKnex } from '../open.ts';
import { makePrivateFolder, PRIVATE_FILE } from '../private-files.ts';

let emptyStore: Buffer | undefined;

/** Writes the file of a new store that is up to date. Certify makes a hundred of them: the tables are made once, and copied. */
export async function writeEmptyStore(file: string): Promise<void> {
  if (!emptyStore) {
    const folder = mkdtempSync(join(tmpdir(), 'interlocal-empty-'));
    try {
      await (await openKnex('sqlite:store.db', folder)).destroy();
      emptyStore = readFileSync(join(folder, 'store.db'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  makePrivateFolder(dirname(file));
  writeFileSync(file, emptyStore, { mode: PRIVATE_FILE, flag: 'wx' });
}

/** A store in a folder that is thrown away, new or as it was left there: killed processes are tried with it, not power cuts, and the disk need not confirm each commit. */
export async function openScratch(folder: string): Promise<Knex> {
  const file = join(folder, 'data', 'store.db');
  if (!existsSync(file)) await writeEmptyStore(file);
  const knex = await openKnex('sqlite:data/store.db', folder);
  await knex.raw('PRAGMA synchronous = OFF');
  return knex;
}

/** Until `clear` is called, storing this record of a file or page fails, within the transaction of its batch. */
export async function failWhileStoring(knex: Knex, record: number): Promise<{ clear(): Promise<void> }> {
  await knex.raw(
    `CREATE TEMP TRIGGER il_fail BEFORE INSERT ON il_landed WHEN NEW.record = ${Math.trunc(record)} BEGIN SELECT RAISE(ABORT, 'killed'); END`,
  );
  return { clear: async () => void (await knex.raw('DROP TRIGGER il_fail')) };
}
