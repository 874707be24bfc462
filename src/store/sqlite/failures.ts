import type { Problem } from '../../core/errors.ts';

const FAILURES: Record<string, Omit<Problem, 'place'>> = {
  SQLITE_BUSY: {
    code: 'STORE_BUSY',
    message: 'Another process kept the store busy for half a minute.',
    hint: 'Run it again; nothing was lost. To see what else is running, run interlocal status.',
  },
  SQLITE_FULL: {
    code: 'STORE_FULL',
    message: 'The disk that the store is on is full.',
    hint: 'Free some space, then run again: the run resumes where it stopped.',
  },
  SQLITE_IOERR: {
    code: 'STORE_DISK_ERROR',
    message: 'The disk that the store is on could not be read or written.',
    hint: 'Check whether the disk is full or failing, then run again: the run resumes where it stopped.',
  },
  SQLITE_READONLY: {
    code: 'STORE_READ_ONLY',
    message: 'The file of the store cannot be written.',
    hint: 'Give the account that runs Interlocal permission to write in the data folder.',
  },
  SQLITE_CANTOPEN: {
    code: 'STORE_UNREACHABLE',
    message: 'The file of the store cannot be opened.',
    hint: 'Check whether the data folder exists, and whether the account that runs Interlocal may write in it.',
  },
  SQLITE_CORRUPT: {
    code: 'STORE_DAMAGED',
    message: 'The store is damaged.',
    hint: 'Stop Interlocal, keep a copy of the file as it is, and restore the last backup; the next run reads what is missing again.',
  },
  SQLITE_NOTADB: {
    code: 'STORE_DAMAGED',
    message: 'The file that store.url names is not a store of Interlocal.',
    hint: 'Check store.url in config/interlocal.yaml, or restore the last backup.',
  },
};

/** What SQLite says, in plain words. */
export function sqliteFailure(code: string): Omit<Problem, 'place'> | undefined {
  return FAILURES[code] ?? FAILURES[code.replace(/^(SQLITE_[A-Z]+)_.*$/, '$1')];
}

/** A row with the same unique key is there. */
export function isUniqueViolation(code: unknown): boolean {
  return /^SQLITE_CONSTRAINT_(?:UNIQUE|PRIMARYKEY)$/.test(String(code));
}
