import { spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** PHP's SOAP server on a free port of this machine: this script, or the permit service. */
export async function startPhp(
  env: Record<string, string> = {},
  script = join(import.meta.dirname, 'server.php'),
): Promise<{ port: number; close(): Promise<void> }> {
  const modules = spawnSync('php', ['-m'], { encoding: 'utf8' });
  if (modules.error || !/^soap$/m.test(modules.stdout))
    throw new Error(
      "PHP with its soap extension is missing. The SOAP transport is tested against PHP's own server: apt-get install php-cli php-soap",
    );
  const port = await freePort();
  const php = spawn('php', ['-d', 'ffi.enable=1', '-S', `127.0.0.1:${port}`, script], { stdio: 'ignore', env: { ...process.env, ...env } });
  const ended = new Promise<void>((resolve) => php.once('exit', () => resolve()));
  for (let tries = 0; tries < 100; tries++) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.on('error', () => resolve(false));
    });
    if (up) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, close: async () => (php.kill(), ended) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
