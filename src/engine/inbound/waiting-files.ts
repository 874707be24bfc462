import { counted } from '../../core/text/counted.ts';
import type { Problem } from '../../core/errors.ts';
import { parseDuration } from '../../core/time/time.ts';
import { anyFile } from '../../store/ledger/files.ts';
import { saveWaiting, waitingFiles } from '../../store/ledger/waiting.ts';
import type { RemoteFile } from '../../transports/transport.ts';
import type { Session } from '../run/session.ts';

/** Notes that a file is there and is left for a later run. `reason`: a clause such as "it is still being written". */
export function leave(session: Session, { path, name }: Pick<RemoteFile, 'path' | 'name'>, reason: string, later = 'a later run'): void {
  session.left.set(path, reason);
  session.note(`${name} is left for ${later}: ${reason}.`);
}

/**
 * Saves which files this run left. One that waits for longer than the pipeline allows is a problem of the run: somebody has to look, for
 * it may never be read by itself. To be called when all files were looked at.
 */
export async function settleWaiting(session: Session): Promise<void> {
  const { pipeline, source } = session;
  const now = session.now();
  if (session.left.size === 0 && (await waitingFiles(session.knex, source.id)).length === 0) return;
  const left = [...session.left].map(([path, reason]) => ({ path, reason }));
  const files = await session.commit(async (_, trx) => saveWaiting(trx, source.id, left, now));
  const most = parseDuration(pipeline.waiting_limit)!;
  for (const file of files) {
    const waited = now.getTime() - Date.parse(file.since);
    if (waited > most) session.problems.push(waitsTooLong(session, file.path, file.reason, waited, file.runs));
  }
}

function waitsTooLong(session: Session, path: string, reason: string, waitedMs: number, runs: number): Problem {
  return {
    code: 'FILE_WAITS',
    place: { system: session.connection, file: path },
    message: `${path} has been there for ${waitText(waitedMs)} and was skipped by ${counted(runs, 'run')}: ${reason}.`,
    hint: `Ask the sender to finish or remove it. Until then nothing is read from it; waiting_limit of the pipeline (${session.pipeline.waiting_limit}) sets when this becomes a problem.`,
  };
}

function waitText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 1) return counted(Math.max(1, Math.floor(ms / 60_000)), 'minute');
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day');
}

/** Where no file was ever found, the pattern or the folder may be wrong: nothing else would ever show it. */
export async function noteNeverFound(session: Session): Promise<void> {
  const { folder, pattern } = session.stream.retriever.files!;
  if (await anyFile(session.knex, session.source.id)) return;
  session.note(
    `No file called ${pattern} has been found yet in ${folder === '.' ? 'the folder of the connection' : folder}. If there should be one, check folder and pattern.`,
  );
}
