import { once } from 'node:events';
import sql from 'mssql';
import { generate } from 'selfsigned';
import { Connection, Request } from 'tedious';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { failure, openFixture, query, rows } from './endpoint-fixture.ts';
import type { Fixture } from './endpoint-fixture.ts';

let fixture: Fixture;
let certificate: string;
const failNext: { error?: object } = {};
const seen: string[] = [];

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  certificate = made.cert;
  fixture = await openFixture(
    (db) => {
      db.exec('CREATE TABLE BIG (ID INT NOT NULL PRIMARY KEY, NAME VARCHAR(60), AMOUNT NUMERIC(19,5))');
      db.exec(
        "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) INSERT INTO BIG SELECT i, 'row number ' || i || ' of a table that is too large to keep', i FROM n",
      );
    },
    {
      tls: { key: made.private, cert: made.cert },
      onStatement: (text) => {
        seen.push(text);
        if (!text.includes('fail me')) return;
        throw failNext.error ?? { number: 50000, message: 'failed' };
      },
    },
  );
});
afterAll(() => fixture.close());

test('the driver connects in plain text, encrypted after PRELOGIN (its default), and strictly encrypted', async () => {
  for (const options of [
    { encrypt: false },
    { encrypt: true },
    { encrypt: 'strict', serverName: 'localhost', cryptoCredentialsDetails: { ca: certificate } },
  ]) {
    const pool = await fixture.connect({ options: options as sql.IOptions });
    expect(await rows(pool, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }
});

test('an encrypting client that does not trust the certificate is not let in', async () => {
  const { message } = await failure(fixture.connect({ options: { encrypt: true, trustServerCertificate: false } }));
  expect(message).toMatch(/self-signed certificate/);
});

test('a wrong password is 18456, a wrong database 4060 and then 18456, as SQL Server sends them', async () => {
  expect(await failure(fixture.connect({ password: 'wrong' }))).toMatchObject({
    code: 'ELOGIN',
    message: "Login failed for user 'interlocal'.",
  });
  expect(await failure(fixture.connect({ user: 'nobody' }))).toMatchObject({ code: 'ELOGIN' });
  expect(await failure(fixture.connect({ database: 'NOPE' }))).toMatchObject({ code: 'ELOGIN' });
  expect(await rows(await fixture.connect({ database: 'two' }), 'SELECT DB_NAME() AS name')).toEqual([{ name: 'TWO' }]);
});

test('values and rows larger than a packet arrive whole at any packet size', async () => {
  const long = 'ü€x'.repeat(20_000);
  for (const packetSize of [512, 4096, 32767]) {
    const pool = await fixture.connect({ options: { packetSize, encrypt: packetSize === 4096 } });
    expect(await rows(pool, 'SELECT @p0 AS back, LEN(@p0) AS length', { p0: [sql.NVarChar(sql.MAX), long] })).toEqual([
      { back: long, length: '60000' },
    ]);
    expect((await rows(pool, 'SELECT TOP (3000) * FROM BIG ORDER BY ID')).length).toBe(3000);
  }
});

test('a result set is sent as the client takes it: a paused client keeps the endpoint from reading on', async () => {
  const pool = await fixture.connect();
  const request = pool.request();
  request.stream = true;
  let count = 0;
  let total = 0;
  const before = process.memoryUsage.rss();
  let highest = 0;
  await new Promise<void>((resolve, reject) => {
    request.on('row', (row: { ID: number }) => {
      count++;
      total += row.ID;
      if (count % 50_000 === 0) {
        highest = Math.max(highest, process.memoryUsage.rss() - before);
        request.pause();
        setTimeout(() => request.resume(), 50);
      }
    });
    request.on('error', reject);
    request.on('done', () => resolve());
    void request.query('SELECT * FROM BIG');
  });
  expect([count, total]).toEqual([300_000, (300_000 * 300_001) / 2]);
  expect(highest).toBeLessThan(150 * 1024 * 1024);
});

test('canceling stops a waiting statement and a running result set, and the connection goes on', async () => {
  const pool = await fixture.connect();
  for (const text of ["WAITFOR DELAY '00:00:30'", 'SELECT a.ID FROM BIG AS a CROSS JOIN BIG AS b']) {
    const request = pool.request();
    setTimeout(() => request.cancel(), 150);
    expect(await failure(request.query(text))).toMatchObject({ code: 'ECANCEL' });
    expect(await rows(pool, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }
});

test('a request that times out in the client is given up on the server', async () => {
  const pool = await fixture.connect({ requestTimeout: 300 });
  expect(await failure(query(pool, "WAITFOR DELAY '00:00:30'"))).toMatchObject({ code: 'ETIMEOUT' });
  expect(await rows(pool, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a statement can be made to fail with any error; class 20 ends the connection', async () => {
  const pool = await fixture.connect();
  failNext.error = { number: 1205, message: 'deadlock victim', state: 51, class: 13 };
  const error = await pool
    .request()
    .query("SELECT 'fail me'")
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ number: 1205, state: 51, class: 13, message: 'deadlock victim' });
  failNext.error = { number: 596, message: 'Cannot continue the execution because the session is in the kill state.', class: 21 };
  expect(await failure(query(pool, "SELECT 'fail me'"))).toMatchObject({ number: 596 });
  expect(await rows(pool, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(seen).toContain('SELECT 1 AS one');
});

test('a deadlock rolls the transaction back', async () => {
  const pool = await fixture.connect();
  failNext.error = { number: 1205, message: 'deadlock victim', class: 13 };
  const transaction = pool.transaction();
  await transaction.begin();
  await query(transaction, "UPDATE RM00101 SET CUSTNAME = 'changed' WHERE CUSTNMBR = 'AARON'");
  expect(await failure(query(transaction, "SELECT 'fail me'"))).toMatchObject({ number: 1205 });
  await transaction.rollback().catch(() => undefined);
  expect(await rows(pool, "SELECT CUSTNAME, @@TRANCOUNT AS depth FROM RM00101 WHERE CUSTNMBR = 'AARON'")).toEqual([
    { CUSTNAME: 'Aaron Fitz', depth: 0 },
  ]);
});

test('a prepared statement is executed many times and released', async () => {
  const pool = await fixture.connect();
  const prepared = new sql.PreparedStatement(pool);
  prepared.input('id', sql.Int);
  prepared.input('name', sql.NVarChar(60));
  await prepared.prepare('SELECT ID, @name AS name FROM BIG WHERE ID = @id');
  for (const id of [5, 7, 9]) {
    const { recordset } = await prepared.execute({ id, name: `n${id}` });
    expect([...recordset]).toEqual([{ ID: id, name: `n${id}` }]);
  }
  await prepared.unprepare();
});

test('a connection that is reset has lost its transaction and its options', async () => {
  const connection = new Connection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName: 'interlocal', password: 'pässwörd;{}' } },
    options: { port: fixture.endpoint.port, database: 'TWO', encrypt: false },
  });
  const done = (start: (callback: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
  const run = (text: string): Promise<void> => done((callback) => connection.execSqlBatch(new Request(text, callback)));
  await done((callback) => connection.connect(callback));
  await done((callback) => connection.beginTransaction(callback));
  await run("SET NOCOUNT ON; UPDATE RM00101 SET CUSTNAME = 'left open' WHERE CUSTNMBR = 'AARON'");
  const resets = once(connection, 'resetConnection');
  await done((callback) => connection.reset(callback));
  await resets;
  const counts: (number | undefined)[] = [];
  await done((callback) => {
    const request = new Request("SELECT CUSTNAME FROM RM00101 WHERE CUSTNAME = 'left open' AND @@TRANCOUNT = 0", callback);
    request.on('done', (count) => counts.push(count));
    connection.execSqlBatch(request);
  });
  expect(counts).toEqual([0]);
  connection.close();
});

test('bulk load, stored procedures and table-valued parameters are refused by name', async () => {
  const pool = await fixture.connect();
  const table = new sql.Table('BIG');
  table.columns.add('ID', sql.Int, { nullable: false });
  table.rows.add(1);
  expect((await failure(pool.request().bulk(table))).message).toMatch(/does not answer this statement: INSERT BULK/i);
  expect(await failure(pool.request().execute('dbo.usp_anything'))).toMatchObject({ number: 2812 });
});

test('many connections at once', async () => {
  const pool = await fixture.connect({ pool: { max: 8 } });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => rows(pool, 'SELECT @@SPID AS spid, @i AS i', { i: index })));
  expect(answers.map(([row]) => row?.['i'])).toEqual(Array.from({ length: 40 }, (_, index) => index));
  expect(new Set(answers.map(([row]) => row?.['spid'])).size).toBeGreaterThan(1);
});
