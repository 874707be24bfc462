import type { StreamState } from '../../connector/source/stream-state.ts';

import { counted } from '../../core/text/counted.ts';
import { FatalError } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import { commitBatch } from './land-batch.ts';
import type { Knex } from '../../store/open.ts';
import { saveState } from '../../store/ledger/sources.ts';
import type { RunLog } from '../run/context.ts';
import type { LandingRun } from './land-context.ts';
import { keySet } from '../../store/landing/keys.ts';
import { countLive } from '../../store/landing/landed.ts';

/** The keys of a complete snapshot, kept in the store so that memory does not grow with it. */
export interface SeenKeys {
  /** `open`: the transaction of the batch that is open now. */
  add(records: readonly SourceRecord[], open?: Knex.Transaction): Promise<void>;
  /** How many records have no key that could be read: any record may be one of them. */
  nameless(): number;
  /** Keys of live records of the source that are not among them, in order. */
  absent(): Promise<string[]>;
  drop(): Promise<void>;
}

export async function seenKeys(run: Pick<LandingRun, 'knex' | 'source'>): Promise<SeenKeys> {
  const set = await keySet(run.knex, run.source.id);
  let nameless = 0;
  return {
    nameless: () => nameless,
    absent: () => set.absent(),
    drop: () => set.drop(),
    async add(records, open) {
      // A rejected record is still there: it must not look deleted.
      const keys = records.map((record) => record.key).filter((key) => key !== undefined);
      nameless += records.length - keys.length;
      await set.add(keys, open);
    },
  };
}

/** What the schema gives deletes.max_percent; a stream of Change Tracking need not have deletes. */
const USUAL_PERCENT = 10;

interface Snapshot {
  created: number;
  before?: number | undefined;
  file?: { id: number; name: string };
}

/**
 * Deletes what the source had before and a complete snapshot does not have anymore, unless that is suspiciously much of
 * what there was before the snapshot: `created` of its records are new; `before` is what there was when it was refused
 * once, for streams that are not files. Nothing is deleted where a record of the snapshot
 * could not be read: it may be any of those that seem to be missing.
 */
export async function absentDeletions(
  run: LandingRun & Pick<RunLog, 'note'>,
  seen: Omit<SeenKeys, 'add'>,
  { created, before, file }: Snapshot,
): Promise<void> {
  const { knex, source, stream } = run;
  const total = await countLive(knex, source.id);
  const keys = await seen.absent();
  await seen.drop();
  if (keys.length === 0) return;
  if (seen.nameless() > 0) {
    run.note(
      `${counted(keys.length, 'stored record')} missing from the new complete list ${keys.length === 1 ? 'is' : 'are'} kept: ${counted(seen.nameless(), 'record')} in the list ${seen.nameless() === 1 ? 'has' : 'have'} no readable key and may be the same.`,
    );
    return;
  }
  const base = Math.max(1, Math.min(before ?? total, total - created));
  const percent = (100 * keys.length) / base;
  const limit = stream.deletes?.max_percent ?? USUAL_PERCENT;
  if (percent > limit) {
    // Asked again, the records of this snapshot are not new anymore, and must not make it seem less.
    if (!file) await run.commit(async (_, trx) => saveState(trx, source.id, JSON.stringify({ before: base } satisfies StreamState)));
    throw new FatalError({
      code: 'DELETES_TOO_MANY',
      place: file ? { file: file.name } : { system: run.connection },
      message: `${keys.length} of the ${base} stored records (${percent.toFixed(1)} %) are missing from the new complete list, more than the ${limit} % that may be deleted at once. None of them was deleted.`,
      hint: 'Ask the owner of the system whether so many were really deleted. If yes, raise deletes.max_percent of the stream in the connector for one run; if no, have the complete list sent again.',
    });
  }
  const size = run.pipeline.batch_size;
  for (let i = 0; i < keys.length; i += size) {
    const before = run.counts.read;
    await commitBatch(
      run,
      keys.slice(i, i + size).map((key, n): SourceRecord => ({ values: {}, key, number: n + 1, deleted: true })),
      { file },
    );
    run.counts.read = before;
  }
}
