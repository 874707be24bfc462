import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { generateTown } from '../sample-town/generate/generate.ts';
import { writeLocalConnections } from '../sample-town/local-connections.ts';
import { emptyDatabase } from '../sample-town/servers/postgres/server.ts';
import { openTown } from '../../src/cli/town.ts';
import { startSystems } from '../sample-town/systems.ts';
import { digest, dumpFolder, dumpStore, dumpTaken, firstDifferences } from './dump.ts';
import { mulberry32 } from '../sample-town/generate/random.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface KillTestOptions {
  /** An empty folder to work in. */
  folder: string;
  /** How often a run is killed, in all. */
  kills: number;
  /** Kills before a town is let run to its end and compared. */
  killsPerTown: number;
  seed: number;
  /** `postgres://…`: a database that this test may empty. Default: a file. */
  store?: string | undefined;
  /** Smaller towns make shorter rounds. */
  households?: number;
  say(line: string): void;
}

export interface KillTestResult {
  /** Runs that were killed while they worked; one that had ended by itself before its moment does not count. */
  kills: number;
  towns: number;
  /** What differed, one entry for each town that did. */
  differing: string[][];
}

/**
 * Kills `interlocal run --all` at random moments over the sample town's real servers, runs it again, and compares the
 * store and the servers' folders with those of a town that nobody disturbed.
 */
export async function killTest(options: KillTestOptions): Promise<KillTestResult> {
  const town = join(options.folder, 'town');
  const pristine = join(options.folder, 'pristine');
  const data = join(town, 'data', 'sample-town');
  copyTown(town);
  generateTown({ seed: options.seed, folder: data, households: options.households });
  cpSync(data, pristine, { recursive: true, preserveTimestamps: true });
  const systems = await startSystems({ folder: data, ports: { sftp: 0, soap: 0, sqlserver: 0 } });
  const result: KillTestResult = { kills: 0, towns: 0, differing: [] };
  const random = mulberry32(options.seed);
  try {
    writeLocalConnections(town, systems.ports);
    if (options.store !== undefined) setStore(town, options.store);
    const reset = async (): Promise<void> => {
      for (const folder of ['sftp', 'council', 'finance-reports']) {
        rmSync(join(data, folder), { recursive: true, force: true });
        if (existsSync(join(pristine, folder)))
          cpSync(join(pristine, folder), join(data, folder), { recursive: true, preserveTimestamps: true });
      }
      for (const name of ['interlocal.db', 'interlocal.db-wal', 'interlocal.db-shm', 'spool'])
        rmSync(join(town, 'data', name), { recursive: true, force: true });
      if (options.store !== undefined) await emptyDatabase(options.store);
    };
    const state = async (): Promise<string[]> => [
      ...(await dumped(town)),
      ...['recreation', 'bank'].flatMap((name) => dumpFolder(join(data, 'sftp', name))),
      ...dumpFolder(join(data, 'council')),
      ...dumpTaken(join(data, 'sftp/finance')),
    ];
    /** Finance has taken what was sent to it, and the pipeline has seen that. */
    const answered = async (): Promise<void> => {
      systems.imports.takeAll();
      await toItsEnd(town, 'receipts-to-finance');
    };

    await reset();
    const started = performance.now();
    const { failed } = await toItsEnd(town);
    let whole = performance.now() - started;
    await answered();
    const wanted = await state();
    options.say(`undisturbed: ${(whole / 1000).toFixed(1)} s, ${wanted.length} lines, ${digest(wanted).slice(0, 16)}`);

    while (result.kills < options.kills) {
      await reset();
      for (let i = 0; i < options.killsPerTown && result.kills < options.kills; i++) {
        const child = start(town);
        const over = ended(child);
        const began = performance.now();
        // What is left to do shrinks with each kill of a town, and so does the time in which the next may come.
        await Promise.race([sleep(random() * whole * 0.7 ** i), over]);
        if (child.exitCode !== null) {
          if (i === 0) whole = Math.min(whole, performance.now() - began);
          break;
        }
        child.kill('SIGKILL');
        await over;
        result.kills++;
      }
      // A busy machine may keep a run from its systems or its store, which it says: the next one on schedule does the work.
      for (let tries = 1; ; tries++) {
        const again = await toItsEnd(town);
        const kept = again.failed.filter((name) => !failed.includes(name));
        if (kept.length === 0) break;
        options.say(`  failed, and run again: ${kept.join(', ')}\n${again.said}`);
        if (tries === 3) throw new Error(`${kept.join(', ')} failed three times.`);
      }
      await answered();
      result.towns++;
      const got = await state();
      if (digest(got) !== digest(wanted)) {
        result.differing.push(firstDifferences(wanted, got));
        for (const line of result.differing.at(-1)!) options.say(`  ${line}`);
      }
      options.say(`${result.kills} of ${options.kills} kills, ${result.towns} towns, ${result.differing.length} differing`);
      if (result.differing.length >= 3) break;
    }
  } finally {
    await systems.close();
  }
  return result;
}

function copyTown(town: string): void {
  mkdirSync(town, { recursive: true });
  for (const name of ['config', 'connectors', 'mappings', 'pipelines']) cpSync(join(ROOT, name), join(town, name), { recursive: true });
  rmSync(join(town, 'config', 'connections.local.yaml'), { force: true });
  const yaml = join(town, 'config', 'interlocal.yaml');
  // The copy is whole in itself: the packs of the repository would be the same files once more.
  writeFileSync(yaml, `${readFileSync(yaml, 'utf8').trimEnd()}\npacks: false\n`);
  symlinkSync(join(ROOT, 'package.json'), join(town, 'package.json'));
}

/** What config/interlocal.yaml of a copy says of its store. */
function setStore(town: string, url: string): void {
  const yaml = join(town, 'config', 'interlocal.yaml');
  writeFileSync(yaml, `${readFileSync(yaml, 'utf8').trimEnd()}\nstore: { url: "${url}" }\n`);
}

async function dumped(town: string): Promise<string[]> {
  const { project, knex } = await openTown(town);
  try {
    return await dumpStore(
      knex,
      [...project.entities.values()].map(({ value }) => value),
    );
  } finally {
    await knex.destroy();
  }
}

/** All pipelines, or one. */
function start(town: string, pipeline = '--all', stdio: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  return spawn(process.execPath, [join(ROOT, 'src', 'main.ts'), 'run', pipeline, '--json', '--project', town], { stdio });
}

/**
 * A run that nobody disturbs, and which pipelines failed in it. Throws when it is stopped by a fault of its own: what it left out would not be
 * seen in a comparison with another such run.
 */
async function toItsEnd(town: string, pipeline = '--all'): Promise<{ failed: string[]; said: string }> {
  const child = start(town, pipeline, 'pipe');
  let [out, err] = ['', ''];
  child.stdout!.on('data', (chunk) => (out += String(chunk)));
  child.stderr!.on('data', (chunk) => (err += String(chunk)));
  await once(child, 'close');
  if (!out.startsWith('{"runs":') || out.includes('"code":"INTERNAL"'))
    throw new Error(`The run of ${pipeline} broke off:\n${out}\n${err}`);
  const { runs } = JSON.parse(out) as { runs: { pipeline: string; outcome: string }[] };
  return { failed: runs.filter(({ outcome }) => outcome === 'failed').map((run) => run.pipeline), said: err };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => child.once('exit', () => resolve()));
}
