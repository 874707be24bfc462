import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runPipeline } from '../../src/engine/run/run.ts';
import { openTown } from '../../src/cli/town.ts';
import { startPostgres } from '../sample-town/servers/postgres/server.ts';
import type { MainThread } from './main-thread.ts';
import { writeText } from './write-text.ts';

/**
 * `npm run bench -- serve [--lines 139000] [--store postgres]`: what people ask of `serve` where the revenue report has so many lines and as
 * many records are rejected. For each address: how long it took, and of the main thread, where the schedule runs, its processor time and the
 * longest time that nothing else got its turn. The latter must be below 100 ms on a machine that does nothing else.
 */
const { values } = parseArgs({
  args: process.argv.slice(process.argv[2] === 'serve' ? 3 : 2),
  options: { lines: { type: 'string', default: '139000' }, store: { type: 'string' } },
});
const lines = Number(values.lines);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const server = values.store === 'postgres' ? await startPostgres({ durable: true }) : undefined;
await server?.createDatabase('bench');
if (server) process.env.INTERLOCAL_STORE = server.url('bench');
const folder = mkdtempSync(join(tmpdir(), 'interlocal-serve-'));
cpSync(here('town'), folder, { recursive: true });
mkdirSync(join(folder, 'inbox'));
await writeText(join(folder, 'inbox/receipts.csv'), receiptLines());
const town = await openTown(folder);
await runPipeline(town, 'receipts', { signal: new AbortController().signal });
await town.knex.destroy();

const child = spawn(
  process.execPath,
  ['--import', here('main-thread.ts'), here('../../src/main.ts'), 'serve', '--port', '0', '--no-schedule', '--project', folder],
  { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
);
let out = '';
child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()));
while (!/ on (http\S+)\n/.test(out)) await once(child.stdout!, 'data');
const url = / on (http\S+)\n/.exec(out)![1]!;
await ask('/health');
await ask('/');
console.log(`${lines.toLocaleString('en-US')} lines, as many rejected records; Node ${process.version}`);
console.log(`${'asked for'.padEnd(28)}${'seconds'.padStart(9)}${'MB'.padStart(8)}   main thread: longest turn, processor time`);
for (const path of [
  '/revenue.xlsx?period=day',
  '/revenue.csv?period=day',
  '/revenue?period=day',
  '/api/revenue?period=day',
  '/',
  '/rejects',
  '/pipelines/receipts',
  '/api/status',
  '/health',
]) {
  await mainThread();
  const from = performance.now();
  const bytes = await ask(path);
  const seconds = (performance.now() - from) / 1000;
  const { longestMs, cpuMs } = await mainThread();
  console.log(
    `${path.padEnd(28)}${seconds.toFixed(2).padStart(9)}${(bytes / 1e6).toFixed(2).padStart(8)}${longestMs.toFixed(1).padStart(25)} ms${cpuMs.toFixed(0).padStart(15)} ms`,
  );
}
console.log(`Memory of the process at the end: ${(await mainThread()).rssMb.toFixed(0)} MB`);
child.kill('SIGTERM');
await once(child, 'exit');
rmSync(folder, { recursive: true, force: true });
await server?.stop();

async function mainThread(): Promise<MainThread> {
  child.send('tell');
  const [told] = (await once(child, 'message')) as [MainThread];
  return told;
}

async function ask(path: string): Promise<number> {
  const response = await fetch(`${url}${path}`);
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
  return (await response.arrayBuffer()).byteLength;
}

/** Each receipt is a line of the report, for it has an account of its own; every second record cannot be used. */
function* receiptLines(): Generator<string> {
  yield 'receipt_number,received_on,department,account,tender,amount,payer,branch,cashier,description';
  for (let i = 0; i < lines; i++) {
    const day = `2026-0${1 + (i % 6)}-${String(1 + (i % 28)).padStart(2, '0')}`;
    yield `R${i},${day},${['REC', 'CLK', 'LIB'][i % 3]},001-${i},CA,${i % 500}.00,Household ${i % 40_000},Main Street,jdoe,ok`;
    yield `X${i},${day},REC,001-${i},??,${i % 500}.00,Household ${i % 40_000},Main Street,jdoe,ok`;
  }
}
