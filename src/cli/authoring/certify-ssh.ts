import type { StartSsh } from '../../authoring/certify/ssh-port.ts';

/** The sample town's SFTP server, for seeing that a secret which travels so far is nowhere else. */
const SERVER = '../../../scripts/sample-town/servers/sftp/server.ts';
const HOST_KEY = '../../../scripts/sample-town/servers/sftp/host-key.ts';

interface Server {
  startSftpServer(options: {
    root: string;
    port: number;
    users: readonly { name: string; password: string }[];
    hostKeys: readonly string[];
  }): Promise<{ port: number; close(): Promise<void> }>;
}

interface HostKey {
  SFTP_HOST_KEY_FINGERPRINT: string;
  sampleTownHostKey(): string;
}

/** undefined: this installation has no such server. */
export async function sshPort(): Promise<StartSsh | undefined> {
  const loaded = await Promise.all([import(SERVER), import(HOST_KEY)]).catch(() => undefined);
  if (!loaded) return undefined;
  const [{ startSftpServer }, { SFTP_HOST_KEY_FINGERPRINT, sampleTownHostKey }] = loaded as [Server, HostKey];
  return async (root, { username, password }) => {
    const users = [{ name: username, password }];
    const server = await startSftpServer({ root, port: 0, users, hostKeys: [sampleTownHostKey()] });
    return { options: { host: '127.0.0.1', port: server.port, host_key: SFTP_HOST_KEY_FINGERPRINT }, close: () => server.close() };
  };
}
