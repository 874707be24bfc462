import { spawn } from 'node:child_process';

/** `npm run check`: what reads the sources runs side by side, then all tests. Ends with 1 when one of them found something. */
const READING = ['types', 'lint', 'format'];

/** Exit status of `npm run NAME`; what it prints is shown when it has ended, so that no lines are mixed. */
function run(name: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', name], { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    const printed: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => printed.push(chunk));
    child.once('error', (error) => printed.push(Buffer.from(`${error.message}\n`)));
    child.once('close', (code) => {
      process.stdout.write(Buffer.concat(printed));
      resolve(code ?? 1);
    });
  });
}

const statuses = await Promise.all(READING.map(run));
if (statuses.some((status) => status !== 0)) process.exitCode = 1;
else {
  const tests = spawn('npm', ['run', 'test:all'], { stdio: 'inherit', shell: process.platform === 'win32' });
  tests.once('close', (code) => (process.exitCode = code ?? 1));
}
