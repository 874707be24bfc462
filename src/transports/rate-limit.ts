import { setTimeout as sleep } from 'node:timers/promises';
import type { RateLimit } from '../config/schema/rate-limit.ts';
import { AbortedError } from '../core/errors.ts';
import { milliseconds } from './options.ts';

/** What passes the time: `now` in milliseconds that never go back. */
export interface Clock {
  now(): number;
  /** Rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const CLOCK: Clock = { now: () => performance.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) };

/** Lets requests through one by one, in the order they come, so no stretch of the limit's length has more than it allows. */
export interface Pace {
  /** Resolves when one more request may be sent. Throws AbortedError. */
  turn(signal?: AbortSignal): Promise<void>;
}

export function paceOf({ requests, per }: RateLimit, clock: Clock = CLOCK): Pace {
  const length = milliseconds(per);
  // When the last so many requests were sent, or will be: each waits for the one that many before it.
  const sent = new Array<number>(requests).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  return {
    async turn(signal) {
      const now = clock.now();
      const at = Math.max(now, sent[next]! + length);
      sent[next] = at;
      next = (next + 1) % requests;
      if (at <= now) return;
      try {
        await clock.sleep(at - now, signal);
      } catch {
        throw new AbortedError({ code: 'ABORTED', place: {}, message: 'Stopped on request, while waiting to send a request.' });
      }
    },
  };
}

const paces = new Map<string, Pace>();

/** The pace that everything in this process shares that asks the same system: pipelines that run side by side, and checks. */
export function sharedPace(system: string, limit: RateLimit): Pace {
  const key = `${system}\n${limit.requests}/${limit.per}`;
  let pace = paces.get(key);
  if (!pace) paces.set(key, (pace = paceOf(limit)));
  return pace;
}
