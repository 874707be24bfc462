import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killTest } from './kill-test.ts';

/** `npm run test:kill -- --kills 300 --seed 1` */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    'per-town': { type: 'string', default: '4' },
    households: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'interlocal-kill-'));
const result = await killTest({
  folder,
  kills: Number(values.kills),
  killsPerTown: Number(values['per-town']),
  seed: Number(values.seed),
  households: values.households === undefined ? undefined : Number(values.households),
  say: (line) => console.log(line),
});
rmSync(folder, { recursive: true, force: true });
console.log(`${result.kills} kills over ${result.towns} towns: ${result.differing.length} stores differ from the undisturbed one.`);
process.exitCode = result.differing.length === 0 ? 0 : 1;
