import { hash } from 'node:crypto';
import { posix } from 'node:path';
import { IgnoredFile } from '../../connector/error-rules.ts';
import { type RepeatFinder, repeatFinder } from '../../connector/stream/keys.ts';
import { columnsOf } from '../../connector/stream/field-paths.ts';
import { selectorOf } from '../../connector/stream/select.ts';
import { optionVariables } from '../../connector/template.ts';
import { openUnpacked } from '../../connector/sink/packing.ts';
import { FatalError, FileError, InterlocalError } from '../../core/errors.ts';
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
  saveArchived,
  saveFileProgress,
  startFile,
} from '../../store/files.ts';
import { hasLinks, isEmpty } from '../../store/landed.ts';
import { createIndexes, dropIndexes } from '../../store/model-tables.ts';
import { closeGoneRejects } from '../../store/rejects.ts';
import { sizeWrong } from '../../transports/file-errors.ts';
import type { FileTransport, RemoteFile } from '../../transports/transport.ts';
import { absentDeletions, type SeenKeys, seenKeys } from '../landing/absent.ts';
import { leaveOlderUnfinished, leftOutAsOlder } from './file-order.ts';
import { assignKey, keylessNames, lookForRepeats, openBatch, type OpenBatch } from '../landing/land-batch.ts';
import { type Layout, layoutOf } from './layout.ts';
import { markerOf } from './ready-files.ts';
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
        const { total, repeats } = await verify(session, remote, unpacked, layout);
        layout = layoutOf(session);
        await load(session, remote, spooled, unpacked, { total, repeats, layout });
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

/** The sender, or somebody else, took or changed the file while it was fetched: the next run sees what is there then. */
async function wentAway(session: Session, transport: FileTransport, remote: RemoteFile, error: unknown): Promise<boolean> {
  if (!(error instanceof InterlocalError)) return false;
  const changed = error.code === 'FILE_CHANGED';
  if (!changed && (error.code !== 'FILE_MISSING' || (await transport.stat(remote.path)))) return false;
  if (changed) leave(session, remote, 'it changed while it was being fetched', 'the next run');
  else session.note(`${remote.name} disappeared before it could be read or moved.`);
  return true;
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
  if (newColumns().length)
    session.note(
      `${remote.name} has columns unknown to the connector; they are kept only as raw data: ${newColumns().join(', ')}.${layout.saidOfNew(newColumns())}`,
    );
  return { total, repeats };
}

function decoded(
  session: Session,
  unpacked: Unpacked,
  layout: Layout,
): { lists: AsyncGenerator<SourceRecord[]>; finish: () => void; newColumns: () => readonly string[] } {
  const { stream } = session;
  const selector = selectorOf(stream, unpacked.file);
  layout.from(selector);
  async function* lists(): AsyncGenerator<SourceRecord[]> {
    const raw = decodeWith(stream.decoder!, unpacked.read(), {
      file: unpacked.file,
      ...columnsOf(stream),
      onColumns: (columns) => layout.told(columns),
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
  if (bulk) for (const { entity } of session.bound) if (await isEmpty(session.knex, entity.entity)) await dropIndexes(session.knex, entity);
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
  if (bulk) for (const { entity } of session.bound) await createIndexes(session.knex, entity);
  if (seen) await absentDeletions(session, seen, { created, file: { id: file.id, name: unpacked.file } });
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
  const commit = async (): Promise<void> => {
    let now = created;
    await batch!.commit(async (trx, fresh) => saveFileProgress(trx, file.id, session.runId, done, (now = created + fresh)));
    created = now;
    batch = undefined;
    session.onProgress({ pipeline: session.pipeline.pipeline, what: name, done, total });
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
        batch ??= await openBatch(session, place);
        await batch.add(list.slice(at, to));
        done += to - at;
        at = to;
        if (done % size === 0) await commit();
      }
    }
    if (batch) await commit();
    return created;
  } catch (error) {
    await batch?.rollback();
    throw error;
  }
}

/** About as long are records: how many a file may have, for what looks for repeated keys to begin with. */
const USUAL_RECORD_BYTES = 250;

/** A first load of this many records makes the indexes of its tables afterwards. */
const BULK_RECORDS = 50_000;

/** So many deliveries with the same name, content and time are kept side by side. */
const MAX_NAMES = 1000;

/**
 * Moves the file away, and its marker after it. The ledger says where to before it is done: killed in between, the next
 * run finds the file either still here, recognizes it and comes here again, or there.
 */
async function archive(session: Session, transport: FileTransport, remote: RemoteFile, sha256: string): Promise<void> {
  const files = session.stream.retriever.files!;
  if (!files.after.archive) return;
  const entry = (await filesWithContent(session.knex, session.source.id, sha256)).find((f) => f.path === remote.path);
  if (!entry)
    throw new FatalError({
      code: 'LEDGER_LOST',
      place: { file: remote.path },
      message: 'The file ledger does not know this file; this is a bug.',
      hint: 'Please report it.',
    });
  // Loading takes its time. What was put in the place of the file meanwhile was not read and must not be moved away.
  const now = await transport.stat(remote.path);
  if (!now || now.size !== remote.size || now.modifiedMs !== remote.modifiedMs) {
    session.note(
      `${remote.name} was ${now ? 'replaced' : 'removed'} while it was loaded; ${now ? 'what is there now is read by the next run' : 'it is not in the archive'}.`,
    );
    await saveArchived(session.knex, entry.id, null);
    return;
  }
  // Another delivery with this name may be in the archive: both are kept, identified by their content, their time, a number.
  const stem = sha256.slice(0, 12);
  for (let n = 0; ; n++) {
    const name =
      n === 0 ? remote.name : `${[stem, ...(n > 1 ? [remote.modifiedMs ?? 0] : []), ...(n > 2 ? [n - 1] : [])].join('-')}-${remote.name}`;
    const target = posix.join(files.after.archive, name);
    await saveArchived(session.knex, entry.id, target);
    try {
      await transport.rename(remote.path, target);
      break;
    } catch (error) {
      if (await wentAway(session, transport, remote, error)) return;
      if (!(error instanceof InterlocalError) || error.code !== 'TARGET_EXISTS' || n >= MAX_NAMES) throw error;
    }
  }
  if (files.marker) {
    const marker = markerOf(remote, files.marker);
    if (await transport.stat(marker)) await transport.remove(marker);
  }
}
