import { setTimeout as sleep } from 'node:timers/promises';
import { AbortedError, RetriableError } from '../../core/errors.ts';

export interface RetryOptions {
  /** Attempts after the first. */
  maxRetries: number;
  signal?: AbortSignal | undefined;
  /** Told before each wait. */
  onRetry?: (error: RetriableError, waitMs: number, attempt: number) => void;
  /** First wait in milliseconds; doubles, at most a minute. */
  baseMs?: number;
}

/** Who is asked to wait longer than this does not: the next run tries again, and nothing else has to wait for this one. */
const MAX_WAIT_MS = 10 * 60_000;

/** Tries again what the remote system refused for now: waits what it asked for, or ever longer with some chance in it. */
export async function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      if ((error.waitMs ?? 0) > MAX_WAIT_MS)
        throw notTriedAgain(
          error,
          `The system asks to wait ${inWords(error.waitMs!)}, but a run waits at most ten minutes. The next run tries again.`,
        );
      if (attempt >= options.maxRetries)
        throw notTriedAgain(error, `This was tried ${attempt === 0 ? 'once' : `${attempt + 1} times`}. The next run tries again.`);
      const backoff = Math.min(60_000, (options.baseMs ?? 500) * 2 ** attempt);
      const waitMs = error.waitMs ?? Math.round(backoff * (0.5 + Math.random() / 2));
      options.onRetry?.(error, waitMs, attempt + 1);
      try {
        await sleep(waitMs, undefined, { signal: options.signal });
      } catch {
        throw new AbortedError({ code: 'ABORTED', place: {}, message: 'Stopped while waiting to try again.' });
      }
    }
  }
}

/** The same error, which says `instead` of being tried again. What a connector's own rule says stays. */
export function notTriedAgain(error: unknown, instead: string): unknown {
  if (!(error instanceof RetriableError) || !error.passes) return error;
  return error.worded(error.problems.map((p) => ({ ...p, hint: p.hint === undefined ? instead : `${instead} ${p.hint}` })));
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120
    ? `${minutes} minutes`
    : minutes < 48 * 60
      ? `${Math.round(minutes / 60)} hours`
      : `${Math.round(minutes / 1440)} days`;
}
