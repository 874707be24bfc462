import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { receipts, tillStream } from '../engine/base-town.ts';
import { cutAt, cutsOf } from '../engine/cut.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../engine/town.ts';
import { ownerOptions, startServer, type TestServer } from '../transports/sqlserver/server.ts';
import { ledger, outbox } from './base-outbound.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer([
    {
      name: 'entries',
      columns: { Number: 'varchar(6) NOT NULL PRIMARY KEY', Date: 'date', Amount: 'numeric(19,5)', Tender: 'char(4)', Posted: 'bit' },
      rows: [],
    },
  ]);
});
afterEach(async () => {
  server.onStatement = () => undefined;
  await closeTowns();
  await server.execute('DELETE FROM entries');
});
afterAll(() => server.stop());

function table(write: string, sink = ''): Record<string, string> {
  const files = ledger();
  return {
    ...files,
    'secrets/ledger': 'owner-Password-1',
    'config/connections.yaml': files['config/connections.yaml']!.replace(
      'options: { path: ledger }',
      `options: ${JSON.stringify({ ...ownerOptions(server), password: '${file:secrets/ledger}' })}`,
    ),
    'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: sqlserver')
      .replace(/ {4}target: .*\n {4}encoder: .*\n/, `    target: { table: { name: dbo.entries, write: ${write} } }\n`)
      .replace(', format: MM/DD/YYYY', '')
      .concat(sink),
  };
}

async function town(files: Files, rows = [{ number: '1' }, { number: '2', amount: '12.50', tender: 'CK' }]): Promise<TestTown> {
  const made = await makeTown({ ...files, 'inbox/receipts-1.csv': receipts(rows) });
  await made.run('receipts');
  return made;
}

async function there(): Promise<unknown[]> {
  const { openSqlServer } = await import('../../src/transports/sqlserver/sqlserver.ts');
  const transport = openSqlServer(server.options, { connection: 'look', projectFolder: server.folder });
  const found = [];
  const columns = ['Number', 'Date', 'Amount', 'Tender'].map((name) => ({ name, type: 'text' as const }));
  for await (const list of transport.query({ tables: ['entries'], columns, orderBy: ['Number'] }))
    found.push(...list.map((r) => Object.values(r.values).join(' ')));
  await transport.close();
  return found;
}

test('rows are upserted by their key: a change goes as a change, and what is equal is not touched', async () => {
  const t = await town(table('upsert', '    acknowledgment: { read_back: true }\n'));
  const run = await t.run('to-ledger');
  expect([run.problems, run.outcome]).toEqual([[], 'succeeded']);
  expect(await there()).toEqual(['1 2026-01-05 1.00000 CA', '2 2026-01-05 12.50000 CK']);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 accepted']);
  t.write({ 'inbox/receipts-2.csv': receipts([{ number: '2', amount: '99.00', tender: 'CK' }]) }, 5);
  await t.run('receipts');
  await t.run('to-ledger');
  expect([(await there())[1], await outbox(t)]).toEqual(['2 2026-01-05 99.00000 CK', ['1 v1 accepted', '2 v2 accepted']]);
});

test('a row that the database refuses is rejected with its reason, the others of the batch are written', async () => {
  const files = table('append');
  files['connectors/ledger/connector.yaml'] = files['connectors/ledger/connector.yaml']!.replace('max_length: 6', 'max_length: 9');
  const t = await town(files, [{ number: '1' }, { number: '12345678' }, { number: '3' }]);
  const run = await t.run('to-ledger');
  expect([run.outcome, run.counts.rejected]).toEqual(['partial', 1]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '12345678 v1 rejected', '3 v1 accepted']);
  expect(await there()).toEqual(['1 2026-01-05 1.00000 CA', '3 2026-01-05 1.00000 CA']);
});

test('what is gone at its source is deleted there with deletions: send', async () => {
  const files = { ...table('upsert', '    deletions: send\n'), ...tillStream({ more: '    deletes: { field: note, values: [gone] }\n' }) };
  const t = await town(files);
  await t.run('to-ledger');
  t.write({ 'inbox/receipts-2.csv': receipts([{ number: '1', note: 'gone' }]) }, 5);
  await t.run('receipts');
  await t.run('to-ledger');
  expect([await there(), await outbox(t)]).toEqual([['2 2026-01-05 12.50000 CK'], ['2 v1 accepted', '1 v2 delete accepted']]);
});

test('killed before or after any commit and run again, the table is that of an undisturbed run', async () => {
  const counted = await town(table('append'));
  const counting = await cutAt(counted.engine.knex, Number.POSITIVE_INFINITY, 'before');
  await counted.run('to-ledger');
  const expected = await there();
  expect(expected).toHaveLength(2);
  for (const { n, how } of cutsOf(counting.commits())) {
    await server.execute('DELETE FROM entries');
    const t = await town(table('append'));
    await cutAt(t.engine.knex, n, how);
    await t.run('to-ledger').catch(() => {});
    await t.reopen();
    await t.run('to-ledger');
    expect([await there(), await outbox(t)], `cut ${how} commit ${n}`).toEqual([expected, ['1 v1 accepted', '2 v1 accepted']]);
    await t.close();
  }
});

test('rows whose COMMIT the database refuses are not called written, and are written by the next run', async () => {
  const t = await town(table('upsert'));
  server.onStatement = (sql) => {
    if (sql.startsWith('COMMIT TRANSACTION'))
      throw { number: 9002, message: "The transaction log for database 'RECORDED' is full.", class: 17 };
  };
  const run = await t.run('to-ledger');
  expect([run.outcome, run.problems.length, await there()]).toEqual(['failed', 1, []]);
  expect((await outbox(t)).filter((row) => row.includes('accepted'))).toEqual([]);
  server.onStatement = () => undefined;
  expect((await t.run('to-ledger')).outcome).toBe('succeeded');
  expect([await there(), await outbox(t)]).toEqual([
    ['1 2026-01-05 1.00000 CA', '2 2026-01-05 12.50000 CK'],
    ['1 v1 accepted', '2 v1 accepted'],
  ]);
});
