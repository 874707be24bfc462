import type { Progress } from '../engine/run/result.ts';
import { visible } from '../core/text/visible.ts';
import type { Cli } from './cli.ts';

/** Progress of runs: a bar that rewrites itself on a terminal, a line every few seconds in a log. */
export interface ProgressView {
  show(progress: Progress): void;
  /** A line that stays, above the bar. */
  line(text: string): void;
  done(): void;
}

const LOG_EVERY_MS = 5000;
const BAR_WIDTH = 24;

export function progressView(cli: Cli): ProgressView {
  const terminal = process.stderr.isTTY === true;
  let drawn = false;
  let last = Date.now();
  const clear = (): void => {
    if (drawn) process.stderr.write('\r\u001b[2K');
    drawn = false;
  };
  return {
    show(p) {
      const now = Date.now();
      if (now - last < (terminal ? 100 : LOG_EVERY_MS)) return;
      last = now;
      if (terminal) {
        process.stderr.write(`\r\u001b[2K${visible(barText(p))}`.slice(0, (process.stderr.columns ?? 100) + 6));
        drawn = true;
      } else cli.note(barText(p));
    },
    line(text) {
      clear();
      cli.note(text);
    },
    done: clear,
  };
}

function barText(p: Progress): string {
  const count = p.done.toLocaleString('en-US');
  if (!p.total) return `${p.pipeline}: ${p.what}, ${count} ${p.unit ?? 'records'}`;
  const share = Math.min(1, p.done / p.total);
  const filled = Math.round(share * BAR_WIDTH);
  return `${p.pipeline}: [${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${Math.floor(share * 100)} % ${p.what}, ${count} of ${p.total.toLocaleString('en-US')} records`;
}
