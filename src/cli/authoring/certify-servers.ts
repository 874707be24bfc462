import type { StartTables } from '../../authoring/certify/query/context.ts';
import type { StartSsh } from '../../authoring/certify/ssh-port.ts';
import { transportOf } from '../../transports/transports.ts';

/** Servers of a checkout that the offline half of `certify` tries a transport with. undefined: none is needed, or this installation has none. */
export interface CertifyServers {
  startTables: StartTables | undefined;
  startSsh: StartSsh | undefined;
}

/** As the transport declares; without one, none. */
export async function serversFor(transport: string | undefined): Promise<CertifyServers> {
  const declared = transport === undefined ? undefined : transportOf(transport);
  const tables = declared?.reads === 'query' && declared.recordedTables === 'tds';
  const ssh = declared?.reads === 'files' && declared.login?.server === 'ssh';
  return {
    startTables: tables ? await (await import('./certify-tables.ts')).tablesPort() : undefined,
    startSsh: ssh ? await (await import('./certify-ssh.ts')).sshPort() : undefined,
  };
}
