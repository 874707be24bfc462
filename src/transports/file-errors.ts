import { FatalError, FileError, RetriableError } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';

/** The errors that every transport of files words alike. `cause`: the facts that error rules look at (AnswerFacts). */

export function targetExists(system: string, path: string): FatalError {
  return new FatalError({
    code: 'TARGET_EXISTS',
    place: { system, file: path },
    message: `${path} already exists and was not overwritten.`,
    hint: 'Find out who put it there; move it away if it is not needed.',
  });
}

export function folderMissing(system: string, folder: string, where: string, cause?: unknown): FatalError {
  const problem = {
    code: 'FOLDER_MISSING',
    place: { system, file: folder || '.' },
    message: `The folder ${folder || '.'} does not exist ${where}.`,
    hint: "Correct the folder in config/connections.yaml or in the connector, or ask the system's owner to create it.",
  };
  return new FatalError(problem, cause === undefined ? {} : { cause });
}

/** `what` it is: "a folder, not a file". */
export function notAFile(system: string, path: string, what: string, cause?: unknown): FileError {
  const problem = {
    code: 'NOT_A_FILE',
    place: { system, file: path },
    message: `${path} is ${what}.`,
    hint: 'Correct the path of the connection in config/connections.yaml, or the file pattern in its connector.',
  };
  return new FileError(problem, cause === undefined ? {} : { cause });
}

/** Where a folder is wanted, such as the archive. */
export function notAFolder(system: string, path: string): FatalError {
  return new FatalError({
    code: 'NOT_A_FOLDER',
    place: { system, file: path },
    message: `${path} is a file, but a folder is needed there.`,
    hint: 'Rename the file, or name another folder in the connection or its connector.',
  });
}

export function fileMissing(system: string, path: string, cause?: unknown): FileError {
  const problem = {
    code: 'FILE_MISSING',
    place: { system, file: path },
    message: `${path} does not exist, or no longer does.`,
    hint: 'Someone else may be taking or renaming files in this folder.',
  };
  return new FileError(problem, cause === undefined ? {} : { cause });
}

export function fileChanged(system: string, path: string): RetriableError {
  return new RetriableError({
    code: 'FILE_CHANGED',
    place: { system, file: path },
    message: `${path} changed while it was being read, so what was read is not used.`,
    hint: 'The sender was still writing; it is read again later. Raise minimum_age, or use a marker file, if this keeps happening.',
  });
}

/** The server says one size and gives another, and nobody changed the file meanwhile: it cannot be known to be whole. */
export function sizeWrong(system: string, path: string, said: number, found: string): FileError {
  return new FileError({
    code: 'FILE_SIZE_WRONG',
    place: { system, file: path },
    message: `The server says that ${path} has ${said} bytes, but it has ${found}. It may be incomplete, so none of it is used.`,
    hint: "Have the file sent again, and ask the system's owner why the server reports a wrong size.",
  });
}

export function nameUnreadable(system: string, path: string): Problem {
  return {
    code: 'FILE_NAME_UNREADABLE',
    place: { system, file: path },
    message: `There is a file ${path} whose name is not valid UTF-8 (\uFFFD marks what cannot be read), so it cannot be opened.`,
    hint: 'Have the sender use UTF-8 or plain letters in file names; rename this file in the remote system and it will be read.',
  };
}

export function uploadTaken(system: string, path: string, bytes: number): FatalError {
  return new FatalError({
    code: 'UPLOAD_TAKEN',
    place: { system, file: path },
    message: `The server took all ${bytes} bytes of ${path} and confirmed that it was closed, but then it was gone.`,
    hint: 'The server may process files as soon as they are closed, or clean them up. Ask its owner whether it has this one.',
  });
}

export function accessDenied(system: string, path: string, cause?: unknown): FatalError {
  const problem = {
    code: 'ACCESS_DENIED',
    place: { system, file: path },
    message: `The account of this connection may not do this with ${path && path !== '.' ? path : 'the folder of the connection'}.`,
    hint: "Ask the system's owner for the right to list and read the folder, and to write, rename and delete where files are delivered or archived.",
  };
  return new FatalError(problem, cause === undefined ? {} : { cause });
}
