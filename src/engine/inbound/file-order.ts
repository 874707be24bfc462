import type { FilesRetriever } from '../../config/schema/connector.ts';
import type { Problem } from '../../core/errors.ts';
import { filesWithContent, type LedgerFile, type NewFile, noteOlderFile, readElsewhere } from '../../store/ledger/files.ts';
import type { Knex } from '../../store/open.ts';
import { byName, nameOf } from '../../transports/paths.ts';
import type { RemoteFile } from '../../transports/transport.ts';
import type { InboundRun } from './inbound-run.ts';

/** What the order of files needs of a run. */
type OrderedRun = Pick<InboundRun, 'commit' | 'id' | 'knex' | 'note' | 'source' | 'stream'>;

type Order = FilesRetriever['order'];

/** The files of one run in the order in which they are read: the oldest first. */
export function inOrder(files: readonly RemoteFile[], order: Order): RemoteFile[] {
  return files.toSorted((a, b) => compared(a, b, order));
}

function compared(a: Found, b: Found, order: Order): number {
  return (order === 'modified' ? (a.modifiedMs ?? 0) - (b.modifiedMs ?? 0) : 0) || byName(a, b);
}

type Found = Pick<RemoteFile, 'name' | 'modifiedMs'>;

/**
 * Of snapshots each is the whole of the source at its time: one that is older than one that was read would take back what
 * changed since and bring back what was deleted. It is noted in the ledger as skipped, and true is given.
 */
export async function leftOutAsOlder(run: OrderedRun, remote: RemoteFile, file: NewFile): Promise<boolean> {
  const { content, order } = run.stream.retriever.files!;
  if (content !== 'snapshot') return false;
  const others = await readElsewhere(run.knex, run.source.id, remote.path);
  const before = (await filesWithContent(run.knex, run.source.id, file.sha256)).find((f) => f.path === remote.path);
  // It was left out before, and nobody put it there again since.
  const stays = before?.state === 'older' && before.modified_ms === (remote.modifiedMs ?? null);
  const newer = others.findLast((other) => isOlder(remote, other, order)) ?? (stays ? others.at(-1) : undefined);
  if (!newer) return false;
  const problem = olderProblem(remote.path, order);
  // What was read once and comes again stays in the ledger as read.
  if (before?.state !== 'loaded' && before?.state !== 'known')
    await run.commit(async (_, trx) => noteOlderFile(trx, file, before, problem));
  run.note(`${remote.name} is not read, because ${nameOf(newer.path)} was. ${problem.message} ${problem.hint} [${problem.code}]`);
  return true;
}

/** Once this snapshot is read, those before it that were begun, and refused for what they lack, are not gone on with. */
export async function leaveOlderUnfinished(run: OrderedRun, trx: Knex, remote: RemoteFile): Promise<void> {
  const { order } = run.stream.retriever.files!;
  for (const file of await readElsewhere(trx, run.source.id, remote.path))
    if (file.state === 'loading' && compared({ name: nameOf(file.path), modifiedMs: file.modified_ms ?? 0 }, remote, order) < 0)
      await noteOlderFile(trx, { ...file, run_id: run.id }, file, olderProblem(file.path, order));
}

function isOlder(remote: RemoteFile, other: LedgerFile, order: Order): boolean {
  const byItsName = byName(remote, { name: nameOf(other.path) }) < 0;
  const byItsTime = other.modified_ms !== null && remote.modifiedMs !== undefined && remote.modifiedMs < other.modified_ms;
  if (order === 'name') return byItsName;
  return order === 'modified' ? byItsTime : byItsName && byItsTime;
}

function olderProblem(file: string, order: Order): Problem {
  const how = order ? { name: ' by its name', modified: ' by its time of change' }[order] : '';
  return {
    code: 'FILE_OLDER',
    place: { file },
    message: `It is older${how}, and each of these files replaces those before it.`,
    hint: `If it must be read anyway, send it under a name that sorts later${order === 'name' ? '' : ', with a new time'}.`,
  };
}
