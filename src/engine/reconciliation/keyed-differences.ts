import type { Project } from '../../config/project.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';
import { differenceCounts } from '../../store/reconciliation/differences.ts';
import type { Engine } from '../run/engine.ts';

/** A reconciliation by `match_on`, with how many of its keys differ as of its last run. */
export interface KeyedDifferences {
  pipeline: string;
  differing: number;
}

/**
 * Reconciliations that compare sums by `match_on` and are not off, by name. What differs in them is in `report reconciliation`, and in
 * no list of exceptions: those are of reconciliations by passes.
 */
export async function keyedDifferences({ project, knex }: Pick<Engine, 'project' | 'knex'>): Promise<KeyedDifferences[]> {
  const found: KeyedDifferences[] = [];
  for (const { pipeline, reconcile } of keyedReconciliations(project)) {
    const counts = await differenceCounts(knex, pipeline, reconcile!.match_on.length);
    found.push({ pipeline, differing: counts.differs + counts.left_only + counts.right_only });
  }
  return found.sort((a, b) => (a.pipeline < b.pipeline ? -1 : 1));
}

function keyedReconciliations({ pipelines }: Project): PipelineConfig[] {
  return [...pipelines.values()]
    .map(({ value }) => value)
    .filter(({ reconcile, mode }) => reconcile !== undefined && !reconcile.passes && mode !== 'off');
}

/** For a report of exceptions: that it has none of reconciliations by `match_on`, where the town has such. */
export function notAmongExceptions(project: Project): string[] {
  const names = keyedReconciliations(project).map(({ pipeline }) => pipeline);
  return names.length
    ? [`These compare sums and have no exceptions: ${names.sort().join(', ')}. interlocal report reconciliation has what differs.`]
    : [];
}

/** `3 keys differ: interlocal report reconciliation NAME`, without a period at its end. */
export function differingText({ pipeline, differing }: KeyedDifferences): string {
  return `${pipeline}: ${differing === 1 ? '1 key differs' : `${differing} keys differ`}: interlocal report reconciliation ${pipeline}`;
}
