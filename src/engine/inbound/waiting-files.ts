import { counted } from '../../core/text/counted.ts';
import type { Problem } from '../../core/errors.ts';
import { parseDuration } from '../../core/time/time.ts';
import { anyFile } from '../../store/ledger/files.ts';
import { saveWaiting, waitingFiles } from '../../store/ledger/waiting.ts';
import type { RemoteFile } from '../../transports/transport.ts';
import type { InboundRun } from './inbound-run.ts';

/** What files that wait need of a run. */
type WaitingRun = Pick<InboundRun, 'commit' | 'connection' | 'knex' | 'left' | 'now' | 'pipeline' | 'problems' | 'source'>;

/** Notes that a file is there and is left for a later run. `reason`: a clause such as "it is still being written". */
export function leave(
  run: Pick<InboundRun, 'left' | 'note'>,
  { path, name }: Pick<RemoteFile, 'path' | 'name'>,
  reason: string,
  later = 'a later run',
): void {
  run.left.set(path, reason);
  run.note(`${name} is left for ${later}: ${reason}.`);
}

/**
 * Saves which files this run left. One that waits for longer than the pipeline allows is a problem of the run: somebody has to look, for
 * it may never be read by itself. To be called when all files were looked at.
 */
export async function settleWaiting(run: WaitingRun): Promise<void> {
  const { pipeline, source } = run;
  const now = run.now();
  if (run.left.size === 0 && (await waitingFiles(run.knex, source.id)).length === 0) return;
  const left = [...run.left].map(([path, reason]) => ({ path, reason }));
  const files = await run.commit(async (_, trx) => saveWaiting(trx, source.id, left, now));
  const most = parseDuration(pipeline.waiting_limit)!;
  for (const file of files) {
    const waited = now.getTime() - Date.parse(file.since);
    if (waited > most) run.problems.push(waitsTooLong(run, file.path, file.reason, waited, file.runs));
  }
}

function waitsTooLong(run: WaitingRun, path: string, reason: string, waitedMs: number, runs: number): Problem {
  return {
    code: 'FILE_WAITS',
    place: { system: run.connection, file: path },
    message: `${path} has been there for ${waitText(waitedMs)} and was skipped by ${counted(runs, 'run')}: ${reason}.`,
    hint: `Nothing of it was used. Ask the sender to finish the file or to remove it. Files that wait longer than waiting_limit of the pipeline (${run.pipeline.waiting_limit}) are reported like this.`,
  };
}

function waitText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 1) return counted(Math.max(1, Math.floor(ms / 60_000)), 'minute');
  return hours < 48 ? counted(hours, 'hour') : counted(Math.floor(hours / 24), 'day');
}

/** Where no file was ever found, the pattern or the folder may be wrong: nothing else would ever show it. */
export async function noteNeverFound(run: Pick<InboundRun, 'knex' | 'note' | 'source' | 'stream'>): Promise<void> {
  const { folder, pattern } = run.stream.retriever.files!;
  if (await anyFile(run.knex, run.source.id)) return;
  run.note(
    `No file called ${pattern} has been found yet in ${folder === '.' ? 'the folder of the connection' : folder}. If there should be one, check folder and pattern of the stream in the connector.`,
  );
}
