import { FatalError, FileError, InterlocalError, RetriableError } from '../../core/errors.ts';
import type { AnswerFacts } from '../answer-facts.ts';
import { accessDenied, fileMissing, notAFile } from '../file-errors.ts';

export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

/** What each error of the file system means for a run; its code goes with it, for the connector's own error rules. What is none of these is a bug of ours and stays as it is. */
export function asTransportError(error: unknown, system: string, path: string): unknown {
  if (error instanceof InterlocalError) return error;
  const code = errorCode(error);
  const place = { system, file: path };
  const cause: AnswerFacts = { status: 0, faultCode: code };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return fileMissing(system, path, cause);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return accessDenied(system, path, cause);
    case 'EISDIR':
      return notAFile(system, path, 'a folder, not a file', cause);
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return new FileError(
        {
          code: 'PATH_UNUSABLE',
          place,
          message:
            code === 'ELOOP'
              ? `Symbolic links on the way to ${path} lead back to themselves.`
              : `The name ${path} is too long for this disk.`,
          hint:
            code === 'ELOOP'
              ? 'Have the symbolic link removed or corrected.'
              : 'Have the file or its folders renamed to something shorter.',
        },
        { cause },
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new FatalError(
        {
          code: 'DISK_FULL',
          place,
          message: `There is no space left to write ${path}.`,
          hint: 'Free some space on that disk or share, then run again.',
        },
        { cause },
      );
    case 'EBUSY':
    case 'ETXTBSY':
    case 'EAGAIN':
      return new RetriableError(
        {
          code: 'FILE_BUSY',
          place,
          message: `${path} is in use by another program (${code}).`,
          hint: 'If this continues, close the program that has the file open.',
        },
        { cause, passes: true },
      );
    case 'EMFILE':
    case 'ENFILE':
      return new RetriableError(
        {
          code: 'FILE_BUSY',
          place,
          message: `${path} could not be opened: too many files are open on this computer (${code}).`,
          hint: 'If this continues, find the program that leaves files open, or raise the limit of open files for the account that runs Interlocal.',
        },
        { cause, passes: true },
      );
    case 'EIO':
    case 'ESTALE':
    case 'ETIMEDOUT':
    case 'EHOSTDOWN':
    case 'EHOSTUNREACH':
    case 'ENOTCONN':
    case 'ECONNRESET':
      return new RetriableError(
        {
          code: 'SHARE_UNREACHABLE',
          place,
          message: `The share or disk behind ${path} does not answer (${code}).`,
          hint: 'Check whether the share is mounted on this machine and its server is running.',
        },
        { cause },
      );
    default:
      return error;
  }
}
