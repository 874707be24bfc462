import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleTownHostKey, SFTP_HOST_KEY_FINGERPRINT } from '../../scripts/sample-town/servers/sftp/host-key.ts';
import { type SftpServer, type SftpServerOptions, startSftpServer } from '../../scripts/sample-town/servers/sftp/server.ts';
import type { FileTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';

/** A real SFTP server that behaves as some servers do, over a folder of the disk. */
export interface OddServer {
  /** What the server sees as `/`. */
  root: string;
  /** Options of a connection to it. */
  options: Record<string, unknown>;
  open(more?: Record<string, unknown>): Promise<FileTransport>;
}

const servers: { server: SftpServer; root: string; opened: FileTransport[] }[] = [];

export async function oddServer(behavior: Pick<SftpServerOptions, 'faults' | 'refuse'>): Promise<OddServer> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'interlocal-odd-')));
  const users = [{ name: 'town', password: 'plain' }];
  const server = await startSftpServer({ root, port: 0, users, hostKeys: [sampleTownHostKey()], ...behavior });
  const opened: FileTransport[] = [];
  servers.push({ server, root, opened });
  const options = { host: '127.0.0.1', port: server.port, username: 'town', host_key: SFTP_HOST_KEY_FINGERPRINT, timeout: '5s' };
  return {
    root,
    options,
    async open(more = {}) {
      const all = { ...options, password: 'plain', ...more };
      const transport = (await transports.sftp.open(all, { connection: 'bank', projectFolder: root })) as FileTransport;
      opened.push(transport);
      return transport;
    },
  };
}

/** For afterEach. */
export async function closeOddServers(): Promise<void> {
  for (const { server, root, opened } of servers.splice(0)) {
    for (const transport of opened) await transport.close();
    await server.close();
    rmSync(root, { recursive: true, force: true });
  }
}
