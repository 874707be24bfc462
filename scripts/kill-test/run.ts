import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../sample-town/servers/postgres/server.ts';
import { killTest } from './kill-test.ts';

/**
 * `npm run test:kill -- --kills 300 --seed 1 [--store postgres | --store postgres://USER@HOST/DATABASE]`: over a store in a file, over a
 * PostgreSQL server that is started for this, or over a database that may be emptied.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    'per-town': { type: 'string', default: '4' },
    households: { type: 'string' },
    store: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'interlocal-kill-'));
const server = values.store === 'postgres' ? await startPostgres({ durable: true }) : undefined;
await server?.createDatabase('kill_test');
const result = await killTest({
  folder,
  kills: Number(values.kills),
  killsPerTown: Number(values['per-town']),
  seed: Number(values.seed),
  households: values.households === undefined ? undefined : Number(values.households),
  store: server?.url('kill_test') ?? values.store,
  say: (line) => console.log(line),
});
await server?.stop();
rmSync(folder, { recursive: true, force: true });
console.log(`${result.kills} kills over ${result.towns} towns: ${result.differing.length} stores differ from the undisturbed one.`);
process.exitCode = result.differing.length === 0 ? 0 : 1;
