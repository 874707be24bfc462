import { counted } from '../core/text/counted.ts';
import { visibleLine } from '../core/text/visible.ts';
import type { Engine } from '../engine/run/engine.ts';
import { findSource } from '../store/ledger/sources.ts';
import { type WaitingFile, waitingFiles } from '../store/ledger/waiting.ts';

/** So many files of a pipeline are named; JSON has all of them. */
const NAMED = 20;

/** Files of a pipeline that are there and that its last run left for a later one. */
export async function waitingOf({ knex }: Pick<Engine, 'knex'>, pipeline: string): Promise<WaitingFile[]> {
  const source = await findSource(knex, pipeline);
  return source ? waitingFiles(knex, source.id) : [];
}

/** Which files of a pipeline are there and were not read, since when and why: a sentence for each. `timeOf` writes a moment (UTC) for people. */
export function waitingTexts(files: readonly WaitingFile[], timeOf: (utc: string) => string): string[] {
  const named = files.slice(0, NAMED);
  return [
    ...named.map(({ path, since, runs, reason }) =>
      visibleLine(`${path} has been waiting since ${timeOf(since)} and was skipped by ${counted(runs, 'run')}: ${reason}.`),
    ),
    ...(files.length > named.length ? [`… and ${counted(files.length - named.length, 'more file')}.`] : []),
  ];
}
