import { FatalError } from '../core/errors.ts';
import type { InterlocalError } from '../core/errors.ts';

/** How long one exchange with a remote system may take: a request with its answer, a file, a query. */
export interface Patience {
  /**
   * Awaits one step of it. Rejects when the step takes longer than a silence may last, or all steps together longer than the whole may:
   * `giveUp` is then told first, to end what is on its way. Time between steps, in which we ourselves work, does not count.
   * `quiet`: a step in which nothing needs to come, so only the whole counts.
   */
  wait<T>(step: Promise<T>, giveUp?: (error: InterlocalError) => void, quiet?: boolean): Promise<T>;
}

/** `silent`: the error for a step that took longer than `idleMs`. `slow`: that for the whole. */
export function patience(limits: {
  idleMs?: number;
  totalMs: number;
  silent?: () => InterlocalError;
  slow: () => InterlocalError;
}): Patience {
  const { idleMs = Number.POSITIVE_INFINITY, totalMs, silent, slow } = limits;
  let left = totalMs;
  return {
    async wait(step, giveUp, quiet = false) {
      const began = performance.now();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const idle = !quiet && idleMs < left && silent !== undefined;
        timer = setTimeout(
          () => {
            const error = idle ? silent() : slow();
            giveUp?.(error);
            reject(error);
          },
          Math.max(0, Math.min(MAX_TIMER_MS, idle ? idleMs : left)),
        );
      });
      step.catch(() => {}); // heard here where it fails after we gave up
      try {
        return await Promise.race([step, late]);
      } finally {
        clearTimeout(timer);
        left -= performance.now() - began;
      }
    },
  };
}

/** What a timer can hold: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Something comes all the time, and so little that it would never end. Not tried again in this run: it would take as long once more. */
export function tooSlow(system: string, what: string, total: string, file?: string): FatalError {
  return new FatalError({
    code: 'TOO_SLOW',
    place: { system, ...(file === undefined ? {} : { file }) },
    message: `${what} was not finished after ${total}, so it was stopped.`,
    hint: `The next run tries again. If the system is known to be slow, raise total_timeout of the connection ${system} in config/connections.yaml; otherwise ask its owner why it takes so long.`,
  });
}
