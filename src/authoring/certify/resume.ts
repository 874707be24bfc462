import { counted } from '../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holdsFor, NO_RECORD, type Verdict } from './finding.ts';
import type { Bench, Contents } from './bench.ts';
import { saidOf } from './reading.ts';
import { storesNothing } from './recording-check.ts';
import { failWhileStoring } from '../../store/scratch.ts';

interface ResumeSpec {
  /** How many records there are to read. */
  records: number;
  /** How many of them are good. */
  good: number;
  /** A fresh bench with the source in place. */
  open(): Promise<Bench>;
  /** What one undisturbed run leaves. */
  whole: Contents;
}

/** Kills at most this many runs of each kind: with small batches that is every checkpoint of a usual recording. */
const MAX_KILLS = 6;

class Killed extends Error {}

/**
 * Runs in small batches and kills the run right after each commit, and in the middle of each batch; then runs again and
 * compares the store with that of an undisturbed run.
 */
export async function resumeAfterKills({ records, good, open, whole }: ResumeSpec): Promise<Verdict> {
  const nothing = storesNothing(Object.keys(whole.records).length, good);
  if (nothing) return nothing;
  const batchSize = Math.max(1, Math.ceil(records / MAX_KILLS));
  let kills = 0;
  for (let k = 1; k <= MAX_KILLS; k++) {
    for (const inside of [false, true]) {
      const bench = await open();
      try {
        const killed = inside ? await killWithin(bench, (k - 1) * batchSize + 1, batchSize) : await killAfter(bench, k, batchSize);
        if (!killed) continue;
        kills++;
        const run = await bench.run({ batchSize });
        if (run.outcome === 'failed')
          return fails(
            `After a kill ${inside ? 'within' : 'after'} batch ${k} the next run failed: ${saidOf(run.problems)}`,
            'This is a bug in Interlocal: please report it with the recording.',
          );
        const after = await bench.contents();
        if (!isDeepStrictEqual(after, whole))
          return fails(
            `After a kill ${inside ? 'within' : 'after'} batch ${k} and another run the store differs from that of an undisturbed run.`,
            'Check primary_key and incremental: the position must be exact, and equal cursors need a tie_breaker.',
          );
      } finally {
        await bench.close();
      }
    }
  }
  return holdsFor(
    kills,
    `${counted(kills, 'kill')} after and within batches of ${batchSize}: each time the next run left the store of an undisturbed one.`,
    NO_RECORD,
  );
}

/** False when the run had no k-th checkpoint. */
async function killAfter(bench: Bench, k: number, batchSize: number): Promise<boolean> {
  let commits = 0;
  let killed = false;
  await bench.run({
    batchSize,
    onProgress: ({ what }) => {
      if (what.startsWith('checking ') || ++commits < k) return;
      killed = true;
      throw new Killed();
    },
  });
  return killed;
}

/** Fails while this record is being stored, within the transaction of its batch. */
async function killWithin(bench: Bench, record: number, batchSize: number): Promise<boolean> {
  const failing = await failWhileStoring(bench.knex, record);
  const run = await bench.run({ batchSize });
  await failing.clear();
  return run.outcome === 'failed';
}
