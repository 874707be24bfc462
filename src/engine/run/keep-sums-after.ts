import type { RunCounts } from '../../core/outcome.ts';
import { storeFailure } from '../../store/failures.ts';
import { BLOCK } from '../../store/revenue/marks.ts';
import { keepSums } from '../revenue/keep-sums.ts';
import type { Engine } from './engine.ts';

/** What a run adds up at its end at most, in blocks of some hundred receipts: it takes a few seconds. */
const MAX_BLOCKS = 256;

/**
 * The runs are over and stored. What they changed is marked: reports count it in themselves until the sums are made. A run that changed more
 * records than are added up at its end is not held up further: what it leaves is added up by the runs after it, by `serve` while nothing
 * runs, and by the doctor. What several runs changed is added up once.
 */
export async function keepSumsAfter(
  engine: Engine,
  runs: readonly { pipeline: string; counts: RunCounts }[],
  { signal, onNote }: { signal: AbortSignal; onNote?: (pipeline: string, text: string) => void },
): Promise<void> {
  const short = runs.filter(({ counts: { created, changed, deleted } }) => created + changed + deleted <= MAX_BLOCKS * BLOCK);
  const last = short.at(-1);
  if (!last) return;
  try {
    await keepSums(engine, { signal, most: MAX_BLOCKS * short.length });
  } catch (error) {
    const failure = storeFailure(error);
    if (!failure) throw error;
    onNote?.(
      last.pipeline,
      `The sums of the revenue report were not brought up to date: ${failure.problems[0]!.message} The next run does it.`,
    );
  }
}
