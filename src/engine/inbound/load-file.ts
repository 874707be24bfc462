import { posix } from 'node:path';
import { IgnoredFile } from '../../connector/error-rules.ts';
import type { Variables } from '../../connector/template.ts';
import { openUnpacked } from '../../connector/sink/packing.ts';
import { FatalError, FileError } from '../../core/errors.ts';
import type { Unpacked } from '../../formats/unpack/unpack.ts';
import {
  finishFile,
  type LedgerFile,
  noteKnownFile,
  refuseFile,
  resumableFile,
  saveFileProgress,
  startFile,
} from '../../store/ledger/files.ts';
import { hasLinks } from '../../store/landing/landed.ts';
import { afterFilling, beforeFilling } from '../../store/model-tables.ts';
import { dropPassages, keepPassages } from '../../store/landing/passages.ts';
import { closeGoneRejects } from '../../store/landing/rejects.ts';
import { sizeWrong } from '../../transports/file-errors.ts';
import type { FileTransport, RemoteFile } from '../../transports/transport.ts';
import { absentDeletions, type SeenKeys, seenKeys } from '../landing/absent.ts';
import { compareAhead } from '../identity/changed/compare-ahead.ts';
import type { CompareAhead } from '../identity/changed/found-ahead.ts';
import { changesOf, comparesByValues, openLiveDigests } from './changes.ts';
import { identityOf, knownContent, readingOf } from './file-identity.ts';
import { landLists, type Load } from './land-lists.ts';
import { leaveOlderUnfinished, leftOutAsOlder } from './file-order.ts';
import { assignKey, keylessNames, openBatch } from '../landing/land-batch.ts';
import { withWriter } from '../landing/land-ahead.ts';
import type { LiveDigests } from './live-digests.ts';
import { type Layout, layoutOf } from './layout.ts';
import { archive, wentAway } from './archive.ts';
import type { InboundRun } from './inbound-run.ts';
import { stopIfAsked } from '../run/context.ts';
import { hasPassages, newPassages } from './passages.ts';
import { keep, type Spooled, spool } from './spool.ts';
import { type Decoded, decoded, verifyFile } from './verify-file.ts';
import { leave } from './waiting-files.ts';

/** Where the files of a run are. */
export interface FileSource {
  transport: FileTransport;
  /** Of this machine: where files are while they are read. */
  spoolFolder: string;
  variables: Variables;
}

/**
 * Takes one file: fetches it, recognizes its content, verifies it whole, loads it batch by batch from where an earlier
 * run stopped, and archives it once everything is committed. A file that cannot be trusted is refused, and one that may not be read is
 * told; the run goes on.
 */
export async function loadFile(run: InboundRun, remote: RemoteFile, { transport, spoolFolder, variables }: FileSource): Promise<void> {
  const files = run.stream.retriever.files!;
  stopIfAsked(run);
  let spooled: Spooled | undefined;
  /** Of a large file: what it will be compared with is read while it is hashed. Where that fails, whoever compares says why. */
  let early: Promise<LiveDigests | undefined> | undefined;
  let layout = layoutOf(run);
  try {
    spooled = await spool(
      transport,
      remote,
      spoolFolder,
      files.max_size,
      run.signal,
      (done) => run.progress({ what: `fetching ${remote.name}`, done, unit: 'MB' }),
      () => (early = openLiveDigests(run, readingOf(run.stream)).catch(() => undefined)),
    );
    const after = await transport.stat(remote.path);
    if (!after || after.size !== remote.size || after.modifiedMs !== remote.modifiedMs) {
      leave(run, remote, 'it changed while it was being fetched', 'the next run');
      return;
    }
    if (remote.size !== undefined && spooled.size !== remote.size)
      throw sizeWrong(run.connection, remote.path, remote.size, `${spooled.size}`);
    const known = await knownContent(run, remote, spooled);
    if (known) {
      run.note(
        `${remote.name} has nothing new: the same content was loaded ${known.path === remote.path ? 'before' : `as ${known.path}`}.`,
      );
      if (known.path !== remote.path) await run.commit(async (_, trx) => noteKnownFile(trx, identityOf(run, remote, spooled!)));
    } else if (!(await leftOutAsOlder(run, remote, identityOf(run, remote, spooled)))) {
      const unpacked = await openUnpacked(spooled, files.unpack, {
        file: remote.path,
        variables,
        keep: (bytes) => keep(bytes, spoolFolder),
        signal: run.signal,
      });
      try {
        if (!(await loadChanges(run, remote, spooled, { unpacked, layout, early: await early }))) {
          layout = layoutOf(run);
          const { total, repeats, newColumns } = await verifyFile(run, unpacked, layout, (done) =>
            run.progress({ what: `checking ${remote.name}`, done }),
          );
          noteNewColumns(run, remote, layout, newColumns);
          layout = layoutOf(run);
          await load(run, remote, spooled, unpacked, { total, repeats, layout });
        }
      } finally {
        await unpacked.close();
      }
    }
  } catch (error) {
    if (error instanceof IgnoredFile) {
      run.left.set(remote.path, 'the connector says to ignore its error');
      run.note(`${remote.name} is left for the next run: ${error.problems[0]!.message} The connector says to ignore this.`);
      return;
    }
    if (await wentAway(run, transport, remote, error)) return;
    if (error instanceof FatalError && error.code === 'DELETES_TOO_MANY') {
      run.problems.push(...error.problems);
      run.note(`${remote.name} is skipped, because too much is missing from it. A later file is still read, because it is complete again.`);
      return;
    }
    if (isOfOneFile(error, remote)) {
      run.problems.push(...error.problems);
      return;
    }
    if (!(error instanceof FileError)) throw error;
    const problems = error.problems.map((p) => ({ ...p, place: { ...p.place, file: p.place.file ?? remote.path } }));
    // The ledger keeps what is wrong with the file alone: which run was the last good one depends on how often it was stopped.
    run.problems.push(...layout.explained(problems));
    if (spooled) await refuseFile(run.knex, identityOf(run, remote, spooled), problems);
    return;
  } finally {
    await (await early)?.stop();
    await spooled?.remove();
  }
  if (!run.preview) await archive(run, transport, remote, spooled.sha256);
}

/** The system does not let this one file be read: nothing is known of what is in it, and the others are read. */
function isOfOneFile(error: unknown, remote: RemoteFile): error is FatalError {
  return error instanceof FatalError && error.code === 'ACCESS_DENIED' && error.problems.every(({ place }) => place?.file === remote.path);
}

function noteNewColumns(run: Pick<InboundRun, 'note'>, remote: RemoteFile, layout: Layout, columns: readonly string[]): void {
  if (columns.length)
    run.note(
      `${remote.name} has columns that the connector does not know: ${columns.join(', ')}. They are stored with each record but not used.${layout.saidOfNew(columns)}`,
    );
}

async function load(
  run: InboundRun,
  remote: RemoteFile,
  spooled: Spooled,
  unpacked: Unpacked,
  { total, repeats, layout }: Pick<Load, 'total' | 'repeats' | 'layout'>,
): Promise<void> {
  const identity = identityOf(run, remote, spooled);
  const file = (await resumableFile(run.knex, identity)) ?? (await run.commit(async (_, trx) => startFile(trx, identity)));
  const skip = file.records_done;
  if (skip > 0) run.note(`${remote.name} resumes after record ${skip}, where an earlier run was stopped.`);
  const seen: SeenKeys | undefined = run.stream.deletes?.when_absent ? await seenKeys(run) : undefined;
  run.landed.allNew = skip === 0 && !(await hasLinks(run.knex, run.source.id));
  const bulk = run.landed.allNew && total >= BULK_RECORDS && !run.preview;
  const filled = run.bound.map(({ entity }) => entity);
  if (bulk) await beforeFilling(run.knex, filled);
  const fresh = bulk && hasPassages(total) && comparesByValues(run.stream) ? newPassages(identity.reading!) : undefined;
  const what: Load = { file, name: unpacked.file, total, skip, repeats, seen, layout, fresh };
  const landAll = async (on: InboundRun): Promise<number> => {
    const created = await landLists(on, decoded(on, unpacked, layout, { passages: fresh?.passages }).lists, what);
    if (bulk) await afterFilling(on.knex, filled);
    return created;
  };
  const created = await (bulk ? withWriter(run, landAll) : landAll(run));
  run.landed.allNew = false;
  if (seen) await absentDeletions(run, seen, { created, file: { id: file.id, name: unpacked.file } });
  await finish(run, remote, file, layout, { created, total });
}

/**
 * Loads a file that says again what was loaded before, but for a few records. false: it is not of that kind, or something is wrong with it;
 * nothing was written, and it must be read as any other.
 */
async function loadChanges(
  run: InboundRun,
  remote: RemoteFile,
  spooled: Spooled,
  of: { unpacked: Unpacked; layout: Layout; early: LiveDigests | undefined },
): Promise<boolean> {
  const identity = identityOf(run, remote, spooled);
  if (await resumableFile(run.knex, identity)) return false;
  const ahead = await compareAhead(run, of.unpacked.file);
  try {
    return await loadDifferent(run, remote, identity, { ...of, ahead });
  } finally {
    await ahead?.stop();
  }
}

async function loadDifferent(
  run: InboundRun,
  remote: RemoteFile,
  identity: ReturnType<typeof identityOf>,
  {
    unpacked,
    layout,
    early,
    ahead,
  }: { unpacked: Unpacked; layout: Layout; early: LiveDigests | undefined; ahead: CompareAhead | undefined },
): Promise<boolean> {
  let read: Decoded | undefined;
  const onProgress = (done: number): void => run.progress({ what: `comparing ${remote.name}`, done });
  const changes = await changesOf(
    run,
    { reading: identity.reading!, bytes: unpacked.expected, early },
    (isUnchanged, passages) => (read = decoded(run, unpacked, layout, { isUnchanged, passages })).lists,
    { onProgress, onDifferent: (records) => ahead?.add(records) },
  ).catch((error: unknown) => {
    // What is wrong with the file is said by whoever reads all of it.
    if (error instanceof FileError) return undefined;
    throw error;
  });
  if (!changes) return false;
  read!.finish();
  noteNewColumns(run, remote, layout, read!.newColumns());
  const { records, unchanged } = changes;
  const total = records.length + unchanged;
  const file = await run.commit(async (_, trx) => startFile(trx, identity));
  for (const record of records) assignKey(record, run.stream);
  keylessNames(file.path)(records);
  layout.see(records);
  layout.countUnchanged(unchanged);
  let created = 0;
  const batch = await openBatch(run, { id: file.id, name: unpacked.file }, ahead);
  try {
    // Before it is waited for who compares ahead.
    if (batch.trx) await dropPassages(batch.trx, run.source.id, changes.gone);
    await batch.add(records);
    batch.countUnchanged(unchanged);
    await batch.commit(async (trx, fresh) => {
      await saveFileProgress(trx, file.id, run.id, { before: 0, done: total, created: (created = fresh) });
      if (!batch.trx) await dropPassages(trx, run.source.id, changes.gone);
      await keepPassages(trx, run.source.id, changes.passages());
    });
  } catch (error) {
    await batch.rollback();
    throw error;
  }
  run.progress({ what: unpacked.file, done: total, total });
  stopIfAsked(run);
  if (run.stream.deletes?.when_absent) {
    const nameless = records.filter(({ key }) => key === undefined).length;
    const seen = { nameless: () => nameless, absent: () => changes.absent(), drop: async () => {} };
    await absentDeletions(run, seen, { created, file: { id: file.id, name: unpacked.file } });
  }
  await finish(run, remote, file, layout, { created, total });
  return true;
}

/** All records are committed: the ledger, the layout and what was rejected before are brought up to that. */
async function finish(
  run: InboundRun,
  remote: RemoteFile,
  file: LedgerFile,
  layout: Layout,
  { created, total }: { created: number; total: number },
): Promise<void> {
  await run.commit(async (_, trx) => {
    const { content, after } = run.stream.retriever.files!;
    await finishFile(trx, file, total, after.archive ? posix.join(after.archive, remote.name) : null);
    await layout.remember(trx, remote.name);
    // What a whole snapshot does not have is not there anymore. A file that stays in its place may have been fixed there,
    // or make room for another delivery: then it has nothing of the one before, whose rejects must not get lost.
    if (content === 'snapshot') {
      await closeGoneRejects(trx, run.source.id, file.id);
      await leaveOlderUnfinished(run, trx, remote);
    } else if (!after.archive && created * 2 <= total) await closeGoneRejects(trx, run.source.id, file.id, remote.path);
  });
}

/** A first load of this many records makes the indexes of its tables afterwards. */
const BULK_RECORDS = 50_000;
