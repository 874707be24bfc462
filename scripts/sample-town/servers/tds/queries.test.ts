// SELECT as the finance connector and its users write it.
import sql from 'mssql';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { failure, openFixture, query, rows } from './endpoint-fixture.ts';
import type { Fixture } from './endpoint-fixture.ts';

let fixture: Fixture;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  fixture = await openFixture((db) => {
    db.exec(`
      CREATE TABLE "sales.Order Lines" ("Line No" INT NOT NULL PRIMARY KEY, "select" VARCHAR(20), QTY INT);
      INSERT INTO "sales.Order Lines" VALUES (1, 'it''s -- TOP /* 1 */', 2), (2, '[dbo].[T]', NULL), (3, 'blank  ', 3);
      CREATE VIEW OPEN_RECEIPTS AS SELECT dDOCSUFFIX, dTOTBAL, dCUSTNMBR FROM CR10101 WHERE dVOIDED = 0;
      CREATE INDEX IX_RECEIPT_DATE ON CR10101 (dDATE, DEX_ROW_ID);`);
  });
  pool = await fixture.connect();
});
afterAll(() => fixture.close());

test('open and history receipts are one list, by UNION ALL, paged by OFFSET and FETCH', async () => {
  const text = `
    SELECT [dDOCSUFFIX], dTOTBAL, RTRIM(dCUSTNMBR) AS customer, N'open' AS source FROM [dbo].[CR10101] WITH (NOLOCK) WHERE dVOIDED = 0
    UNION ALL
    SELECT dDOCSUFFIX, dTOTBAL, RTRIM(dCUSTNMBR), 'history' FROM [TWO].[dbo].CR30101 (READPAST)
    ORDER BY dDOCSUFFIX DESC OFFSET @skip ROWS FETCH NEXT @take ROWS ONLY`;
  expect(await rows(pool, text, { skip: 1, take: 2 })).toEqual([
    { dDOCSUFFIX: 90001, dTOTBAL: 100.1, customer: 'AARON', source: 'open' },
    { dDOCSUFFIX: 80002, dTOTBAL: 7.25, customer: 'BAKER', source: 'history' },
  ]);
});

test('the next page after a date and a row number', async () => {
  const text =
    'SELECT TOP (@size) DEX_ROW_ID, dDATE FROM CR10101 WHERE dDATE > @since OR (dDATE = @since AND DEX_ROW_ID > @last) ORDER BY dDATE, DEX_ROW_ID';
  expect(await rows(pool, text, { size: 10, since: new Date('2026-06-15'), last: 1 })).toEqual([
    { DEX_ROW_ID: 2, dDATE: new Date('2026-06-15') },
    { DEX_ROW_ID: 3, dDATE: new Date('2026-06-16') },
  ]);
  for (const since of [
    [sql.DateTime2(7), new Date('2026-06-15')],
    [sql.Date, new Date('2026-06-15')],
    [sql.VarChar(30), '2026-06-15'],
  ]) {
    expect((await rows(pool, text, { size: 10, since, last: 1 })).map((row) => row['DEX_ROW_ID'])).toEqual([2, 3]);
  }
});

test('grouping, exact sums, and what is not grouped by', async () => {
  const text = `
    SELECT c.CUSTNMBR, COUNT(r.DEX_ROW_ID) AS receipts, SUM(r.dTOTBAL) AS total, MAX(r.dDATE) AS latest, CASE WHEN SUM(r.dTOTBAL) > 50 THEN 'large' WHEN COUNT(*) > 1 THEN 'many' ELSE 'none' END AS size
    FROM dbo.RM00101 AS c LEFT OUTER JOIN dbo.CR10101 AS r ON r.dCUSTNMBR = c.CUSTNMBR AND r.dVOIDED = 0
    GROUP BY c.CUSTNMBR HAVING COUNT(*) > 0 ORDER BY SUM(r.dTOTBAL) DESC, c.CUSTNMBR`;
  expect(await rows(pool, text)).toEqual([
    { CUSTNMBR: 'AARON          ', receipts: 1, total: 100.1, latest: new Date('2026-06-15'), size: 'large' },
    { CUSTNMBR: 'ZED            ', receipts: 1, total: 0.2, latest: new Date('2026-06-15'), size: 'none' },
    { CUSTNMBR: 'BAKER          ', receipts: 0, total: null, latest: null, size: 'none' },
  ]);
  expect(await rows(pool, 'SELECT COUNT(*) AS n, SUM(QTY) AS s, AVG(QTY) AS a, COUNT(DISTINCT QTY) AS d FROM sales.[Order Lines]')).toEqual(
    [{ n: 3, s: 5, a: 2, d: 2 }],
  );
  expect(await rows(pool, 'SELECT YEAR(dDATE) AS y, SUM(dTOTBAL) AS s FROM CR30101 GROUP BY YEAR(dDATE)')).toEqual([{ y: 2026, s: 12.25 }]);
  expect(await failure(query(pool, 'SELECT CUSTNMBR, CUSTNAME FROM RM00101 GROUP BY CUSTNMBR'))).toMatchObject({ number: 8120 });
  expect(await failure(query(pool, 'SELECT CUSTNMBR FROM RM00101 GROUP BY CUSTNMBR ORDER BY CUSTNAME'))).toMatchObject({ number: 8127 });
  expect(await failure(query(pool, 'SELECT CUSTNMBR FROM RM00101 WHERE COUNT(*) > 1'))).toMatchObject({ number: 147 });
});

test('text compares without regard to case and to blanks at its end, also beyond ASCII', async () => {
  const found = async (condition: string, inputs = {}): Promise<unknown[]> =>
    (await rows(pool, `SELECT CUSTNMBR FROM RM00101 WHERE ${condition}`, inputs)).map((row) => String(row['CUSTNMBR']).trim());
  expect(await found("CUSTNMBR = 'aaron'")).toEqual(['AARON']);
  expect(await found('CUSTNMBR = @p', { p: 'AARON     ' })).toEqual(['AARON']);
  expect(await found('CUSTNAME = @p', { p: 'BÉLA BAKER' })).toEqual(['BAKER']);
  expect(await found("CUSTNAME LIKE '%fitz'")).toEqual(['AARON']);
  expect(await found("CUSTNAME LIKE N'b_la[^x]b%'")).toEqual(['BAKER']);
  expect(await found('CUSTNAME LIKE @p', { p: '%É%' })).toEqual(['BAKER']);
  expect(await found("CUSTNAME LIKE 'A!aron%' ESCAPE '!'")).toEqual(['AARON']);
  expect(await found("CUSTNMBR IN ('zed', @p) AND NOT CUSTNMBR BETWEEN 'B' AND 'C'", { p: 'baker' })).toEqual(['ZED']);
  expect(
    await found('CUSTNMBR IN (SELECT dCUSTNMBR FROM CR30101) AND EXISTS (SELECT 1 FROM CR10101 AS r WHERE r.dCUSTNMBR = RM00101.CUSTNMBR)'),
  ).toEqual(['AARON']);
  expect(await found('CUSTNAME IS NULL OR CUSTNAME <> CUSTNAME')).toEqual(['ZED']);
  expect(
    await rows(
      pool,
      "SELECT [Line No] AS n FROM sales.[Order Lines] WHERE [select] = 'blank' AND [select] >= 'BLANK' AND [select] <= 'blank'",
    ),
  ).toEqual([{ n: 3 }]);
});

test('decimals compare exactly, kept as text or as numbers', async () => {
  const text = 'SELECT COUNT(*) AS n FROM CR10101 WHERE dTOTBAL + 0.1 = 0.3 AND dDOCSUFFIX = @suffix';
  expect(await rows(pool, text, { suffix: [sql.Numeric(19, 5), 90002] })).toEqual([{ n: 1 }]);
  expect(
    await rows(pool, 'SELECT dDOCSUFFIX AS d FROM CR10101 WHERE dDOCSUFFIX > 90001.99999 AND dDOCSUFFIX < @below ORDER BY dTOTBAL DESC', {
      below: 90003.5,
    }),
  ).toEqual([{ d: 90003 }, { d: 90002 }]);
  expect(await rows(pool, 'SELECT CUSTNMBR FROM RM00101 WHERE BALANCE < 0 OR BALANCE >= 12345678901234.56789 ORDER BY BALANCE')).toEqual([
    { CUSTNMBR: 'BAKER          ' },
    { CUSTNMBR: 'ZED            ' },
  ]);
});

test('names in brackets, other schemas, views, and text that looks like SQL', async () => {
  expect(
    await rows(
      pool,
      "SELECT l.[Line No], l.[select] /* a ' comment */ FROM [sales].[Order Lines] l WHERE l.[select] = 'it''s -- TOP /* 1 */' -- the end",
    ),
  ).toEqual([{ 'Line No': 1, select: "it's -- TOP /* 1 */" }]);
  expect(await rows(pool, 'SELECT COUNT(*) AS n FROM dbo.OPEN_RECEIPTS WHERE dTOTBAL > 0.1')).toEqual([{ n: 2 }]);
});

test('common tables, derived tables, windows, scalar subqueries, DISTINCT, set operators', async () => {
  const latest = `
    WITH ranked AS (SELECT dCUSTNMBR, dTOTBAL, ROW_NUMBER() OVER (PARTITION BY dCUSTNMBR ORDER BY dDATE DESC, DEX_ROW_ID DESC) AS place FROM CR10101)
    SELECT r.dCUSTNMBR AS c, r.dTOTBAL AS t, (SELECT COUNT(*) FROM CR30101 h WHERE h.dCUSTNMBR = r.dCUSTNMBR) AS history FROM ranked r WHERE place = 1 ORDER BY c`;
  expect(await rows(pool, latest)).toEqual([
    { c: 'AARON          ', t: 9.7, history: 1 },
    { c: 'ZED            ', t: 0.2, history: 0 },
  ]);
  expect(await rows(pool, 'SELECT DISTINCT dCUSTNMBR FROM CR10101 ORDER BY dCUSTNMBR')).toEqual([
    { dCUSTNMBR: 'AARON          ' },
    { dCUSTNMBR: 'ZED            ' },
  ]);
  expect(await rows(pool, "SELECT x FROM (SELECT 'a' AS x UNION SELECT 'A' UNION SELECT 'b') AS u(x) ORDER BY x")).toHaveLength(2);
  expect(await rows(pool, 'SELECT dCUSTNMBR FROM CR10101 EXCEPT SELECT dCUSTNMBR FROM CR30101')).toEqual([
    { dCUSTNMBR: 'ZED            ' },
  ]);
  expect(
    await rows(pool, "SELECT v.n, v.s FROM (VALUES (1, N'x'), (2, NULL)) AS v (n, s) CROSS JOIN (SELECT 1 AS one) o WHERE v.n >= o.one"),
  ).toEqual([
    { n: 1, s: 'x' },
    { n: 2, s: null },
  ]);
  expect(
    await rows(
      pool,
      'SELECT TOP 1 a.n FROM (VALUES (1), (2)) a(n) FULL JOIN (VALUES (2), (3)) b(n) ON a.n = b.n ORDER BY COALESCE(a.n, b.n) DESC',
    ),
  ).toEqual([{ n: null }]);
  expect(await rows(pool, "SELECT 1 AS a, '' AS b UNION ALL SELECT 2.5, N'ü' ORDER BY a")).toEqual([
    { a: 1, b: '' },
    { a: 2.5, b: 'ü' },
  ]);
});

test('a thousand keys at once, as conditions or as a list', async () => {
  const pairs = Array.from({ length: 1200 }, (_, index) => `(DEX_ROW_ID = ${index} AND dCUSTNMBR = 'AARON')`).join(' OR ');
  expect(await rows(pool, `SELECT COUNT(*) AS n FROM CR10101 WHERE ${pairs}`)).toEqual([{ n: 2 }]);
  const inputs = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`k${index}`, `KEY${index}`]));
  expect(
    await rows(
      pool,
      `SELECT COUNT(*) AS n FROM RM00101 WHERE CUSTNMBR IN ('zed', ${Object.keys(inputs)
        .map((name) => `@${name}`)
        .join(', ')})`,
      inputs,
    ),
  ).toEqual([{ n: 1 }]);
});

test('several statements in one batch, variables, IF, and SET between them', async () => {
  const batch = `SET NOCOUNT ON
    DECLARE @total NUMERIC(19,5), @n INT = 2; SELECT @total = SUM(dTOTBAL) FROM CR30101
    SET @n = @n + 1
    SELECT @total AS total, @n AS n;
    IF @n > 2 AND EXISTS (SELECT 1 FROM CR30101) BEGIN PRINT 'three'; SELECT 'yes' AS answer END ELSE SELECT 'no' AS answer
    SET NOCOUNT OFF SELECT @@ROWCOUNT AS previous`;
  const { recordsets } = (await pool.request().batch(batch)) as unknown as { recordsets: unknown[][] };
  expect(recordsets.map((set) => [...set])).toEqual([[{ total: 12.25, n: 3 }], [{ answer: 'yes' }], [{ previous: 1 }]]);
});

test('errors have the numbers of SQL Server', async () => {
  const cases: [string, number, RegExp][] = [
    ['SELECT * FROM dbo.NOPE', 208, /^Invalid object name 'dbo.NOPE'\.$/],
    ['SELECT * FROM OTHER.dbo.RM00101', 208, /OTHER/],
    ['SELECT NOPE FROM RM00101', 207, /^Invalid column name 'NOPE'\.$/],
    ['SELECT c.NOPE FROM RM00101 c', 207, /NOPE/],
    ['SELECT x.CUSTNMBR FROM RM00101 c', 4104, /"x.CUSTNMBR" could not be bound/],
    ['SELECT dTOTBAL FROM CR10101 a JOIN CR30101 b ON a.DEX_ROW_ID = b.DEX_ROW_ID', 209, /^Ambiguous/],
    ['SELEC 1', 102, /^Incorrect syntax near 'SELEC'\.$/],
    ['SELECT (1', 102, /syntax/],
    ["SELECT 'open", 105, /Unclosed/],
    ['SELECT @nope', 137, /"@nope"/],
    ['SELECT 1 / 0', 8134, /Divide by zero/],
    ["SELECT CAST('x' AS INT)", 245, /'x'/],
    ['SELECT 1 WHERE 1', 4145, /non-boolean/],
    ['SELECT 1 UNION SELECT 1, 2', 205, /equal number/],
    ['SELECT CUSTNMBR FROM RM00101 ORDER BY 2', 108, /position/],
    ['SELECT DISTINCT CUSTNMBR FROM RM00101 ORDER BY CUSTNAME', 145, /DISTINCT/],
  ];
  for (const [text, number, message] of cases)
    expect([text, await failure(query(pool, text))]).toEqual([
      text,
      expect.objectContaining({ number, message: expect.stringMatching(message) }),
    ]);
});

test('what is outside the subset is refused, never guessed at', async () => {
  const refused = [
    'MERGE RM00101 AS t USING CR10101 AS s ON 1 = 1 WHEN MATCHED THEN DELETE;',
    'CREATE TABLE T (A INT)',
    'TRUNCATE TABLE RM00101',
    'EXEC sp_who',
    "SELECT STRING_AGG(CUSTNMBR, ',') FROM RM00101",
    'SELECT * FROM RM00101 FOR JSON PATH',
    'SELECT * INTO #T FROM RM00101',
    'SELECT TOP 5 PERCENT * FROM RM00101',
    'SELECT * FROM RM00101 c CROSS APPLY (SELECT 1 AS x) y',
    'SELECT * FROM OPENJSON(@p0)',
    'WHILE 1 = 1 SELECT 1',
    'SELECT CUSTNMBR COLLATE Latin1_General_BIN FROM RM00101',
    'SET IMPLICIT_TRANSACTIONS ON',
    'BEGIN TRY SELECT 1 END TRY BEGIN CATCH END CATCH',
    'SELECT @@CPU_BUSY',
  ];
  for (const text of refused)
    expect([text, await failure(query(pool, text, { p0: '' }))]).toEqual([text, expect.objectContaining({ number: 40000 })]);
});

test('a wrong column anywhere in a batch keeps all of it from running', async () => {
  expect(await failure(query(pool, "UPDATE RM00101 SET CUSTNAME = 'x'; SELECT NOPE FROM RM00101"))).toMatchObject({ number: 207 });
  expect(await rows(pool, "SELECT COUNT(*) AS n FROM RM00101 WHERE CUSTNAME = 'x'")).toEqual([{ n: 0 }]);
});
