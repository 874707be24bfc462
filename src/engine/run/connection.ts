import { openOptions } from '../../config/connection-options.ts';
import type { Project } from '../../config/project.ts';
import { transports } from '../../transports/transports.ts';
import type { Transport } from '../../transports/transport.ts';

/** Opens a connection of the project and gives its options, secrets filled in. Nothing is sent before its first use. */
export async function openConnection(
  project: Project,
  connection: string,
  signal?: AbortSignal,
): Promise<{ transport: Transport; options: Record<string, unknown> }> {
  const connector = project.connectors.get(project.connections[connection]!.connector)!.value;
  const options = openOptions(project, connection);
  const { optionsSchema, open } = transports[connector.transport];
  // The connector's own options are for its templates; the transport takes those that it knows.
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => name in optionsSchema.shape));
  return { transport: await open(own, { connection, projectFolder: project.folder, signal }), options };
}
