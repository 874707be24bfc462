import type { KnownTransports } from '../config/checks/transport-rules.ts';
import { ConfigError } from '../core/errors.ts';
import type { TransportDeclaration } from './declaration.ts';
import * as registry from './registry.ts';
import type { Transport, TransportContext } from './transport.ts';

/** Every transport there is. A library is loaded only when a connection of its kind is opened. */
export const transports = { ...registry } satisfies Record<string, TransportDeclaration>;

export type TransportName = keyof typeof transports;

/** The names that a manifest may give. */
export const TRANSPORT_NAMES = Object.keys(transports) as readonly TransportName[];

/** Throws ConfigError for a name that is none; a manifest that was checked has none such. */
export function transportOf(name: string): TransportDeclaration {
  if (Object.hasOwn(transports, name)) return transports[name as TransportName];
  throw new ConfigError({
    code: 'REFERENCE_UNKNOWN',
    place: { path: 'transport' },
    message: `There is no transport "${name}".`,
    hint: `One of ${TRANSPORT_NAMES.join(', ')}.`,
  });
}

/** The transport of a folder of this machine, with the options that lead to it. */
export function folderTransport(path: string): { transport: TransportName; options: Record<string, unknown> } {
  for (const [transport, declared] of Object.entries<TransportDeclaration>(transports))
    if (declared.reads === 'files' && declared.ofFolder) return { transport: transport as TransportName, options: declared.ofFolder(path) };
  throw new Error('No transport declares that it reads a folder of this machine.');
}

/** Every transport with the options that it takes: what the loader checks a town's folder with. Without them, `transports` says what manifests may say. */
export async function knownTransports(): Promise<KnownTransports> {
  const entries = Object.entries<TransportDeclaration>(transports).map(async ([name, declaration]) => {
    return [name, { ...declaration, options: await declaration.optionsSchema() }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Opens a connection. Options that the transport does not know are left out: they are the connector's own, for its templates. Throws
 * ConfigError for wrong options.
 */
export async function openTransport(name: string, options: Record<string, unknown>, context: TransportContext): Promise<Transport> {
  const declaration = transportOf(name);
  const { shape } = await declaration.optionsSchema();
  return declaration.open(Object.fromEntries(Object.entries(options).filter(([option]) => option in shape)), context);
}
