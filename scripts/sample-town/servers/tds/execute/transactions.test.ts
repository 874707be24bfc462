// Transactions and row versions across connections.
import sql from 'mssql';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { installRowversion } from '../endpoint.ts';
import { failure, openFixture, query, rows } from '../endpoint-fixture.ts';
import type { Fixture } from '../endpoint-fixture.ts';
import { openSqlite } from '../sqlite/sqlite.ts';

let fixture: Fixture;
let one: sql.ConnectionPool;
let two: sql.ConnectionPool;

beforeAll(async () => {
  fixture = await openFixture((db) => installRowversion(db, 'RM00101', 'RV', { index: true }));
  one = await fixture.connect();
  two = await fixture.connect();
});
afterAll(() => fixture.close());

const nameOf = async (on: sql.ConnectionPool | sql.Transaction): Promise<unknown> =>
  (await rows(on, "SELECT CUSTNAME FROM RM00101 WHERE CUSTNMBR = 'AARON'"))[0]?.['CUSTNAME'];
const rename = (on: sql.ConnectionPool | sql.Transaction, name: string): Promise<unknown> =>
  query(on, "UPDATE RM00101 SET CUSTNAME = @name WHERE CUSTNMBR = 'AARON'", { name });
const number = async (on: sql.ConnectionPool | sql.Transaction, expression: string): Promise<number> =>
  Number((await rows(on, `SELECT CAST(${expression} AS BIGINT) AS v`))[0]?.['v']);

test('what a transaction writes is seen by others when it commits, and never when it rolls back', async () => {
  const transaction = one.transaction();
  await transaction.begin();
  await rename(transaction, 'in transaction');
  expect([await nameOf(transaction), await nameOf(two)]).toEqual(['in transaction', 'Aaron Fitz']);
  await transaction.commit();
  expect(await nameOf(two)).toBe('in transaction');
  const undone = one.transaction();
  await undone.begin(sql.ISOLATION_LEVEL.SERIALIZABLE);
  await rename(undone, 'undone');
  await undone.rollback();
  expect(await nameOf(two)).toBe('in transaction');
});

test('READ COMMITTED sees what others commit meanwhile, SNAPSHOT does not', async () => {
  await rename(two, 'before');
  for (const [isolation, seen] of [
    [sql.ISOLATION_LEVEL.READ_COMMITTED, 'after'],
    [sql.ISOLATION_LEVEL.SNAPSHOT, 'before'],
  ] as const) {
    await rename(two, 'before');
    const transaction = one.transaction();
    await transaction.begin(isolation);
    expect(await nameOf(transaction)).toBe('before');
    await rename(two, 'after');
    expect(await nameOf(transaction)).toBe(seen);
    await transaction.commit();
  }
});

test('a SNAPSHOT transaction that writes over a later commit fails with 3960 and is rolled back', async () => {
  const transaction = one.transaction();
  await transaction.begin(sql.ISOLATION_LEVEL.SNAPSHOT);
  await nameOf(transaction);
  await rename(two, 'later commit');
  expect(await failure(rename(transaction, 'conflict'))).toMatchObject({ number: 3960 });
  await transaction.rollback().catch(() => undefined);
  expect(await nameOf(one)).toBe('later commit');
  expect(await number(one, '@@TRANCOUNT')).toBe(0);
});

test('writers wait for each other without stopping readers; LOCK_TIMEOUT gives up with 1222', async () => {
  const transaction = one.transaction();
  await transaction.begin();
  await rename(transaction, 'first');
  const second = rename(two, 'second');
  const third = await fixture.connect();
  expect(await nameOf(third)).toBe('later commit');
  expect(
    await failure(third.request().batch("SET LOCK_TIMEOUT 50; UPDATE RM00101 SET CUSTNAME = 'third' WHERE CUSTNMBR = 'AARON'")),
  ).toMatchObject({ number: 1222 });
  await transaction.commit();
  await second;
  expect(await nameOf(third)).toBe('second');
});

test('a waiting writer can be canceled', async () => {
  const transaction = one.transaction();
  await transaction.begin();
  await rename(transaction, 'holds');
  const request = two.request();
  setTimeout(() => request.cancel(), 50);
  expect(await failure(request.query("UPDATE RM00101 SET CUSTNAME = 'waits' WHERE CUSTNMBR = 'AARON'"))).toMatchObject({ code: 'ECANCEL' });
  await transaction.rollback();
  await rename(two, 'free again');
  expect(await nameOf(one)).toBe('free again');
});

test('BEGIN TRAN, nesting, SAVE and ROLLBACK to it, in T-SQL', async () => {
  const batch = `BEGIN TRAN; BEGIN TRANSACTION inner_one; SELECT @@TRANCOUNT AS depth; COMMIT
    UPDATE RM00101 SET CUSTNAME = 'kept' WHERE CUSTNMBR = 'AARON'; SAVE TRAN here; UPDATE RM00101 SET CUSTNAME = 'dropped' WHERE CUSTNMBR = 'AARON'; ROLLBACK TRAN here; COMMIT; SELECT @@TRANCOUNT AS depth`;
  const { recordsets } = (await one.request().batch(batch)) as unknown as { recordsets: { depth: number }[][] };
  expect(recordsets.map(([row]) => row?.depth)).toEqual([2, 0]);
  expect(await nameOf(two)).toBe('kept');
  expect(await failure(one.request().batch('COMMIT'))).toMatchObject({ number: 3902 });
  expect(await failure(one.request().batch('ROLLBACK'))).toMatchObject({ number: 3903 });
});

test('XACT_ABORT rolls everything back at the first error; without it the transaction goes on', async () => {
  const failing =
    "UPDATE RM00101 SET CUSTNAME = 'partly' WHERE CUSTNMBR = 'AARON'; INSERT INTO RM00101 (CUSTNMBR) VALUES ('AARON'); COMMIT";
  expect(await failure(one.request().batch(`SET XACT_ABORT ON; BEGIN TRAN; ${failing}`))).toMatchObject({ number: 2627 });
  expect([await number(one, '@@TRANCOUNT'), await nameOf(two)]).toEqual([0, 'kept']);
  expect(await failure(one.request().batch(`SET XACT_ABORT OFF; BEGIN TRAN; ${failing}`))).toMatchObject({ number: 2627 });
  expect([await number(one, '@@TRANCOUNT'), await nameOf(two)]).toEqual([0, 'partly']);
});

test('a connection that is lost in a transaction leaves nothing behind', async () => {
  const lost = await fixture.connect();
  const transaction = lost.transaction();
  await transaction.begin();
  await rename(transaction, 'lost');
  (transaction as unknown as { _acquiredConnection: { socket: { destroy(): void } } })._acquiredConnection.socket.destroy();
  await rename(two, 'after the loss');
  await transaction.rollback().catch(() => undefined);
  expect(await nameOf(one)).toBe('after the loss');
});

test('every insert and update moves the row version, through the endpoint and directly', async () => {
  const before = await number(one, '@@DBTS');
  await rename(one, 'a');
  await query(one, "INSERT INTO RM00101 (CUSTNMBR) VALUES ('RV1'), ('RV2')");
  expect(await number(one, '@@DBTS')).toBe(before + 3);
  const db = openSqlite(fixture.path);
  db.exec("UPDATE RM00101 SET CUSTNAME = 'direct' WHERE CUSTNMBR IN ('RV1', 'AARON')");
  db.close();
  expect(await number(one, '@@DBTS')).toBe(before + 5);
  const since = Buffer.alloc(8);
  since.writeBigUInt64BE(BigInt(before + 2));
  const changed = await rows(one, 'SELECT CUSTNMBR, RV FROM RM00101 WHERE RV > @since AND RV < MIN_ACTIVE_ROWVERSION() ORDER BY RV', {
    since: [sql.VarBinary(8), since],
  });
  expect(changed.map((row) => [String(row['CUSTNMBR']).trim(), Number((row['RV'] as Buffer).readBigUInt64BE())])).toEqual([
    ['RV2', before + 3],
    ['AARON', before + 4],
    ['RV1', before + 5],
  ]);
  for (const condition of [
    'RV > CAST(@since AS ROWVERSION)',
    'RV > CONVERT(BINARY(8), @since)',
    'CAST(RV AS BIGINT) > CAST(@since AS BIGINT)',
    `RV > ${before + 2}`,
    `RV > 0x${since.toString('hex')}`,
  ]) {
    expect((await rows(one, `SELECT RV FROM RM00101 WHERE ${condition}`, { since: [sql.Binary, since] })).length, condition).toBe(3);
  }
  expect(await failure(rows(one, "SELECT RV FROM RM00101 WHERE RV > 'text'"))).toMatchObject({ number: 257 });
});

test('an open transaction that has written holds MIN_ACTIVE_ROWVERSION down, and a rolled back one leaves a gap', async () => {
  const start = await number(two, '@@DBTS');
  expect(await number(two, 'MIN_ACTIVE_ROWVERSION()')).toBe(start + 1);
  const transaction = one.transaction();
  await transaction.begin();
  expect(await number(two, 'MIN_ACTIVE_ROWVERSION()')).toBe(start + 1);
  await rename(transaction, 'x');
  await rename(transaction, 'y');
  expect([
    await number(two, 'MIN_ACTIVE_ROWVERSION()'),
    await number(two, '@@DBTS'),
    await number(transaction, 'MIN_ACTIVE_ROWVERSION()'),
  ]).toEqual([start + 1, start + 2, start + 1]);
  await transaction.rollback();
  expect([await number(two, 'MIN_ACTIVE_ROWVERSION()'), await number(two, '@@DBTS')]).toEqual([start + 3, start + 2]);
  await rename(two, 'z');
  expect([await number(two, 'MIN_ACTIVE_ROWVERSION()'), await number(two, "(SELECT RV FROM RM00101 WHERE CUSTNMBR = 'AARON')")]).toEqual([
    start + 4,
    start + 3,
  ]);
});
