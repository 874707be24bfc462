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

function reason(known: Readonly<Record<string, string>>, error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string') return known[code] ?? code;
  return error instanceof Error ? error.message : 'the reason is not known';
}
