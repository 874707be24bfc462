import type { StreamState } from '../../../src/connector/source/stream-state.ts';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enableChangeTracking, forkRecovery, setMinValidVersion } from '../../../scripts/sample-town/servers/tds/endpoint.ts';
import { openSqlite } from '../../../scripts/sample-town/servers/tds/sqlite/sqlite.ts';
import { streamSchema } from '../../../src/config/schema/connector.ts';
import { readQuery } from '../../../src/connector/source/pages.ts';
import { ConfigError } from '../../../src/core/errors.ts';
import { openSqlServer } from '../../../src/transports/sqlserver/sqlserver.ts';
import type { QueryTransport } from '../../../src/transports/transport.ts';
import { startServer } from './server.ts';
import type { TestServer } from './server.ts';

const STREAM = {
  retriever: { query: { tables: ['permits'] } },
  incremental: { kind: 'change_tracking' },
  schema: { fields: { no: { required: true }, holder: { required: true }, fee: { type: 'decimal' } } },
  primary_key: ['no'],
};

let server: TestServer;
let transport: QueryTransport;
let state: StreamState;
let notes: string[];
beforeAll(async () => {
  server = await startServer([
    {
      name: 'permits',
      columns: { no: 'char(6) NOT NULL PRIMARY KEY', holder: 'nvarchar(40)', fee: 'numeric(19,2)', phone: 'varchar(20)' },
      rows: [],
      tracked: true,
    },
    { name: 'untracked', columns: { no: 'int NOT NULL PRIMARY KEY' }, rows: [] },
    { name: 'keyless', columns: { no: 'int NOT NULL' }, rows: [] },
  ]);
  transport = openSqlServer(
    { ...server.options, ...(server.real ? {} : { username: 'owner', password: 'owner-Password-1' }) },
    { connection: 'clerk', projectFolder: server.folder },
  );
});
afterAll(async () => {
  await transport?.close();
  await server?.stop();
});
beforeEach(async () => {
  state = {};
  await server.execute(
    "DELETE FROM permits; INSERT INTO permits (no, holder, fee) VALUES ('A1', 'Ada', 1), ('B2', 'Ben', 2), ('C3', 'Cid', 3)",
  );
});

/** Reads from where the last reading ended. Keys of what is gone have a minus before them. */
async function read(stream: object = STREAM, from: QueryTransport = transport): Promise<string[]> {
  notes = [];
  const found: string[] = [];
  for await (const page of readQuery(streamSchema.parse(stream), from, {
    name: 'clerk.permits',
    variables: {},
    state,
    now: new Date(),
    note: (text) => notes.push(text),
  })) {
    if (page.whole) found.push('all:');
    found.push(...page.records.map(({ values, deleted }) => (deleted ? `-${String(values['no'])}` : Object.values(values).join(' '))));
    state = page.state ?? state;
  }
  return found;
}

const mine = (rows: Record<string, string | null>[], write: 'upsert' | 'delete' | 'append' = 'upsert'): Promise<unknown> =>
  transport.write({ table: 'permits', write, key: ['no'], rows });
function behind(work: (db: ReturnType<typeof openSqlite>) => void): void {
  const db = openSqlite(server.file!);
  work(db);
  db.close();
}

describe('changes of a table', () => {
  it('all rows come first, then what was added, changed or deleted, each once and as it is now', async () => {
    expect(await read()).toEqual(['all:', 'A1 Ada 1.00', 'B2 Ben 2.00', 'C3 Cid 3.00']);
    expect(await read()).toEqual([]);
    await server.execute("INSERT INTO permits (no, holder, fee) VALUES ('D4', 'Dot', 4)");
    await server.execute("UPDATE permits SET holder = 'Bea' WHERE no = 'B2'");
    await server.execute("UPDATE permits SET fee = 9 WHERE no = 'B2'");
    await server.execute("DELETE FROM permits WHERE no = 'A1'");
    await server.execute("INSERT INTO permits (no, holder, fee) VALUES ('E5', 'Eve', 4); DELETE FROM permits WHERE no = 'E5'");
    expect(await read()).toEqual(['D4 Dot 4.00', 'B2 Bea 9.00', '-A1', '-E5']);
    expect(await read()).toEqual([]);
    expect(notes).toEqual([]);
  });

  it('a key that changed is the old one gone and the new one there; one that comes back is there', async () => {
    await read();
    await server.execute("UPDATE permits SET no = 'A9' WHERE no = 'A1'");
    await server.execute("DELETE FROM permits WHERE no = 'B2'; INSERT INTO permits (no, holder, fee) VALUES ('B2', 'Bob', 2)");
    expect((await read()).sort()).toEqual(['-A1', 'A9 Ada 1.00', 'B2 Bob 2.00']);
  });

  it('a row that no longer meets where is gone for the stream, and one that meets it now is there', async () => {
    const stream = {
      ...STREAM,
      retriever: { query: { tables: ['permits'], where: [{ column: 'fee', is: '>', value: '1.50' }], table_field: 'table' } },
    };
    expect(await read({ ...stream, schema: { fields: { ...STREAM.schema.fields, table: {} } } })).toEqual([
      'all:',
      'B2 Ben 2.00 permits',
      'C3 Cid 3.00 permits',
    ]);
    await server.execute("UPDATE permits SET fee = 1 WHERE no = 'B2'; UPDATE permits SET fee = 5 WHERE no = 'A1'");
    expect(await read({ ...stream, schema: { fields: { ...STREAM.schema.fields, table: {} } } })).toEqual(['-B2', 'A1 Ada 5.00 permits']);
  });

  it('late commit: a transaction that is open while others are read comes with the next reading', async () => {
    await read();
    const mssql = (await import('mssql')).default;
    const pool = await new mssql.ConnectionPool({
      server: 'localhost',
      port: server.options['port'] as number,
      database: server.options['database'] as string,
      user: server.real ? (server.options['username'] as string) : 'owner',
      password: server.real ? (server.options['password'] as string) : 'owner-Password-1',
      options: { trustServerCertificate: true },
    }).connect();
    const open = pool.transaction();
    await open.begin();
    await open.request().query("UPDATE permits SET holder = 'late' WHERE no = 'A1'");
    expect(await read()).toEqual([]);
    await open.commit();
    await pool.close();
    expect(await read()).toEqual(['A1 late 1.00']);
  });

  it('what commits between the version and the rows waits for the next reading, and is not lost', async () => {
    await read();
    let position = '';
    for await (const part of transport.changes({
      table: 'permits',
      columns: [{ name: 'no', type: 'text' }],
      key: ['no'],
      since: { version: state.version!, database: state.database! },
    })) {
      if (part.kind === 'start') {
        position = part.position.version;
        await server.execute("UPDATE permits SET fee = 7 WHERE no = 'C3'");
      } else expect(part.records).toEqual([]);
    }
    state = { ...state, version: position };
    expect(await read()).toEqual(['C3 Cid 7.00']);
  });

  it('a reading that is broken off is read again from where the last one ended', async () => {
    await read();
    await server.execute("UPDATE permits SET fee = 8 WHERE no = 'C3'");
    const before = state;
    for await (const part of transport.changes({
      table: 'permits',
      columns: [{ name: 'no', type: 'text' }],
      key: ['no'],
      since: { version: before.version!, database: before.database! },
    }))
      if (part.kind === 'start') break;
    expect(await read()).toEqual(['C3 Cid 8.00']);
  });
});

describe('a position that the server cannot go on from', () => {
  it('expired version: changes were cleaned up, everything is read and said so', async () => {
    if (server.real) return;
    await read();
    await server.execute("DELETE FROM permits WHERE no = 'A1'");
    behind((db) => setMinValidVersion(db, 'permits', BigInt(state.version!) + 1n));
    expect(await read()).toEqual(['all:', 'B2 Ben 2.00', 'C3 Cid 3.00']);
    expect(notes.join()).toMatch(/CHANGE_RETENTION.*everything is read again/);
    expect(await read()).toEqual([]);
  });

  it('the version that is just the least valid one is still good: nothing is subtracted', async () => {
    if (server.real) return;
    await read();
    behind((db) => setMinValidVersion(db, 'permits', BigInt(state.version!)));
    await server.execute("UPDATE permits SET fee = 8 WHERE no = 'C3'");
    expect(await read()).toEqual(['C3 Cid 8.00']);
  });

  it('restore: another fork of the database is read again, though its versions look right', async () => {
    if (server.real) return;
    await read();
    behind(forkRecovery);
    expect(await read()).toEqual(['all:', 'A1 Ada 1.00', 'B2 Ben 2.00', 'C3 Cid 3.00']);
    expect(notes.join()).toMatch(/another restore/);
    expect(await read()).toEqual([]);
  });

  it('restore: versions before the position are read again', async () => {
    await read();
    state = { ...state, version: '9007199254740993' };
    expect((await read())[0]).toBe('all:');
    expect(notes.join()).toMatch(/lower than the saved position/);
  });
});

describe('echo', () => {
  it('what this connection wrote is not read back, unless that is wanted', async () => {
    await read();
    await mine([
      { no: 'A1', holder: 'Ada L.' },
      { no: 'X9', holder: 'new' },
    ]);
    const before = state;
    expect(await read()).toEqual([]);
    state = before;
    expect(await read({ ...STREAM, incremental: { kind: 'change_tracking', echo: 'keep' } })).toEqual(['A1 Ada L. 1.00', 'X9 new ']);
  });

  it('what another connection wrote is', async () => {
    await read();
    const other = openSqlServer(
      { ...server.options, ...(server.real ? {} : { username: 'owner', password: 'owner-Password-1' }) },
      { connection: 'clerk2', projectFolder: server.folder },
    );
    await other.write({ table: 'permits', write: 'upsert', key: ['no'], rows: [{ no: 'A1', holder: 'Ann' }] });
    await other.close();
    expect(await read()).toEqual(['A1 Ann 1.00']);
  });

  it("a clerk's correction just before our write is not taken for our echo", async () => {
    await read();
    await server.execute("UPDATE permits SET phone = '555', holder = 'Corrected' WHERE no = 'A1'");
    await mine([{ no: 'A1', fee: '10' }]);
    await mine([{ no: 'A1', fee: '11' }]);
    expect(await read()).toEqual(['A1 Corrected 11.00']);
    await mine([{ no: 'A1', fee: '12' }]);
    expect(await read()).toEqual([]);
  });

  it('nor is one after it; a deletion is always read', async () => {
    await read();
    await mine([{ no: 'A1', fee: '10' }]);
    await server.execute("UPDATE permits SET holder = 'After' WHERE no = 'A1'");
    await mine([{ no: 'B2' }], 'delete');
    expect((await read()).sort()).toEqual(['-B2', 'A1 After 10.00']);
  });

  it('a row that is written twice in one batch is rather read once too often', async () => {
    await read();
    await server.execute("UPDATE permits SET holder = 'Corrected' WHERE no = 'A1'");
    await mine([
      { no: 'A1', fee: '10' },
      { no: 'A1', fee: '11' },
    ]);
    expect(await read()).toEqual(['A1 Corrected 11.00']);
  });
});

describe('what keeps changes from being read is said with the T-SQL that fixes it', () => {
  const problem = async (table: string, key = ['no'], from = transport): Promise<{ code: string; hint?: string }> => {
    const error = await read(
      { ...STREAM, retriever: { query: { tables: [table] } }, schema: { fields: { no: {}, other: { optional: true } } }, primary_key: key },
      from,
    ).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems[0]!;
  };

  it('NULL min version: the table is not tracked', async () => {
    expect(await problem('untracked')).toMatchObject({
      code: 'SQL_CHANGES_OFF',
      hint: expect.stringContaining('ALTER TABLE [dbo].[untracked] ENABLE CHANGE_TRACKING;') as unknown,
    });
  });

  it('the key is not the primary key of the table', async () => {
    expect(await problem('permits', ['no', 'other'])).toMatchObject({ code: 'SQL_CHANGES_KEY', hint: 'Set primary_key: [no].' });
    expect(await problem('keyless')).toMatchObject({ code: 'SQL_CHANGES_KEY' });
  });

  it('the database tracks no changes at all', async () => {
    if (server.real) return;
    const plain = await startServer([{ name: 'untracked', columns: { no: 'int NOT NULL PRIMARY KEY' }, rows: [] }]);
    const other = openSqlServer(plain.options, { connection: 'clerk', projectFolder: plain.folder });
    try {
      const found = await problem('untracked', ['no'], other);
      expect(found).toMatchObject({ code: 'SQL_CHANGES_OFF', hint: expect.stringContaining('SET CHANGE_TRACKING = ON') as unknown });
      const db = openSqlite(plain.file!);
      enableChangeTracking(db, 'untracked');
      db.close();
    } finally {
      await other.close();
      await plain.stop();
    }
  });
});

describe('a delay goes by the clock that writes the times', () => {
  const zone = process.env['TZ'];
  afterAll(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each(['America/New_York', 'Asia/Tokyo', 'UTC'])(
    'of a server in %s: the youngest rows wait, those before them are read',
    async (tz) => {
      if (server.real) return;
      process.env['TZ'] = tz;
      const late = await startServer([{ name: 'entries', columns: { no: 'int NOT NULL PRIMARY KEY', entered: 'datetime2(7)' }, rows: [] }]);
      const from = openSqlServer(late.options, { connection: 'clerk', projectFolder: late.folder });
      try {
        await late.execute(
          'INSERT INTO entries (no, entered) VALUES (1, DATEADD(minute, -90, SYSDATETIME())), (2, DATEADD(minute, -30, SYSDATETIME()))',
        );
        const stream = (clock: string): object => ({
          retriever: { query: { tables: ['entries'] } },
          incremental: { cursor: 'entered', delay: '1h', ...(clock ? { clock } : {}) },
          schema: { fields: { no: {}, entered: {} } },
          primary_key: ['no'],
        });
        state = {};
        expect((await read(stream(''), from)).map((line) => line.slice(0, 1))).toEqual(['1']);
        await late.execute(
          'UPDATE entries SET entered = DATEADD(minute, -90, SYSUTCDATETIME()) WHERE no = 1; UPDATE entries SET entered = DATEADD(minute, -30, SYSUTCDATETIME()) WHERE no = 2',
        );
        state = {};
        expect((await read(stream('utc'), from)).map((line) => line.slice(0, 1))).toEqual(['1']);
      } finally {
        await from.close();
        await late.stop();
      }
    },
  );
});
