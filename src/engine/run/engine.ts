import type { Project } from '../../config/project.ts';
import type { Problem } from '../../core/errors.ts';
import type { Knex } from '../../store/open.ts';
import type { Examination } from '../../store/ledger/examinations.ts';

export interface Engine {
  project: Project;
  knex: Knex;
  /** Runs of this process that the store could not keep, by pipeline: it was full, read-only or away. Forgotten when a later run is kept. */
  unrecorded?: Map<string, UnrecordedRun>;
  /** What this process found when it last looked at the installation. */
  examined?: Examination;
}

export interface UnrecordedRun {
  at: Date;
  problems: readonly Problem[];
}
