import type { Problem } from '../../core/errors.ts';
import type { Outcome, RunCounts } from '../../core/outcome.ts';

/** What a run tells while it works. */
export interface Progress {
  pipeline: string;
  /** The file or page in hand. */
  what: string;
  done: number;
  /** Unknown for pages and queries. */
  total?: number;
  /** What is counted. Default: records. */
  unit?: 'MB';
}

/** The result of one run, as `run --json` gives it. */
export interface RunResult {
  pipeline: string;
  outcome: Outcome;
  counts: RunCounts;
  durationMs: number;
  problems: Problem[];
  notes: string[];
}
