import { ConfigError, FatalError } from './errors.ts';

/** Why a file or folder could not be read or written, as the end of a sentence: "The key cannot be read: there is no such file." */

const EITHER: Readonly<Record<string, string>> = {
  EIO: 'the disk has an error',
  EINVAL: 'this is no name for a file here',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'this account has too many files open',
  ENAMETOOLONG: 'its name is too long',
  ENFILE: 'this machine has too many files open',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EBUSY: 'another program has it open',
};

const READING: Readonly<Record<string, string>> = {
  ...EITHER,
  ENOENT: 'there is no such file',
  EACCES: 'this account has no right to read it',
  EPERM: 'this account has no right to read it',
  EISDIR: 'it is a folder, not a file',
};

const WRITING: Readonly<Record<string, string>> = {
  ...EITHER,
  ENOENT: 'its folder does not exist',
  EACCES: 'this account may not write there',
  EPERM: 'this account may not write there',
  EISDIR: 'it is a folder',
  EDQUOT: 'this account has used up its share of the disk',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is mounted read-only',
};

export function whyNotRead(error: unknown): string {
  return reason(READING, error);
}

export function whyNotWritten(error: unknown): string {
  return reason(WRITING, error);
}

/**
 * The error FILE_NOT_WRITABLE of a file that somebody named: what is written, as "The report". A name that will not do is a mistake of the
 * command line; a disk that is full or fails is not.
 */
export function fileNotWritten(error: unknown, given: { file: string; what: string; hint: string }): ConfigError | FatalError {
  const { file, what, hint } = given;
  const problem = { code: 'FILE_NOT_WRITABLE', place: { file }, message: `${what} cannot be written: ${whyNotWritten(error)}.` };
  return OF_THE_DISK.has(String((error as NodeJS.ErrnoException).code))
    ? new FatalError({
        ...problem,
        hint: `Free some space, or have the disk looked at. Otherwise: ${hint.slice(0, 1).toLowerCase()}${hint.slice(1)}`,
      })
    : new ConfigError({ ...problem, hint });
}

const OF_THE_DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO']);

function reason(known: Readonly<Record<string, string>>, error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string') return known[code] ?? code;
  return error instanceof Error ? error.message : 'the reason is not known';
}
