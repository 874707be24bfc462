import { hash } from 'node:crypto';
import { posix } from 'node:path';
import { IgnoredFile } from '../../connector/error-rules.ts';
import { type RepeatFinder, repeatFinder } from '../../connector/stream/keys.ts';
import { columnsOf } from '../../connector/stream/field-paths.ts';
import { selectorOf } from '../../connector/stream/select.ts';
import { optionVariables } from '../../connector/template.ts';
import { openUnpacked } from '../../connector/sink/packing.ts';
import { FatalError, FileError } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import { decodeWith } from '../../formats/formats.ts';
import type { Unpacked } from '../../formats/unpack/unpack.ts';
import {
  filesWithContent,
  finishFile,
  lastLoaded,
  type LedgerFile,
  lyingAt,
  type NewFile,
  noteKnownFile,
  refuseFile,
  resumableFile,
  saveFileProgress,
  startFile,
} from '../../store/ledger/files.ts';
import { hasLinks } from '../../store/landing/landed.ts';
import { afterFilling, beforeFilling } from '../../store/model-tables.ts';
import { closeGoneRejects } from '../../store/landing/rejects.ts';
import type { DecodeContext } from '../../formats/format.ts';
import { sizeWrong } from '../../transports/file-errors.ts';
import type { FileTransport, RemoteFile } from '../../transports/transport.ts';
import { absentDeletions, type SeenKeys, seenKeys } from '../landing/absent.ts';
import { changesOf } from './changes.ts';
import { leaveOlderUnfinished, leftOutAsOlder } from './file-order.ts';
import { assignKey, keylessNames, lookForRepeats, openBatch, type OpenBatch } from '../landing/land-batch.ts';
import { landedAhead, landsAhead } from '../landing/land-ahead.ts';
import { type Layout, layoutOf } from './layout.ts';
import { archive, wentAway } from './archive.ts';
import { type Session, stopIfAsked } from '../run/session.ts';
import { keep, type Spooled, spool } from './spool.ts';
import { leave } from './waiting-files.ts';

/**
 * Takes one file: fetches it, recognizes its content, verifies it whole, loads it batch by batch from where an earlier
 * run stopped, and archives it once everything is committed. A file that cannot be trusted is refused; the run goes on.
 */
export async function loadFile(session: Session, transport: FileTransport, remote: RemoteFile, spoolFolder: string): Promise<void> {
  const files = session.stream.retriever.files!;
  stopIfAsked(session);
  let spooled: Spooled | undefined;
  let layout = layoutOf(session);
  try {
    spooled = await spool(transport, remote, spoolFolder, files.max_size, session.signal, (done) =>
      session.onProgress({ pipeline: session.pipeline.pipeline, what: `fetching ${remote.name}`, done, unit: 'MB' }),
    );
    const after = await transport.stat(remote.path);
    if (!after || after.size !== remote.size || after.modifiedMs !== remote.modifiedMs) {
      leave(session, remote, 'it changed while it was being fetched', 'the next run');
      return;
    }
    if (remote.size !== undefined && spooled.size !== remote.size)
      throw sizeWrong(session.connection, remote.path, remote.size, `${spooled.size}`);
    const known = await knownContent(session, remote, spooled);
    if (known) {
      session.note(
        `${remote.name} has nothing new: the same content was loaded ${known.path === remote.path ? 'before' : `as ${known.path}`}.`,
      );
      if (known.path !== remote.path) await session.commit(async (_, trx) => noteKnownFile(trx, identityOf(session, remote, spooled!)));
    } else if (!(await leftOutAsOlder(session, remote, identityOf(session, remote, spooled)))) {
      const unpacked = await openUnpacked(spooled, files.unpack, {
        file: remote.path,
        variables: optionVariables(session.options),
        keep: (bytes) => keep(bytes, spoolFolder),
        signal: session.signal,
      });
      try {
        if (!(await loadChanges(session, remote, spooled, unpacked, layout))) {
          layout = layoutOf(session);
          const { total, repeats } = await verify(session, remote, unpacked, layout);
          layout = layoutOf(session);
          await load(session, remote, spooled, unpacked, { total, repeats, layout });
        }
      } finally {
        await unpacked.close();
      }
    }
  } catch (error) {
    if (error instanceof IgnoredFile) {
      session.left.set(remote.path, 'the connector says to ignore its error');
      session.note(`${remote.name} is left for the next run: ${error.problems[0]!.message} The connector says to ignore this.`);
      return;
    }
    if (await wentAway(session, transport, remote, error)) return;
    if (error instanceof FatalError && error.code === 'DELETES_TOO_MANY') {
      session.problems.push(...error.problems);
      session.note(
        `${remote.name} is skipped, because too much is missing from it. A later file is still read, because it is complete again.`,
      );
      return;
    }
    if (!(error instanceof FileError)) throw error;
    const problems = error.problems.map((p) => ({ ...p, place: { ...p.place, file: p.place.file ?? remote.path } }));
    // The ledger keeps what is wrong with the file alone: which run was the last good one depends on how often it was stopped.
    session.problems.push(...layout.explained(problems));
    if (spooled) await refuseFile(session.knex, identityOf(session, remote, spooled), problems);
    return;
  } finally {
    await spooled?.remove();
  }
  if (!session.preview) await archive(session, transport, remote, spooled.sha256);
}

function identityOf(session: Session, remote: RemoteFile, spooled: Spooled): NewFile {
  const { retriever, ...stream } = session.stream;
  const reading = { ...stream, unpack: retriever.files!.unpack };
  return {
    source_id: session.source.id,
    path: remote.path,
    sha256: spooled.sha256,
    size: spooled.size,
    run_id: session.runId,
    reading: hash('sha256', JSON.stringify(reading)),
    modified_ms: remote.modifiedMs ?? null,
  };
}

/**
 * The ledger's entry when this content is loaded already and need not be loaded again. It must be when something else
 * was loaded since from the same path: then the source went back to it. Of snapshots the same is true when something else
 * was loaded from any path, unless it only lies where it always lay.
 */
async function knownContent(session: Session, remote: RemoteFile, spooled: Spooled): Promise<LedgerFile | undefined> {
  const same = (await filesWithContent(session.knex, session.source.id, spooled.sha256)).filter((f) => f.state === 'loaded');
  const newest = same.at(-1);
  if (!newest) return undefined;
  const snapshot = session.stream.retriever.files!.content === 'snapshot';
  if (snapshot && (await lyingAt(session.knex, session.source.id, remote.path))?.sha256 === spooled.sha256) return newest;
  const last = await lastLoaded(session.knex, session.source.id, snapshot ? undefined : remote.path);
  return !last || last.sha256 === spooled.sha256 ? newest : undefined;
}

/** Reads the whole file without keeping anything: throws FileError before anything of it could be committed. */
async function verify(
  session: Session,
  remote: RemoteFile,
  unpacked: Unpacked,
  layout: Layout,
): Promise<{ total: number; repeats: RepeatFinder }> {
  const repeats = repeatFinder(Math.ceil(unpacked.expected / USUAL_RECORD_BYTES));
  const { lists, finish, newColumns } = decoded(session, unpacked, layout);
  let total = 0;
  for await (const list of lists) {
    session.signal.throwIfAborted();
    total += list.length;
    lookForRepeats(list, session.stream, repeats);
    session.onProgress({ pipeline: session.pipeline.pipeline, what: `checking ${remote.name}`, done: total });
  }
  finish();
  noteNewColumns(session, remote, layout, newColumns());
  return { total, repeats };
}

function noteNewColumns(session: Session, remote: RemoteFile, layout: Layout, columns: readonly string[]): void {
  if (columns.length)
    session.note(
      `${remote.name} has columns unknown to the connector; they are kept only as raw data: ${columns.join(', ')}.${layout.saidOfNew(columns)}`,
    );
}

function decoded(
  session: Session,
  unpacked: Unpacked,
  layout: Layout,
  isUnchanged?: DecodeContext['isUnchanged'],
): { lists: AsyncGenerator<SourceRecord[]>; finish: () => void; newColumns: () => readonly string[] } {
  const { stream } = session;
  const selector = selectorOf(stream, unpacked.file);
  layout.from(selector);
  async function* lists(): AsyncGenerator<SourceRecord[]> {
    const raw = decodeWith(stream.decoder!, unpacked.read(), {
      file: unpacked.file,
      ...columnsOf(stream),
      onColumns: (columns) => layout.told(columns),
      isUnchanged,
      signal: session.signal,
    });
    for await (const list of raw) yield selector.select(list);
  }
  return { lists: lists(), finish: () => selector.finish(), newColumns: () => selector.newColumns() };
}

async function load(
  session: Session,
  remote: RemoteFile,
  spooled: Spooled,
  unpacked: Unpacked,
  { total, repeats, layout }: Pick<Load, 'total' | 'repeats' | 'layout'>,
): Promise<void> {
  const identity = identityOf(session, remote, spooled);
  const file = (await resumableFile(session.knex, identity)) ?? (await session.commit(async (_, trx) => startFile(trx, identity)));
  const skip = file.records_done;
  if (skip > 0) session.note(`${remote.name} resumes after record ${skip}, where an earlier run was stopped.`);
  const seen: SeenKeys | undefined = session.stream.deletes?.when_absent ? await seenKeys(session) : undefined;
  session.allNew = skip === 0 && !(await hasLinks(session.knex, session.source.id));
  const bulk = session.allNew && total >= BULK_RECORDS && !session.preview;
  const filled = session.bound.map(({ entity }) => entity);
  if (bulk) await beforeFilling(session.knex, filled);
  const created = await landLists(session, decoded(session, unpacked, layout).lists, {
    file,
    name: unpacked.file,
    total,
    skip,
    repeats,
    seen,
    layout,
  });
  session.allNew = false;
  if (bulk) await afterFilling(session.knex, filled);
  if (seen) await absentDeletions(session, seen, { created, file: { id: file.id, name: unpacked.file } });
  await finish(session, remote, file, layout, { created, total });
}

/**
 * Loads a file that says again what was loaded before, but for a few records. false: it is not of that kind, or something is wrong with it;
 * nothing was written, and it must be read as any other.
 */
async function loadChanges(session: Session, remote: RemoteFile, spooled: Spooled, unpacked: Unpacked, layout: Layout): Promise<boolean> {
  const identity = identityOf(session, remote, spooled);
  if (await resumableFile(session.knex, identity)) return false;
  let read: ReturnType<typeof decoded> | undefined;
  const onProgress = (done: number): void =>
    session.onProgress({ pipeline: session.pipeline.pipeline, what: `comparing ${remote.name}`, done });
  const changes = await changesOf(
    session,
    { reading: identity.reading!, bytes: unpacked.expected },
    (isUnchanged) => (read = decoded(session, unpacked, layout, isUnchanged)).lists,
    onProgress,
  ).catch((error: unknown) => {
    // What is wrong with the file is said by whoever reads all of it.
    if (error instanceof FileError) return undefined;
    throw error;
  });
  if (!changes) return false;
  read!.finish();
  noteNewColumns(session, remote, layout, read!.newColumns());
  const { records, unchanged } = changes;
  const total = records.length + unchanged;
  const file = await session.commit(async (_, trx) => startFile(trx, identity));
  for (const record of records) assignKey(record, session.stream);
  keylessNames(file.path)(records);
  layout.see(records);
  layout.countUnchanged(unchanged);
  let created = 0;
  const batch = await openBatch(session, { id: file.id, name: unpacked.file });
  try {
    await batch.add(records);
    batch.countUnchanged(unchanged);
    await batch.commit(async (trx, fresh) => saveFileProgress(trx, file.id, session.runId, total, (created = fresh)));
  } catch (error) {
    await batch.rollback();
    throw error;
  }
  session.onProgress({ pipeline: session.pipeline.pipeline, what: unpacked.file, done: total, total });
  stopIfAsked(session);
  if (session.stream.deletes?.when_absent) {
    const nameless = records.filter(({ key }) => key === undefined).length;
    const seen = { nameless: () => nameless, absent: () => changes.absent(), drop: async () => {} };
    await absentDeletions(session, seen, { created, file: { id: file.id, name: unpacked.file } });
  }
  await finish(session, remote, file, layout, { created, total });
  return true;
}

/** All records are committed: the ledger, the layout and what was rejected before are brought up to that. */
async function finish(
  session: Session,
  remote: RemoteFile,
  file: LedgerFile,
  layout: Layout,
  { created, total }: { created: number; total: number },
): Promise<void> {
  await session.commit(async (_, trx) => {
    const { content, after } = session.stream.retriever.files!;
    await finishFile(trx, file, after.archive ? posix.join(after.archive, remote.name) : null);
    await layout.remember(trx, remote.name);
    // What a whole snapshot does not have is not there anymore. A file that stays in its place may have been fixed there,
    // or make room for another delivery: then it has nothing of the one before, whose rejects must not get lost.
    if (content === 'snapshot') {
      await closeGoneRejects(trx, session.source.id, file.id);
      await leaveOlderUnfinished(session, trx, remote);
    } else if (!after.archive && created * 2 <= total) await closeGoneRejects(trx, session.source.id, file.id, remote.path);
  });
}

interface Load {
  file: LedgerFile;
  name: string;
  total: number;
  /** Records that an earlier run committed. */
  skip: number;
  repeats: RepeatFinder;
  seen: SeenKeys | undefined;
  layout: Layout;
}

/**
 * Lands the records while they are read, and commits after every batch_size of them, counted from the start of the file.
 * Gives how many of them are new.
 */
async function landLists(
  session: Session,
  lists: AsyncIterable<SourceRecord[]>,
  { file, name, total, skip, repeats, seen, layout }: Load,
): Promise<number> {
  const size = session.pipeline.batch_size;
  const place = { id: file.id, name };
  let batch: OpenBatch | undefined;
  let done = 0;
  let created = file.created_done;
  const nameKeyless = keylessNames(file.path);
  let saving: Promise<void> | undefined;
  const save = async (closed: OpenBatch, upTo: number): Promise<void> => {
    let now = created;
    await closed.commit(async (trx, fresh) => saveFileProgress(trx, file.id, session.runId, upTo, (now = created + fresh)));
    created = now;
    session.onProgress({ pipeline: session.pipeline.pipeline, what: name, done: upTo, total });
  };
  /** One batch after the other; where batches are made ahead, the next one is made while this one is saved. */
  const commit = async (): Promise<void> => {
    await saving;
    // Where a batch was saved while this one was made, the stop comes behind that one.
    if (saving && batch!.ahead) stopIfAsked(session);
    saving = save(batch!, done);
    if (batch!.ahead) saving.catch(() => {});
    else await saving;
    batch = undefined;
    stopIfAsked(session);
  };
  try {
    for await (const list of lists) {
      // Records that are passed over still count where their keys come again.
      for (const record of list) assignKey(record, session.stream, repeats);
      nameKeyless(list);
      layout.see(list);
      await seen?.add(list, batch?.trx);
      let at = Math.min(list.length, Math.max(0, skip - done));
      done += at;
      while (at < list.length) {
        const to = Math.min(list.length, at + size - (done % size));
        batch ??= landsAhead(session) ? landedAhead(session, place) : await openBatch(session, place);
        await batch.add(list.slice(at, to));
        done += to - at;
        at = to;
        if (done % size === 0) await commit();
      }
    }
    if (batch) await commit();
    await saving;
    return created;
  } catch (error) {
    // What is being saved is waited for: its failure is the one that counts.
    const failure: unknown = await saving?.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await batch?.rollback();
    throw failure ?? error;
  }
}

/** About as long are records: how many a file may have, for what looks for repeated keys to begin with. */
const USUAL_RECORD_BYTES = 250;

/** A first load of this many records makes the indexes of its tables afterwards. */
const BULK_RECORDS = 50_000;
