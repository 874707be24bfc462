import { FileError, RecordError } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';

/** Reports more than this many problems of one file to nobody's benefit. */
export const MAX_PROBLEMS = 20;

export interface At {
  line?: number;
  column?: number;
  record?: number;
  path?: string;
}

/** The error that refuses a file whole. */
export function refuseFile(code: string, file: string, at: At, message: string, hint?: string): FileError {
  return new FileError(problemIn(code, file, at, message, hint));
}

/** The error that says that one record cannot be written without loss. */
export function refuseRecord(code: string, file: string, at: At, message: string, hint?: string): RecordError {
  return new RecordError(problemIn(code, file, at, message, hint));
}

export function problemIn(code: string, file: string, at: At, message: string, hint?: string): Problem {
  return { code, place: { file, ...at }, message, ...(hint === undefined ? {} : { hint }) };
}

/** A text without a line feed but with carriage returns: all of it would be one line. */
export function crAlone(file: string): FileError {
  return refuseFile(
    'LINE_ENDINGS_CR',
    file,
    { line: 1 },
    'The lines of this file end in CR only, as on old Macs, so the whole file would be one line.',
    'Have it exported with CR LF or LF at the ends of its lines.',
  );
}

/** A piece of a file as it is in a message: short, on one line. */
export function excerpt(text: string, most = 40): string {
  const line = text.replace(/[\r\n\t]+/g, ' ');
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
