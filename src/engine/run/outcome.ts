import { AbortedError, InterlocalError } from '../../core/errors.ts';
import type { Outcome } from '../../core/outcome.ts';
import { storeFailure } from '../../store/failures.ts';
import type { Run, Unfinished } from './context.ts';

/** What can be said to a person about anything that was thrown; undefined for what is a fault of ours. */
export function knownFailure(thrown: unknown): InterlocalError | undefined {
  return storeFailure(thrown) ?? (thrown instanceof InterlocalError ? thrown : undefined);
}

/** Does the work of a run and says how it ended. What is our own fault keeps its stack, in the run's problems. */
export async function outcomeOf(
  run: Pick<Run, 'counts' | 'note' | 'pipeline' | 'problems' | 'signal'>,
  work: () => Promise<Unfinished>,
): Promise<Outcome> {
  try {
    const { incomplete, isOpen } = await work();
    const failed = run.problems.length > 0;
    run.problems.push(...incomplete);
    if (failed) return 'failed';
    return run.counts.rejected > 0 || incomplete.length > 0 || (await isOpen()) ? 'partial' : 'succeeded';
  } catch (error) {
    if (error instanceof AbortedError || (run.signal.aborted && isAbort(error))) {
      run.note('Stopped on request. Nothing is lost: run it again, and it resumes where it stopped.');
      return 'aborted';
    }
    const known = error instanceof InterlocalError ? error : storeFailure(error);
    if (known) run.problems.push(...known.problems);
    else
      run.problems.push({
        code: 'INTERNAL',
        place: { system: run.pipeline.pipeline },
        message: `A bug in Interlocal, not in your configuration: ${(error as Error)?.stack ?? String(error)}`,
        hint: 'Please report it with these lines.',
      });
    return 'failed';
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || (error as { code?: string }).code === 'ABORT_ERR');
}
