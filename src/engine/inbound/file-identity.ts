import { hash } from 'node:crypto';
import type { StreamConfig } from '../../config/schema/connector.ts';
import { filesWithContent, lastLoaded, type LedgerFile, lyingAt, type NewFile } from '../../store/ledger/files.ts';
import type { RemoteFile } from '../../transports/transport.ts';
import type { InboundRun } from './inbound-run.ts';
import type { Spooled } from './spool.ts';

/** As the ledger knows a file. */
export function identityOf(run: Pick<InboundRun, 'id' | 'source' | 'stream'>, remote: RemoteFile, spooled: Spooled): NewFile {
  return {
    source_id: run.source.id,
    path: remote.path,
    sha256: spooled.sha256,
    size: spooled.size,
    run_id: run.id,
    reading: readingOf(run.stream),
    modified_ms: remote.modifiedMs ?? null,
  };
}

/** A hash over how the files of a stream are read. */
export function readingOf({ retriever, ...stream }: StreamConfig): string {
  return hash('sha256', JSON.stringify({ ...stream, unpack: retriever.files!.unpack }));
}

/**
 * The ledger's entry when this content is loaded already and need not be loaded again. It must be when something else
 * was loaded since from the same path: then the source went back to it. Of snapshots the same is true when something else
 * was loaded from any path, unless it only lies where it always lay.
 */
export async function knownContent(
  run: Pick<InboundRun, 'knex' | 'source' | 'stream'>,
  remote: RemoteFile,
  spooled: Spooled,
): Promise<LedgerFile | undefined> {
  const same = (await filesWithContent(run.knex, run.source.id, spooled.sha256)).filter((f) => f.state === 'loaded');
  const newest = same.at(-1);
  if (!newest) return undefined;
  const snapshot = run.stream.retriever.files!.content === 'snapshot';
  if (snapshot && (await lyingAt(run.knex, run.source.id, remote.path))?.sha256 === spooled.sha256) return newest;
  const last = await lastLoaded(run.knex, run.source.id, snapshot ? undefined : remote.path);
  return !last || last.sha256 === spooled.sha256 ? newest : undefined;
}
