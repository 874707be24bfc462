import type { StartTables } from '../../authoring/certify/query/context.ts';
import type { StartSsh } from '../../authoring/certify/ssh-port.ts';
import { transportOf } from '../../transports/transports.ts';

/*
 * Servers of a checkout that the offline half of `certify` tries a transport with, as it declares. undefined: none is needed, or this
 * installation has none.
 */

/** For a transport whose recordings are tables. */
export async function tablesFor(transport: string | undefined): Promise<StartTables | undefined> {
  const declared = transport === undefined ? undefined : transportOf(transport);
  if (declared?.reads !== 'query' || declared.recordedTables !== 'tds') return undefined;
  return (await import('./certify-tables.ts')).tablesPort();
}

/** For a transport that logs in to an SSH server. */
export async function sshFor(transport: string | undefined): Promise<StartSsh | undefined> {
  const declared = transport === undefined ? undefined : transportOf(transport);
  if (declared?.reads !== 'files' || declared.login?.server !== 'ssh') return undefined;
  return (await import('./certify-ssh.ts')).sshPort();
}
