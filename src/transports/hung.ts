import * as fs from 'node:fs/promises';
import { RetriableError } from '../core/errors.ts';
import { patience, tooSlow } from './patience.ts';

/**
 * Calls of the file system on a share whose server is away can hang for ever, and nothing can take them back: each holds one of the few
 * threads that all file work of this process shares. So a share is looked at first, with one call, and while a call hangs no other is made.
 */
export interface ShareWatch {
  /**
   * Does the work unless the share hangs. Throws RetriableError SHARE_UNREACHABLE when it takes longer than the time-out; work that moves
   * bytes may take as long as a transfer.
   */
  within<T>(path: string, work: () => Promise<T>, moves?: 'bytes'): Promise<T>;
  /** The same for the whole of a transfer: each step may take the time-out, all steps the total. Throws FatalError TOO_SLOW. */
  transfer(path: string): <T>(step: Promise<T>) => Promise<T>;
}

/** Roots with a call that has not come back, with how many. */
const hanging = new Map<string, number>();

/** Does a call hang that keeps this process from ending by itself? */
export function hasHungCalls(): boolean {
  return hanging.size > 0;
}

export function watchShare(
  root: string,
  system: string,
  { timeout, total, timeoutMs, totalMs }: { timeout: string; total: string; timeoutMs: number; totalMs: number },
): ShareWatch {
  const silent = (path: string) => (): RetriableError =>
    new RetriableError({
      code: 'SHARE_UNREACHABLE',
      place: { system, file: path },
      message: `The share or disk behind ${root} did not answer within ${timeout}.`,
      hint: 'Check whether the share is mounted and its server is running. If it is known to be slow, raise timeout of the connection in config/connections.yaml.',
    });
  const slow = (path: string) => () => tooSlow(system, `The transfer of ${path}`, total, path);

  /** Remembers a call that was given up until it comes back. */
  function remember(step: Promise<unknown>): void {
    hanging.set(root, (hanging.get(root) ?? 0) + 1);
    const back = (): void => {
      const left = hanging.get(root)! - 1;
      if (left > 0) hanging.set(root, left);
      else hanging.delete(root);
    };
    void step.then(back, back);
  }

  async function answers(path: string): Promise<void> {
    if (hanging.has(root)) throw silent(path)();
    const looking = fs.stat(root).catch(() => undefined); // what is wrong with it, the work itself says
    await patience({ idleMs: timeoutMs, totalMs: Infinity, silent: silent(path), slow: slow(path) }).wait(looking, () => remember(looking));
  }

  return {
    async within(path, work, moves) {
      await answers(path);
      const step = work();
      const limits = moves ? { totalMs } : { idleMs: timeoutMs, totalMs: Infinity };
      return patience({ ...limits, silent: silent(path), slow: slow(path) }).wait(step, () => remember(step));
    },
    transfer(path) {
      const waiting = patience({ idleMs: timeoutMs, totalMs, silent: silent(path), slow: slow(path) });
      return async (step) => {
        step.catch(() => {}); // heard here where it is not waited for
        if (hanging.has(root)) throw silent(path)();
        return waiting.wait(step, (error) => void (error.code === 'SHARE_UNREACHABLE' && remember(step)));
      };
    },
  };
}
