import type { Logger } from 'pino';
import { setTimeout as pause } from 'node:timers/promises';
import { redact } from '../../config/secrets/secrets.ts';
import type { Engine } from '../../engine/run/engine.ts';
import { keepSums } from '../../engine/revenue/keep-sums.ts';

/** Blocks of receipts that are added up before a run may begin: half a second to a second. */
const SLICE = 64;

export interface SumsFinisher {
  /** Something changed, or nothing runs anymore: adds up what large loads left, while nothing runs. */
  wake(): void;
  /** Resolves when nothing of it is going on. */
  stop(): Promise<void>;
}

/**
 * Brings the sums of the revenue report up to date in slices while no pipeline runs, and pauses after each slice as long as that took, so
 * the pages and others who write to the store have their turn. What is left when a run begins or the server stops is added up later.
 */
export function finishSums(
  engine: () => Engine,
  { isIdle, signal, log }: { isIdle: () => boolean; signal: AbortSignal; log: Pick<Logger, 'info' | 'warn'> },
): SumsFinisher {
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);
  let asked = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    let blocks = 0;
    while (asked && !over.aborted) {
      asked = false;
      while (isIdle() && !over.aborted) {
        const from = performance.now();
        const made = await keepSums(engine(), { signal: over, most: SLICE });
        blocks += made;
        if (made < SLICE) break;
        await pause(performance.now() - from, undefined, { signal: over }).catch(() => {});
      }
    }
    if (blocks > 0) log.info({ blocks }, 'sums of the revenue report: added up what was left');
  }

  return {
    wake() {
      asked = true;
      working ??= work()
        .catch((error: unknown) =>
          log.warn(
            { error: redact(String(error)) },
            'sums of the revenue report: could not be added up now; the next run or check does it',
          ),
        )
        .finally(() => (working = undefined));
    },
    async stop() {
      ending.abort();
      await working;
    },
  };
}
