import type { FilesRetriever } from '../../config/schema/connector.ts';
import { archivedUnder } from '../../store/ledger/files.ts';
import type { FileTransport } from '../../transports/transport.ts';
import { markerOf } from './ready-files.ts';
import type { InboundRun } from './inbound-run.ts';

/**
 * Removes the markers of files that an earlier run archived without getting to their markers: the run was killed between
 * the two. A marker whose file the ledger does not know is the sender's business and stays.
 */
export async function removeOrphanMarkers(
  run: Pick<InboundRun, 'knex' | 'source'>,
  transport: FileTransport,
  files: FilesRetriever,
): Promise<void> {
  const { folder } = files;
  if (!files.marker || !files.after.archive) return;
  const stem = files.pattern.replace(/\.[^.]*$/, '');
  // What cannot be read is a problem of the run already.
  const told = (): void => {};
  const markers = await transport.list(folder, files.marker.replace('{name}', files.pattern).replace('{stem}', stem), told);
  if (markers.length === 0) return;
  const present = new Set((await transport.list(folder, files.pattern, told)).map((file) => markerOf(file, files.marker!)));
  const orphans = markers.filter((marker) => !present.has(marker.path));
  if (orphans.length === 0) return;
  const prefix = orphans[0]!.path.slice(0, orphans[0]!.path.length - orphans[0]!.name.length);
  const ours = new Set(
    (await archivedUnder(run.knex, run.source.id, prefix)).map((path) =>
      markerOf({ path, name: path.slice(prefix.length), size: 0, modifiedMs: 0 }, files.marker!),
    ),
  );
  for (const orphan of orphans) if (ours.has(orphan.path)) await transport.remove(orphan.path);
}
