import type { Problem } from '../../../core/errors.ts';
import { placeholdersIn } from '../../connection-options.ts';
import type { Draft } from '../../draft.ts';
import type { ConnectorConfig } from '../../schema/connector.ts';
import { textOfPath } from '../../words.ts';
import { unknownReference } from '../references.ts';
import type { KnownTransports } from '../transport-rules.ts';

/**
 * The transport that a connection says in place of its connector's. Only what is read and written in the same way can stand for another:
 * files. What a manifest says of requests and queries is of one transport alone.
 */
export function checkConnectionTransport(
  connections: NonNullable<Draft['connections']>,
  base: string[],
  transport: string,
  connector: ConnectorConfig,
  transports: KnownTransports,
): Problem[] {
  const own = transports[connector.transport];
  // Without the transports nothing is known of any.
  if (!own || transport === connector.transport) return [];
  const path = [...base, 'transport'];
  const names = Object.keys(transports);
  if (!Object.hasOwn(transports, transport)) return [unknownReference('transport', transport, names, connections, path)];
  const { reads, options } = transports[transport]!;
  const problem = (message: string, hint: string): Problem[] => [
    { code: 'TRANSPORT_UNFIT', place: { ...connections.source.at(path), path: textOfPath(path) }, message, hint },
  ];
  if (own.reads !== 'files')
    return problem(
      `${connector.connector} reaches its system by ${connector.transport}, which cannot be changed: only connectors that read files can use another transport.`,
      'Remove this line, or use a connector for what this system has.',
    );
  if (reads !== 'files')
    return problem(
      `${connector.connector} reads and writes files, which ${transport} cannot do.`,
      `Write one of ${names.filter((name) => transports[name]!.reads === 'files').join(', ')} here. To use ${transport}, a connector of its own is needed.`,
    );
  const known = Object.keys(options?.shape ?? {});
  const before = Object.keys(own.options?.shape ?? {});
  const twice = Object.keys(connector.options).find((name) => known.includes(name) && !before.includes(name));
  if (twice !== undefined)
    return problem(
      `${connector.connector} has an option ${twice} of its own, and ${transport} has an option of the same name: one value cannot be both.`,
      `Keep transport: ${connector.transport}, or ask the vendor to give the option another name in the connector.`,
    );
  const lost = placeholdersIn({ streams: connector.streams, sinks: connector.sinks }, [])
    .flatMap(({ name }) => /^options\.(.+)$/.exec(name ?? '')?.[1] ?? [])
    .find((name) => !known.includes(name) && !Object.hasOwn(connector.options, name));
  return lost === undefined
    ? []
    : problem(
        `${connector.connector} uses {{ options.${lost} }}, which ${connector.transport} has and ${transport} does not.`,
        `Keep transport: ${connector.transport}, or ask the vendor to add an option ${lost} to the connector itself.`,
      );
}
