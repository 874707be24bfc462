import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const CLI = join(import.meta.dirname, '../../src/cli/cli.ts');

/** The exit code of a command that lasts ten seconds, and is told to stop as soon as it has begun. */
async function stopped(asks: boolean, signal: NodeJS.Signals): Promise<{ exit: number | null; said: string }> {
  const program = `
    import { runCli } from ${JSON.stringify(CLI)};
    const wait = (cli) => cli.program.command('wait').action(async () => {
      const signal = ${asks} ? cli.signal : undefined;
      console.log('begun');
      await new Promise((done) => {
        const timer = setTimeout(done, 10_000);
        signal?.addEventListener('abort', () => (clearTimeout(timer), done()));
      });
    });
    process.exitCode = await runCli(['wait'], [wait], '0');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  await once(child.stdout, 'data');
  child.kill(signal);
  const [exit] = (await once(child, 'close')) as [number | null];
  return { exit, said };
}

test('a command without batches ends at the first Ctrl-C or SIGTERM; one that finishes its batch says so', async () => {
  expect(await stopped(false, 'SIGINT')).toEqual({ exit: 130, said: '' });
  expect(await stopped(false, 'SIGTERM')).toEqual({ exit: 130, said: '' });
  expect(await stopped(true, 'SIGTERM')).toEqual({ exit: 0, said: expect.stringContaining('Stopping after the current batch') });
});
