import { optionsOf } from '../../config/connection-options.ts';
import { connectorOf, type Project } from '../../config/project.ts';
import { weaknessesOf, weaknessText } from '../../transports/weaknesses.ts';

/** A connection that allows what is no longer safe. */
export interface WeakConnection {
  connection: string;
  /** Names of settings: `tls1.0`. */
  allowed: readonly string[];
}

/** Those of these connections that allow what is no longer safe, because their system needs it. */
export function weakConnections(project: Project, ids: Iterable<string>): WeakConnection[] {
  return [...ids]
    .map((connection) => ({ connection, allowed: weaknessesOf(configuredOptions(project, connection)) }))
    .filter(({ allowed }) => allowed.length > 0);
}

/** A sentence for each, for people; one that several pipelines use is told once. */
export function weakTexts(list: readonly WeakConnection[]): string[] {
  return [...new Set(list.map(({ connection, allowed }) => weaknessText(connection, allowed)))];
}

/** The connections that a pipeline names, wherever in it. */
export function connectionsOf(project: Project, pipeline: string): string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value))
      if (key === 'connection' && typeof inner === 'string') found.add(inner);
      else visit(inner);
  };
  visit(project.pipelines.get(pipeline)?.value);
  return [...found].filter((id) => project.connections[id] !== undefined);
}

/** A connection's options with the connector's own, secrets still references. */
export function configuredOptions(project: Project, connection: string): Record<string, unknown> {
  return optionsOf(connectorOf(project, connection)!, project.connections[connection]!.options);
}
