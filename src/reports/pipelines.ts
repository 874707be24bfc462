import type { Engine } from '../engine/run/engine.ts';
import { storedPipelines } from '../store/ledger/sources.ts';

/** The pipelines of the configuration, then those that are no longer in it but have records in the store. */
export async function everyPipeline({ project, knex }: Engine): Promise<string[]> {
  return [...new Set([...project.pipelines.keys(), ...(await storedPipelines(knex))])];
}
