import sql from 'mssql';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { enableChangeTracking, installRowversion, setMinValidVersion } from './endpoint.ts';
import { failure, openFixture, query, rows } from './endpoint-fixture.ts';
import type { Fixture } from './endpoint-fixture.ts';
import { openSqlite } from './sqlite/sqlite.ts';

let fixture: Fixture;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  fixture = await openFixture((db) => {
    installRowversion(db, 'RM00101', 'RV');
    enableChangeTracking(db, 'RM00101');
  });
  pool = await fixture.connect();
});
afterAll(() => fixture.close());

const version = async (): Promise<number> => Number((await rows(pool, 'SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v'))[0]?.['v']);
const changes = async (since: number): Promise<unknown[][]> => {
  const text = `SELECT ct.CUSTNMBR, ct.SYS_CHANGE_OPERATION, ct.SYS_CHANGE_VERSION, ct.SYS_CHANGE_CONTEXT, c.CUSTNAME
    FROM CHANGETABLE(CHANGES dbo.RM00101, @since) AS ct LEFT OUTER JOIN dbo.RM00101 AS c ON c.CUSTNMBR = ct.CUSTNMBR ORDER BY ct.SYS_CHANGE_VERSION, ct.CUSTNMBR`;
  return (await rows(pool, text, { since: [sql.BigInt, since] })).map((row) => Object.values(row));
};

test('one version per transaction, the net operation per key, and the context of the write', async () => {
  const start = await version();
  expect(await changes(start)).toEqual([]);
  const transaction = pool.transaction();
  await transaction.begin();
  await query(transaction, "INSERT INTO RM00101 (CUSTNMBR, CUSTNAME) VALUES ('NEW', 'new')");
  await query(
    transaction,
    "UPDATE RM00101 SET CUSTNAME = 'newer' WHERE CUSTNMBR = 'NEW'; UPDATE RM00101 SET CUSTNAME = 'a' WHERE CUSTNMBR = 'AARON'",
  );
  await transaction.commit();
  expect(await version()).toBe(start + 1);
  await query(pool, "WITH CHANGE_TRACKING_CONTEXT (@context) UPDATE RM00101 SET CUSTNAME = 'b' WHERE CUSTNMBR = 'BAKER'", {
    context: [sql.VarBinary(128), Buffer.from('interlocal')],
  });
  await query(pool, "DELETE FROM RM00101 WHERE CUSTNMBR = 'ZED'");
  const v = (at: number): string => String(start + at);
  expect(await changes(start)).toEqual([
    ['AARON          ', 'U', v(1), null, 'a'],
    ['NEW            ', 'I', v(1), null, 'newer'],
    ['BAKER          ', 'U', v(2), Buffer.from('interlocal'), 'b'],
    ['ZED            ', 'D', v(3), null, null],
  ]);
  expect((await changes(start + 1)).map((row) => row[1])).toEqual(['U', 'D']);
});

test('a rolled back transaction and a statement that changes nothing leave the version alone', async () => {
  const start = await version();
  const transaction = pool.transaction();
  await transaction.begin();
  await query(transaction, "UPDATE RM00101 SET CUSTNAME = 'x'");
  await transaction.rollback();
  await query(pool, "UPDATE RM00101 SET CUSTNAME = 'x' WHERE CUSTNMBR = 'NOBODY'");
  expect(await version()).toBe(start);
});

test('a direct SQLite write is tracked, and a new key is a delete and an insert', async () => {
  const start = await version();
  const db = openSqlite(fixture.path);
  db.exec("UPDATE RM00101 SET CUSTNMBR = 'AARON2' WHERE CUSTNMBR = 'AARON'");
  db.close();
  expect((await changes(start)).map(([key, operation]) => [String(key).trim(), operation])).toEqual([
    ['AARON', 'D'],
    ['AARON2', 'I'],
  ]);
});

test('a client that is behind the cleanup is told so', async () => {
  const current = await version();
  const db = openSqlite(fixture.path);
  setMinValidVersion(db, 'RM00101', current);
  db.close();
  expect(
    await rows(
      pool,
      "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.RM00101')) AS v, (SELECT COUNT(*) FROM sys.change_tracking_tables) AS n, CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.CR10101')) AS none",
    ),
  ).toEqual([{ v: String(current), n: 1, none: null }]);
  expect(await failure(rows(pool, 'SELECT * FROM CHANGETABLE(CHANGES dbo.CR10101, 0) AS ct'))).toMatchObject({ number: 22105 });
});
