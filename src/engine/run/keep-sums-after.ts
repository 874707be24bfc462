import type { RunCounts } from '../../core/outcome.ts';
import { storeFailure } from '../../store/failures.ts';
import { BLOCK } from '../../store/revenue/marks.ts';
import { keepSums } from '../revenue/keep-sums.ts';
import type { Engine } from './engine.ts';

/** What a run adds up at its end at most, in blocks of some thousand receipts: it takes a few seconds. */
const MAX_BLOCKS = 32;

/**
 * The run is over and stored. What it changed is marked: reports count it in themselves until the sums are made. A run that changed more
 * records than are added up at its end is not held up further: what it leaves is added up by the runs after it, by `serve` while nothing
 * runs, and by the doctor.
 */
export async function keepSumsAfter(
  engine: Engine,
  id: string,
  { created, changed, deleted }: RunCounts,
  { signal, onNote }: { signal: AbortSignal; onNote?: (pipeline: string, text: string) => void },
): Promise<void> {
  if (created + changed + deleted > MAX_BLOCKS * BLOCK) return;
  try {
    await keepSums(engine, { signal, most: MAX_BLOCKS });
  } catch (error) {
    const failure = storeFailure(error);
    if (!failure) throw error;
    onNote?.(id, `The sums of the revenue report were not brought up to date: ${failure.problems[0]!.message} The next run does it.`);
  }
}
