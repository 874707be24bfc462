import type sql from 'mssql';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { failure, openFixture, query, rows } from './endpoint-fixture.ts';
import type { Fixture } from './endpoint-fixture.ts';

let fixture: Fixture;
let pool: sql.ConnectionPool;
let reader: sql.ConnectionPool;

beforeAll(async () => {
  fixture = await openFixture((db) => {
    db.exec(`
      CREATE TABLE CONTACTS (ID INTEGER PRIMARY KEY AUTOINCREMENT, EMAIL VARCHAR(50) NOT NULL COLLATE NOCASE UNIQUE, PHONE CHAR(10), CUSTNMBR CHAR(15) COLLATE NOCASE REFERENCES RM00101 (CUSTNMBR),
        SEEN DATETIME2(3) NOT NULL DEFAULT '2020-01-01 00:00:00.000', AGE INT CHECK (AGE >= 0));
      CREATE UNIQUE INDEX IX_PHONE ON CONTACTS (PHONE);`);
  });
  pool = await fixture.connect();
  reader = await fixture.connect({ user: 'reader', password: 'r' });
});
afterAll(() => fixture.close());

test('INSERT gives counts and identities; DEFAULT and left out columns take their defaults', async () => {
  const result = await query(
    pool,
    "INSERT INTO CONTACTS (EMAIL, PHONE, SEEN) VALUES ('a@x', '1', DEFAULT), (@email, '2', SYSUTCDATETIME()); SELECT SCOPE_IDENTITY() AS id, @@ROWCOUNT AS n",
    { email: 'b@x' },
  );
  expect([result.rowsAffected, [...result.recordset]]).toEqual([[2, 1], [{ id: 2, n: 2 }]]);
  const inserted = await rows(pool, "INSERT INTO dbo.CONTACTS (EMAIL) OUTPUT inserted.ID, inserted.EMAIL AS mail VALUES ('c@x')");
  expect(inserted).toEqual([{ ID: 3, mail: 'c@x' }]);
  expect(await rows(pool, "SELECT SEEN, PHONE FROM CONTACTS WHERE EMAIL = 'A@X'")).toEqual([
    { SEEN: new Date('2020-01-01'), PHONE: '1         ' },
  ]);
});

test('insert what is not there yet, once', async () => {
  const text =
    'INSERT INTO CONTACTS (EMAIL, AGE) SELECT @email, @age WHERE NOT EXISTS (SELECT 1 FROM CONTACTS WITH (UPDLOCK, HOLDLOCK) WHERE EMAIL = @email)';
  expect((await query(pool, text, { email: 'once@x', age: 5 })).rowsAffected).toEqual([1]);
  expect((await query(pool, text, { email: 'ONCE@x', age: 6 })).rowsAffected).toEqual([0]);
});

test('UPDATE by key, with arithmetic, from another table, and of the first rows', async () => {
  expect((await query(pool, "UPDATE CONTACTS SET AGE += 2, PHONE = NULL WHERE EMAIL = 'once@x'")).rowsAffected).toEqual([1]);
  expect(await rows(pool, "SELECT AGE FROM CONTACTS WHERE EMAIL = 'once@x'")).toEqual([{ AGE: 7 }]);
  await query(
    pool,
    "UPDATE c SET c.BALANCE = c.BALANCE + r.dTOTBAL, CREATED = r.dDATE FROM dbo.RM00101 AS c INNER JOIN dbo.CR30101 r ON r.dCUSTNMBR = c.CUSTNMBR WHERE c.CUSTNMBR = 'AARON'",
  );
  expect(await rows(pool, "SELECT CAST(BALANCE AS VARCHAR(30)) AS b, CREATED FROM RM00101 WHERE CUSTNMBR = 'AARON'")).toEqual([
    { b: '15.50000', CREATED: new Date('2026-01-02') },
  ]);
  expect((await query(pool, "UPDATE TOP (1) CONTACTS SET AGE = 1 WHERE EMAIL IN ('a@x', 'b@x')")).rowsAffected).toEqual([1]);
});

test('DELETE by key, of the first rows, and by another table', async () => {
  expect((await query(pool, "DELETE FROM CONTACTS OUTPUT deleted.EMAIL WHERE EMAIL = 'c@x'")).recordset).toEqual([{ EMAIL: 'c@x' }]);
  expect((await query(pool, 'DELETE TOP (1) FROM CONTACTS WHERE AGE = 1')).rowsAffected).toEqual([1]);
  expect(
    (await query(pool, "DELETE h FROM CR30101 h JOIN RM00101 c ON c.CUSTNMBR = h.dCUSTNMBR WHERE c.CUSTNMBR = 'BAKER'")).rowsAffected,
  ).toEqual([1]);
});

test('violations are reported as SQL Server does, end their statement, and leave the batch running', async () => {
  const cases: [string, number, RegExp][] = [
    [
      "INSERT INTO RM00101 (CUSTNMBR) VALUES ('aaron')",
      2627,
      /^Violation of PRIMARY KEY constraint 'PK_RM00101'\. Cannot insert duplicate key in object 'dbo\.RM00101'\. The duplicate key value is \(aaron\)\.$/,
    ],
    ["INSERT INTO CONTACTS (EMAIL) VALUES ('B@X')", 2627, /^Violation of UNIQUE KEY/],
    ["INSERT INTO CONTACTS (EMAIL, PHONE) VALUES ('d@x', '2')", 2601, /unique index 'IX_PHONE'/],
    ['INSERT INTO CONTACTS (EMAIL) VALUES (NULL)', 515, /^Cannot insert the value NULL into column 'EMAIL', table 'TWO.dbo.CONTACTS'/],
    ["INSERT INTO CONTACTS (PHONE) VALUES ('9')", 515, /'EMAIL'/],
    ['UPDATE CONTACTS SET EMAIL = NULL', 515, /UPDATE fails/],
    ["INSERT INTO CONTACTS (EMAIL, PHONE) VALUES ('e@x', '12345678901')", 2628, /column 'PHONE'\. Truncated value: '1234567890'/],
    ["INSERT INTO CONTACTS (EMAIL, CUSTNMBR) VALUES ('e@x', 'NOBODY')", 547, /FOREIGN KEY/],
    ["INSERT INTO CONTACTS (EMAIL, AGE) VALUES ('e@x', -1)", 547, /CHECK/],
    ["INSERT INTO CONTACTS (ID, EMAIL) VALUES (9, 'e@x')", 544, /identity column/],
    ["INSERT INTO CONTACTS (EMAIL, NOPE) VALUES ('e@x', 1)", 207, /NOPE/],
    ["INSERT INTO CONTACTS (EMAIL, AGE) VALUES ('e@x')", 109, /more columns/],
    ['UPDATE RM00101 SET RV = 0x01', 272, /timestamp/],
    ['INSERT INTO RM00101 (CUSTNMBR, RV) VALUES (1, 0x01)', 273, /timestamp/],
  ];
  for (const [text, number, message] of cases)
    expect([text, await failure(query(pool, text))]).toEqual([
      text,
      expect.objectContaining({ number, message: expect.stringMatching(message) }),
    ]);
  const seen: unknown[] = [];
  const request = pool.request();
  request.stream = true;
  request.on('error', (error: { number: number }) => seen.push(error.number));
  request.on('row', (row) => seen.push(row));
  await new Promise<void>((resolve) => {
    request.on('done', () => resolve());
    void request.query("INSERT INTO RM00101 (CUSTNMBR) VALUES ('AARON'); SELECT 'went on' AS x");
  });
  expect(seen).toEqual([2627, { x: 'went on' }]);
});

test('explicit identity values with IDENTITY_INSERT', async () => {
  await pool
    .request()
    .batch(
      "SET IDENTITY_INSERT dbo.CONTACTS ON; INSERT INTO CONTACTS (ID, EMAIL) VALUES (70, 'seventy@x'); SET IDENTITY_INSERT dbo.CONTACTS OFF",
    );
  expect(await rows(pool, "SELECT ID FROM CONTACTS WHERE EMAIL = 'seventy@x'")).toEqual([{ ID: 70 }]);
});

test('a login that may only read is denied every write with 229', async () => {
  for (const [text, permission] of [
    ["INSERT INTO CONTACTS (EMAIL) VALUES ('r@x')", 'INSERT'],
    ['UPDATE CONTACTS SET AGE = 1', 'UPDATE'],
    ['DELETE FROM CONTACTS', 'DELETE'],
  ] as const) {
    expect(await failure(query(reader, text))).toMatchObject({
      number: 229,
      message: `The ${permission} permission was denied on the object 'CONTACTS', database 'TWO', schema 'dbo'.`,
    });
  }
  expect(
    await rows(
      reader,
      "SELECT HAS_PERMS_BY_NAME('dbo.CONTACTS', 'OBJECT', 'INSERT') AS i, HAS_PERMS_BY_NAME('dbo.CONTACTS', 'OBJECT', 'SELECT') AS s",
    ),
  ).toEqual([{ i: 0, s: 1 }]);
});
