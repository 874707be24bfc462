import { readFileSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { BASE, connector, receipts } from '../base-town.ts';
import { interlocal } from '../cli.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';
import { contentsOfTown } from '../../store/stores.ts';
import { emptyDatabase } from '../../../scripts/sample-town/servers/postgres/server.ts';

const servers: Server[] = [];
afterEach(async () => {
  await closeTowns();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** So many that a run of them takes a while: small batches, each of which waits for the disk. */
const MANY = 12_000;
const slow = {
  'pipelines/receipts.yaml':
    'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: 5\n',
  'inbox/receipts.csv': receipts(Array.from({ length: MANY }, (_, i) => ({ number: String(i + 1) }))),
};

/** A town whose store only the processes under test have open, to begin with. */
async function closed(town: TestTown): Promise<TestTown> {
  await town.engine.knex.destroy();
  return town;
}

/** Waits until the run in another process has landed something. */
async function working(town: TestTown): Promise<void> {
  await town.reopen();
  for (;;) {
    if ((await town.engine.knex('receipt').first('_id')) !== undefined) return;
    await sleep(20);
  }
}

const runsOf = (out: string): { outcome: string; read: number; created: number }[] =>
  (JSON.parse(out) as { runs: { outcome: string; read: number; created: number }[] }).runs;

test(
  'exit codes say how it went: 0, 3 with rejected records, 1 with a refused file, 2 with a wrong name',
  { timeout: 60_000 },
  async () => {
    const town = await closed(await makeTown({ 'inbox/receipts-1.csv': receipts([{ number: '1' }]) }));
    expect((await interlocal(town.folder, ['run', 'receipts']).ended).exit).toBe(0);
    town.write({ 'inbox/receipts-2.csv': receipts([{ number: '2', tender: 'XX' }]) });
    const partial = await interlocal(town.folder, ['run', 'receipts', '--json']).ended;
    expect([partial.exit, runsOf(partial.out)[0]!.outcome]).toEqual([3, 'partial']);
    town.write({ 'inbox/receipts-3.csv': 'no\n' });
    expect((await interlocal(town.folder, ['run', 'receipts']).ended).exit).toBe(1);
    expect((await interlocal(town.folder, ['run', 'receits']).ended).exit).toBe(2);
  },
);

test('Ctrl-C lets the batch in hand commit, ends with 130, and the next run goes on from there', async () => {
  const town = await closed(await makeTown(slow));
  const command = interlocal(town.folder, ['run', 'receipts', '--json']);
  await working(town);
  command.process.kill('SIGINT');
  const first = await command.ended;
  expect(first.exit).toBe(130);
  const [run] = runsOf(first.out);
  expect(run!.outcome).toBe('aborted');
  expect(run!.read % 5).toBe(0);
  expect(run!.read).toBeLessThan(MANY);
  expect(await town.engine.knex('receipt').count({ n: '*' }).first()).toEqual({ n: run!.created });
  expect(await town.engine.knex('il_lock')).toEqual([]);
  const next = await town.run('receipts');
  expect([next.outcome, next.counts.created]).toEqual(['succeeded', MANY - run!.created]);
});

test('two runs of one pipeline at once: the second is told that it runs already, and where', async () => {
  const town = await closed(await makeTown(slow));
  const command = interlocal(town.folder, ['run', 'receipts', '--json']);
  await working(town);
  const second = await interlocal(town.folder, ['run', 'receipts', '--json']).ended;
  expect(second.exit).toBe(1);
  expect(second.out).toContain('PIPELINE_RUNNING');
  expect(second.err).toContain(`process ${command.process.pid}`);
  const status = await interlocal(town.folder, ['status', '--json']).ended;
  expect(
    (JSON.parse(status.out) as { pipelines: { pipeline: string; running: boolean }[] }).pipelines
      .filter((p) => p.running)
      .map((p) => p.pipeline),
  ).toEqual(['receipts']);
  command.process.kill('SIGTERM');
  expect((await command.ended).exit).toBe(130);
});

test('a killed process leaves nothing that the next run has to be freed from', async () => {
  const town = await closed(await makeTown(slow));
  const command = interlocal(town.folder, ['run', 'receipts', '--json']);
  await working(town);
  command.process.kill('SIGKILL');
  expect((await command.ended).signal).toBe('SIGKILL');
  const status = JSON.parse((await interlocal(town.folder, ['status', '--json']).ended).out) as {
    pipelines: { pipeline: string; running: boolean }[];
  };
  expect(status.pipelines.find((p) => p.pipeline === 'receipts')!.running).toBe(false);
  const next = await town.run('receipts');
  expect(next.outcome).toBe('succeeded');
  expect(await town.engine.knex('receipt').count({ n: '*' }).first()).toEqual({ n: MANY });
  expect(await town.engine.knex('il_landed').count({ n: '*' }).first()).toEqual({ n: MANY });
  expect((await town.rows('il_run', ['outcome', 'notes']))[0]).toEqual({
    outcome: 'aborted',
    notes: expect.stringContaining('The process ended before the run did'),
  });
  expect(readdirSync(join(town.folder, 'data'), { recursive: true }).filter((name) => String(name).endsWith('.spool'))).toEqual([]);
});

const CANARY = 'Kanarienvogel-4711/ü&"';

test('a secret is nowhere to be found: not in what is said, not in the store, not in the status', async () => {
  // A service that hates what it is sent, and says so with all of it.
  const server = createServer((request, response) => {
    const told = `${request.headers.authorization ?? ''} ${Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString()}`;
    response.writeHead(401, { 'content-type': 'text/plain' }).end(`You sent ${told}, which is wrong.`);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const stream = (retriever: string, decoder: string): string =>
    `    retriever: ${retriever}\n    decoder: ${decoder}\n    schema: { fields: { id: {} } }\n    primary_key: [id]\n`;
  const connections = `${BASE['config/connections.yaml']!}  web: { connector: web, options: { base_url: "http://127.0.0.1:${port}", auth: { basic: { username: u, password: "\${env:CANARY}" } } } }\n  box: { connector: box, options: { host: 127.0.0.1, port: ${port}, username: u, password: "\${env:CANARY}", host_key: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", timeout: 2s } }\n`;
  const town = await makeTown({
    'config/connections.yaml': connections,
    'connectors/web/connector.yaml': connector('web', 'http', { things: stream('{ request: { path: /x } }', '{ json: {} }') }),
    'connectors/box/connector.yaml': connector('box', 'sftp', { things: stream('{ files: { pattern: "*.csv" } }', '{ csv: {} }') }),
    'mappings/receipt.from-web.yaml':
      'mapping: receipt.from-web\nentity: receipt\nfrom: { connector: web, stream: things }\nfields: { number: id, received_on: id, amount: id }\n',
    'mappings/receipt.from-box.yaml':
      'mapping: receipt.from-box\nentity: receipt\nfrom: { connector: box, stream: things }\nfields: { number: id, received_on: id, amount: id }\n',
    'pipelines/web.yaml': 'pipeline: web\nsource: { connection: web, stream: things }\nmappings: [receipt.from-web]\n',
    'pipelines/box.yaml': 'pipeline: box\nsource: { connection: box, stream: things }\nmappings: [receipt.from-box]\n',
  });
  await closed(town);
  const env = { CANARY };
  const said: string[] = [];
  for (const args of [
    ['run', 'web'],
    ['run', 'box'],
    ['check', 'web', 'box'],
    ['preview', 'web'],
    ['status'],
    ['run', '--all', '--json'],
    ['status', '--json'],
    ['check', 'web', 'box', '--json'],
    ['validate'],
  ]) {
    const { out, err } = await interlocal(town.folder, args, env).ended;
    expect(`${out}${err}`).not.toBe('');
    said.push(out, err);
  }
  const files = readdirSync(town.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('utf8'));
  const text = [...said, ...files, await contentsOfTown(town.folder)].join('\n');
  expect(text).toContain('401');
  for (const form of [
    CANARY,
    'Kanarienvogel',
    encodeURIComponent(CANARY),
    JSON.stringify(CANARY).slice(1, -1),
    Buffer.from(`u:${CANARY}`).toString('base64'),
    Buffer.from(CANARY).toString('base64'),
  ])
    expect(text.includes(form), form).toBe(false);
});

/** As if the town had never run. */
async function emptyStore(town: TestTown): Promise<void> {
  const url = /^store: .*url: "(.*)"/m.exec(town.text('config/interlocal.yaml'))?.[1];
  if (url !== undefined) await emptyDatabase(url);
  else for (const name of readdirSync(join(town.folder, 'data'))) if (name.startsWith('interlocal.db')) town.remove(`data/${name}`);
}

test('processes that start together on a new town make its store once', async () => {
  const town = await closed(await makeTown());
  await emptyStore(town);
  const ended = await Promise.all(Array.from({ length: 6 }, () => interlocal(town.folder, ['status', '--json']).ended));
  expect(ended.map((e) => [e.exit, e.err])).toEqual(Array.from({ length: 6 }, () => [0, '']));
});
