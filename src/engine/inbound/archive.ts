import { posix } from 'node:path';
import { FatalError, FileError, InterlocalError } from '../../core/errors.ts';
import { filesWithContent, saveArchived } from '../../store/ledger/files.ts';
import type { FileTransport, RemoteFile } from '../../transports/transport.ts';
import type { InboundRun } from './inbound-run.ts';
import { markerOf } from './ready-files.ts';
import { leave } from './waiting-files.ts';

/** What archiving needs of a run. */
type Archiving = Pick<InboundRun, 'knex' | 'left' | 'note' | 'problems' | 'source' | 'stream'>;

/** The sender, or somebody else, took or changed the file while it was fetched: the next run sees what is there then. */
export async function wentAway(run: Archiving, transport: FileTransport, remote: RemoteFile, error: unknown): Promise<boolean> {
  if (!(error instanceof InterlocalError)) return false;
  const changed = error.code === 'FILE_CHANGED';
  if (!changed && (error.code !== 'FILE_MISSING' || (await transport.stat(remote.path)))) return false;
  if (changed) leave(run, remote, 'it changed while it was being fetched', 'the next run');
  else run.note(`${remote.name} disappeared before it could be read or moved.`);
  return true;
}

/** So many deliveries with the same name, content and time are kept side by side. */
const MAX_NAMES = 1000;

/**
 * Moves the file away, and its marker after it. The ledger says where to before it is done: killed in between, the next
 * run finds the file either still here, recognizes it and comes here again, or there. Where it cannot be moved, that is a problem of the
 * run, which goes on with the next file.
 */
export async function archive(run: Archiving, transport: FileTransport, remote: RemoteFile, sha256: string): Promise<void> {
  const files = run.stream.retriever.files!;
  if (!files.after.archive) return;
  const entry = (await filesWithContent(run.knex, run.source.id, sha256)).find((f) => f.path === remote.path);
  if (!entry)
    throw new FatalError({
      code: 'LEDGER_LOST',
      place: { file: remote.path },
      message:
        'Interlocal has no entry that it read this file, so it left the file where it is instead of archiving it. This is a bug in Interlocal.',
      hint: 'Please report it with the output of interlocal doctor --json. Leave the file where it is.',
    });
  // Loading takes its time. What was put in the place of the file meanwhile was not read and must not be moved away.
  const now = await transport.stat(remote.path);
  if (!now || now.size !== remote.size || now.modifiedMs !== remote.modifiedMs) {
    run.note(
      `${remote.name} was ${now ? 'replaced' : 'removed'} while it was loaded; ${now ? 'what is there now is read by the next run' : 'it is not in the archive'}.`,
    );
    await saveArchived(run.knex, entry.id, null);
    return;
  }
  // Another delivery with this name may be in the archive: both are kept, identified by their content, their time, a number.
  const stem = sha256.slice(0, 12);
  for (let n = 0; ; n++) {
    const name =
      n === 0 ? remote.name : `${[stem, ...(n > 1 ? [remote.modifiedMs ?? 0] : []), ...(n > 2 ? [n - 1] : [])].join('-')}-${remote.name}`;
    const target = posix.join(files.after.archive, name);
    await saveArchived(run.knex, entry.id, target);
    try {
      await transport.rename(remote.path, target);
      break;
    } catch (error) {
      if (await wentAway(run, transport, remote, error)) return;
      if (error instanceof InterlocalError && error.code === 'TARGET_EXISTS' && n < MAX_NAMES) continue;
      if (!(error instanceof FatalError || error instanceof FileError)) throw error;
      // What is in the file is stored; only that it stays here is wrong, and no reason to leave others unread.
      run.problems.push(...error.problems);
      return;
    }
  }
  if (files.marker) {
    const marker = markerOf(remote, files.marker);
    if (await transport.stat(marker)) await transport.remove(marker);
  }
}
