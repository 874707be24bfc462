import type { Project } from '../../config/project.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import { AbortedError, type Problem } from '../../core/errors.ts';
import type { RunCounts } from '../../core/outcome.ts';
import type { Landing, OpenLanding } from '../../store/landing/landing.ts';
import type { Lock } from '../../store/lock-holder.ts';
import type { Knex } from '../../store/open.ts';
import type { GoldenChange } from '../golden/golden-records.ts';
import type { Progress } from './result.ts';

/** The store as a run works with it. */
export interface RunStore {
  /** For reading. In a preview, what is thrown away at the end. */
  readonly knex: Knex;
  /**
   * Runs `work` in a write transaction while the locks of the run are still held. It may run more than once, when another writer came in
   * between: what it leaves outside of the store must be the same after each attempt.
   */
  commit<T>(work: (landing: Landing, trx: Knex.Transaction) => Promise<T>): Promise<T>;
}

/** What a run tells people. */
export interface RunLog {
  /** Says something that a person may want to know, now and in the run's record. */
  note(text: string): void;
  /** Says how far it is. */
  progress(at: Omit<Progress, 'pipeline'>): void;
}

/** How a run is stopped. */
export interface Interruption {
  readonly pipeline: PipelineConfig;
  readonly signal: AbortSignal;
}

export interface RunClock {
  now(): Date;
  /** How pauses are made that a service asks for; undefined: by the clock. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/** Of a run that shows what it would do: nothing of it stays in the store, and nothing is moved or sent. */
export interface RunPreview {
  /** On a database server, the one transaction that is rolled back at the end. */
  readonly held?: OpenLanding | undefined;
  /** Is told of each change of a golden record. */
  readonly onChange?: ((change: GoldenChange) => void) | undefined;
}

/**
 * One run of one pipeline: what every kind of run has. InboundRun, OutboundRun and ReconciliationRun add what their pipelines name. A
 * step takes the members that it needs, and not the whole.
 */
export interface Run extends RunStore, RunLog, Interruption, RunClock {
  readonly id: number;
  readonly project: Project;
  /** Who runs it, for the audit log. */
  readonly actor: string;
  /** What this run has locked: its pipeline, and the target that it writes to. */
  readonly locks: Lock[];
  readonly preview: RunPreview | undefined;
  /** A reconciliation of more records than this looks at them piece by piece; undefined: as it is set there. */
  readonly recordsAtOnce?: number | undefined;
  /** They move when what they count is committed. */
  readonly counts: RunCounts;
  readonly notes: string[];
  readonly problems: Problem[];
}

/** What is left to do after a run in which nothing failed: with any of it the run is partial. */
export interface Unfinished {
  /** Why what the run found is not all that there is to find. */
  incomplete: readonly Problem[];
  /** Is something of this run, or of an earlier one, still waiting for someone's decision? */
  isOpen(): Promise<boolean>;
}

/** Stops here, between two batches, when a person or a signal asked for it. Throws AbortedError. */
export function stopIfAsked({ signal, pipeline }: Interruption): void {
  if (signal.aborted)
    throw new AbortedError({
      code: 'ABORTED',
      place: { system: pipeline.pipeline },
      message: 'Stopped on request, after the current batch was committed.',
      hint: 'Nothing is lost. Run the pipeline again: it resumes where it stopped.',
    });
}
