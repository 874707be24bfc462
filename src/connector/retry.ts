import { setTimeout as sleep } from 'node:timers/promises';
import { AbortedError, RetriableError } from '../core/errors.ts';

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
const LONGEST_WAIT_MS = 10 * 60_000;

/** Tries again what the other side refused for now: waits what it asked for, or ever longer with some chance in it. */
export async function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RetriableError) || attempt >= options.maxRetries || (error.waitMs ?? 0) > LONGEST_WAIT_MS) throw error;
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
