import type { Entry, Unequal } from '../../entry.ts';

/** One record, and what a key ties to it already. */
export interface Target {
  anchor: Entry;
  kept: readonly Entry[];
  group?: Unequal;
}
