import type { Knex } from '../open.ts';

/** A file that is there and was left by every run since. */
export interface WaitingFile {
  path: string;
  reason: string;
  /** When the first of these runs was, UTC. */
  since: string;
  runs: number;
}

/**
 * Saves which files of a source a run left: those that it left before keep their time, those that were read or are gone are forgotten.
 * Gives them as they stand now.
 */
export async function saveWaiting(
  knex: Knex,
  sourceId: number,
  left: readonly Pick<WaitingFile, 'path' | 'reason'>[],
  now: Date,
): Promise<WaitingFile[]> {
  const known = new Map((await waitingFiles(knex, sourceId)).map((file) => [file.path, file]));
  const all = left.map(({ path, reason }): WaitingFile => {
    const before = known.get(path);
    return { path, reason, since: earlier(before?.since, now.toISOString()), runs: (before?.runs ?? 0) + 1 };
  });
  if (known.size) await knex('il_waiting').where({ source_id: sourceId }).delete();
  for (const file of all) await knex('il_waiting').insert({ source_id: sourceId, ...file });
  return all;
}

export async function waitingFiles(knex: Knex, sourceId: number): Promise<WaitingFile[]> {
  return (await knex('il_waiting')
    .where({ source_id: sourceId })
    .orderBy('path')
    .select('path', 'reason', 'since', 'runs')) as WaitingFile[];
}

/** Since when a file waits is never in the future, where a clock that was ahead has put it. */
function earlier(before: string | undefined, now: string): string {
  return before === undefined || before > now ? now : before;
}
