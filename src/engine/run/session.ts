import type { Lock } from '../../store/lock-holder.ts';
import type { SkipReason } from '../landing/context.ts';
import type { BoundMapping, LandContext } from '../landing/context.ts';
import type { Project } from '../../config/project.ts';
import type { StreamConfig } from '../../config/schema/connector.ts';
import type { EntityConfig } from '../../config/schema/model.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import { AbortedError, type FatalError, type Problem } from '../../core/errors.ts';
import type { Outcome, RunCounts } from '../../core/outcome.ts';
import type { Landing, OpenLanding } from '../../store/landing/landing.ts';
import type { Knex } from '../../store/open.ts';
import type { Source } from '../../store/ledger/sources.ts';
import type { IdentityModel } from '../../identity/model.ts';
import type { GoldenChange } from '../golden/golden-records.ts';
import type { Skips } from '../../mapping/skip.ts';

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

/** One run of one inbound pipeline: what it works with and what it has done so far. */
export interface Session {
  project: Project;
  pipeline: PipelineConfig;
  connection: string;
  stream: StreamConfig;
  streamName: string;
  /** Of the same connector. */
  streams: Readonly<Record<string, StreamConfig>>;
  /** Options of the connection, secrets filled in. */
  options: Record<string, unknown>;
  /** In a preview, the transaction that is rolled back at the end. */
  knex: Knex;
  /**
   * Runs `work` in a write transaction while the locks of the run are still held. It may run more than once, when another writer came in
   * between: what it leaves outside of the store must be the same after each attempt.
   */
  commit<T>(work: (landing: Landing, trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** Opens such a transaction for a batch that is landed while it is read; undefined where batches are collected first. */
  begin: (() => Promise<OpenLanding>) | undefined;
  /** What this run has locked: its pipeline, and the target that it writes to. */
  locks: Lock[];
  preview: boolean;
  source: Source;
  runId: number;
  /** Who runs it, for the audit log. */
  actor: string;
  bound: readonly BoundMapping[];
  skips: Skips | undefined;
  /** Of the skipped records, those that were not known before. */
  skippedNew: number;
  /** How many records were skipped, by the reason. */
  skippedBecause: Map<SkipReason, number>;
  /** Every entity of the project by its id. */
  entities: ReadonlyMap<number, EntityConfig>;
  /** The compiled identity of those that have its long form, by id. */
  matching: ReadonlyMap<number, IdentityModel>;
  fingerprint: string;
  counts: RunCounts;
  notes: string[];
  /** Says something that a person may want to know, now and in the run's record. */
  note(text: string): void;
  problems: Problem[];
  /** Files that this run left for a later one: path to reason. */
  left: Map<string, string>;
  /** Why what the run found is not all that there is to find: it is done, and it is partial. */
  incomplete: Problem[];
  /** Why nothing may be done: thrown before anything is. */
  refusal: FatalError | undefined;
  /** Some record of this source is rejected: good ones may have to close it. */
  openRejects: boolean;
  /** See LandContext.allNew; set for one file at a time. */
  allNew: boolean;
  signal: AbortSignal;
  now(): Date;
  /** How pauses are made that a service asks for; undefined: by the clock. */
  sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
  onProgress(progress: Progress): void;
  onChange?: ((change: GoldenChange) => void) | undefined;
  shapes: Map<string, number>;
}

/** Stops here, between two batches, when a person or a signal asked for it. */
export function stopIfAsked(session: Session): void {
  if (session.signal.aborted)
    throw new AbortedError({
      code: 'ABORTED',
      place: { system: session.pipeline.pipeline },
      message: 'Stopped on request, after the current batch was committed.',
      hint: 'Run it again: it resumes where it stopped.',
    });
}

/** What landing needs of a session; `trx` is the batch's own transaction. */
export function landContext(
  session: Session,
  shapeOf: (columns: readonly string[]) => Promise<number>,
  file?: { id: number; name: string },
): LandContext {
  return {
    sourceId: session.source.id,
    connection: session.connection,
    pipeline: session.pipeline.pipeline,
    runId: session.runId,
    file,
    mappings: session.bound,
    skips: session.skips,
    unmapped: session.bound.length === 0 ? 'skip' : session.pipeline.unmapped,
    entities: session.entities,
    matching: session.matching,
    shapeId: async (columns) => {
      const name = columns.join('\u001f');
      let id = session.shapes.get(name);
      if (id === undefined) session.shapes.set(name, (id = await shapeOf(columns)));
      return id;
    },
    allNew: session.allNew,
    onChange: session.onChange,
  };
}
