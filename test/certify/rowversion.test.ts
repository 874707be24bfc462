import type { StreamState } from '../../src/connector/source/stream-state.ts';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tablesPort } from '../../src/cli/authoring/certify-tables.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { streamSchema } from '../../src/config/schema/connector.ts';
import { discoverTables } from '../../src/authoring/discover/tables.ts';
import { discoveryYaml } from '../../src/authoring/discover/yaml.ts';
import { readQuery } from '../../src/connector/source/pages.ts';
import type { TableServer } from '../../src/authoring/certify/query/context.ts';
import type { QueryTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';
import { certified, failures, finding, packOf, README } from './packs.ts';

const TABLES = {
  'dbo.BillsView': {
    columns: { BILLNO: 'CHAR(10)', OWNER_NAME: 'VARCHAR(40)', DUE: 'DATE', AMOUNT: 'NUMERIC(19,2)', RV: 'ROWVERSION' },
    rows: [
      ['B000000001', 'Pat Sample', '2026-04-01', '24.50', null],
      ['B000000002', 'Sam Doe', '2026-04-01', '110.00', null],
      ['B000000003', null, '2026-05-01', '7.25', null],
    ],
  },
};
const STREAM = streamSchema.parse({
  retriever: { query: { tables: ['dbo.BillsView'] } },
  incremental: { cursor: 'RV', kind: 'rowversion' },
  schema: { fields: { BILLNO: { required: true }, AMOUNT: { type: 'decimal' }, RV: { required: true } } },
  primary_key: ['BILLNO'],
});

let server: TableServer;
let transport: QueryTransport;
beforeAll(async () => {
  const start = (await tablesPort())!;
  server = await start(TABLES, { username: 'reader', password: 'reader-Password-1' });
  transport = (await transports.sqlserver.open(
    { ...server.options, password: 'reader-Password-1' },
    { connection: 'bills', projectFolder: '.' },
  )) as QueryTransport;
});
afterAll(async () => {
  await transport.close();
  await server.close();
});

let notes: string[] = [];
beforeEach(() => {
  notes = [];
});

async function read(state: StreamState, from = transport, now = new Date()): Promise<{ numbers: string[]; state: StreamState }> {
  const numbers: string[] = [];
  let saved = state;
  for await (const page of readQuery(STREAM, from, {
    name: 'bills',
    variables: {},
    state,
    now,
    note: (text) => notes.push(text),
  })) {
    numbers.push(...page.records.map((r) => String(r.values['BILLNO'])));
    saved = page.state ?? saved;
  }
  return { numbers, state: saved };
}

describe('a view of SQL Server with a row version', () => {
  test('is read from the position on, and what did not change is not read again', async () => {
    const first = await read({});
    expect(first.numbers).toEqual(['B000000001', 'B000000002', 'B000000003']);
    expect((await read(first.state)).numbers).toEqual([]);
    await server.execute("UPDATE dbo.BillsView SET AMOUNT = 25.00 WHERE BILLNO = 'B000000001'");
    expect((await read(first.state)).numbers).toEqual(['B000000001']);
  });

  test('gives a row whose transaction was open while others were read', async () => {
    const before = (await read({})).state;
    const open = await server.begin();
    await open.execute("INSERT INTO dbo.BillsView (BILLNO, DUE, AMOUNT) VALUES ('B000000009', '2026-06-01', 1.00)");
    const during = await read(before);
    expect(during.numbers).toEqual([]);
    await open.commit();
    expect((await read(during.state)).numbers).toEqual(['B000000009']);
  });

  test('leaves a row that is committed between the question how far and the read to the next run', async () => {
    const before = (await read({})).state;
    const late: QueryTransport = {
      ...transport,
      async *query(spec) {
        await server.execute("INSERT INTO dbo.BillsView (BILLNO, DUE, AMOUNT) VALUES ('B000000010', '2026-06-01', 1.00)");
        yield* transport.query(spec);
      },
    };
    const first = await read(before, late);
    expect(first.numbers).toEqual([]);
    expect((await read(first.state)).numbers).toEqual(['B000000010']);
  });

  test('of a database that was restored is read again, and that is said', async () => {
    const { numbers } = await read({ cursor: '0x0000000000FFFFFF' });
    expect(numbers).toHaveLength(5);
    expect(notes.join()).toContain('restored or replaced; everything is read again');
  });

  test('of a database that was restored and went on past the position is read again too', async () => {
    const { state } = await read({});
    const { numbers } = await read({ ...state, database: 'of another restore' });
    expect(numbers).toHaveLength(5);
    expect(notes.join()).toContain('another restore of it');
    expect((await read({ cursor: state.cursor! })).numbers).toEqual([]);
  });

  test('says so when a transaction has held it back for long', async () => {
    const before = (await read({})).state;
    const open = await server.begin();
    await open.execute("UPDATE dbo.BillsView SET AMOUNT = 26.00 WHERE BILLNO = 'B000000001'");
    const soon = await read(before);
    expect(notes).toEqual([]);
    await read(soon.state, transport, new Date(Date.now() + 45 * 60_000));
    expect(notes.join()).toMatch(/has been open on the server for at least 4\d minutes/);
    await open.commit();
    expect((await read(soon.state)).state).not.toHaveProperty('held');
  });

  test('is proposed by discover with its key and its row version', async () => {
    const yaml = discoveryYaml(await discoverTables(transport, 'acme', ['BillsView']));
    expect(yaml).toContain('incremental: { cursor: RV, kind: rowversion }');
    expect(yaml).toMatch(/BILLNO: \{ required: true \} # the database declares char/);
    expect(yaml).toContain('primary_key: [BILLNO]');
    expect(yaml).toContain('OWNER_NAME: { class: personal }');
  });

  test('or with its changes, where the server tracks them', async () => {
    const tracking = await (await tablesPort())!(TABLES, { username: 'reader', password: 'reader-Password-1' }, ['BILLNO']);
    const other = (await transports.sqlserver.open(
      { ...tracking.options, password: 'reader-Password-1' },
      { connection: 'bills', projectFolder: '.' },
    )) as QueryTransport;
    expect(discoveryYaml(await discoverTables(other, 'acme', ['BillsView']))).toContain('incremental: { kind: change_tracking }');
    await other.close();
    await tracking.close();
  });
});

describe('a pack for it, written from the vendor guide alone', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/vendor-guide.md'), 'utf8');
  const recipe = /```yaml\n( {4}retriever: \{ query[\s\S]*?)```/.exec(guide)![1]!;
  const files = {
    'connector.yaml':
      `connector: acme-bills\nversion: 1.0.0\ntitle: Acme bills\ntransport: sqlserver\nstreams:\n  bills:\n${recipe}`.replace(
        '        RV: {',
        '        OWNER_NAME: { class: personal }\n        DUE: { type: date }\n        AMOUNT: { type: decimal }\n        RV: {',
      ),
    'README.md': README,
    'fixtures/bills/tables.json': JSON.stringify(TABLES),
    'fixtures/bills/records.json': JSON.stringify({
      records: TABLES['dbo.BillsView'].rows.map(([BILLNO, OWNER_NAME, DUE, AMOUNT], i) => ({
        BILLNO,
        OWNER_NAME,
        DUE,
        AMOUNT,
        RV: `0x00000000000007D${i + 1}`,
      })),
    }),
  };

  test('certifies, with a transaction that is open during a run', async () => {
    const certificate = await certified(packOf('acme-bills', files));
    expect(failures(certificate)).toEqual([]);
    expect(finding(certificate, 'late_commit')?.detail).toContain('MIN_ACTIVE_ROWVERSION');
  });

  test('is warned of late commits when it reads by a date without lookback', async () => {
    const byDate = files['connector.yaml'].replace('cursor: RV, kind: rowversion', 'cursor: DUE, tie_breaker: BILLNO');
    const certificate = await certified(packOf('acme-bills', { ...files, 'connector.yaml': byDate }));
    expect(finding(certificate, 'late_commit')?.state).toBe('warning');
    expect(finding(certificate, 'tied_cursors')?.detail).toContain('2,500 rows with the same cursor');
  });

  test('certifies by Change Tracking, without a row version: deletions, late commits, forgotten changes and restores', async () => {
    const byChanges = files['connector.yaml']
      .replace('incremental: { cursor: RV, kind: rowversion }', 'incremental: { kind: change_tracking }')
      .replace(/ +RV: \{.*\n/, '');
    const records = (JSON.parse(files['fixtures/bills/records.json']) as { records: Record<string, unknown>[] }).records.map(
      ({ RV: _, ...record }) => record,
    );
    const certificate = await certified(
      packOf('acme-bills', { ...files, 'connector.yaml': byChanges, 'fixtures/bills/records.json': JSON.stringify({ records }) }),
    );
    expect(failures(certificate)).toEqual([]);
    const proven = ['deletes', 'late_commit', 'expired_changes', 'restored', 'tied_cursors'];
    expect(proven.filter((check) => finding(certificate, check)?.state !== 'ok')).toEqual([]);
  }, 300_000);
});
