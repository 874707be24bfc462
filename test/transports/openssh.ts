import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { answersAt, startOnFreePort } from '../../scripts/sample-town/servers/free-port.ts';

const SSHD = '/usr/sbin/sshd';

export interface OpenSshServer {
  port: number;
  username: string;
  close(): Promise<void>;
}

/** OpenSSH's own server on a loopback port, with its own configuration, letting the account that runs the tests in by key. */
export async function startOpenSsh(options: {
  hostKeys: readonly string[];
  authorizedKeys: readonly string[];
  subsystem?: string;
  /** Further lines of its configuration. */
  settings?: readonly string[];
}): Promise<OpenSshServer> {
  if (!existsSync(SSHD))
    throw new Error(`${SSHD} is missing. The SFTP transport is tested against OpenSSH's own server: apt-get install openssh-server`);
  const folder = await mkdtemp(join(tmpdir(), 'interlocal-sshd-'));
  const keyFiles = await Promise.all(
    options.hostKeys.map(async (key, i) => {
      const file = join(folder, `host-key-${i}`);
      await writeFile(file, key, { mode: 0o600 });
      return file;
    }),
  );
  await writeFile(join(folder, 'authorized_keys'), options.authorizedKeys.join('\n') + '\n', { mode: 0o600 });
  const lines = [
    'ListenAddress 127.0.0.1',
    ...keyFiles.map((file) => `HostKey ${file}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication yes',
    'MaxStartups 100',
    'LogLevel ERROR',
    `Subsystem sftp ${options.subsystem ?? 'internal-sftp'}`,
    ...(options.settings ?? []),
  ];
  const config = join(folder, 'sshd_config');
  await writeFile(config, lines.join('\n') + '\n');
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  return startOnFreePort(async (port) => {
    const server = spawn(SSHD, ['-D', '-e', '-f', config, '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    server.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    if (!(await answersAt(port, ended))) throw new Error(`sshd did not start: ${said}`);
    return {
      port,
      username: userInfo().username,
      close: async () => {
        server.kill();
        await ended;
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
}
