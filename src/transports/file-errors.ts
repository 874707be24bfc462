import { FatalError, FileError, RetriableError } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';

/** The errors that every transport of files words alike. `cause`: the facts that error rules look at (AnswerFacts). */

export function targetExists(system: string, path: string): FatalError {
  return new FatalError({
    code: 'TARGET_EXISTS',
    place: { system, file: path },
    message: `${path} already exists and was not overwritten.`,
    hint: 'Ask the owner of the system who put it there. If it is not needed, have it moved away, then run again.',
  });
}

export function folderMissing(system: string, folder: string, where: string, cause?: unknown): FatalError {
  const problem = {
    code: 'FOLDER_MISSING',
    place: { system, file: folder || '.' },
    message: `The folder ${folder || '.'} does not exist ${where}.`,
    hint: "If the name is wrong, correct the folder in config/connections.yaml or in the connector. If it is right, ask the system's owner to create the folder.",
  };
  return new FatalError(problem, cause === undefined ? {} : { cause });
}

/** `what` it is: "a folder, not a file". */
export function notAFile(system: string, path: string, what: string, cause?: unknown): FileError {
  const problem = {
    code: 'NOT_A_FILE',
    place: { system, file: path },
    message: `A file was expected, but ${path} is ${what}, so it was not read.`,
    hint: 'Correct the folder of the connection in config/connections.yaml, or the file pattern in its connector, so that it names files only.',
  };
  return new FileError(problem, cause === undefined ? {} : { cause });
}

/** Where a folder is wanted, such as the archive. */
export function notAFolder(system: string, path: string): FatalError {
  return new FatalError({
    code: 'NOT_A_FOLDER',
    place: { system, file: path },
    message: `A folder is needed at ${path}, but there is a file of that name. Nothing was moved.`,
    hint: 'Have the file renamed, or name another folder in config/connections.yaml or in the connector.',
  });
}

export function fileMissing(system: string, path: string, cause?: unknown): FileError {
  const problem = {
    code: 'FILE_MISSING',
    place: { system, file: path },
    message: `${path} is not there: it never was, or somebody or something else removed or renamed it. Nothing of it was read.`,
    hint: 'Ask the owner of the system who or what removes files in this folder. Have the file put back, then run again.',
  };
  return new FileError(problem, cause === undefined ? {} : { cause });
}

export function fileChanged(system: string, path: string): RetriableError {
  return new RetriableError({
    code: 'FILE_CHANGED',
    place: { system, file: path },
    message: `${path} changed while it was being read, probably because the sender was still writing, so nothing of it was used.`,
    hint: 'It is read again later. If this keeps happening, raise minimum_age of the stream in the connector, or have the sender write a marker file when it is done.',
  });
}

/** The server says one size and gives another, and nobody changed the file meanwhile: it cannot be known to be whole. */
export function sizeWrong(system: string, path: string, said: number, found: string): FileError {
  return new FileError({
    code: 'FILE_SIZE_WRONG',
    place: { system, file: path },
    message: `The server says that ${path} has ${said} bytes, but ${found} arrived. It may be incomplete, so none of it is used; the next run reads it again.`,
    hint: 'If this comes back, have the file sent again. If that does not help either, ask the owner of the server why it reports another size than it sends.',
  });
}

export function nameUnreadable(system: string, path: string): Problem {
  return {
    code: 'FILE_NAME_UNREADABLE',
    place: { system, file: path },
    message: `There is a file ${path} whose name is not valid UTF-8 (\uFFFD marks what cannot be read), so it cannot be opened and was not read.`,
    hint: 'Have this file renamed in the remote system, and the next run reads it. Ask the sender to use plain letters or UTF-8 in file names.',
  };
}

export function uploadTaken(system: string, path: string, bytes: number): FatalError {
  return new FatalError({
    code: 'UPLOAD_TAKEN',
    place: { system, file: path },
    message: `The server took all ${bytes} bytes of ${path} and confirmed that it was closed, but then the file was gone, so it is not known whether the system has it.`,
    hint: 'Ask the owner of the server whether it processed this file: some servers take or remove files as soon as they are closed.',
  });
}

export function accessDenied(system: string, path: string, cause?: unknown): FatalError {
  const problem = {
    code: 'ACCESS_DENIED',
    place: { system, file: path },
    message: `The system refused access to ${path && path !== '.' ? path : 'the folder of the connection'} to the account of this connection.`,
    hint: "Ask the system's owner to let this account list and read the folder, and write, rename and delete files where they are delivered or archived.",
  };
  return new FatalError(problem, cause === undefined ? {} : { cause });
}
