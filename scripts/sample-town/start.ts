import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCli } from '../../src/cli/cli.ts';
import { registerRun } from '../../src/cli/operate/run.ts';
import { registerServe } from '../../src/cli/operate/serve.ts';
import type { Engine } from '../../src/engine/run/run.ts';
import { closeEngine } from '../../src/engine/run/open.ts';
import { openTown } from '../../src/cli/town.ts';
import { InterlocalError } from '../../src/core/errors.ts';
import { EXIT_CODES, EXIT_CONFIG } from '../../src/core/outcome.ts';
import { TWO_WAY } from './people/pipelines.ts';
import { generateTown, TOWN_MARKER, type TownTruth } from './generate/generate.ts';
import { correctOnce } from './people/offices.ts';
import { harborText } from './harbor/summary.ts';
import { playTwoYears } from './harbor/two-years.ts';
import { adaptConnections } from './local-connections.ts';
import { SOAP_PATH } from './servers/soap/server.ts';
import { startSystems, type TownSystems } from './systems.ts';
import { startPostgres } from './servers/postgres/server.ts';
import { carriedText, summaryOf } from './generate/summary.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOWN = 'data/sample-town';
const HARBOR = 'data/sample-harbor';
const HARBOR_BEGINS =
  'The harbor of Maplewood keeps books of its own. Two of its fiscal years are played, with everything that goes wrong:';

/**
 * `npm start`: Maplewood's systems, its pipelines, what came of it, and the page. `--once` ends when that is told; `--project DIR` is
 * another folder with Maplewood's configuration; `--store URL` is another store, and `--store postgres` a PostgreSQL server that is started for
 * this and forgotten afterwards. The commands are those of `interlocal`, in this process.
 */
async function start(): Promise<number> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, project: { type: 'string', default: ROOT }, store: { type: 'string' } },
  });
  const project = resolve(values.project);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const { text, truth } = townOf(project);
  say(text);
  const systems = await systemsOf(project);
  const server = values.store === 'postgres' ? await startPostgres() : undefined;
  try {
    await server?.createDatabase('maplewood');
    const store = server?.url('maplewood') ?? values.store;
    if (store !== undefined) process.env.INTERLOCAL_STORE = store;
    if (server) say(`Its store is a PostgreSQL server of its own: ${store}`);
    say(systemsText(systems));
    if (!adaptConnections(project, systems.ports)) {
      say('config/connections.local.yaml is yours and is left as it is: it must name these ports, or the systems are not found.');
    }
    say('Running all pipelines, as `interlocal run --all` does:');
    const ran = await runCli(['run', '--all', '--project', project], [registerRun], version);
    if (ran === EXIT_CONFIG || ran === EXIT_CODES.aborted) return ran;
    say(`\n${await told(project, summaryOf)}`);
    await nextDay(project, truth, systems, version);
    await harborOf(project);
    if (values.once) return 0;
    say('Next: open the page below, or run `npx interlocal report revenue` in another terminal while this one stays open; Ctrl-C ends it.');
    return await runCli(['serve', '--project', project], [registerServe], version);
  } finally {
    await systems.close();
    await server?.stop();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

/** Three systems know the same residents. What is corrected in each on the next day is in the others that night. */
async function nextDay(project: string, truth: TownTruth, systems: TownSystems, version: string): Promise<void> {
  if (!correctOnce(join(project, TOWN), systems.offices, truth.corrections)) return;
  say(
    `The next day: ${truth.corrections.length} residents are corrected, each in one system (an address, a telephone number, an e-mail address). That night:`,
  );
  await runCli(['run', ...TWO_WAY, '--project', project], [registerRun], version);
  systems.offices.recreation.takeAll();
  say(`\n${await told(project, carriedText)}`);
  say('The night after, what was carried comes back when the systems are read. It is recognized, and nothing is sent:');
  await runCli(['run', ...TWO_WAY, '--project', project], [registerRun], version);
  say('');
}

/** The harbor has a folder and a store of its own, whatever the town's store is. */
async function harborOf(project: string): Promise<void> {
  const store = process.env.INTERLOCAL_STORE;
  delete process.env.INTERLOCAL_STORE;
  try {
    const { before } = await playTwoYears(join(project, HARBOR), { say: (text) => say(`  ${text}`), begin: () => say(HARBOR_BEGINS) });
    say(await told(join(project, HARBOR), (engine) => harborText(engine, { folder: HARBOR, before })));
  } finally {
    if (store !== undefined) process.env.INTERLOCAL_STORE = store;
  }
}

function townOf(project: string): { text: string; truth: TownTruth } {
  const folder = join(project, TOWN);
  const marker = join(folder, TOWN_MARKER);
  const before = existsSync(marker) ? readFileSync(marker, 'utf8') : undefined;
  const truth = generateTown({ seed: 1, folder });
  const { town, seed, residents } = truth;
  const what = `${town.name}, a sample town of ${residents.length} residents (seed ${seed}), `;
  if (before === readFileSync(marker, 'utf8')) return { text: `${what}is in ${TOWN}.`, truth };
  const old = before !== undefined && existsSync(join(project, 'data/interlocal.db'));
  const text = `${what}was made in ${TOWN}.${old ? ' It replaces one of an older version, whose records are still in the store: to begin again, end this, delete data/interlocal.db and start again.' : ''}`;
  return { text, truth };
}

/** On the usual ports, which config/connections.yaml has; where one is taken, on any that are free. */
async function systemsOf(project: string): Promise<TownSystems> {
  const folder = join(project, TOWN);
  try {
    return await startSystems({ folder });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return startSystems({ folder, ports: { sftp: 0, soap: 0, sqlserver: 0 } });
  }
}

function systemsText({ ports }: TownSystems): string {
  return [
    'Its systems are up, on this machine alone:',
    `  recreation, bank  SFTP        127.0.0.1:${ports.sftp}`,
    `  recreation        SFTP        takes changes of residents in ${TOWN}/sftp/recreation/changes`,
    `  clerk, utility    SOAP        http://127.0.0.1:${ports.soap}${SOAP_PATH}`,
    `  finance           SQL Server  127.0.0.1:${ports.sqlserver}`,
    `  finance, imports  SFTP        127.0.0.1:${ports.sftp}, and imports what lands in ${TOWN}/sftp/finance/imports`,
    `  council           folder      ${TOWN}/council`,
    `Their passwords are in ${TOWN}/secrets, where config/connections.yaml looks for them.`,
  ].join('\n');
}

async function told(project: string, tell: (engine: Engine) => Promise<string>): Promise<string> {
  const engine = await openTown(project);
  try {
    return await tell(engine);
  } finally {
    await closeEngine(engine);
  }
}

try {
  process.exitCode = await start();
} catch (error) {
  if (!(error instanceof InterlocalError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
