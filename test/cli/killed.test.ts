import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { moneyTown } from '../engine/reconciliation/agreement-town.ts';
import { closeTowns } from '../engine/town.ts';

afterEach(closeTowns);

const PROGRAM = join(import.meta.dirname, '../../bin/interlocal.js');
/** As in Windows and an older Node: the program is then a second process. */
const CANNOT_BECOME = ['--import', 'data:text/javascript,delete process.execve'];

/** Starts the program as a service does, kills what was started, and gives what was said until nothing of it runs any more. */
function killed(folder: string, node: string[]): Promise<string> {
  const started = spawn(process.execPath, [...node, PROGRAM, 'serve', '--port', '0', '--project', folder]);
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (text: Buffer): void => {
      said += text.toString();
      if (/http:\/\/\S+:\d+/.test(said)) started.kill('SIGKILL');
    };
    started.stdout.on('data', hear);
    started.stderr.on('data', hear);
    started.on('error', reject);
    // The streams are open as long as any process has them.
    started.on('close', () => resolve(said));
  });
}

describe('where what was started is killed, nothing of it goes on', () => {
  test('one process: the program itself is what was started', async () => {
    const town = await moneyTown({});
    expect(await killed(town.folder, [])).not.toContain('Stopping');
  });

  test('two: the program notices, and stops as at Ctrl-C', async () => {
    const town = await moneyTown({});
    expect(await killed(town.folder, CANNOT_BECOME)).toContain('Stopping');
  });
});
