import type { ConnectorConfig } from './schema/connector.ts';
import type { IdentityParameters } from './schema/identity.ts';
import type { ConnectionsConfig, InterlocalConfig } from './schema/interlocal.ts';
import type { MappingConfig } from './schema/mapping.ts';
import type { EntityConfig } from './schema/model.ts';
import type { PipelineConfig } from './schema/pipeline.ts';
import type { SinkMappingConfig } from './schema/sink-mapping.ts';
import type { Problem } from '../core/errors.ts';

/** One row of a lookup table (mappings/lookups/<table>.csv); columns `from`, `to`, optional `valid_from`, `valid_to` (dates, inclusive), and any others. */
export type LookupRow = Record<string, string>;
export interface LookupTable {
  name: string;
  file: string;
  columns: string[];
  rows: LookupRow[];
}

/** Where a part of the configuration is in its file: path inside the document → place. */
export interface Located<T> {
  value: T;
  /** Relative to the project folder, as shown to people. */
  file: string;
  /** Place (file, line, column) of a path inside the document, nearest known ancestor when the path is absent. */
  at(path: readonly (string | number)[]): { file: string; line: number; column: number };
}

/** A town's folder, loaded and valid in itself. Secrets are still references. */
export interface Project {
  folder: string;
  config: InterlocalConfig;
  connections: ConnectionsConfig['connections'];
  connectors: Map<string, Located<ConnectorConfig>>;
  mappings: Map<string, Located<MappingConfig>>;
  /** Mappings from canonical records to sinks. */
  sinkMappings: Map<string, Located<SinkMappingConfig>>;
  lookups: Map<string, LookupTable>;
  pipelines: Map<string, Located<PipelineConfig>>;
  entities: Map<string, Located<EntityConfig>>;
  /** config/identity/<entity>.yaml: the trained parameters of an entity's identity. */
  identityParameters: Map<string, Located<IdentityParameters>>;
  /** Absolute path of data_folder. */
  dataFolder: string;
}

/** The connector of a connection, over the transport that it says; undefined where the project has no such connection. */
export function connectorOf(project: Pick<Project, 'connections' | 'connectors'>, connection: string): ConnectorConfig | undefined {
  const configured = project.connections[connection];
  const connector = project.connectors.get(configured?.connector ?? '')?.value;
  return connector && connectorOver(connector, configured?.transport);
}

/** A connector as a connection that says its transport uses it: what the manifest sets for its own transport holds for that one alone. */
export function connectorOver(connector: ConnectorConfig, transport: string | undefined): ConnectorConfig {
  return transport === undefined || transport === connector.transport ? connector : { ...connector, transport, transport_options: {} };
}

/** What loading gives: the project, or every problem at once. */
export type LoadResult = { project: Project; problems: [] } | { project: undefined; problems: Problem[] };
