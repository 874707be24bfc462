import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { type Measured, measure } from '../measure.ts';
import { writePeople } from './people.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const interlocal = fileURLToPath(new URL('../../../bin/interlocal.js', import.meta.url));

/**
 * `npm run bench -- identity [--rows 1000000]`: persons of whom one row in five is a second record, with identity and without it
 * (the same model, its `identity` left out): the first load, single new records against them, and a re-export in which
 * one record in two hundred changed. `keep`: a folder that holds the files and stores afterwards.
 */
export async function benchIdentity({
  rows,
  keep,
  single = 300,
}: {
  rows: number;
  keep?: string | undefined;
  single?: number;
}): Promise<void> {
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'interlocal-bench-'));
  mkdirSync(folder, { recursive: true });
  const csv = join(folder, 'people.csv');
  const again = join(folder, 'again.csv');
  console.log(
    `${rows.toLocaleString('en-US')} persons, one in five entered twice; Node ${process.version}; load of the machine ${loadavg()[0]!.toFixed(1)}`,
  );
  await writePeople(csv, rows);
  await writePeople(again, rows, 200);
  const table: [string, Measured][] = [];
  for (const withIdentity of [false, true]) {
    const town = join(folder, withIdentity ? 'town' : 'town-without');
    makeTown(town, withIdentity);
    const label = withIdentity ? 'with identity' : 'without identity';
    for (const [name, file, expected] of [
      [`first load, ${label}`, csv, { read: rows, created: rows }],
      [`re-export, 0.5 % changed, ${label}`, again, { read: rows, changed: Math.floor(rows / 200) }],
    ] as const) {
      renameSync(file, join(town, 'inbox', 'people.csv'));
      const measured = await measure([interlocal, 'run', 'people', '--json', '--project', town]);
      renameSync(join(town, 'inbox', 'people.csv'), file);
      const { runs } = JSON.parse(measured.out) as { runs: Record<string, number>[] };
      for (const [count, n] of Object.entries(expected))
        if (runs[0]![count] !== n) throw new Error(`${count} is ${runs[0]![count]}, not ${n}: the figures would be of another task`);
      table.push([name, measured]);
      print(name, measured, rows);
      if (withIdentity && file === csv && single > 0) {
        const { out } = await measure([join(here, 'single.ts'), town, String(rows), String(single)]);
        console.log(out.trim());
      }
    }
  }
  const seconds = (at: number): number => table[at]![1].seconds;
  const cpu = (at: number): number => table[at]![1].cpuSeconds;
  console.log(`identity alone in the first load: ${(seconds(2) - seconds(0)).toFixed(1)} s, ${(cpu(2) - cpu(0)).toFixed(1)} CPU s`);
  console.log(
    `re-export with identity / without: ${(seconds(3) / seconds(1)).toFixed(2)} of seconds, ${(cpu(3) / cpu(1)).toFixed(2)} of CPU`,
  );
  if (keep === undefined) rmSync(folder, { recursive: true, force: true });
}

function print(name: string, { seconds, cpuSeconds, peakMb }: Measured, rows: number): void {
  console.log(
    `${name.padEnd(44)}${seconds.toFixed(1).padStart(8)} s${cpuSeconds.toFixed(1).padStart(8)} CPU s${Math.round(rows / seconds)
      .toLocaleString('en-US')
      .padStart(10)} rows/s${peakMb.toFixed(0).padStart(7)} MB   load ${loadavg()[0]!.toFixed(1)}`,
  );
}

/** The town of the benchmark; without identity its parties are as many as there are records. */
function makeTown(town: string, withIdentity: boolean): void {
  rmSync(town, { recursive: true, force: true });
  cpSync(join(here, 'town'), town, { recursive: true });
  mkdirSync(join(town, 'inbox'));
  if (withIdentity) return;
  const model = parse(readFileSync(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8')) as Record<string, unknown>;
  delete model.identity;
  delete model.survivorship;
  mkdirSync(join(town, 'config', 'model'), { recursive: true });
  writeFileSync(join(town, 'config', 'model', 'party.yaml'), stringify(model));
}
