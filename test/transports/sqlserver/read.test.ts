import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import type { SourceRecord, Values } from '../../../src/core/record.ts';
import { openSqlServer } from '../../../src/transports/sqlserver/sqlserver.ts';
import type { QuerySpec, QueryTransport } from '../../../src/transports/transport.ts';
import { startServer } from './server.ts';
import type { TestServer, TestTable } from './server.ts';

const RECEIPT = {
  dDOCSUFFIX: 'numeric(19,5)',
  dINITIALS: 'char(3)',
  dDATE: 'datetime',
  dTOTBAL: 'numeric(19,5)',
  dCUSTNMBR: 'char(15)',
  DEX_ROW_ID: 'int',
};
/** Ten receipts a moment, row ids that do not follow the moments. */
const TIES = Array.from({ length: 100 }, (_, i) => [
  `2026-06-15 13:45:0${Math.floor(i / 10)}.${['000', '003', '007'][Math.floor(i / 10) % 3]!}`,
  String((i * 37) % 100),
]);

const TABLES: TestTable[] = [
  {
    name: 'every_type',
    columns: {
      id: 'int',
      n: 'numeric(19,5)',
      m: 'money',
      big: 'bigint',
      dt: 'datetime',
      dt2: 'datetime2(7)',
      sd: 'smalldatetime',
      d: 'date',
      t: 'time(7)',
      flag: 'bit',
      f: 'float',
      r: 'real',
      guid: 'uniqueidentifier',
      bin: 'varbinary(10)',
      padded: 'char(10)',
      npadded: 'nchar(10)',
      plain: 'varchar(10)',
      uni: 'nvarchar(50)',
      long: 'nvarchar(max)',
      rv: 'rowversion',
    },
    rows: [
      [
        '1',
        '12345678901234.56789',
        '922337203685.4775',
        '9007199254740993',
        '2026-06-15 13:45:00.003',
        '2026-06-15 13:45:00.1234567',
        '2026-06-15 13:45:00',
        '2026-06-15',
        '13:45:00.1234567',
        '1',
        '0.1',
        '0.1',
        '6F9619FF-8B86-D011-B42D-00C04FC964FF',
        Buffer.from('00ff07', 'hex'),
        '  AB',
        'Zoë',
        'AB  ',
        'Zoë Łódź 日本 😀',
        'x'.repeat(50_000),
      ],
      ['2', ...Array.from({ length: 18 }, () => null)],
      [
        '3',
        '-0.00001',
        '-0.0001',
        '-1',
        '1753-01-01 00:00:00.000',
        '0001-01-01 00:00:00.0000000',
        '1900-01-01 00:00:00',
        '0001-01-01',
        '00:00:00.0000000',
        '0',
        '1e300',
        '1',
        '00000000-0000-0000-0000-000000000000',
        Buffer.alloc(0),
        '',
        '',
        '',
        '',
        '',
      ],
    ],
  },
  {
    name: 'CR10101',
    columns: RECEIPT,
    rows: [
      ['90003', 'AKL', '2026-06-16 00:00:00.000', '7.00', 'SMITH0001', '1'],
      ['90010', 'RB', '2026-06-15 13:45:00.000', '1234.50', 'LOPEZ0002', '2'],
    ],
  },
  {
    name: 'CR30101',
    columns: { ...RECEIPT, dCUSTNMBR: 'varchar(20)', dTOTBAL: 'numeric(19,2)', dDATE: 'datetime2(7)', posted: 'datetime' },
    rows: [
      ['90001', 'AKL', '2026-06-14 00:00:00.0000000', '12.50', 'SMITH0001', '1', null],
      ['9', 'AKL', '2026-06-15 13:45:00.0000001', '0.05', 'ÉMILE0003', '2', null],
    ],
  },
  { name: 'ties', columns: { ts: 'datetime', id: 'int' }, rows: TIES },
  {
    name: 'ties2',
    columns: { ts: 'datetime2(7)', id: 'numeric(19,5)' },
    rows: TIES.map(([ts, id], i) => [`${ts!.slice(0, 19)}.123456${Math.floor(i / 25)}`, id!]),
  },
  { name: 'versions', columns: { id: 'int', rv: 'rowversion' }, rows: ['1', '2', '3', '4', '5'].map((id) => [id]) },
  { name: "od]d na'me", columns: { 'a]b': 'varchar(40)', "it's": 'varchar(40)' }, rows: [['x', "'; DROP TABLE ties --"]] },
];

let server: TestServer;
let transport: QueryTransport;
beforeAll(async () => {
  server = await startServer(TABLES);
  transport = openSqlServer(server.options, { connection: 'finance', projectFolder: server.folder });
});
afterAll(async () => {
  await transport?.close();
  await server?.stop();
});

type Columns = QuerySpec['columns'];
const text = (...names: string[]): Columns => names.map((name) => ({ name, type: 'text' }));

async function all(spec: QuerySpec): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const list of transport.query(spec)) records.push(...list);
  return records;
}
const values = async (spec: QuerySpec): Promise<Values[]> => (await all(spec)).map((record) => record.values);

async function refused(spec: QuerySpec): Promise<ConfigError> {
  const error = await all(spec).then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error as ConfigError;
}

describe('values come as exact text', () => {
  const columns = text(...Object.keys(TABLES[0]!.columns));
  const first = {
    id: '1',
    n: '12345678901234.56789',
    m: '922337203685.4775',
    big: '9007199254740993',
    dt: '2026-06-15T13:45:00.003',
    dt2: '2026-06-15T13:45:00.1234567',
    sd: '2026-06-15T13:45:00',
    d: '2026-06-15',
    t: '13:45:00.1234567',
    flag: '1',
    f: '0.1',
    r: '0.1',
    guid: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
    bin: '0x00FF07',
    padded: '  AB',
    npadded: 'Zoë',
    plain: 'AB  ',
    uni: 'Zoë Łódź 日本 😀',
    long: 'x'.repeat(50_000),
  };

  it('of every type, from a table: no float, no lost digit, padding stripped, blanks that were typed kept', async () => {
    const [one, two, three] = await all({ tables: ['every_type'], columns, orderBy: ['id'] });
    expect(one).toEqual({ number: 1, values: { ...first, rv: expect.stringMatching(/^0x[0-9A-F]{16}$/) as unknown } });
    expect(
      Object.entries(two!.values)
        .filter(([name]) => name !== 'id' && name !== 'rv')
        .every(([, value]) => value === null),
    ).toBe(true);
    expect(three!.values).toMatchObject({
      n: '-0.00001',
      m: '-0.0001',
      big: '-1',
      dt: '1753-01-01T00:00:00',
      d: '0001-01-01',
      flag: '0',
      bin: '0x',
      padded: '',
      long: '',
    });
  });

  it('the same through a SELECT of the manifest', async () => {
    expect((await values({ sql: 'SELECT * FROM every_type', columns, orderBy: ['id'] }))[0]).toEqual({
      ...first,
      rv: expect.stringMatching(/^0x[0-9A-F]{16}$/) as unknown,
    });
  });

  it('a datetime that is declared a date, and a numeric that is declared an integer, are read as such', async () => {
    const [row] = await values({
      tables: ['CR10101'],
      columns: [
        { name: 'dDATE', type: 'date' },
        { name: 'dDOCSUFFIX', type: 'integer' },
        { name: 'dTOTBAL', type: 'decimal' },
      ],
      where: [{ column: 'dDOCSUFFIX', is: '=', value: '90003' }],
    });
    expect(row).toEqual({ dDATE: '2026-06-16', dDOCSUFFIX: '90003', dTOTBAL: '7.00000' });
  });

  it('names are found whatever their case, and come back as the manifest writes them', async () => {
    expect(await values({ tables: ['cr10101'], columns: text('DTOTBAL'), where: [{ column: 'dex_row_id', is: '=', value: '1' }] })).toEqual(
      [{ DTOTBAL: '7.00000' }],
    );
  });
});

describe('open and history tables are read as one', () => {
  const columns = text('dDOCSUFFIX', 'dCUSTNMBR', 'dTOTBAL', 'dDATE');

  it('in the order of the values and not of their text, each with its table, though their types differ', async () => {
    expect(await values({ tables: ['CR10101', 'CR30101'], columns, tableField: 'table', orderBy: ['dDOCSUFFIX'] })).toEqual([
      { dDOCSUFFIX: '9.00000', dCUSTNMBR: 'ÉMILE0003', dTOTBAL: '0.05', dDATE: '2026-06-15T13:45:00.0000001', table: 'CR30101' },
      {
        dDOCSUFFIX: '90001.00000',
        dCUSTNMBR: 'SMITH0001',
        dTOTBAL: '12.50',
        dDATE: expect.stringMatching(/^2026-06-14T00:00:00(\.0+)?$/) as unknown,
        table: 'CR30101',
      },
      { dDOCSUFFIX: '90003.00000', dCUSTNMBR: 'SMITH0001', dTOTBAL: '7.00000', dDATE: '2026-06-16T00:00:00', table: 'CR10101' },
      { dDOCSUFFIX: '90010.00000', dCUSTNMBR: 'LOPEZ0002', dTOTBAL: '1234.50000', dDATE: '2026-06-15T13:45:00', table: 'CR10101' },
    ]);
  });

  it('a row of the other table with the same cursor and the same row id is not lost', async () => {
    const after = { cursor: 'dDATE', cursorValue: '2026-06-14T00:00:00', tie: 'DEX_ROW_ID', tieValue: '1' };
    expect((await values({ tables: ['CR10101', 'CR30101'], columns: text('DEX_ROW_ID', 'dDATE'), after })).length).toBe(4);
  });

  it('where, after and before hold for each table', async () => {
    const found = await values({
      tables: ['CR10101', 'CR30101'],
      columns: text('dDOCSUFFIX'),
      where: [{ column: 'dINITIALS', is: '=', value: 'AKL' }],
      after: { cursor: 'dDATE', cursorValue: '2026-06-14T00:00:00' },
      before: { cursor: 'dDATE', value: '2026-06-16' },
    });
    expect(found).toEqual([{ dDOCSUFFIX: '9.00000' }]);
  });

  it('a column that one table lacks is named with that table', async () => {
    const error = await refused({ tables: ['CR10101', 'CR30101'], columns: text('dDOCSUFFIX', 'posted') });
    expect(error.message).toBe(
      'finance columns: CR10101 has no column called "posted". Correct the name in the connector. The table has dDOCSUFFIX, dINITIALS, dDATE, dTOTBAL, dCUSTNMBR, DEX_ROW_ID. [SQL_COLUMN_UNKNOWN]',
    );
  });
});

describe('reading goes on after the last position, to the row', () => {
  it.each([
    ['ties', 'datetime'],
    ['ties2', 'datetime2(7)'],
  ])('from any row of %s (%s): nothing twice, nothing lost', async (table) => {
    const spec: QuerySpec = { tables: [table], columns: text('ts', 'id'), orderBy: ['ts', 'id'] };
    const whole = await values(spec);
    expect(whole).toHaveLength(100);
    for (let i = 0; i < whole.length; i += 7) {
      const rest = await values({
        ...spec,
        after: { cursor: 'ts', cursorValue: whole[i]!['ts'] as string, tie: 'id', tieValue: whole[i]!['id'] as string },
      });
      expect(rest).toEqual(whole.slice(i + 1));
    }
  });

  it('without a tie-breaker the boundary is read again whole', async () => {
    const spec: QuerySpec = { tables: ['ties'], columns: text('ts', 'id'), orderBy: ['ts'] };
    const whole = await values(spec);
    const rest = await values({ ...spec, after: { cursor: 'ts', cursorValue: whole[55]!['ts'] as string, inclusive: true } });
    expect(rest.map((row) => row['id']).sort()).toEqual(
      whole
        .slice(50)
        .map((row) => row['id'])
        .sort(),
    );
  });

  it('a bound that another reader set is not reached', async () => {
    expect(
      await values({ tables: ['ties'], columns: text('id'), before: { cursor: 'ts', value: '2026-06-15T13:45:01.003' } }),
    ).toHaveLength(10);
  });

  it('by row version, between the last one and the lowest that is still open', async () => {
    const high = await transport.scalar('SELECT MIN_ACTIVE_ROWVERSION()');
    expect(high).toMatch(/^0x[0-9A-F]{16}$/);
    const whole = await values({ tables: ['versions'], columns: text('id', 'rv'), orderBy: ['rv'] });
    const spec: QuerySpec = {
      tables: ['versions'],
      columns: text('id'),
      after: { cursor: 'rv', cursorValue: whole[1]!['rv'] as string, inclusive: true },
      before: { cursor: 'rv', value: high! },
    };
    expect(await values(spec)).toEqual([{ id: '2' }, { id: '3' }, { id: '4' }, { id: '5' }]);
    expect(await values({ ...spec, before: { cursor: 'rv', value: whole[3]!['rv'] as string } })).toEqual([{ id: '2' }, { id: '3' }]);
  });

  it('a position that the column cannot have is refused with the value and the type', async () => {
    const error = await refused({
      tables: ['ties'],
      columns: text('id'),
      after: { cursor: 'ts', cursorValue: 'yesterday' },
      before: { cursor: 'id', value: '1.5' },
    });
    expect(error.problems.map((problem) => problem.message)).toEqual([
      '"yesterday" is not a date and time such as 2026-06-15T13:45:00 (column ts of ties is datetime).',
      '"1.5" is not a whole number (column id of ties is int).',
    ]);
  });
});

describe('a SELECT of the manifest', () => {
  it('takes parameters as values, and a position as a table does', async () => {
    const spec: QuerySpec = {
      sql: 'WITH big AS (SELECT * FROM CR10101 WHERE dTOTBAL >= CONVERT(numeric(19,5), @least)) SELECT dDOCSUFFIX, dTOTBAL * 2 AS twice, dDATE FROM big -- all',
      parameters: { LEAST: '5' },
      columns: text('dDOCSUFFIX', 'twice'),
      orderBy: ['dDOCSUFFIX'],
    };
    expect(await values(spec)).toEqual([
      { dDOCSUFFIX: '90003.00000', twice: '14.00000' },
      { dDOCSUFFIX: '90010.00000', twice: '2469.00000' },
    ]);
    expect(await values({ ...spec, after: { cursor: 'dDATE', cursorValue: '2026-06-15T13:45:00' } })).toEqual([
      { dDOCSUFFIX: '90003.00000', twice: '14.00000' },
    ]);
  });

  it('parameters that are missing or not used are told together', async () => {
    const error = await refused({ sql: 'SELECT id FROM ties WHERE id > @from', parameters: { form: '1' }, columns: text('id') });
    expect(error.problems.map((problem) => problem.message)).toEqual([
      'The statement uses @from, but parameters has no from.',
      'The parameter form is not used: the statement has no @form.',
    ]);
  });

  it('a table or column that is not there is for the manifest to correct', async () => {
    expect((await refused({ sql: 'SELECT id FROM tiez', columns: text('id') })).message).toMatch(
      /Invalid object name 'tiez' \(SQL error 208\).*manifest/,
    );
    expect((await refused({ sql: 'SELECT idd FROM ties', columns: text('idd') })).message).toContain('(SQL error 207)');
    expect((await refused({ sql: 'SELECT id FROM ties', columns: text('idd') })).message).toContain(
      'sql has no column called "idd". Did you mean id?',
    );
  });

  it('gives single values exactly', async () => {
    expect(await transport.scalar('SELECT SUM(dTOTBAL) FROM CR10101')).toBe('1241.50000');
    expect(await transport.scalar('SELECT MAX(dDATE) FROM CR30101')).toBe('2026-06-15T13:45:00.0000001');
    expect(await transport.scalar('SELECT id FROM ties WHERE id > 1000')).toBeNull();
    await expect(transport.scalar('DELETE FROM ties')).rejects.toThrow(/begins with DELETE/);
  });
});

describe('nothing that is written in a manifest reaches the server as a statement', () => {
  const ATTACKS = [
    'ties; DROP TABLE ties',
    'ties] AS t; DROP TABLE ties --',
    "ties' OR '1'='1",
    '[ties]',
    'ties WHERE 1=1',
    '(SELECT 1 AS id) AS t',
    "x'; DROP TABLE ties; --",
  ];

  it('as a table', async () => {
    for (const attack of ATTACKS) expect((await refused({ tables: [attack], columns: text('id') })).code).toBe('SQL_TABLE_UNKNOWN');
  });

  it('as a column, anywhere', async () => {
    for (const attack of ATTACKS) {
      const error = await refused({
        tables: ['ties'],
        columns: text(attack),
        where: [{ column: attack, is: '=', value: '1' }],
        orderBy: [attack],
        after: { cursor: attack, cursorValue: '1' },
        before: { cursor: attack, value: '1' },
      });
      expect(new Set(error.problems.map((problem) => problem.code))).toEqual(new Set(['SQL_COLUMN_UNKNOWN']));
    }
  });

  it('as a value, which finds what equals it and nothing else', async () => {
    expect(
      await values({ tables: ["od]d na'me"], columns: text("it's"), where: [{ column: 'a]b', is: '=', value: "x' OR '1'='1" }] }),
    ).toEqual([]);
    expect(
      await values({
        sql: 'SELECT id FROM ties WHERE CONVERT(varchar(20), id) = @id',
        parameters: { id: "1' OR 1=1 --" },
        columns: text('id'),
      }),
    ).toEqual([]);
    expect(
      await values({
        tables: ["od]d na'me"],
        columns: text("it's"),
        where: [{ column: "it's", is: '=', value: "'; DROP TABLE ties --" }],
        tableField: ']; DROP TABLE ties --',
      }),
    ).toEqual([{ "it's": "'; DROP TABLE ties --", ']; DROP TABLE ties --': "od]d na'me" }]);
  });

  it('and the tables are still there', async () => {
    expect(await values({ tables: ['ties'], columns: text('id') })).toHaveLength(100);
  });
});

describe('what is misspelled is told with what was meant', () => {
  it('tables, all at once', async () => {
    const error = await refused({ tables: ['CR10110', 'dbo.ties', 'CR30102'], columns: text('id') });
    expect(error.problems.map((problem) => problem.hint)).toEqual([
      'Did you mean CR10101? Correct the name of the table in the connector.',
      'Did you mean CR30101? Correct the name of the table in the connector.',
    ]);
  });

  it('columns, all at once, and where', async () => {
    const error = await refused({
      tables: ['CR10101'],
      columns: text('dTOTBALL', 'dDATE'),
      where: [{ column: 'dINITIAL', is: '=', value: 'x' }],
      orderBy: ['nothing like it'],
    });
    expect(error.problems.map((problem) => [problem.place.path, problem.hint?.split(/(?<=\?)|,/)[0]])).toEqual([
      ['columns', 'Did you mean dTOTBAL?'],
      ['order_by', 'Correct the name in the connector. The table has dDOCSUFFIX'],
      ['where', 'Did you mean dINITIALS?'],
    ]);
  });

  it("a field for the table that has a column's name", async () => {
    expect((await refused({ tables: ['ties'], columns: text('id'), tableField: 'id' })).code).toBe('SQL_TABLE_FIELD');
  });
});
