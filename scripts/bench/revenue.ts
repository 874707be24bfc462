import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openTown } from '../../src/cli/town.ts';
import { checkSums, remakeSums } from '../../src/engine/revenue/check-sums.ts';
import { keepSums } from '../../src/engine/revenue/keep-sums.ts';
import { runPipeline } from '../../src/engine/run/run.ts';
import { revenueReport, revenueReportOfReceipts } from '../../src/reports/revenue/revenue.ts';
import { startPostgres } from '../sample-town/servers/postgres/server.ts';
import { generateReceipts } from './generate.ts';

/**
 * `npm run bench -- revenue [--rows 1000000] [--reads 100] [--store postgres]`: loads receipts, and prints how long the revenue report takes
 * (median, 95th percentile) when nothing changed and after a change that no run has counted in yet, next to the time of adding up every
 * receipt, and what making all sums takes.
 */
const { values } = parseArgs({
  args: process.argv.slice(process.argv[2] === 'revenue' ? 3 : 2),
  options: {
    rows: { type: 'string', default: '1000000' },
    reads: { type: 'string', default: '100' },
    store: { type: 'string' },
  },
});
const server = values.store === 'postgres' ? await startPostgres({ durable: true }) : undefined;
await server?.createDatabase('bench');
if (server) process.env.INTERLOCAL_STORE = server.url('bench');
const folder = mkdtempSync(join(tmpdir(), 'interlocal-revenue-'));
cpSync(fileURLToPath(new URL('town', import.meta.url)), folder, { recursive: true });
mkdirSync(join(folder, 'inbox'));
await generateReceipts(join(folder, 'inbox/receipts.csv'), Number(values.rows));
const town = await openTown(folder);

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const from = performance.now();
  await work();
  console.log(`${what.padEnd(52)}${((performance.now() - from) / 1000).toFixed(2).padStart(9)} s`);
}

async function reads(what: string, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  const used = process.cpuUsage();
  for (let i = 0; i < Number(values.reads); i++) {
    const from = performance.now();
    await work();
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.ceil(times.length * share) - 1]!.toFixed(1).padStart(9);
  const { user, system } = process.cpuUsage(used);
  const cpu = ((user + system) / 1000 / times.length).toFixed(1).padStart(8);
  console.log(`${what.padEnd(52)}${at(0.5)} ms, 95 %${at(0.95)} ms, ${cpu} ms of the processor each`);
}

const signal = new AbortController().signal;
await timed('first load', () => runPipeline(town, 'receipts', { signal }));
await timed('adding up what it left', () => keepSums(town));
const [{ n }] = (await town.knex('il_revenue_block').count({ n: '*' })) as [{ n: number }];
console.log(`${Number(n).toLocaleString('en-US')} sums of ${Number(values.rows).toLocaleString('en-US')} receipts`);
const month = { period: 'month' } as const;
await reads('report by month', () => revenueReport(town, month));
await reads('report by fiscal year', () => revenueReport(town, { period: 'fiscal-year' }));
await reads('report of one month by day', () => revenueReport(town, { period: 'day', from: '2026-03-01', to: '2026-03-31' }));
await town.knex('receipt').where({ receipt_number: 'R00000007' }).increment('amount', 1);
await reads('report by month, a change not yet counted in', () => revenueReport(town, month));
await timed('counting it in', () => keepSums(town));
await timed('the same report from every receipt', () => revenueReportOfReceipts(town, month));
const same = JSON.stringify(await revenueReport(town, month)) === JSON.stringify(await revenueReportOfReceipts(town, month));
console.log(same ? 'Both reports are the same.' : 'The reports DIFFER.');
await timed('making all sums', () => remakeSums(town));
await timed('checking all sums', async () => console.log(`${(await checkSums(town)).wrong.length} wrong`));
await town.knex.destroy();
rmSync(folder, { recursive: true, force: true });
await server?.stop();
if (!same) process.exitCode = 1;
