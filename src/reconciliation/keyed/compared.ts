export type ComparedStatus = 'matched' | 'differs' | 'left_only' | 'right_only' | 'unchecked';

/** One combination of all keys (a leaf), or of the outer ones (a roll-up of what is inside). */
export interface Compared {
  key: string[];
  /** How many keys it has; that of `match_on` for a leaf. */
  depth: number;
  status: ComparedStatus;
  /** Of `left`, `right` and `difference`. */
  currency: string;
  /** Minor units; null where that side has no record at all in this currency. */
  left: number | null;
  right: number | null;
  /** right − left, an absent side counting as 0. */
  difference: number;
  leftCount: number;
  rightCount: number;
  /** Of a roll-up: how many leaves inside there are of each status. */
  leaves?: Record<ComparedStatus, number>;
  /** Of an unchecked line: so many outer keys are a combination that the other side has nothing of. Without it, `check` leaves it out. */
  unknownDepth?: number;
  /** Of an unchecked leaf whose sums are equal: why they say nothing anyway. */
  held?: string;
}
