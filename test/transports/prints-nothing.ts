import { afterEach, beforeEach, expect, vi } from 'vitest';

const LEVELS = ['log', 'info', 'warn', 'error', 'debug'] as const;

/** Libraries like to report on the console what they were given, passwords among it: ours must print nothing at all. */
export function printsNothing(): void {
  beforeEach(() => LEVELS.forEach((level) => vi.spyOn(console, level)));
  afterEach(() => {
    for (const level of LEVELS) expect(vi.mocked(console[level]).mock.calls).toEqual([]);
    vi.restoreAllMocks();
  });
}
