import type { Engine } from '../engine/run/engine.ts';
import { stateOfPeriods } from '../store/reconciliation/periods.ts';
import { listRuns, type Run, stateOfRuns } from '../store/ledger/runs.ts';

export type { Run };

/** The last runs of a pipeline, the newest first. */
export function lastRunsOf({ knex }: Engine, pipeline: string, limit: number): Promise<Run[]> {
  return listRuns(knex, { pipeline, limit });
}

/** A text that changes when a run of any process begins or ends or a period is closed or reopened: as long as it is the same, reports are. */
export async function reportsVersion({ knex }: Engine): Promise<string> {
  return `${await stateOfRuns(knex)} ${await stateOfPeriods(knex)}`;
}
