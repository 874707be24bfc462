import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, FatalError, RetriableError } from '../../../src/core/errors.ts';
import { openSqlServer } from '../../../src/transports/sqlserver/sqlserver.ts';
import type { QueryTransport, RowResult, WriteSpec } from '../../../src/transports/transport.ts';
import { startServer } from './server.ts';
import type { TestServer, TestTable } from './server.ts';
import { tries } from '../../effort.ts';

const TABLES: TestTable[] = [
  { name: 'accounts', columns: { code: 'varchar(10) NOT NULL PRIMARY KEY' }, rows: [['100'], ['200']] },
  {
    name: 'payments',
    columns: {
      number: 'varchar(10) NOT NULL PRIMARY KEY',
      reference: 'varchar(20) NOT NULL UNIQUE',
      account: 'varchar(10) NOT NULL REFERENCES accounts (code)',
      amount: 'numeric(19,5)',
      fee: 'money',
      paid_on: 'date',
      entered: 'datetime2(7)',
      posted: 'datetime',
      payer: 'nvarchar(20)',
      initials: 'char(3)',
      copies: 'smallint',
      flag: 'bit',
      bytes: 'varbinary(8)',
      guid: 'uniqueidentifier',
      rv: 'rowversion',
    },
    rows: [],
    tracked: true,
  },
  { name: 'pairs', columns: { a: 'int NOT NULL', b: 'varchar(10) NOT NULL', value: 'varchar(40)' }, rows: [] },
  { name: 'plain', columns: { id: 'int NOT NULL PRIMARY KEY', value: 'nvarchar(max)' }, rows: [] },
];

const FULL = {
  number: '0001',
  reference: 'R-1',
  account: '100',
  amount: '1234.5',
  fee: '0.0001',
  paid_on: '2026-02-03',
  entered: '2026-02-03T04:05:06.1234567',
  posted: '2026-02-03T04:05:06.007',
  payer: 'Zoë Łódź 日本',
  initials: 'AB',
  copies: '-32768',
  flag: 'true',
  bytes: '0x00FF',
  guid: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
};

let server: TestServer;
let transport: QueryTransport;
const open = (options: Record<string, unknown> = {}): QueryTransport =>
  openSqlServer(
    { ...server.options, ...(server.real ? {} : { username: 'owner', password: 'owner-Password-1' }), ...options },
    { connection: 'finance', projectFolder: server.folder },
  );

beforeAll(async () => {
  server = await startServer(TABLES);
  transport = open();
});
afterAll(async () => {
  await transport?.close();
  await server?.stop();
});
beforeEach(async () => {
  server.onStatement = () => undefined;
  for (const table of ['payments', 'pairs', 'plain']) await server.execute(`DELETE FROM ${table}`);
});

const states = (results: RowResult[]): string[] => results.map((r) => (r.state === 'refused' ? `refused ${r.problem.code}` : r.state));
async function write(spec: Partial<WriteSpec> & Pick<WriteSpec, 'rows'>): Promise<string[]> {
  return states(await transport.write({ table: 'payments', write: 'upsert', key: ['number'], ...spec }));
}
const row = (number: string, more: Record<string, string | null> = {}): Record<string, string | null> => ({
  number,
  reference: `R-${number}`,
  account: '100',
  ...more,
});
async function all(table: string, ...columns: string[]): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const list of transport.query({
    tables: [table],
    columns: columns.map((name) => ({ name, type: 'text' })),
    orderBy: [columns[0]!],
  }))
    rows.push(...list.map((r) => Object.values(r.values)));
  return rows;
}

describe('a row arrives exactly as it was given', () => {
  it('in every type, and is read back so', async () => {
    expect(await write({ rows: [FULL] })).toEqual(['written']);
    const columns = Object.keys(FULL);
    expect(
      await transport.readBack({ table: 'payments', key: ['number'], columns, rows: [{ number: '0002' }, { number: '0001' }] }),
    ).toEqual([undefined, { ...FULL, amount: '1234.50000', flag: '1' }]);
  });

  it('NULL where it has none', async () => {
    await write({ rows: [FULL] });
    expect(await write({ rows: [row('0001', { amount: null, payer: null })] })).toEqual(['written']);
    expect(await all('payments', 'number', 'amount', 'payer', 'paid_on')).toEqual([['0001', null, null, '2026-02-03']]);
    expect(await write({ rows: [row('0001', { amount: null, payer: null })] })).toEqual(['unchanged']);
  });

  it('NULL in every type, and over every value', async () => {
    await write({ rows: [FULL] });
    const nothing = { ...Object.fromEntries(Object.keys(FULL).map((name) => [name, null])), ...row('0001') };
    expect(await write({ rows: [nothing] })).toEqual(['written']);
    expect(await write({ rows: [nothing] })).toEqual(['unchanged']);
    expect(
      await write({
        rows: [
          { ...nothing, ...row('0002') },
          { ...nothing, ...row('0001'), fee: '1' },
        ],
      }),
    ).toEqual(['written', 'written']);
    expect(await all('payments', 'number', 'fee', 'bytes', 'paid_on')).toEqual([
      ['0001', '1.0000', null, null],
      ['0002', null, null, null],
    ]);
  });

  it('letters beyond ASCII in a column of one code page, when that has them', async () => {
    const rows = [{ a: '1', b: 'x', value: 'Zoë' }];
    expect(await write({ table: 'pairs', key: ['a', 'b'], rows })).toEqual(['written']);
    expect(await write({ table: 'pairs', key: ['a', 'b'], rows })).toEqual(['unchanged']);
    const lost = await transport.write({ table: 'pairs', write: 'upsert', key: ['a', 'b'], rows: [{ a: '2', b: 'x', value: '日本' }] });
    if (server.real)
      expect(lost[0]).toMatchObject({
        state: 'refused',
        problem: { code: 'SQL_ROW_VALUE', message: 'The value for value has characters that the column cannot hold.' },
      });
    const [[, , kept] = []] = (await all('pairs', 'a', 'b', 'value')) as string[][];
    expect(kept).toBe('Zoë');
  });

  it('a value that the column would round, cut or turn round is refused, by its column and never by its value', async () => {
    const cases: [string, string, RegExp][] = [
      ['amount', '1.123456', /has 6 decimals, but the column holds 5/],
      ['amount', '123456789012345', /too large/],
      ['fee', '0.00001', /has 5 decimals/],
      ['fee', '922337203685477.5808', /too large/],
      ['paid_on', '2026-02-30', /not a day that exists/],
      ['paid_on', '03/02/2026', /not a day/],
      ['paid_on', '2026-02-03T10:00:00', /time of day/],
      ['posted', '1752-12-31', /outside of the years 1753/],
      ['posted', '2026-02-03T04:05:06.0001', /digits after the second/],
      ['entered', '2026-02-03T24:00:00', /time of day that exists/],
      ['copies', '32768', /too large/],
      ['copies', '1.5', /whole number/],
      ['payer', 'x'.repeat(21), /longer than the 20 characters/],
      ['initials', 'ABCD', /longer than the 3 characters/],
      ['bytes', '0x000000000000000000', /longer than the 8 bytes/],
      ['bytes', 'FF', /binary/],
      ['guid', 'none', /GUID/],
      ['flag', 'yes', /0 or 1/],
    ];
    for (const [column, value, why] of cases) {
      const [result] = await transport.write({
        table: 'payments',
        write: 'upsert',
        key: ['number'],
        rows: [row('9', { [column]: value })],
      });
      expect(result).toMatchObject({ state: 'refused', problem: { code: 'SQL_ROW_VALUE', place: { system: 'finance', key: '9' } } });
      const { message } = (result as { problem: { message: string } }).problem;
      expect(message).toMatch(why);
      if (value.length > 3) expect(message).not.toContain(value);
    }
    expect(await all('payments', 'number')).toEqual([]);
  });
});

describe('each way of writing', () => {
  it('append adds what is not there, and leaves what is', async () => {
    await write({ write: 'append', rows: [row('1', { amount: '1' })] });
    expect(await write({ write: 'append', rows: [row('1', { amount: '2' }), row('2')] })).toEqual(['unchanged', 'written']);
    expect(await all('payments', 'number', 'amount')).toEqual([
      ['1', '1.00000'],
      ['2', null],
    ]);
  });

  it('append without a key adds each time', async () => {
    const rows = [{ a: '1', b: 'x', value: 'v' }];
    for (let i = 0; i < 2; i++) expect(await write({ table: 'pairs', write: 'append', key: [], rows })).toEqual(['written']);
    expect(await all('pairs', 'a', 'b')).toHaveLength(2);
  });

  it('upsert adds or changes, columns that are not given keep their value', async () => {
    await write({ rows: [row('1', { amount: '1', payer: 'Ada' })] });
    expect(await write({ rows: [row('1', { amount: '2' }), row('2')] })).toEqual(['written', 'written']);
    expect(await all('payments', 'number', 'amount', 'payer')).toEqual([
      ['1', '2.00000', 'Ada'],
      ['2', null, null],
    ]);
  });

  it('update changes and delete removes what is there, and say what was not', async () => {
    await write({ rows: [row('1'), row('2')] });
    expect(await write({ write: 'update', rows: [{ number: '1', payer: 'Ada' }, { number: '3', payer: 'Ada' }, { number: '2' }] })).toEqual(
      ['written', 'missing', 'unchanged'],
    );
    expect(await write({ write: 'delete', rows: [{ number: '1' }, { number: '3' }] })).toEqual(['written', 'missing']);
    expect(await all('payments', 'number')).toEqual([['2']]);
  });

  it('a row whose values are equal is not touched, so triggers and Change Tracking stay quiet; one letter of case is a difference', async () => {
    await write({ rows: [FULL] });
    const [before] = await all('payments', 'number', 'rv');
    expect(await write({ rows: [{ ...FULL, amount: '1234.50000', flag: '1' }] })).toEqual(['unchanged']);
    expect(await all('payments', 'number', 'rv')).toEqual([before]);
    expect(await write({ rows: [{ ...FULL, payer: FULL.payer.toUpperCase() }] })).toEqual(['written']);
    expect(await write({ rows: [{ ...FULL, payer: `${FULL.payer} ` }] })).toEqual(['written']);
    expect(await all('payments', 'payer')).toEqual([[`${FULL.payer} `]]);
  });

  it('several columns make a key; a key of several rows changes none of them', async () => {
    const key = ['a', 'b'];
    const rows = [
      { a: '1', b: 'x', value: 'one' },
      { a: '1', b: 'y', value: 'two' },
    ];
    expect(await write({ table: 'pairs', key, rows })).toEqual(['written', 'written']);
    expect(await write({ table: 'pairs', key, rows: [{ a: '1', b: 'y', value: 'three' }] })).toEqual(['written']);
    expect(await write({ table: 'pairs', key: ['a'], rows: [{ a: '1', value: 'all?' }] })).toEqual(['refused SQL_ROW_AMBIGUOUS']);
    expect(await write({ table: 'pairs', write: 'delete', key: ['a'], rows: [{ a: '1' }] })).toEqual(['refused SQL_ROW_AMBIGUOUS']);
    await expect(transport.readBack({ table: 'pairs', key: ['a'], columns: ['b'], rows: [{ a: '1' }] })).rejects.toThrow(
      '2 rows of dbo.pairs',
    );
    expect(await all('pairs', 'b', 'value')).toEqual([
      ['x', 'one'],
      ['y', 'three'],
    ]);
  });

  it('writes carry a mark in Change Tracking where the table has it', async () => {
    const seen: string[] = [];
    server.onStatement = (sql) => void (/^WITH CHANGE_TRACKING/.test(sql.trim()) && seen.push(sql));
    await write({ rows: [row('1')] });
    await write({ table: 'plain', key: ['id'], rows: [{ id: '1', value: 'x' }] });
    if (!server.real) expect(seen).toEqual([expect.stringMatching(/^WITH CHANGE_TRACKING_CONTEXT \(@mark\) INSERT/)]);
  });
});

describe('a row that the server does not take', () => {
  it('is refused alone, with the reason and without its values; the others are written', async () => {
    await write({ rows: [row('1', { reference: 'taken' })] });
    const rows = [
      row('2'),
      row('3', { reference: 'taken' }),
      row('4', { account: '999' }),
      row('5', { reference: null }),
      row('6', { initials: 'ABÉD' }),
      row('7', { amount: 'x' }),
      { number: null, reference: 'a', account: '100' },
      row('8'),
    ];
    const results = await transport.write({ table: 'payments', write: 'upsert', key: ['number'], rows });
    expect(states(results)).toEqual([
      'written',
      'refused SQL_ROW_DUPLICATE',
      'refused SQL_ROW_RULE',
      'refused SQL_ROW_EMPTY',
      'refused SQL_ROW_VALUE',
      'refused SQL_ROW_VALUE',
      'refused SQL_ROW_KEY',
      'written',
    ]);
    const problems = results.flatMap((r) => (r.state === 'refused' ? [r.problem] : []));
    for (const { message, hint } of problems) expect(`${message} ${hint}`).not.toMatch(/taken\b|999|ABÉD/);
    expect(problems[2]!.message).toMatch(/^Column reference must have a value/);
    expect(problems.map(({ place }) => place.key)).toEqual(['3', '4', '5', '6', '7', '']);
    expect(await all('payments', 'number')).toEqual([['1'], ['2'], ['8']]);
  });

  it('even when the error dooms the transaction, as a trigger does that rolls back', async () => {
    if (server.real) return;
    let calls = 0;
    server.onStatement = (sql) => {
      if (!/INSERT INTO \[dbo\]\.\[plain\]/.test(sql)) return;
      calls++;
      // The stand-in has no triggers: 245 ends the transaction there as it does at Microsoft's.
      if (calls === 2 || calls === 4) throw { number: 245, message: 'Conversion failed' };
    };
    const rows = ['1', '2', '3'].map((id) => ({ id, value: 'x' }));
    expect(await write({ table: 'plain', key: ['id'], rows })).toEqual(['written', 'refused SQL_ROW_VALUE', 'written']);
    expect(await all('plain', 'id')).toEqual([['1'], ['3']]);
  });

  it('a rule of the system speaks in its own words', async () => {
    if (server.real) return;
    server.onStatement = (sql) => {
      if (sql.includes('INSERT INTO [dbo].[plain]')) throw { number: 50_000, message: 'The period is closed.', class: 16 };
    };
    const [result] = await transport.write({ table: 'plain', write: 'append', key: ['id'], rows: [{ id: '1' }] });
    expect(result).toMatchObject({
      problem: { code: 'SQL_ROW_RULE', message: expect.stringContaining('The period is closed') as unknown },
    });
  });
});

describe('errors that are not the row’s', () => {
  it.each([1205, 1222, 3960])('%i is tried again, and nothing was written', async (number) => {
    if (server.real) return;
    let calls = 0;
    server.onStatement = (sql) => {
      if (/INSERT INTO \[dbo\]\.\[plain\]/.test(sql) && ++calls === 2) throw { number, message: 'later', class: 13 };
    };
    const rows = ['1', '2', '3'].map((id) => ({ id, value: 'x' }));
    await expect(write({ table: 'plain', key: ['id'], rows })).rejects.toThrow(RetriableError);
    server.onStatement = () => undefined;
    expect(await all('plain', 'id')).toEqual([]);
    expect(await write({ table: 'plain', key: ['id'], rows })).toEqual(['written', 'written', 'written']);
  });

  it('missing rights say the GRANT that is needed', async () => {
    if (server.real) return;
    const reader = open({ username: 'reader', password: 'reader-Password-1' });
    try {
      const error = await reader.write({ table: 'payments', write: 'upsert', key: ['number'], rows: [row('1')] }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(FatalError);
      expect((error as FatalError).problems[0]).toMatchObject({
        code: 'SQL_RIGHTS',
        hint: 'Have the owner of the database run: GRANT SELECT, INSERT, UPDATE ON [dbo].[payments] TO [reader];',
      });
    } finally {
      await reader.close();
    }
  });

  it('what cannot be written at all is told at once, before anything is', async () => {
    const error = await transport
      .write({ table: 'payments', write: 'upsert', key: ['number'], rows: [row('1', { rv: '0x00', ammount: '1' })] })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems.map(({ code, hint }) => [code, hint])).toEqual([
      ['SQL_COLUMN_GENERATED', 'Leave the column out of the sink in the connector.'],
      ['SQL_COLUMN_UNKNOWN', 'Did you mean amount? Correct the name in the sink of the connector.'],
    ]);
    await expect(write({ table: 'paymentz', rows: [] })).rejects.toThrow('Did you mean payments?');
    await expect(write({ key: [], rows: [row('1')] })).rejects.toThrow('which columns identify a row');
    await expect(write({ table: 'plain]; DROP TABLE plain --', rows: [] })).rejects.toThrow('cannot see a table');
  });

  it('values stay values, whatever they look like', async () => {
    const value = "'; DROP TABLE plain; --]";
    await write({ table: 'plain', key: ['id'], rows: [{ id: '1', value }] });
    expect(await all('plain', 'id', 'value')).toEqual([['1', value]]);
  });
});

describe('a table is looked at before anything is written', () => {
  const check = (spec: { table: string; key: string[]; columns: string[] }, from = transport): Promise<unknown> =>
    from.checkTable({ write: 'upsert', ...spec });

  it('by its columns and its key', async () => {
    expect(await check({ table: 'plain', key: ['id'], columns: ['value'] })).toMatchObject({
      ok: true,
      detail: 'dbo.plain can be written to (upsert)',
    });
    expect(await check({ table: 'payments', key: ['reference'], columns: [] })).toMatchObject({ ok: true });
    expect(await check({ table: 'pairs', key: ['a', 'b'], columns: [] })).toMatchObject({
      ok: true,
      warning: true,
      detail: expect.stringContaining('no unique index guarantees that a, b identifies one row') as unknown,
    });
    expect(await check({ table: 'plain', key: ['id'], columns: ['valeu'] })).toMatchObject({
      ok: false,
      hint: 'Did you mean value? Correct the name in the sink of the connector.',
    });
    expect(await check({ table: 'plainn', key: ['id'], columns: [] })).toMatchObject({
      ok: false,
      hint: 'Did you mean plain? Correct the name of the table in the connector.',
    });
  });

  it('and by the rights of the login', async () => {
    if (server.real) return;
    const reader = open({ username: 'reader', password: 'reader-Password-1' });
    expect(await check({ table: 'plain', key: ['id'], columns: [] }, reader)).toMatchObject({
      ok: false,
      hint: 'Have the owner of the database run: GRANT SELECT, INSERT, UPDATE ON [dbo].[plain] TO [reader];',
    });
    await reader.close();
  });
});

describe('writing again', () => {
  const rowsOf = fc.uniqueArray(
    fc.record({
      id: fc.integer({ min: 0, max: 30 }).map(String),
      value: fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }).filter((t) => !t.includes('\0'))),
    }),
    { selector: (r) => r.id, maxLength: 20 },
  );

  it('twice is as once, in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, rowsOf, fc.integer({ min: 1, max: 7 }), async (first, second, size) => {
        await server.execute('DELETE FROM plain');
        await transport.write({ table: 'plain', write: 'upsert', key: ['id'], rows: first });
        await transport.write({ table: 'plain', write: 'upsert', key: ['id'], rows: second });
        const once = await all('plain', 'id', 'value');
        expect(states(await transport.write({ table: 'plain', write: 'upsert', key: ['id'], rows: second }))).toEqual(
          second.map(() => 'unchanged'),
        );
        expect(await all('plain', 'id', 'value')).toEqual(once);
        await server.execute('DELETE FROM plain');
        for (const rows of [first, second])
          for (let at = 0; at < rows.length; at += size)
            await transport.write({ table: 'plain', write: 'upsert', key: ['id'], rows: rows.slice(at, at + size) });
        expect(await all('plain', 'id', 'value')).toEqual(once);
      }),
      { numRuns: tries(25) },
    );
  });

  it('by two connections at once leaves no row twice', async () => {
    const other = open();
    try {
      const rows = Array.from({ length: 30 }, (_, i) => ({ a: String(i), b: 'x', value: 'v' }));
      const spec: WriteSpec = { table: 'pairs', write: 'upsert', key: ['a', 'b'], rows };
      const again = async (one: QueryTransport): Promise<void> => {
        for (let i = 0; i < 4; i++)
          await one.write({ ...spec, rows: rows.map((r) => ({ ...r, value: `v${i}` })) }).catch((error: unknown) => {
            if (!(error instanceof RetriableError)) throw error;
          });
      };
      await Promise.all([again(transport), again(other)]);
      expect(await all('pairs', 'a')).toHaveLength(30);
    } finally {
      await other.close();
    }
  });

  it('many rows are one transaction of few requests', async () => {
    const rows = Array.from({ length: 1200 }, (_, i) => ({ id: String(i), value: `value ${i}` }));
    expect(new Set(await write({ table: 'plain', key: ['id'], rows }))).toEqual(new Set(['written']));
    expect(await all('plain', 'id')).toHaveLength(1200);
    const found = await transport.readBack({ table: 'plain', key: ['id'], columns: ['value'], rows: rows.toReversed() });
    expect(found[0]).toEqual({ value: 'value 1199' });
    expect(found).toHaveLength(1200);
  });
});
