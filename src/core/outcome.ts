/** How a run ended. Only escalates. */
export const OUTCOMES = ['succeeded', 'partial', 'aborted', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The worse of two outcomes. */
export function escalate(a: Outcome, b: Outcome): Outcome {
  return OUTCOMES.indexOf(a) >= OUTCOMES.indexOf(b) ? a : b;
}

/** What the command line exits with. 2 is wrong usage or configuration and never a run's outcome. */
export const EXIT_CODES: Record<Outcome, number> = { succeeded: 0, partial: 3, aborted: 130, failed: 1 };
export const EXIT_CONFIG = 2;
/** Something needs a person: records are rejected, held, or waiting. */
export const EXIT_ATTENTION = EXIT_CODES.partial;

/**
 * What a run did, counted in source records. read = created + changed + unchanged + skipped + rejected, and deletions: deleted, or unchanged
 * where the key is unknown.
 */
export interface RunCounts {
  read: number;
  created: number;
  changed: number;
  unchanged: number;
  /** They were read and stored as they came, and no canonical record was made of them: the pipeline says so, or their list is empty. */
  skipped: number;
  rejected: number;
  deleted: number;
}

export function noCounts(): RunCounts {
  return { read: 0, created: 0, changed: 0, unchanged: 0, skipped: 0, rejected: 0, deleted: 0 };
}

export function addCounts(to: RunCounts, more: RunCounts): void {
  for (const name of Object.keys(more) as (keyof RunCounts)[]) to[name] += more[name];
}
