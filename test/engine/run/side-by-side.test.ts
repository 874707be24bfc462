import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { statusOf } from '../../../src/reports/status.ts';
import type { Engine } from '../../../src/engine/run/engine.ts';
import { serve } from '../../web/http.ts';
import { closeOddServers, oddServer } from '../../transports/odd-sftp.ts';
import { connector, peopleFile, receipts } from '../base-town.ts';
import { interlocal } from '../cli.ts';
import { closeTowns, makeTown } from '../town.ts';
import { STORE } from '../../store/stores.ts';

afterEach(closeTowns);
afterEach(closeOddServers);

/** A town whose till is a server that gives nothing before it is let, and whose clerk is a folder. */
async function townWithSlowTill() {
  let open: () => void = () => {};
  let asked: () => void = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const reading = new Promise<void>((resolve) => (asked = resolve));
  const server = await oddServer({ faults: { reading: async () => (asked(), await gate, 65_536) } });
  writeFileSync(join(server.root, 'receipts.csv'), receipts([{ number: '1' }]));
  const options = JSON.stringify({ ...server.options, timeout: '2m', password: '${file:secret}' });
  const town = await makeTown({
    secret: 'plain',
    'config/connections.yaml': `connections:
  till: { connector: till, options: ${options} }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
    'connectors/till/connector.yaml': connector('till', 'sftp', {
      receipts: `    retriever: { files: { pattern: "receipts*.csv", minimum_age: 100ms } }
    decoder: { csv: {} }
    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }
    primary_key: [number]
`,
    }),
    'inbox/clerk.csv': peopleFile([['1', 'ann@town.example', 'Ann', '555', '2026-01-05']]),
  });
  return { town, open, reading };
}

test('a source that gives nothing holds up no other pipeline of run --all, and no transaction stays open meanwhile', async () => {
  const { town, open, reading } = await townWithSlowTill();
  await town.engine.knex.destroy();
  const all = interlocal(town.folder, ['run', '--all', '--json']);
  await all.said('clerk: succeeded');
  await all.said('orders: succeeded');
  await reading;
  if (STORE === 'sqlite') {
    const other = new Database(join(town.folder, 'data/interlocal.db'), { timeout: 0 });
    other.exec('BEGIN IMMEDIATE; ROLLBACK');
    other.close();
  }
  open();
  const { exit, out } = await all.ended;
  const runs = (JSON.parse(out) as { runs: { pipeline: string; outcome: string }[] }).runs;
  expect([exit, runs.map((run) => `${run.pipeline} ${run.outcome}`)]).toEqual([
    0,
    ['clerk succeeded', 'orders succeeded', 'pool succeeded', 'receipts succeeded'],
  ]);
  await town.reopen();
});

test('a preview of a slow source keeps nobody from writing, and leaves nothing behind', async () => {
  const { town, open, reading } = await townWithSlowTill();
  const preview = town.preview('receipts');
  await reading;
  expect((await town.run('clerk')).outcome).toBe('succeeded');
  open();
  const { outcome, counts } = await preview;
  expect([outcome, counts.created, await town.rows('receipt')]).toEqual(['succeeded', 1, []]);
  const left = existsSync(join(town.folder, 'data')) ? readdirSync(join(town.folder, 'data')) : [];
  expect(left.filter((name) => name.startsWith('preview-'))).toEqual([]);
});

test('a run without progress is shown as stalled, by status and /health', async () => {
  const { town, open, reading } = await townWithSlowTill();
  const run = town.run('receipts');
  await reading;
  const soon = (await statusOf(town.engine)).find((s) => s.pipeline === 'receipts')!;
  expect([soon.running, soon.stalled_since]).toEqual([true, null]);
  const late = (await statusOf(town.engine, new Date(Date.now() + 16 * 60_000))).find((s) => s.pipeline === 'receipts')!;
  expect([late.running, late.stalled_since]).toEqual([true, expect.stringMatching(/^\d{4}-.*Z$/)]);
  // As it is after a quarter of an hour.
  await town.engine
    .knex('il_run')
    .whereNull('outcome')
    .update({ started_at: new Date(Date.now() - 16 * 60_000).toISOString() });
  const health = await healthOf(town.engine);
  expect(health).toMatchObject({ status: 'attention' });
  expect(health.pipelines.find((p) => p.pipeline === 'receipts')).toMatchObject({ running: true, stalled_since: expect.any(String) });
  open();
  expect((await run).outcome).toBe('succeeded');
  expect((await healthOf(town.engine)).pipelines.find((p) => p.pipeline === 'receipts')).toMatchObject({ stalled_since: null });
});

async function healthOf(engine: Engine): Promise<{ status: string; pipelines: { pipeline: string }[] }> {
  const server = await serve(engine);
  try {
    return JSON.parse((await server.ask('/health')).text) as { status: string; pipelines: { pipeline: string }[] };
  } finally {
    await server.close();
  }
}
