import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** OpenSSH's own agent with these private keys in it, on a socket of its own. */
export async function startAgent(keys: readonly string[]): Promise<{ socket: string; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'interlocal-agent-'));
  const socket = join(folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => agent.once('exit', () => resolve()));
  for (let tries = 0; tries < 100 && !(await answers(socket)); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  for (const [i, key] of keys.entries()) {
    const file = join(folder, `key-${i}`);
    await writeFile(file, key);
    await chmod(file, 0o600);
    await run('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    await rm(file);
  }
  return {
    socket,
    close: async () => {
      agent.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket, () => (client.destroy(), resolve(true)));
    client.on('error', () => resolve(false));
  });
}
