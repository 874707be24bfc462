import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { answersAt, startOnFreePort } from '../../../scripts/sample-town/servers/free-port.ts';

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
  return startOnFreePort(async (port) => {
    const args = ['-d', 'ffi.enable=1', '-S', `127.0.0.1:${port}`, script];
    const php = spawn('php', args, { stdio: 'ignore', env: { ...process.env, ...env } });
    const ended = new Promise<void>((resolve) => php.once('exit', () => resolve()));
    if (!(await answersAt(port, ended))) throw new Error(`PHP did not start on port ${port}.`);
    return { port, close: async () => (php.kill(), ended) };
  });
}
