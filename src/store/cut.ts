/** How a write transaction is cut off: just before its commit, or just after it. */
export type Cut = 'before' | 'after';

/** What a cut connection throws. */
export class CutOff extends Error {}

/** How many commits there were since, and whether it was cut off. */
export interface Counting {
  commits(): number;
  wasCut(): boolean;
}

/** Statements that commit by themselves outside of a transaction. */
export const WRITES = /^\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)/i;
