import { openOptions } from '../../config/connection-options.ts';
import { connectorOf, type Project } from '../../config/project.ts';
import { openTransport } from '../../transports/transports.ts';
import type { Transport } from '../../transports/transport.ts';

/** Opens a connection of the project and gives its options, secrets filled in. Nothing is sent before its first use. */
export async function openConnection(
  project: Project,
  connection: string,
  signal?: AbortSignal,
): Promise<{ transport: Transport; options: Record<string, unknown> }> {
  const connector = connectorOf(project, connection)!;
  const options = openOptions(project, connection);
  return { transport: await openTransport(connector.transport, options, { connection, projectFolder: project.folder, signal }), options };
}
