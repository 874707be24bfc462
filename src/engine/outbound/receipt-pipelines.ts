import type { Project } from '../../config/project.ts';
import type { PipelineConfig } from '../../config/schema/pipeline.ts';

/** Pipelines that send receipts to another system, such as the ledger, and that are not off. */
export function receiptPipelines(project: Pick<Project, 'config' | 'pipelines' | 'sinkMappings'>): PipelineConfig[] {
  return [...project.pipelines.values()]
    .map(({ value }) => value)
    .filter(
      ({ deliver, mode }) =>
        deliver !== undefined &&
        mode !== 'off' &&
        project.sinkMappings.get(deliver.mapping)?.value.from.entity === project.config.revenue.receipts,
    );
}
