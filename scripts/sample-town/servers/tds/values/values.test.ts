// Every type from a column to the client and from a parameter into a column.
import sql from 'mssql';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { failure, openFixture, query, rows } from '../endpoint-fixture.ts';
import type { Fixture } from '../endpoint-fixture.ts';
import { openSqlite } from '../sqlite/sqlite.ts';

let fixture: Fixture;
let pool: sql.ConnectionPool;

beforeAll(async () => {
  fixture = await openFixture((db) => {
    db.exec(`
      CREATE TABLE VALUE_TYPES (ID INT NOT NULL PRIMARY KEY, C CHAR(5), V VARCHAR(10), VMAX "VARCHAR(MAX)", N NCHAR(4), NV NVARCHAR(10), NVMAX "NVARCHAR(MAX)", T TEXT,
        TI TINYINT, SI SMALLINT, BI BIGINT, B BIT, NUM NUMERIC TEXT(28,8), PLAIN NUMERIC(19,5), WIDE DECIMAL TEXT(38,10), M MONEY TEXT, F FLOAT, D DATE, DT DATETIME, D2 DATETIME2(3), D7 DATETIME2(7),
        SD SMALLDATETIME, TM TIME(3), G UNIQUEIDENTIFIER, VB VARBINARY(8), VBMAX "VARBINARY(MAX)", BN BINARY(4));
      INSERT INTO VALUE_TYPES (ID, C, V, N, NV, T, TI, SI, BI, B, NUM, PLAIN, WIDE, M, F, D, DT, D2, D7, SD, TM, G, VB, BN) VALUES
        (1, 'ab', 'naïve €', 'é', 'Żółć', 'long text', 255, -32768, 9007199254740993, 1, '12345678901234567890.12345678', '1234567.89000', '-1234567890123456789012345678.0123456789', '-922337203685477.5808',
         0.1, '0001-01-01', '1753-01-01 00:00:00.000', '9999-12-31 23:59:59.999', '2024-02-29 23:59:59.1234567', '2024-02-29 12:34:00', '23:59:59.999',
         '6f9619ff-8b86-d011-b42d-00c04fc964ff', x'00ff', x'01020304');
      INSERT INTO VALUE_TYPES (ID) VALUES (2);
      CREATE TABLE LOOSE (ID INT NOT NULL PRIMARY KEY, C CHAR(8), D DATETIME, N NUMERIC TEXT(9,2));
      INSERT INTO LOOSE VALUES (1, 'padded  ', '2024-05-06', '5'), (2, 'plain', '2024-05-06T07:08:09Z', '10.5'), (3, NULL, NULL, NULL);`);
  });
  pool = await fixture.connect();
});
afterAll(() => fixture.close());

test('columns arrive with their types', async () => {
  const { recordset } = await query(
    pool,
    'SELECT C, V, N, NV, T, TI, SI, BI, B, F, PLAIN, D, DT, D2, SD, G, VB, BN FROM VALUE_TYPES WHERE ID = 1',
  );
  expect(recordset[0]).toEqual({
    C: 'ab   ',
    V: 'naïve €',
    N: 'é   ',
    NV: 'Żółć',
    T: 'long text',
    TI: 255,
    SI: -32768,
    BI: '9007199254740993',
    B: true,
    F: 0.1,
    PLAIN: 1234567.89,
    D: new Date('0001-01-01'),
    DT: new Date('1753-01-01'),
    D2: new Date('9999-12-31T23:59:59.999Z'),
    SD: new Date('2024-02-29T12:34:00Z'),
    G: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
    VB: Buffer.from('00ff', 'hex'),
    BN: Buffer.from('01020304', 'hex'),
  });
  const types = Object.fromEntries(
    Object.entries(recordset.columns).map(([name, column]) => [
      name,
      [
        (column.type as () => sql.ISqlType) === undefined ? '' : (column.type as unknown as { declaration: string }).declaration,
        column.length,
        column.scale,
      ],
    ]),
  );
  expect(types).toMatchObject({
    C: ['char', 5, undefined],
    V: ['varchar', 10, undefined],
    N: ['nchar', 8, undefined],
    NV: ['nvarchar', 20, undefined],
    BN: ['binary', 4, undefined],
    PLAIN: ['numeric', 9, 5],
  });
});

test('decimals are exact to the last digit, in and out and in sums', async () => {
  const [row] = await rows(
    pool,
    'SELECT CAST(NUM AS VARCHAR(40)) AS NUM, CAST(WIDE AS VARCHAR(50)) AS WIDE, CONVERT(VARCHAR(40), M, 2) AS M, CAST(D7 AS VARCHAR(40)) AS D7 FROM VALUE_TYPES WHERE ID = 1',
  );
  expect(row).toEqual({
    NUM: '12345678901234567890.12345678',
    WIDE: '-1234567890123456789012345678.0123456789',
    M: '-922337203685477.5808',
    D7: '2024-02-29 23:59:59.1234567',
  });
  const exact =
    'SELECT CAST(SUM(x) AS VARCHAR(40)) AS total, CAST(SUM(x) * 3 AS VARCHAR(40)) AS times FROM (VALUES (0.1), (0.2), (12345678901234567.3)) AS v(x)';
  expect(await rows(pool, exact)).toEqual([{ total: '12345678901234567.6', times: '37037036703703702.8' }]);
  expect(
    await rows(
      pool,
      'SELECT 1 AS found FROM VALUE_TYPES WHERE NUM = 12345678901234567890.12345678 AND NUM > 12345678901234567890.12345677 AND NUM < 12345678901234567890.12345679',
    ),
  ).toEqual([{ found: 1 }]);
  expect(
    await rows(
      pool,
      'SELECT CAST(10.0 / 3 AS VARCHAR(20)) AS a, CAST(1.005 * 100 AS VARCHAR(20)) AS b, CAST(CAST(2.345 AS DECIMAL(9,2)) AS VARCHAR(10)) AS c, CAST(-7 % 3.5 AS VARCHAR(9)) AS d',
    ),
  ).toEqual([{ a: '3.333333', b: '100.500', c: '2.35', d: '0.0' }]);
});

test('NULL of every type', async () => {
  const [row] = await rows(pool, 'SELECT * FROM VALUE_TYPES WHERE ID = 2');
  expect(new Set(Object.values({ ...row, ID: null }))).toEqual(new Set([null]));
});

test('parameters of every type are stored and read back', async () => {
  const inputs: Record<string, unknown> = {
    c: [sql.Char(5), 'xy'],
    v: [sql.VarChar(10), 'šüß€'],
    vmax: [sql.VarChar(sql.MAX), 'v'.repeat(9000)],
    n: [sql.NChar(4), '☃'],
    nv: [sql.NVarChar(10), 'ąę'],
    nvmax: [sql.NVarChar(sql.MAX), '☃'.repeat(5000)],
    t: [sql.Text, 'text'],
    ti: [sql.TinyInt, 0],
    si: [sql.SmallInt, 7],
    bi: [sql.BigInt, '-9007199254740993'],
    b: [sql.Bit, false],
    num: [sql.Decimal(28, 8), '-12.34567890'],
    m: [sql.Money, 12.5],
    f: [sql.Float, 1e100],
    d: [sql.Date, new Date('2024-02-29')],
    dt: [sql.DateTime, new Date('2024-02-29T01:02:03.456Z')],
    d2: [sql.DateTime2(3), new Date('2024-02-29T01:02:03.456Z')],
    sd: [sql.SmallDateTime, new Date('2024-02-29T01:02:00Z')],
    tm: [sql.Time(3), new Date('1970-01-01T01:02:03.004Z')],
    g: [sql.UniqueIdentifier, '0E984725-C51C-4BF4-9960-E1C80E27ABA0'],
    vb: [sql.VarBinary(8), Buffer.from('feff', 'hex')],
    vbmax: [sql.VarBinary(sql.MAX), Buffer.alloc(9000, 7)],
    bn: [sql.Binary, Buffer.from('01020304', 'hex')],
  };
  const names = Object.keys(inputs);
  const result = await query(
    pool,
    `INSERT INTO VALUE_TYPES (ID, ${names.join(', ')}) VALUES (3, ${names.map((name) => `@${name}`).join(', ')})`,
    inputs,
  );
  expect(result.rowsAffected).toEqual([1]);
  const [row] = await rows(pool, `SELECT ${names.join(', ')} FROM VALUE_TYPES WHERE ID = 3`);
  expect(row).toEqual({
    c: 'xy   ',
    v: 'šüß€',
    vmax: 'v'.repeat(9000),
    n: '☃   ',
    nv: 'ąę',
    nvmax: '☃'.repeat(5000),
    t: 'text',
    ti: 0,
    si: 7,
    bi: '-9007199254740993',
    b: false,
    num: -12.3456789,
    m: 12.5,
    f: 1e100,
    d: new Date('2024-02-29'),
    dt: new Date('2024-02-29T01:02:03.457Z'),
    d2: new Date('2024-02-29T01:02:03.456Z'),
    sd: new Date('2024-02-29T01:02:00Z'),
    tm: new Date('1970-01-01T01:02:03.004Z'),
    g: '0E984725-C51C-4BF4-9960-E1C80E27ABA0',
    vb: Buffer.from('feff', 'hex'),
    vbmax: Buffer.alloc(9000, 7),
    bn: Buffer.from('01020304', 'hex'),
  });
  expect(
    await rows(
      pool,
      'SELECT COUNT(*) AS n FROM VALUE_TYPES WHERE ID = 3 AND c = @c AND nv = @nv AND bi = @bi AND num = @num AND d = @d AND dt = @dt AND d2 = @d2 AND g = @g AND vb = @vb AND b = @b',
      inputs,
    ),
  ).toEqual([{ n: 1 }]);
  const nulls = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, [(input as unknown[])[0], null]]));
  await query(pool, `INSERT INTO VALUE_TYPES (ID, ${names.join(', ')}) VALUES (4, ${names.map((name) => `@${name}`).join(', ')})`, nulls);
  expect(new Set(Object.values((await rows(pool, `SELECT ${names.join(', ')} FROM VALUE_TYPES WHERE ID = 4`))[0] ?? {}))).toEqual(
    new Set([null]),
  );
});

test('what is written and does not fit is refused', async () => {
  const put = (column: string, value: string): Promise<{ number: number }> =>
    failure(query(pool, `UPDATE VALUE_TYPES SET ${column} = ${value} WHERE ID = 2`));
  expect(await put('C', "'abcdef'")).toMatchObject({ number: 2628 });
  expect(await put('C', "'abcde  '")).toMatchObject({ number: 0 });
  expect(await put('V', "'12345678901'")).toMatchObject({ number: 2628 });
  expect(await put('VB', '0x010203040506070809')).toMatchObject({ number: 2628 });
  expect(await put('TI', '256')).toMatchObject({ number: 8115 });
  expect(await put('NUM', '123456789012345678901.5')).toMatchObject({ number: 8115 });
  expect(await put('D', "'2023-02-29'")).toMatchObject({ number: 241 });
  expect(await put('G', "'not a guid'")).toMatchObject({ number: 8169 });
  expect(await put('VB', "'text'")).toMatchObject({ number: 257 });
  expect(await put('PLAIN', '12345678901234.56789')).toMatchObject({ number: 40004 });
});

test('values that were stored in another form than the canonical compare and sort right', async () => {
  expect(await rows(pool, "SELECT ID FROM LOOSE WHERE C = 'PADDED' OR D > '2024-05-06 01:00' ORDER BY N DESC")).toEqual([
    { ID: 2 },
    { ID: 1 },
  ]);
  expect(await rows(pool, "SELECT ID, C + '|' AS c FROM LOOSE WHERE D = '20240506' AND N < 10")).toEqual([{ ID: 1, c: 'padded  |' }]);
});

test('conversions and date styles', async () => {
  const expected: Record<string, unknown> = {
    "CONVERT(VARCHAR(10), CAST('2024-03-09' AS DATE), 101)": '03/09/2024',
    "CONVERT(CHAR(8), CAST('2024-03-09' AS DATETIME), 112)": '20240309',
    "CONVERT(VARCHAR(19), CAST('2024-03-09 17:08:09' AS DATETIME), 120)": '2024-03-09 17:08:09',
    "CONVERT(VARCHAR(30), CAST('2024-03-09 17:08:09.123' AS DATETIME2(7)), 126)": '2024-03-09T17:08:09.1230000',
    "CAST(CAST('2024-03-09 17:08:09' AS DATETIME) AS VARCHAR(30))": 'Mar  9 2024  5:08PM',
    'CONVERT(VARCHAR(20), 0x00ff, 1)': '0x00FF',
    "CONVERT(VARBINARY(8), '0x00ff', 1)": Buffer.from('00ff', 'hex'),
    'CAST(258 AS BINARY(4))': Buffer.from('00000102', 'hex'),
    'CAST(0x0102 AS INT)': 258,
    "CAST('  12 ' AS INT)": 12,
    'CAST(2.9 AS INT)': 2,
    "TRY_CAST('x' AS INT)": null,
    "CAST('abc' AS VARCHAR(2))": 'ab',
    'CAST(1.5 AS VARCHAR(5))': '1.5',
    "CAST('true' AS BIT)": true,
    "DATEDIFF(month, '2023-12-31', '2024-01-01')": 1,
    "DATEADD(hour, -1, CAST('2024-03-01' AS DATETIME))": new Date('2024-02-29T23:00:00Z'),
    "DATEPART(weekday, '2024-03-09')": 7,
    "YEAR('2024-03-09') * 100 + MONTH('2024-03-09')": 202403,
    "EOMONTH('2024-02-05')": new Date('2024-02-29'),
    "CAST('2024-03-09' AS DATETIME) + 1": new Date('2024-03-10'),
    'ROUND(123.456, -1)': 120,
    "LEN('a  ')": 1,
    "DATALENGTH(N'a  ')": 6,
    "RTRIM('a  ') + '|'": 'a|',
    "LEFT('abc', 2) + RIGHT('abc', 1)": 'abc',
    "CONCAT('a', NULL, 1)": 'a1',
    "'a' + NULL": null,
    "STUFF('a', 1, 1, 'b')": undefined,
  };
  for (const [expression, value] of Object.entries(expected)) {
    if (value === undefined) expect(await failure(query(pool, `SELECT ${expression} AS x`)), expression).toMatchObject({ number: 40000 });
    else expect([expression, (await rows(pool, `SELECT ${expression} AS x`))[0]?.['x']]).toEqual([expression, value]);
  }
});

test('a direct writer that stores another form than before is noticed', async () => {
  const found = async (): Promise<unknown> =>
    (await rows(pool, "SELECT COUNT(*) AS n FROM LATE WHERE C = 'X' AND D = '2024-05-06'"))[0]?.['n'];
  const db = openSqlite(fixture.path);
  db.exec("CREATE TABLE LATE (C CHAR(3), D DATETIME); INSERT INTO LATE VALUES ('X', '2024-05-06 00:00:00.000')");
  expect(await found()).toBe(1);
  db.exec("INSERT INTO LATE VALUES ('X  ', '2024-05-06')");
  db.close();
  await expect.poll(found, { interval: 300 }).toBe(2);
});
