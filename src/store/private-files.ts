import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { makeFolderNow } from '../core/make-folder.ts';

/** What the data folder holds is about people and money: folders are for the account that runs Interlocal alone, whatever its umask says. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/** Makes the folder and those above it that are missing, for this account alone. One that is there keeps its rights: doctor says when they are too wide. */
export function makePrivateFolder(path: string): void {
  makeFolderNow(path, PRIVATE_FOLDER);
}

/**
 * Makes the file when it is missing, empty, for this account alone; an empty one that is there becomes so. SQLite gives the files next to a
 * store the rights of the store.
 */
export function makePrivateFile(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (!there) return closeSync(openSync(path, 'a', PRIVATE_FILE));
  // What is there is opened by SQLite, which says in its own words when it cannot be; doctor says when others may read what is in it.
  if (there.isFile() && there.size === 0 && there.uid === process.geteuid?.()) chmodSync(path, PRIVATE_FILE);
}
