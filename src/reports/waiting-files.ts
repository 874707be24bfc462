import { counted } from '../core/text/counted.ts';
import { visibleLine } from '../core/text/visible.ts';
import type { PipelineStatus } from './status.ts';

/** So many files of a pipeline are named; JSON has all of them. */
const NAMED = 20;

/** Which files of a pipeline are there and were not read, since when and why: a sentence for each. `timeOf` writes a moment (UTC) for people. */
export function waitingTexts({ waiting_files: files }: Pick<PipelineStatus, 'waiting_files'>, timeOf: (utc: string) => string): string[] {
  const named = files.slice(0, NAMED);
  return [
    ...named.map(({ path, since, runs, reason }) =>
      visibleLine(`${path} has been waiting since ${timeOf(since)} and was skipped by ${counted(runs, 'run')}: ${reason}.`),
    ),
    ...(files.length > named.length ? [`… and ${counted(files.length - named.length, 'more file')}.`] : []),
  ];
}
