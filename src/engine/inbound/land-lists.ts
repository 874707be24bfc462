import type { RepeatFinder } from '../../connector/stream/keys.ts';
import type { SourceRecord } from '../../core/record.ts';
import { dropAllPassages, keepPassages, type Passage } from '../../store/landing/passages.ts';
import { type LedgerFile, saveFileProgress } from '../../store/ledger/files.ts';
import type { SeenKeys } from '../landing/absent.ts';
import { assignKey, keylessNames, openBatch, type OpenBatch } from '../landing/land-batch.ts';
import { landedAhead, landsAhead } from '../landing/land-ahead.ts';
import { stopIfAsked } from '../run/context.ts';
import type { InboundRun } from './inbound-run.ts';
import type { Layout } from './layout.ts';
import type { NewPassages } from './passages.ts';

/** A file that is being loaded. */
export interface Load {
  file: LedgerFile;
  name: string;
  total: number;
  /** Records that an earlier run committed. */
  skip: number;
  repeats: RepeatFinder;
  seen: SeenKeys | undefined;
  layout: Layout;
  /** Of a first load whose passages are kept: records are landed when they are added to a batch. */
  fresh: NewPassages | undefined;
}

/**
 * Lands the records while they are read, and commits after every batch_size of them, counted from the start of the file.
 * Gives how many of them are new.
 */
export async function landLists(
  run: InboundRun,
  lists: AsyncIterable<SourceRecord[]>,
  { file, name, total, skip, repeats, seen, layout, fresh: passages }: Load,
): Promise<number> {
  const size = run.pipeline.batch_size;
  const place = { id: file.id, name };
  let batch: OpenBatch | undefined;
  let done = 0;
  let created = file.created_done;
  let saved = file.records_done;
  const nameKeyless = keylessNames(file.path);
  /** Of the batch that was closed last, and of the one before it. */
  let saving: Promise<void> | undefined;
  let savingBefore: Promise<void> | undefined;
  const save = async (closed: OpenBatch, upTo: number, kept: readonly Passage[], before: Promise<void> | undefined): Promise<void> => {
    try {
      await before;
      // Where a batch was saved while this one was made, the stop comes behind that one.
      if (before && closed.ahead) stopIfAsked(run);
    } catch (error) {
      await closed.rollback();
      throw error;
    }
    let now = created;
    await closed.commit(async (trx, fresh) => {
      await saveFileProgress(trx, file.id, run.id, { before: saved, done: upTo, created: (now = created + fresh) });
      if (passages && saved === 0) await dropAllPassages(trx, run.source.id);
      await keepPassages(trx, run.source.id, kept);
    });
    created = now;
    saved = upTo;
    run.progress({ what: name, done: upTo, total });
  };
  /** One batch after the other; where batches are made ahead, the next one is made while this one waits for its turn or is saved. */
  const commit = async (closed: OpenBatch): Promise<void> => {
    await savingBefore;
    savingBefore = saving;
    saving = save(closed, done, passages?.take() ?? [], savingBefore);
    if (closed.ahead) saving.catch(() => {});
    else await saving;
    batch = undefined;
    stopIfAsked(run);
  };
  try {
    for await (const list of lists) {
      // Records that are passed over still count where their keys come again.
      for (const record of list) assignKey(record, run.stream, repeats);
      nameKeyless(list);
      layout.see(list);
      await seen?.add(list, batch?.trx);
      let at = Math.min(list.length, Math.max(0, skip - done));
      done += at;
      while (at < list.length) {
        const to = Math.min(list.length, at + size - (done % size));
        // Opened before the one that is being saved, it would hold what that one waits for.
        if (!batch && !landsAhead(run)) await saving;
        batch ??= landsAhead(run) ? landedAhead(run, place) : await openBatch(run, place);
        const part = list.slice(at, to);
        await batch.add(part);
        passages?.landed(part);
        done += to - at;
        at = to;
        if (done % size === 0) await commit(batch);
      }
    }
    if (batch) await commit(batch);
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
