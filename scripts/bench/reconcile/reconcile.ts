import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyDatabase, startPostgres } from '../../sample-town/servers/postgres/server.ts';
import { type Measured, measure, NODE_FLAGS } from '../measure.ts';
import { writeYear } from './year.ts';

const LOADS = ['receipts', 'closes', 'slips', 'settlements', 'bank-entries', 'ledger-lines'];
const LEGS = [
  'drawers-to-slips',
  'slips-to-bank',
  'cards-to-settlements',
  'settlements-to-bank',
  'electronic-to-bank',
  'receipts-to-ledger',
];
/** The morning after the year, and the one after the next day. */
const MORNINGS = ['2026-07-01T10:00:00Z', '2026-07-02T10:00:00Z'] as const;

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const interlocal = path('../../../bin/interlocal.js');
/** As bin/interlocal.js does it: the second process that is measured starts as fast as a town's. */
process.env.NODE_COMPILE_CACHE ??= path('../../../node_modules/.cache/compile');

interface Leg {
  pipeline: string;
  seconds: number;
  cpuSeconds: number;
  read: number;
}

export interface BenchOptions {
  /** The sizes of town to measure; 1 is a fiscal year of 250,000 receipts. */
  sizes: readonly number[];
  /** `postgres`: a server that is started for it; or the URL of a database that may be emptied. */
  store?: string | undefined;
  /** A folder that holds the towns afterwards. */
  keep?: string | undefined;
}

/**
 * `npm run bench -- reconcile [--sizes 1,10] [--store postgres]`: the legs of a fiscal year reconciled for the first time, each in a process
 * of its own and all in one; again with nothing new; and after one more day's data. What comes out is printed as a hash: the same hash
 * before and after a change of the program means the same matches and exceptions.
 */
export async function benchReconcile({ sizes, store, keep }: BenchOptions): Promise<void> {
  const server = store === 'postgres' ? await startPostgres({ durable: true }) : undefined;
  await server?.createDatabase('bench');
  const url = server?.url('bench') ?? store;
  if (url !== undefined) process.env.INTERLOCAL_STORE = url;
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'interlocal-bench-'));
  console.log(`Node ${process.version}; load of the machine ${loadavg()[0]!.toFixed(1)}`);
  const years: Measured[] = [];
  for (const size of sizes) {
    if (url !== undefined) await emptyDatabase(url);
    years.push(await measureTown(join(folder, `town-${size}`), size));
  }
  sizes.forEach((size, i) => {
    if (i > 0)
      console.log(
        `${size / sizes[0]!} times the size: ${ratio(years[i]!.cpuSeconds, years[0]!.cpuSeconds)} times the CPU seconds, ${ratio(years[i]!.peakMb, years[0]!.peakMb)} times the memory`,
      );
  });
  if (keep === undefined) rmSync(folder, { recursive: true, force: true });
  await server?.stop();
}

async function measureTown(town: string, size: number): Promise<Measured> {
  rmSync(town, { recursive: true, force: true });
  cpSync(path('../../sample-town/harbor/project'), town, { recursive: true });
  const [inbox, later] = [join(town, 'inbox'), join(town, 'later')];
  for (const name of [inbox, later, join(town, 'ledger')]) mkdirSync(name);
  const rows = writeYear({ year: inbox, day: later }, size);
  console.log(
    `\n${Object.entries(rows)
      .map(([system, n]) => `${n.toLocaleString('en-US')} ${system}`)
      .join(', ')}`,
  );
  console.log(`${'whole processes'.padEnd(34)}${'seconds'.padStart(9)}${'CPU s'.padStart(9)}${'peak MB'.padStart(9)}`);
  const run = async (label: string, moment: string, pipelines: readonly string[]): Promise<Measured> => {
    const measured = await measure([...NODE_FLAGS, path('run-legs.ts'), town, moment, ...pipelines]);
    line(label, measured);
    const legs = JSON.parse(measured.out) as Leg[];
    for (const leg of legs)
      if (legs.length > 2) line(`  ${leg.pipeline}`, leg, leg.read ? `${leg.read.toLocaleString('en-US')} records` : '');
    return measured;
  };
  await run('loading the year', MORNINGS[0], LOADS);
  const year = await run('the year', MORNINGS[0], LEGS);
  await resultOf(town);
  await run('nothing new', MORNINGS[0], LEGS);
  await resultOf(town);
  for (const name of readdirSync(later)) renameSync(join(later, name), join(inbox, name));
  await run('loading one more day', MORNINGS[1], LOADS);
  await run('one more day', MORNINGS[1], LEGS);
  await resultOf(town);
  return year;
}

function line(
  label: string,
  { seconds, cpuSeconds, ...more }: Pick<Measured, 'seconds' | 'cpuSeconds'> & Partial<Measured>,
  last = '',
): void {
  const peak = more.peakMb === undefined ? '' : more.peakMb.toFixed(0);
  console.log(
    `${label.padEnd(34)}${seconds.toFixed(2).padStart(9)}${cpuSeconds.toFixed(2).padStart(9)}${peak.padStart(9)}  ${last}`.trimEnd(),
  );
}

/** Matches and exceptions as other programs get them, as hashes of their JSON. */
async function resultOf(town: string): Promise<void> {
  const hashes: string[] = [];
  for (const list of ['matches', 'exceptions']) {
    const child = spawn(process.execPath, [interlocal, list, 'list', '--json', '--project', town], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const hash = createHash('sha256');
    for await (const chunk of child.stdout) hash.update(chunk as Buffer);
    hashes.push(`${list} ${hash.digest('hex').slice(0, 16)}`);
  }
  console.log(`  ${hashes.join(', ')}`);
}

function ratio(a: number, b: number): string {
  return (a / b).toFixed(1);
}
