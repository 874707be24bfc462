// Writers take turns, waiting without blocking the event loop: SQLite's own waiting would stop every other session of this process.
import { realpathSync } from 'node:fs';

import { SqlServerError } from './sql-errors.ts';

/** The client sent ATTENTION or left while its request was running. */
export class Canceled extends Error {}

export interface WriteLock {
  /** Gives the release. Throws 1222 after `timeout` ms (negative: never), Canceled when the signal fires first. */
  acquire(timeout: number, signal: AbortSignal): Promise<() => void>;
}

const locks = new Map<string, WriteLock>();

/** One lock per database file, also for two endpoints on the same file. */
export function writeLockOf(database: string): WriteLock {
  const path = realpathSync(database);
  const lock = locks.get(path) ?? createWriteLock();
  locks.set(path, lock);
  return lock;
}

function createWriteLock(): WriteLock {
  let held = false;
  const waiting: (() => void)[] = [];

  function release(): void {
    const next = waiting.shift();
    if (next === undefined) held = false;
    else next();
  }

  function acquire(timeout: number, signal: AbortSignal): Promise<() => void> {
    let released = false;
    const once = (): void => {
      if (released) return;
      released = true;
      release();
    };
    if (!held) {
      held = true;
      return Promise.resolve(once);
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        settle();
        resolve(once);
      };
      const leave = (error: Error): void => {
        settle();
        waiting.splice(waiting.indexOf(turn), 1);
        reject(error);
      };
      const onAbort = (): void => leave(new Canceled());
      const timer =
        timeout < 0
          ? undefined
          : setTimeout(
              () => leave(new SqlServerError({ number: 1222, state: 51, message: 'Lock request time out period exceeded.' })),
              timeout,
            );
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      if (signal.aborted) {
        waiting.push(turn);
        onAbort();
        return;
      }
      signal.addEventListener('abort', onAbort);
      waiting.push(turn);
    });
  }

  return { acquire };
}
