import type { Problem } from '../../core/errors.ts';
import type { SideState } from '../../store/reconciliation/side-states.ts';
import { type Difference, type DifferenceStatus } from '../../store/reconciliation/differences.ts';

/** What the last run of a reconciliation found, in the words of its configuration. */
export interface Reconciliation {
  pipeline: string;
  description: string | undefined;
  left: string;
  right: string;
  /** Names of what both sides must agree on, outermost first. */
  keys: string[];
  currency: string;
  /** UTC; null while no run of it has compared. */
  ranAt: string | null;
  /** Why what the run found is not all that there is to find. */
  problems: Problem[];
  /** Full keys by status. */
  counts: Record<DifferenceStatus, number>;
  /** Of passes: each side's records by state; every record is in exactly one, and the sums are the side's total. */
  states: ReconciliationState[];
  /** Roll-ups and leaves, each roll-up before what is inside; the first is the total, with an empty key. */
  lines: ReconciliationLine[];
}

/** One state of one side. */
export type ReconciliationState = SideState;

/** `difference`: right less left in minor units, an absent side counting as nothing; of a roll-up, over what was checked. */
export type ReconciliationLine = Difference & { difference: number; currency: string };
