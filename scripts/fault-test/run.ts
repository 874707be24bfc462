import { parseArgs } from 'node:util';
import { faultTest } from './fault-test.ts';

/** `npm run test:faults -- --seed 1 --rounds 3 --only reset/http-sink` */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1' },
    /** Cells, faults or what they befall: `hang`, `serve`, `sigstop/sftp-sink,reset/serve`. */
    only: { type: 'string', default: '' },
  },
});
const only = values.only.split(',').filter(Boolean);
const result = await faultTest({
  seed: Number(values.seed),
  rounds: Number(values.rounds),
  chosen: (name) => only.length === 0 || [name, ...name.split('/')].some((part) => only.includes(part)),
  say: (line) => console.log(line),
});
console.log(`${result.tried} tried, ${result.failed.length} failed, ${result.skipped} skipped (seed ${values.seed}).`);
if (result.tried + result.skipped === 0) console.error(`No cell is called ${JSON.stringify(values.only)}.`);
process.exit(result.failed.length === 0 && result.tried + result.skipped > 0 ? 0 : 1);
