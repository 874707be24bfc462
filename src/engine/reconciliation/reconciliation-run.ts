import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { Run } from '../run/context.ts';

/** One run of a reconciliation. */
export interface ReconciliationRun extends Run {
  readonly config: ReconciliationConfig;
}

/** What a reconciliation works with. */
export function openReconciliationRun(run: Run): ReconciliationRun {
  return { ...run, config: run.pipeline.reconcile! };
}
