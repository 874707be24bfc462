import { actorOf } from '../../config/actor.ts';
import { noCounts } from '../../core/outcome.ts';
import { visibleLine } from '../../core/text/visible.ts';
import { landing } from '../../store/landing/landing.ts';
import type { Lock } from '../../store/lock-holder.ts';
import type { Knex } from '../../store/open.ts';
import type { Run, RunPreview, RunStore } from './context.ts';
import type { Engine } from './engine.ts';
import type { Progress } from './result.ts';

/** What whoever starts a run gives it. */
export interface RunOptions {
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Something that is worth a line in the log while it happens. */
  onNote?: (pipeline: string, text: string) => void;
  now?: () => Date;
  /** When the run began, where that is not now: what it brings is known since then. For a town that is played over again. */
  began?: Date;
  /** Who runs it, for the audit log. Default: the operating system's account. */
  actor?: string;
  /** Whoever runs it runs others too, and calls finishRuns when all of them are over. */
  othersFollow?: boolean;
  /** A person says that the configuration of this folder is the right one, although another replaced it. */
  adoptConfiguration?: boolean;
  /** A reconciliation of more records than this looks at them piece by piece. Default: 450,000. */
  recordsAtOnce?: number;
  /** In place of the clock, for pauses while a report is prepared. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** A run that has its number in the store. */
export interface StartedRun {
  pipeline: string;
  id: number;
  knex: Knex;
  /** Default: none; nothing else runs in a store that was made for this run. */
  locks?: Lock[];
  preview?: RunPreview;
}

/** What every run works with. Nothing is read or written yet. */
export function openRun({ project }: Pick<Engine, 'project'>, started: StartedRun, options: RunOptions): Run {
  const { pipeline, id, knex, locks = [], preview } = started;
  const notes: string[] = [];
  return {
    id,
    project,
    pipeline: project.pipelines.get(pipeline)!.value,
    actor: options.actor ?? actorOf(),
    recordsAtOnce: options.recordsAtOnce,
    knex,
    commit: committing({ knex, locks, preview }),
    locks,
    preview,
    counts: noCounts(),
    notes,
    note(text) {
      // Notes go to terminals and logs, a line each, and names of files are in them.
      const line = visibleLine(text);
      notes.push(line);
      options.onNote?.(pipeline, line);
    },
    progress: (at) => options.onProgress?.({ pipeline, ...at }),
    problems: [],
    signal: options.signal,
    now: options.now ?? (() => new Date()),
    sleep: options.sleep,
  };
}

/**
 * How a run writes: each time in a transaction of its own, or in the one that a preview holds. `comparing`: records may be compared in it,
 * and two such transactions take turns.
 */
export function committing({ knex, locks, preview }: Pick<Run, 'knex' | 'locks' | 'preview'>, comparing = false): RunStore['commit'] {
  const held = preview?.held;
  if (held) return (work) => work(held.landing, held.trx);
  return (work) => landing(knex, work, { locks, comparing });
}
