import { constants } from 'node:fs';
import type { FileEntryWithStats, Stats } from 'ssh2';
import { FatalError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import type { SftpSession } from './connection.ts';

/** What something at the server is; undefined: the server did not say. */
export type Kind = 'file' | 'folder' | 'link' | 'other';

/** By the type bits of the permissions. Some servers send permissions without them (0666), or no permissions at all. */
export function kindOfStats(stats: Pick<Stats, 'mode'>): Kind | undefined {
  switch ((stats.mode ?? 0) & constants.S_IFMT) {
    case 0:
      return undefined;
    case constants.S_IFREG:
      return 'file';
    case constants.S_IFDIR:
      return 'folder';
    case constants.S_IFLNK:
      return 'link';
    default:
      return 'other';
  }
}

/** `-rw-r--r--   1 owner …`, and nothing that only begins with the same letter, such as the bare name `deposits.csv`. */
const LS_LINE = /^([-dlbcps])[-r][-w][-xsSl][-r][-w][-xsSl][-r][-w][-xtT][.+@]?\s/;

/** By the attributes or, where they say nothing, by the line of `ls -l` that most servers send with a listing. */
export function kindOfEntry(entry: Pick<FileEntryWithStats, 'attrs' | 'longname'>): Kind | undefined {
  const known = kindOfStats(entry.attrs);
  if (known) return known;
  const letter = LS_LINE.exec(entry.longname)?.[1];
  if (letter === undefined) return undefined;
  return letter === '-' ? 'file' : letter === 'd' ? 'folder' : letter === 'l' ? 'link' : 'other';
}

/**
 * Finds out by trying what the server does not say: what can be opened as a folder is one, what can be opened to be read is a file.
 * undefined: neither, so it is not known. Throws only for a connection that does not answer.
 */
export async function askKind(session: SftpSession, absolute: string, path: string): Promise<Kind | undefined> {
  if (await opens(session, path, (sftp, done) => sftp.opendir(absolute, done))) return 'folder';
  if (await opens(session, path, (sftp, done) => sftp.open(absolute, 'r', done))) return 'file';
  return undefined;
}

async function opens(session: SftpSession, path: string, open: Parameters<typeof session.call<Buffer>>[1]): Promise<boolean> {
  try {
    const handle = await session.call<Buffer>(path, open);
    await session.call<void>(path, (sftp, done) => sftp.close(handle, done)).catch(() => {}); // only read from; nothing can be lost
    return true;
  } catch (error) {
    if (error instanceof FatalError) return false; // the server answered: no
    throw error;
  }
}

export function kindUnknown(system: string, path: string): Problem {
  return {
    code: 'FILE_KIND_UNKNOWN',
    place: { system, file: path },
    message: `The server lists ${path} without saying whether it is a file or a folder, and it can be opened as neither.`,
    hint: 'Ask the owner of the server to let this account read it, or to move it away. Nothing of it was read.',
  };
}
