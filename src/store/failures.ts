import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { FatalError, type Problem } from '../core/errors.ts';
import { isUniqueViolation, postgresFailure } from './postgres/failures.ts';
import { isUniqueViolation as isUniqueViolationInFile, sqliteFailure } from './sqlite/failures.ts';

const OF_THE_DISK: Record<string, Omit<Problem, 'place'>> = {
  ENOSPC: {
    code: 'STORE_FULL',
    message: 'The disk that the store is on is full, so nothing more can be saved.',
    hint: 'Free some space, then run again: the run resumes where it stopped.',
  },
  EIO: {
    code: 'STORE_DISK_ERROR',
    message: 'The disk that the store is on could not be read or written.',
    hint: 'Check whether the disk is full or failing, then run again: the run resumes where it stopped.',
  },
  EDQUOT: {
    code: 'STORE_FULL',
    message: 'The account that runs Interlocal has used up its share (quota) of the disk, so nothing more can be saved.',
    hint: 'Free some space or raise the quota, then run again: the run resumes where it stopped.',
  },
  EROFS: {
    code: 'STORE_READ_ONLY',
    message: 'The data folder is on a disk that is mounted read-only: nothing can be written to it.',
    hint: 'Check the disk for errors first, because the system mounts a faulty disk read-only. Then mount it for writing.',
  },
  EACCES: {
    code: 'STORE_READ_ONLY',
    message: 'A file in the data folder, where the store is, cannot be written.',
    hint: 'Give the account that runs Interlocal permission to write in the data folder.',
  },
};

/** What names the store; a reference there says where. */
const PLACE = { file: 'config/interlocal.yaml', path: 'store.url' };

const NOT_PERMITTED: Omit<Problem, 'place'> = {
  code: 'NOT_PERMITTED',
  message: 'The account that runs Interlocal may not read or write this file or folder.',
  hint: 'Give that account the permission, or run the command under an account that has it.',
};

/** Errors about a file or folder that is named, whether or not it has to do with the store. */
const OF_FILES: Record<string, Omit<Problem, 'place'>> = {
  EACCES: NOT_PERMITTED,
  EPERM: NOT_PERMITTED,
  ENOTDIR: {
    code: 'NOT_A_FOLDER',
    message: 'A folder is needed, but there is a file of that name.',
    hint: 'Correct the path where it is given, in the command or in the configuration.',
  },
  ENAMETOOLONG: {
    code: 'PATH_UNUSABLE',
    message: 'The name of this file or folder is too long for this disk.',
    hint: 'Choose a shorter name.',
  },
  ENOSPC: {
    code: 'STORE_FULL',
    message: 'This file cannot be written, because its disk is full.',
    hint: 'Free some space, then run the command again.',
  },
  EROFS: { ...OF_THE_DISK['EROFS']!, message: 'This file or folder is on a disk that is mounted read-only.' },
};

/** What the database or the disk says when it fails, in plain words; undefined for what is our own fault. */
export function storeFailure(error: unknown): FatalError | undefined {
  const { code, message, path, syscall } = (error ?? {}) as { code?: unknown; message?: unknown; path?: unknown; syscall?: unknown };
  const text = typeof code === 'string' ? code : '';
  if (typeof path === 'string' && typeof syscall === 'string' && OF_FILES[text])
    return new FatalError({ ...OF_FILES[text], place: { file: text === 'ENOTDIR' ? fileOn(path) : path } }, { cause: error });
  const known = OF_THE_DISK[text] ?? sqliteFailure(text) ?? postgresFailure(text, String(message ?? ''));
  return known && new FatalError({ ...known, place: PLACE }, { cause: error });
}

/** The part of a path that is a file, where only a folder can be. */
function fileOn(path: string): string {
  for (let at = path; dirname(at) !== at; at = dirname(at)) {
    try {
      if (statSync(at).isFile()) return at;
    } catch {
      // It is below the file.
    }
  }
  return path;
}

/** A row was not added because there is one with the same unique key. */
export function isAlreadyThere(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return isUniqueViolationInFile(code) || isUniqueViolation(code);
}
