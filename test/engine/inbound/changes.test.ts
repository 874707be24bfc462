import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { setMinValidVersion } from '../../../scripts/sample-town/servers/tds/endpoint.ts';
import { openSqlite } from '../../../scripts/sample-town/servers/tds/sqlite/sqlite.ts';
import { startServer } from '../../transports/sqlserver/server.ts';
import type { TestServer } from '../../transports/sqlserver/server.ts';
import { connector } from '../base-town.ts';
import { refuseCommits } from '../refuse-commits.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer([
    {
      name: 'receipts',
      columns: {
        number: 'varchar(10) NOT NULL PRIMARY KEY',
        received_on: 'date',
        amount: 'numeric(19,2)',
        tender: 'varchar(5)',
        note: 'varchar(20)',
      },
      rows: [],
      tracked: true,
    },
  ]);
});
afterAll(() => server?.stop());
afterEach(closeTowns);

async function townOf(more = ''): Promise<TestTown> {
  await server.execute('DELETE FROM receipts');
  for (let i = 1; i <= 20; i++)
    await server.execute(
      `INSERT INTO receipts (number, received_on, amount, tender) VALUES ('${String(i).padStart(3, '0')}', '2026-01-05', 1, 'CA')`,
    );
  const { host, port, database, username, password } = server.options;
  return makeTown({
    'config/secret': String(password),
    'config/connections.yaml': `connections:
  till:
    connector: till
    options: { host: ${String(host)}, port: ${String(port)}, database: ${String(database)}, username: ${String(username)}, password: "\${file:config/secret}", trust_server_certificate: true }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
    'connectors/till/connector.yaml': connector('till', 'sqlserver', {
      receipts: `    retriever: { query: { tables: [receipts] } }
    incremental: { kind: change_tracking }
    schema: { fields: { number: { required: true }, received_on: { type: date, required: true }, amount: { type: decimal }, tender: {}, note: {} } }
    primary_key: [number]
${more}`,
    }),
  });
}

const numbers = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt')).map((r) => r.number);
function forget(): void {
  const db = openSqlite(server.file!);
  const now = db.prepare('SELECT value FROM _tds_ct').pluck().get() as number;
  setMinValidVersion(db, 'receipts', now);
  db.close();
}

test('a row that is deleted in the table is deleted in the town, with history', async () => {
  const town = await townOf();
  expect((await town.run('receipts')).counts).toMatchObject({ read: 20, created: 20 });
  await server.execute("DELETE FROM receipts WHERE number = '003'; UPDATE receipts SET amount = 7 WHERE number = '004'");
  expect((await town.run('receipts')).counts).toEqual({
    read: 2,
    created: 0,
    changed: 1,
    unchanged: 0,
    skipped: 0,
    rejected: 0,
    deleted: 1,
  });
  expect((await town.run('receipts')).counts.read).toBe(0);
  expect(await numbers(town)).not.toContain('003');
});

test('after forgotten changes everything is read again, and what is gone is deleted', async () => {
  if (server.real) return;
  const town = await townOf();
  await town.run('receipts');
  await server.execute("DELETE FROM receipts WHERE number = '003'");
  forget();
  const run = await town.run('receipts');
  expect(run.notes.join()).toContain('everything is read again');
  expect(run.counts).toMatchObject({ read: 19, unchanged: 19, deleted: 1 });
  expect((await town.run('receipts')).counts.read).toBe(0);
});

test('more deletions than are believed stop the run before the position moves, until somebody allows them', async () => {
  if (server.real) return;
  const town = await townOf();
  await town.run('receipts');
  await server.execute("DELETE FROM receipts WHERE number > '010'");
  forget();
  for (let i = 0; i < 2; i++) {
    const run = await town.run('receipts');
    expect(run.problems.map((p) => [p.code, p.message.slice(0, 37)])).toEqual([
      ['DELETES_TOO_MANY', '10 of the 20 stored records (50.0 %) '],
    ]);
  }
  expect(await numbers(town)).toHaveLength(20);
  town.write({ 'connectors/till/connector.yaml': town.text('connectors/till/connector.yaml') + '    deletes: { max_percent: 60 }\n' });
  await town.reopen();
  expect((await town.run('receipts')).counts.deleted).toBe(10);
  expect((await town.run('receipts')).counts.read).toBe(0);
});

test('a run that is killed at any batch of a reading goes on to the same store', async () => {
  const whole = await townOf();
  await whole.run('receipts');
  const killed = await townOf();
  let commits = 0;
  await killed.run('receipts', {
    onProgress: () => {
      if (++commits === 1) throw new Error('killed');
    },
  });
  await killed.reopen();
  await killed.run('receipts');
  expect(await killed.rows('receipt', ['_id', 'number', 'amount'])).toEqual(await whole.rows('receipt', ['_id', 'number', 'amount']));
  expect((await killed.run('receipts')).counts.read).toBe(0);
});

test('rows of a query and the position after them are read again when their COMMIT failed', async () => {
  const town = await townOf();
  const position = async (): Promise<unknown> => (await town.rows('il_source'))[0]!.state;
  const allow = await refuseCommits(town, 'il_landed');
  const failed = await town.run('receipts');
  expect([failed.outcome, failed.counts.created, await numbers(town), await position()]).toEqual(['failed', 0, [], null]);
  await allow();
  expect((await town.run('receipts')).counts).toMatchObject({ read: 20, created: 20 });
  expect(await position()).not.toBeNull();
});
