import { setTimeout as sleep } from 'node:timers/promises';
import type { FilesRetriever } from '../config/schema/connector.ts';
import { parseDuration } from '../core/time.ts';
import type { FileTransport, RemoteFile } from '../transports/transport.ts';

export interface Ready {
  files: RemoteFile[];
  /** Files that are there but are not read now, with the reason. */
  waiting: { name: string; reason: string }[];
}

/** How long a run waits for a file that is only a little too young, rather than leaving it for the next run. */
const PATIENCE_MS = 15_000;

/**
 * The files that are complete: old enough, the same in two listings, and with their marker where the sender writes one.
 * A file whose time lies in the future (clocks differ) is judged by the two listings alone.
 */
export async function readyFiles(
  transport: FileTransport,
  files: FilesRetriever,
  folder: string,
  now: () => Date,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<Ready> {
  const minimumAge = parseDuration(files.minimum_age) ?? 0;
  let listing = await transport.list(folder, files.pattern);
  const youngest = (list: RemoteFile[]): number => Math.min(...list.map((f) => ageOf(f, now)), Number.POSITIVE_INFINITY);

  let age = youngest(listing);
  if (age < minimumAge && minimumAge - age <= PATIENCE_MS) {
    note(`waiting ${Math.ceil((minimumAge - age) / 1000)} s: a file was changed only just now and may still be being written`);
    await sleep(minimumAge - age + 50, undefined, { signal });
    age = minimumAge;
  }
  // Very old files are not being written; for others the second listing comes after a pause that a writer would not survive.
  const before = new Map(listing.map((f) => [f.path, f]));
  if (listing.length > 0 && age < Math.max(10 * minimumAge, 60_000)) {
    await sleep(Math.min(1000, Math.max(100, minimumAge / 10)), undefined, { signal });
    listing = await transport.list(folder, files.pattern);
  }

  const ready: RemoteFile[] = [];
  const waiting: Ready['waiting'] = [];
  for (const file of listing) {
    const first = before.get(file.path);
    if (!first || first.size !== file.size || first.modifiedMs !== file.modifiedMs)
      waiting.push({ name: file.name, reason: 'it is still being written' });
    else if (ageOf(file, now) < minimumAge) waiting.push({ name: file.name, reason: `it was changed less than ${files.minimum_age} ago` });
    else if (files.marker && !(await transport.stat(markerOf(file, files.marker))))
      waiting.push({ name: file.name, reason: `its marker ${files.marker.replace('{name}', file.name)} is not there yet` });
    else ready.push(file);
  }
  return { files: ready, waiting };
}

/** The path of a file's marker, beside it. */
export function markerOf(file: RemoteFile, marker: string): string {
  const folder = file.path.slice(0, file.path.length - file.name.length);
  const stem = file.name.replace(/\.[^.]*$/, '');
  return folder + marker.replace('{name}', file.name).replace('{stem}', stem);
}

function ageOf(file: RemoteFile, now: () => Date): number {
  const age = now().getTime() - file.modifiedMs;
  return age < 0 ? Number.POSITIVE_INFINITY : age;
}
