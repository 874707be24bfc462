import { setImmediate as turn } from 'node:timers/promises';
import type { RunCounts } from '../../core/outcome.ts';
import type { SourceRecord } from '../../core/record.ts';
import { addCounts, noCounts } from '../../core/outcome.ts';
import { idBlocks, landingAhead, openWriter, type TakeIds } from '../../store/landing/ahead.ts';
import { isAlreadyThere } from '../../store/failures.ts';
import type { Landing } from '../../store/landing/landing.ts';
import { closeRejects } from '../../store/landing/rejects.ts';
import { saveCounts } from '../../store/ledger/runs.ts';
import { findShape, insertShape, newShapeId, shapeOf } from '../../store/ledger/sources.ts';
import { referencesOf } from '../identity/references.ts';
import type { InboundRun, LandedSoFar } from '../inbound/inbound-run.ts';
import { committing } from '../run/open-run.ts';
import { landContext, type LandingRun } from './land-context.ts';
import type { SkipReason } from './context.ts';
import { landBatch, type Rejected } from './land.ts';
import { type Checkpoint, openBatch, type OpenBatch, refuseTooManyRejects, rejectedNow, withKeys } from './land-batch.ts';

/**
 * May batches be made ahead of their transactions? Where nothing has to be looked up in the store for that: a first load of entities whose
 * records are one by one, and refer to no others; or of such alone as are compared when all of them are there. A preview shows each change
 * as it comes.
 */
export function landsAhead(run: LandingRun): boolean {
  if (run.begin !== undefined && run.hasWriter !== true) return false;
  if (!run.landed.allNew || run.landed.namesKnownMembers || run.preview) return false;
  return (
    run.bound.every(({ entityId }) => run.matching.has(entityId)) ||
    run.bound.every(
      ({ entity, mapping }) =>
        !entity.identity && referencesOf(entity).every(({ by }) => by.some((field) => !mapping.columns.includes(field))),
    )
  );
}

/** Few enough that a statement which was answered is followed by the next within a millisecond: the server waits for it. */
const STRETCH = 100;

/** A batch that was made ahead has a member who is there: nothing of it was written. */
class MemberThere extends Error {}

const blocks = new WeakMap<LandedSoFar, TakeIds>();

/**
 * Runs `load` with a run whose batches are made ahead. Where the store has one writer at a time, they are written by a thread of their own;
 * where batches cannot be made ahead, `load` gets the run as it is.
 */
export async function withWriter<T>(run: InboundRun, load: (run: InboundRun) => Promise<T>): Promise<T> {
  const writer = landsAhead({ ...run, hasWriter: true }) ? openWriter(run.knex) : undefined;
  if (!writer) return load(run);
  try {
    return await load({ ...run, knex: writer, hasWriter: true, commit: committing({ ...run, knex: writer }) });
  } finally {
    await writer.destroy();
  }
}

/**
 * A batch whose records are mapped and made into rows when they are added: its commit only writes them, in a transaction as short as can be,
 * and the next batch may be made meanwhile.
 */
export function landedAhead(run: LandingRun, file?: { id: number; name: string }): OpenBatch {
  const take = blocks.get(run.landed) ?? idBlocks(run.knex);
  if (take) blocks.set(run.landed, take);
  const ahead = landingAhead(run.knex, take);
  const shapes = new Map<number, readonly string[]>();
  const context = landContext(run, async (columns) => (await findShape(run.knex, columns)) ?? (await newShape(columns)), file);
  context.ahead = true;
  /** All records, where they name members: one of these may be there. */
  const all: SourceRecord[] | undefined = run.bound.some(({ entityId }) => run.matching.has(entityId)) ? [] : undefined;
  const skipped = new Map<SkipReason, number>();
  const more: RunCounts = noCounts();
  const rejected: Rejected[] = [];
  /** Keys of good records, where one of them may have been rejected before. Not all of them: a million keys keep the texts that they were cut from. */
  const good: string[] = [];
  let skippedNew = 0;
  context.onSkipped = (reason, fresh) => {
    skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    if (fresh) skippedNew++;
  };

  async function newShape(columns: readonly string[]): Promise<number> {
    // Of a store with one writer: another run may need the same id before this batch is written.
    if (!take) return run.commit(async (_, trx) => shapeOf(trx, columns));
    const id = await newShapeId(run.knex);
    shapes.set(id, columns);
    return id;
  }

  async function write(landing: Landing): Promise<void> {
    try {
      await ahead.write(landing);
    } catch (error) {
      throw all && isAlreadyThere(error) ? new MemberThere('A record names a member that is in the store.', { cause: error }) : error;
    }
  }

  /** Lands the same records with members looked up, and has the next ones of this load landed in that way. */
  async function lookedUp(checkpoint: Checkpoint | undefined): Promise<void> {
    ahead.release();
    run.landed.namesKnownMembers = true;
    // The next batches may be made already, with these.
    if (shapes.size > 0)
      await run.commit(async (_, trx) => {
        for (const [id, columns] of shapes) await insertShape(trx, id, columns);
      });
    const batch = await openBatch({ ...run, begin: undefined }, file);
    batch.countUnchanged(more.unchanged);
    await batch.add(all!);
    await batch.commit(checkpoint);
  }

  function forgetShapes(): void {
    for (const [name, id] of run.landed.shapes) if (shapes.has(id)) run.landed.shapes.delete(name);
  }

  return {
    trx: undefined,
    ahead: true,
    countUnchanged(records) {
      more.read += records;
      more.unchanged += records;
    },
    async add(records) {
      for (const record of all ? records : []) all!.push(record);
      // All but the last are of one size: rows are inserted some at a time.
      for (let at = 0; at < records.length; at += STRETCH) {
        const keyed = withKeys(run, records.slice(at, at + STRETCH));
        more.read += keyed.rejected.length;
        more.rejected += keyed.rejected.length;
        rejected.push(...keyed.rejected, ...(await landBatch(ahead.landing, context, keyed.incoming, more)));
        if (rejected.length > 0) run.landed.openRejects = true;
        if (run.landed.openRejects) for (const { key } of keyed.incoming) good.push(key);
        // The database waits for the next statement of the batch before this one, and nothing above waits for anything.
        await turn();
      }
    },
    async commit(checkpoint) {
      let counts = run.counts;
      try {
        await run.commit(async (landing, trx) => {
          counts = { ...run.counts };
          addCounts(counts, more);
          for (const [id, columns] of shapes) await insertShape(trx, id, columns);
          await write(landing);
          await rejectedNow(run, trx, rejected, file);
          let fixed = 0;
          if (run.landed.openRejects) {
            const bad = new Set(rejected.map(({ key }) => key));
            fixed = await closeRejects(
              trx,
              run.source.id,
              good.filter((key) => !bad.has(key)),
              'superseded',
            );
          }
          await checkpoint?.(trx, Math.max(0, more.created + skippedNew - fixed));
          await saveCounts(trx, run.id, counts);
        });
      } catch (error) {
        if (error instanceof MemberThere) return lookedUp(checkpoint);
        forgetShapes();
        throw error;
      }
      ahead.release();
      Object.assign(run.counts, counts);
      run.landed.skippedNew += skippedNew;
      for (const [reason, n] of skipped) run.landed.skippedBecause.set(reason, (run.landed.skippedBecause.get(reason) ?? 0) + n);
      refuseTooManyRejects(run);
    },
    rollback: async () => forgetShapes(),
  };
}
