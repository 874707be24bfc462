import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runPipeline } from '../../src/engine/run/run.ts';
import { openTown } from '../../src/cli/town.ts';
import { MONEY } from '../../test/engine/reconciliation/agreement-town.ts';

/**
 * Loads a fiscal year of receipts and deposits into a store and runs their reconciliation: at first, again with nothing new, and after
 * one more day's data. Prints seconds of the clock and of the processor, and the memory. `--receipts N` (120,000).
 */
const at = process.argv.indexOf('--receipts');
const RECEIPTS = at < 0 ? 120_000 : Number(process.argv[at + 1]);
const DAYS = 300;
const PLACES = 6;
const folder = mkdtempSync(join(tmpdir(), 'interlocal-nightly-'));

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const then = Date.now() / 1000 - 3600;
  utimesSync(file, then, then);
}

function day(n: number): string {
  return new Date(Date.UTC(2026, 6, 1) + n * 86_400_000).toISOString().slice(0, 10);
}

function files(first: number, last: number): { receipts: string; deposits: string } {
  const receipts = ['no,day,dept,account,tender,amount'];
  const deposits = ['no,day,dept,amount'];
  const perBag = Math.ceil(RECEIPTS / DAYS / PLACES);
  for (let n = first; n < last; n++)
    for (let place = 0; place < PLACES; place++) {
      let sum = 0;
      for (let i = 0; i < perBag; i++) {
        const minor = 500 + ((n * 31 + place * 17 + i * 7) % 90) * 25;
        sum += minor;
        receipts.push(`R${n}-${place}-${i},${day(n)},place${place},,cash,${(minor / 100).toFixed(2)}`);
      }
      if ((n * PLACES + place) % 97 !== 0) deposits.push(`D${n}-${place},${day(n)},place${place},${(sum / 100).toFixed(2)}`);
    }
  return { receipts: `${receipts.join('\n')}\n`, deposits: `${deposits.join('\n')}\n` };
}

for (const [path, text] of Object.entries(MONEY)) write(path, text);
write(
  'pipelines/to-bank.yaml',
  `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes:
    - key: place and day
      on: [department, { left: received_on, right: collected_on }]
      sides: many_to_one
  open: { left: { type: not_deposited, within: 2, together: [department, received_on] }, right: { type: deposit_without_receipt } }
  exceptions:
    - { late: 2 }
`,
);
const year = files(0, DAYS);
write('desk/year.csv', year.receipts);
write('bank/year.csv', year.deposits);
write('pool/.keep', '');
write('lines/.keep', '');
const town = await openTown(folder);
const now = (): Date => new Date(Date.UTC(2026, 6, 1) + (DAYS + 5) * 86_400_000);

async function run(pipeline: string, name = pipeline): Promise<void> {
  const [from, used] = [performance.now(), process.cpuUsage()];
  const result = await runPipeline(town, pipeline, { signal: new AbortController().signal, now });
  const { user, system } = process.cpuUsage(used);
  console.log(
    `${name}: ${result.outcome}, ${((performance.now() - from) / 1000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of the processor, ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
  );
}

await run('desk-receipts');
await run('pool-receipts');
await run('bank-deposits');
await run('to-bank', 'to-bank, the whole year');
await run('to-bank', 'to-bank, nothing new');
const more = files(DAYS, DAYS + 1);
write('desk/day.csv', more.receipts);
write('bank/day.csv', more.deposits);
await run('desk-receipts');
await run('bank-deposits');
await run('to-bank', 'to-bank, one more day');
await town.knex.destroy();
rmSync(folder, { recursive: true, force: true });
