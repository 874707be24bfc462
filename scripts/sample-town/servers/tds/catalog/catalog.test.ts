// What discovery reads: tables, columns, keys, row versions, permissions.
import type sql from 'mssql';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openFixture, rows } from '../endpoint-fixture.ts';
import type { Fixture } from '../endpoint-fixture.ts';
import { openSqlite } from '../sqlite/sqlite.ts';

let fixture: Fixture;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  fixture = await openFixture((db) =>
    db.exec(
      'CREATE TABLE "sales.Orders" (A INT NOT NULL, B NVARCHAR(20) NOT NULL, C MONEY, PRIMARY KEY (B, A)); CREATE VIEW V AS SELECT CUSTNMBR FROM RM00101; CREATE UNIQUE INDEX IX_NAME ON RM00101 (CUSTNAME)',
    ),
  );
  pool = await fixture.connect();
});
afterAll(() => fixture.close());

test('INFORMATION_SCHEMA lists tables, views and columns', async () => {
  expect(
    await rows(
      pool,
      'SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, TABLE_TYPE AS t FROM INFORMATION_SCHEMA.TABLES ORDER BY TABLE_SCHEMA, TABLE_NAME',
    ),
  ).toEqual([
    { s: 'dbo', n: 'CR10101', t: 'BASE TABLE' },
    { s: 'dbo', n: 'CR30101', t: 'BASE TABLE' },
    { s: 'dbo', n: 'RM00101', t: 'BASE TABLE' },
    { s: 'dbo', n: 'V', t: 'VIEW' },
    { s: 'sales', n: 'Orders', t: 'BASE TABLE' },
  ]);
  const columns = await rows(
    pool,
    `SELECT COLUMN_NAME AS c, ORDINAL_POSITION AS o, DATA_TYPE AS t, CHARACTER_MAXIMUM_LENGTH AS l, NUMERIC_PRECISION AS p, NUMERIC_SCALE AS s, IS_NULLABLE AS n
    FROM information_schema.columns WHERE TABLE_SCHEMA = 'DBO' AND TABLE_NAME = @t ORDER BY ORDINAL_POSITION`,
    { t: 'rm00101' },
  );
  expect(columns).toEqual([
    { c: 'CUSTNMBR', o: 1, t: 'char', l: 15, p: null, s: null, n: 'NO' },
    { c: 'CUSTNAME', o: 2, t: 'varchar', l: 65, p: null, s: null, n: 'YES' },
    { c: 'BALANCE', o: 3, t: 'numeric', l: null, p: 19, s: 5, n: 'NO' },
    { c: 'ACTIVE', o: 4, t: 'bit', l: null, p: null, s: null, n: 'NO' },
    { c: 'CREATED', o: 5, t: 'datetime', l: null, p: null, s: null, n: 'YES' },
    { c: 'RV', o: 6, t: 'timestamp', l: null, p: null, s: null, n: 'NO' },
  ]);
});

test('primary keys in their order, by INFORMATION_SCHEMA and by sys', async () => {
  expect(
    await rows(
      pool,
      `SELECT k.COLUMN_NAME AS c FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS t JOIN INFORMATION_SCHEMA.KEY_COLUMN_USAGE k ON k.CONSTRAINT_NAME = t.CONSTRAINT_NAME AND k.TABLE_SCHEMA = t.TABLE_SCHEMA
    WHERE t.CONSTRAINT_TYPE = 'PRIMARY KEY' AND t.TABLE_SCHEMA = 'sales' AND t.TABLE_NAME = 'Orders' ORDER BY k.ORDINAL_POSITION`,
    ),
  ).toEqual([{ c: 'B' }, { c: 'A' }]);
  expect(
    await rows(
      pool,
      `SELECT c.name FROM sys.indexes i JOIN sys.index_columns ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id JOIN sys.columns c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
    WHERE i.is_primary_key = 1 AND i.object_id = OBJECT_ID(N'[sales].[Orders]') ORDER BY ic.key_ordinal`,
    ),
  ).toEqual([{ name: 'B' }, { name: 'A' }]);
  expect(
    await rows(
      pool,
      "SELECT i.name, i.is_unique AS u, i.is_primary_key AS p FROM sys.indexes i WHERE i.object_id = OBJECT_ID('RM00101', 'U') ORDER BY i.name",
    ),
  ).toEqual([
    { name: 'IX_NAME', u: true, p: false },
    { name: 'PK_RM00101', u: true, p: true },
  ]);
});

test('row version and identity columns are found in sys', async () => {
  const text = `SELECT SCHEMA_NAME(t.schema_id) AS s, t.name AS t, c.name AS c, ty.name AS ty, c.is_identity AS i FROM sys.tables AS t INNER JOIN sys.columns AS c ON c.object_id = t.object_id INNER JOIN sys.types AS ty ON ty.user_type_id = c.user_type_id
    WHERE ty.name = 'timestamp' OR c.is_identity = 1 ORDER BY t.name`;
  expect(await rows(pool, text)).toEqual([
    { s: 'dbo', t: 'CR10101', c: 'DEX_ROW_ID', ty: 'int', i: true },
    { s: 'dbo', t: 'RM00101', c: 'RV', ty: 'timestamp', i: false },
  ]);
});

test('a table made while the endpoint runs is there at once, its row version alive', async () => {
  const db = openSqlite(fixture.path);
  db.exec('CREATE TABLE LATER (ID INT NOT NULL PRIMARY KEY, RV ROWVERSION); INSERT INTO LATER (ID) VALUES (1)');
  db.close();
  expect(await rows(pool, "SELECT COUNT(*) AS n FROM sys.tables WHERE name = 'LATER'")).toEqual([{ n: 1 }]);
  await rows(pool, 'SELECT 1 AS one; UPDATE LATER SET ID = 2');
  expect((await rows(pool, 'SELECT RV FROM LATER'))[0]?.['RV']).toBeInstanceOf(Buffer);
});

test('what the server says about itself and what the login may do', async () => {
  const [facts] = await rows(
    pool,
    `SELECT DB_NAME() AS db, SERVERPROPERTY('ProductVersion') AS version, SERVERPROPERTY('EngineEdition') AS edition, CAST(SERVERPROPERTY('Collation') AS NVARCHAR(60)) AS collation, SUSER_SNAME() AS login, HOST_NAME() AS host,
    DATABASEPROPERTYEX(DB_NAME(), 'Status') AS status, HAS_PERMS_BY_NAME('dbo.RM00101', 'OBJECT', 'SELECT') AS may, HAS_PERMS_BY_NAME('dbo.NOPE', 'OBJECT', 'SELECT') AS none, OBJECT_ID('dbo.NOPE') AS missing, @@VERSION AS full_version,
    (SELECT snapshot_isolation_state_desc FROM sys.databases WHERE name = DB_NAME()) AS snapshot`,
  );
  expect(facts).toMatchObject({
    db: 'TWO',
    version: '16.0.4155.4',
    edition: 3,
    collation: 'SQL_Latin1_General_CP1_CI_AS',
    login: 'interlocal',
    status: 'ONLINE',
    may: 1,
    none: null,
    missing: null,
    snapshot: 'ON',
  });
  expect(facts?.['full_version']).toMatch(/^Microsoft SQL Server 2022 \(sample-town TDS endpoint/);
});
