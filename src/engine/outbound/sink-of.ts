import type { Project } from '../../config/project.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import type { DeliveryConfig } from '../../config/schema/pipeline.ts';

/** The sink that an outbound pipeline writes to, by its mapping. */
export function sinkOf(project: Project, { mapping }: DeliveryConfig): { name: string; config: SinkConfig } {
  const { connector, sink } = project.sinkMappings.get(mapping)!.value.sink;
  return { name: sink, config: project.connectors.get(connector)!.value.sinks[sink]! };
}
