import { setTimeout as sleep } from 'node:timers/promises';
import type { FilesRetriever } from '../../config/schema/connector.ts';
import type { Problem } from '../../core/errors.ts';
import { parseDuration } from '../../core/time/time.ts';
import type { FileTransport, RemoteFile } from '../../transports/transport.ts';

export interface Ready {
  files: RemoteFile[];
  /** Files that are there but are not read now, with the reason. */
  waiting: { file: RemoteFile; reason: string }[];
  /** Files that are there and match, and that cannot be read, or of which it cannot be known whether they are complete. */
  problems: Problem[];
}

/** How long a run waits for a file that is only a little too young, rather than leaving it for the next run. */
const PATIENCE_MS = 15_000;

/**
 * The files that are complete: old enough, the same in two listings, and with their marker where the sender writes one.
 * A file whose time is in the future (clocks differ), or is not said, is judged by the two listings alone.
 */
export async function readyFiles(
  transport: FileTransport,
  files: FilesRetriever,
  system: string,
  now: () => Date,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<Ready> {
  const { folder, pattern, marker } = files;
  const minimumAge = parseDuration(files.minimum_age) ?? 0;
  let problems: Problem[] = [];
  const list = (): Promise<RemoteFile[]> => {
    problems = [];
    return transport.list(folder, pattern, (problem) => problems.push(problem));
  };
  let listing = await list();

  let age = Math.min(...listing.map((f) => ageOf(f, now)), Number.POSITIVE_INFINITY);
  if (age < minimumAge && minimumAge - age <= PATIENCE_MS) {
    note(`waiting ${Math.ceil((minimumAge - age) / 1000)} s: a file was changed just now and may still be incomplete`);
    await sleep(minimumAge - age + 50, undefined, { signal });
    age = minimumAge;
  }
  // Very old files are not being written; for others the second listing comes after a pause that a writer would not survive.
  const before = new Map(listing.map((f) => [f.path, f]));
  const timeless = listing.some((f) => f.modifiedMs === undefined);
  if (listing.length > 0 && (timeless || age < Math.max(10 * minimumAge, 60_000))) {
    const pause = timeless ? Math.min(minimumAge, PATIENCE_MS) : Math.min(1000, Math.max(100, minimumAge / 10));
    await sleep(pause, undefined, { signal });
    listing = await list();
  }

  const ready: RemoteFile[] = [];
  const waiting: Ready['waiting'] = [];
  for (const file of listing) {
    const first = before.get(file.path);
    const unknown = uncertain(file, files, system);
    if (unknown) problems.push(unknown);
    else if (!first || first.size !== file.size || first.modifiedMs !== file.modifiedMs)
      waiting.push({ file, reason: 'it is still being written' });
    else if (ageOf(file, now) < minimumAge) waiting.push({ file, reason: `it was changed less than ${files.minimum_age} ago` });
    else if (marker && !(await transport.stat(markerOf(file, marker))))
      waiting.push({ file, reason: `its marker file ${marker.replace('{name}', file.name)} does not exist yet` });
    else ready.push(file);
  }
  return { files: ready, waiting, problems };
}

/** A server that says neither size nor time of a file gives nothing by which a complete file is known. */
function uncertain(file: RemoteFile, { marker, order }: FilesRetriever, system: string): Problem | undefined {
  if (file.modifiedMs !== undefined) return undefined;
  const problem = (message: string, hint: string): Problem => ({
    code: 'FILE_TIME_UNKNOWN',
    place: { system, file: file.path },
    message,
    hint,
  });
  if (order === 'modified')
    return problem(
      `${file.name} was not read: files are to be read in the order in which they were changed, but the server does not say when this one was.`,
      'In the connector set order: name for this stream, and have the sender put the date into the name of each file.',
    );
  if (file.size !== undefined || marker) return undefined;
  return problem(
    `${file.name} was not read: the server says neither its size nor when it was changed, so it is not known whether it is complete.`,
    'Have the sender write a second file when the first is complete, such as FILE.done, and set marker: "{name}.done" for this stream in the connector.',
  );
}

/** The path of a file's marker, next to it. */
export function markerOf(file: RemoteFile, marker: string): string {
  const folder = file.path.slice(0, file.path.length - file.name.length);
  const stem = file.name.replace(/\.[^.]*$/, '');
  return folder + marker.replace('{name}', file.name).replace('{stem}', stem);
}

function ageOf(file: RemoteFile, now: () => Date): number {
  const age = now().getTime() - (file.modifiedMs ?? Number.POSITIVE_INFINITY);
  return age < 0 ? Number.POSITIVE_INFINITY : age;
}
