import type { RunCounts } from '../../core/outcome.ts';
import { storeFailure } from '../../store/failures.ts';
import { BLOCK } from '../../store/revenue/marks.ts';
import { keepSums } from '../revenue/keep-sums.ts';
import type { Engine } from './engine.ts';

/** What a run adds up at its end at most, in blocks of some hundred receipts: it takes a few seconds. */
const MAX_BLOCKS = 256;

interface Finished {
  pipeline: string;
  counts: RunCounts;
}

interface Options {
  signal: AbortSignal;
  onNote?: (pipeline: string, text: string) => void;
}

/**
 * What is done once after several runs that are over and stored: exceptions with one cause are put under it, and the sums of the revenue
 * report are brought up to date. Where a process ends before, the next run does it.
 */
export async function finishRuns(engine: Engine, runs: readonly Finished[], options: Options): Promise<void> {
  await linkEchoesAfter(engine, runs, options);
  await keepSumsAfter(engine, runs, options);
}

/** Reconciliations have changed exceptions, or the records that they are about. */
async function linkEchoesAfter({ knex, project }: Engine, runs: readonly Finished[], { onNote }: Options): Promise<void> {
  const last = runs.findLast(({ pipeline }) => project.pipelines.get(pipeline)?.value.reconcile?.passes !== undefined);
  if (!last) return;
  const { linkEchoes } = await import('../reconciliation/exceptions/echoes.ts');
  await orNote(last, onNote, 'Exceptions that have the same cause were not grouped yet', () => linkEchoes(knex, project));
}

/**
 * What the runs changed is marked: reports count it in themselves until the sums are made. A run that changed more records than are added
 * up at its end is not held up further: what it leaves is added up by the runs after it, by `serve` while nothing runs, and by the doctor.
 * What several runs changed is added up once.
 */
async function keepSumsAfter(engine: Engine, runs: readonly Finished[], { signal, onNote }: Options): Promise<void> {
  const short = runs.filter(({ counts: { created, changed, deleted } }) => created + changed + deleted <= MAX_BLOCKS * BLOCK);
  const last = short.at(-1);
  if (!last) return;
  await orNote(last, onNote, 'The stored sums of the revenue report were not updated yet', () =>
    keepSums(engine, { signal, most: MAX_BLOCKS * short.length }),
  );
}

/** The runs are stored: what the store cannot do after them is a note, and no failure of theirs. */
async function orNote(last: Finished, onNote: Options['onNote'], what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failure = storeFailure(error);
    if (!failure) throw error;
    onNote?.(last.pipeline, `${what}: ${failure.problems[0]!.message} The run itself is stored, and the next run does this.`);
  }
}
