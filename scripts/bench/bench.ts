import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { emptyDatabase, startPostgres } from '../sample-town/servers/postgres/server.ts';
import { generateReceipts } from './generate.ts';
import { type Measured, measure, median } from './measure.ts';

const USAGE = `npm run bench -- [--rows 1000000] [--repeat 3] [--store postgres | --store postgres://...]
    A first load, an unchanged second run and a run over a re-exported file, each as a ratio to a bare loop of csv-parse and a prepared
    insert, timed in turn. With --store, the store is there: a server that is started for this, or a database that may be emptied.
npm run bench -- identity [--rows 1000000]                      the comparison of persons
npm run bench -- revenue [--rows 1000000] [--store postgres]    the revenue report
npm run bench -- reconcile [--sizes 1,10] [--store postgres]    a year's reconciliations
npm run bench -- serve [--lines 139000] [--store postgres]      how long what people ask for holds up the server
npm run bench:sftp -- [--mb 1000] [--rounds 5] [--run]   files over SFTP, beside the client of OpenSSH
`;
if (process.argv.slice(2).some((arg) => arg === '--help' || arg === '-h')) {
  console.log(USAGE);
  process.exit();
}
if (process.argv[2] === 'revenue' || process.argv[2] === 'serve') {
  await import(`./${process.argv[2]}.ts`);
  process.exit();
}
const { values, positionals } = options();
if (positionals.length > 0 && !['identity', 'reconcile'].includes(positionals[0]!)) refuse(`There is no bench "${positionals[0]}".`);
if (positionals[0] === 'identity') {
  const { benchIdentity } = await import('./identity/identity.ts');
  await benchIdentity({ rows: Number(values.rows), keep: values.keep });
  process.exit();
}
if (positionals[0] === 'reconcile') {
  const { benchReconcile } = await import('./reconcile/reconcile.ts');
  await benchReconcile({ sizes: values.sizes.split(',').map(Number), store: values.store, keep: values.keep });
  process.exit();
}
const server = values.store === 'postgres' ? await startPostgres({ durable: true }) : undefined;
await server?.createDatabase('bench');
const store = server?.url('bench') ?? values.store;
if (store !== undefined) process.env.INTERLOCAL_STORE = store;
const rows = Number(values.rows);
const here = fileURLToPath(new URL('.', import.meta.url));
const interlocal = fileURLToPath(new URL('../../bin/interlocal.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'interlocal-bench-'));
const town = join(folder, 'town');
const csv = join(folder, 'receipts.csv');
const again = join(folder, 'receipts-again.csv');

console.log(`${rows.toLocaleString('en-US')} receipts, ${values.repeat} rounds; Node ${process.version}`);
await generateReceipts(csv, rows);
await generateReceipts(again, rows, 1);
const rounds: Record<string, Measured>[] = [];
for (let i = 0; i < Number(values.repeat); i++) {
  rmSync(town, { recursive: true, force: true });
  cpSync(join(here, 'town'), town, { recursive: true });
  mkdirSync(join(town, 'inbox'));
  rmSync(join(folder, 'bare.db'), { force: true });
  const round: Record<string, Measured> = {};
  round['bare parse'] = await measure([join(here, 'bare-loop.ts'), csv]);
  round['bare parse + insert'] = await measure([join(here, 'bare-loop.ts'), csv, join(folder, 'bare.db')]);
  if (store !== undefined) {
    await emptyDatabase(store);
    round['bare COPY, its indexes'] = await measure([join(here, 'bare-copy.ts'), csv, store]);
  }
  round['CSV reader alone'] = await measure([join(here, 'decode.ts'), csv]);
  renameSync(csv, join(town, 'inbox', 'receipts.csv'));
  round['first load'] = await run({ read: rows, created: rows, unchanged: 0 });
  // A load of this size leaves the sums of the revenue report to the nightly check; what follows is measured on the morning after it.
  spawnSync(process.execPath, [interlocal, 'doctor', '--project', town], { stdio: 'ignore' });
  round['second run, same file'] = await run({ read: 0, created: 0, unchanged: 0 });
  renameSync(join(town, 'inbox', 'receipts.csv'), csv);
  renameSync(again, join(town, 'inbox', 'again.csv'));
  round['re-export, one row more'] = await run({ read: rows + 1, created: 1, unchanged: rows });
  renameSync(join(town, 'inbox', 'again.csv'), again);
  rounds.push(round);
}
report();
rmSync(folder, { recursive: true, force: true });
await server?.stop();

async function run(expected: { read: number; created: number; unchanged: number }): Promise<Measured> {
  const measured = await measure([interlocal, 'run', 'receipts', '--json', '--project', town]);
  const { runs } = JSON.parse(measured.out) as { runs: Record<string, number>[] };
  for (const [name, n] of Object.entries(expected))
    if (runs[0]![name] !== n) throw new Error(`${name} is ${runs[0]![name]}, not ${n}: the figures would be of another task`);
  return measured;
}

function report(): void {
  const against: Record<string, string> = {
    'CSV reader alone': 'bare parse',
    'first load': store === undefined ? 'bare parse + insert' : 'bare COPY, its indexes',
    'second run, same file': 'bare parse',
    're-export, one row more': 'bare parse',
  };
  console.log(
    `\n${'whole processes, medians'.padEnd(26)}${'seconds'.padStart(9)}${'CPU s'.padStart(9)}${'rows/s'.padStart(12)}${'peak MB'.padStart(9)}   ratio of seconds, of CPU`,
  );
  for (const name of Object.keys(rounds[0]!)) {
    const seconds = median(rounds.map((r) => r[name]!.seconds));
    const peak = Math.max(...rounds.map((r) => r[name]!.peakMb));
    const base = against[name];
    const cpu = median(rounds.map((r) => r[name]!.cpuSeconds));
    const of = (what: 'seconds' | 'cpuSeconds'): string => median(rounds.map((r) => r[name]![what] / r[base!]![what])).toFixed(2);
    const ratio = base === undefined ? '' : `${of('seconds')}, ${of('cpuSeconds')} × ${base}`;
    console.log(
      `${name.padEnd(26)}${seconds.toFixed(2).padStart(9)}${cpu.toFixed(2).padStart(9)}${Math.round(rows / seconds)
        .toLocaleString('en-US')
        .padStart(12)}${peak.toFixed(0).padStart(9)}   ${ratio}`,
    );
  }
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        keep: { type: 'string' },
        rows: { type: 'string', default: '1000000' },
        repeat: { type: 'string', default: '3' },
        sizes: { type: 'string', default: '1' },
        store: { type: 'string' },
      },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(why: string): never {
  console.error(`${why}\n\n${USAGE}`);
  process.exit(2);
}
