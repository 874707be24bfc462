import type { FixtureTable } from '../../authoring/certify/recordings/fixture-table.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartTables, TableServer } from '../../authoring/certify/query/context.ts';

/** The sample town's TDS endpoint; the one part of it that is used outside, and only here. */
const ENDPOINT = '../../../scripts/sample-town/servers/tds/endpoint.ts';

interface Endpoint {
  startTdsEndpoint(options: {
    database: string;
    databaseName: string;
    logins: { user: string; password: string; readOnly?: boolean }[];
  }): Promise<{ port: number; close(): Promise<void> }>;
  enableChangeTracking(database: Database, table: string): void;
  setMinValidVersion(database: Database, table: string, version: number): void;
  forkRecovery(database: Database): void;
}

type Database = import('better-sqlite3').Database;

/** Loads recorded tables into a server that speaks SQL Server's protocol, for an unmodified driver. undefined: this installation has none. */
export async function tablesPort(): Promise<StartTables | undefined> {
  const endpoint = (await import(ENDPOINT).catch(() => undefined)) as Endpoint | undefined;
  if (!endpoint) return undefined;
  return async (tables, login, trackedKey) => {
    const folder = await mkdtemp(join(tmpdir(), 'certify-tables-'));
    const database = join(folder, 'recorded.db');
    await fill(database, tables, trackedKey, endpoint);
    const owner = { user: 'owner', password: 'owner-of-a-recording' };
    const server = await endpoint.startTdsEndpoint({
      database,
      databaseName: 'RECORDED',
      logins: [{ user: login.username, password: login.password, readOnly: !login.writes }, owner],
    });
    const tracked = trackedKey ? Object.keys(tables).map(plainName) : [];
    return {
      ...(await tableServer(server, folder, login, owner)),
      forgetChanges: () =>
        withDatabase(database, (db) => {
          const now = db.prepare('SELECT value FROM _tds_ct').pluck().get() as number;
          for (const table of tracked) endpoint.setMinValidVersion(db, table, now);
        }),
      restore: () => withDatabase(database, (db) => endpoint.forkRecovery(db)),
    };
  };
}

async function tableServer(
  server: { port: number; close(): Promise<void> },
  folder: string,
  login: { username: string },
  owner: { user: string; password: string },
): Promise<Omit<TableServer, 'forgetChanges' | 'restore'>> {
  const mssql = (await import('mssql')).default;
  const pool = await new mssql.ConnectionPool({
    server: 'localhost',
    port: server.port,
    database: 'RECORDED',
    ...owner,
    options: { trustServerCertificate: true },
  }).connect();
  return {
    options: { host: 'localhost', port: server.port, database: 'RECORDED', username: login.username, trust_server_certificate: true },
    execute: async (sql) => void (await pool.request().query(sql)),
    async begin() {
      const transaction = new mssql.Transaction(pool);
      await transaction.begin();
      return {
        execute: async (sql) => void (await new mssql.Request(transaction).query(sql)),
        commit: async () => void (await transaction.commit()),
      };
    },
    async close() {
      await pool.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function withDatabase(path: string, work: (database: Database) => void): Promise<void> {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(path);
  try {
    work(database);
  } finally {
    database.close();
  }
}

async function fill(
  path: string,
  tables: Record<string, FixtureTable>,
  trackedKey: readonly string[] | undefined,
  endpoint: Endpoint,
): Promise<void> {
  await withDatabase(path, (database) => {
    for (const [given, table] of Object.entries(tables)) {
      const name = quoted(plainName(given));
      const columns = Object.entries(table.columns);
      const declared = columns.some(([, type]) => /PRIMARY KEY/i.test(type));
      const columnsOfKey = table.key ?? (declared ? undefined : trackedKey);
      const key = columnsOfKey ? `, PRIMARY KEY (${columnsOfKey.map(quoted).join(', ')})` : '';
      database.exec(`CREATE TABLE ${name} (${columns.map(([column, type]) => `${quoted(column)} ${sqliteType(type)}`).join(', ')}${key})`);
      // The server gives row versions itself, from 2001 on in the order of the rows.
      const kept = columns.flatMap(([, type], i) => (/^(rowversion|timestamp)\b/i.test(type) ? [] : [i]));
      const insert = database.prepare(
        `INSERT INTO ${name} (${kept.map((i) => quoted(columns[i]![0])).join(', ')}) VALUES (${kept.map(() => '?').join(', ')})`,
      );
      database.transaction(() => {
        for (const row of table.rows) insert.run(kept.map((i) => row[i] ?? null));
      })();
      if (trackedKey) endpoint.enableChangeTracking(database, plainName(given));
    }
  });
}

function plainName(table: string): string {
  return table.replace(/^dbo\./i, '');
}

/** Text next to a decimal's own type lets SQLite keep it digit for digit. */
function sqliteType(declared: string): string {
  const [, type, constraint] = /^(.*?)( NOT NULL.*| PRIMARY KEY.*)?$/i.exec(declared)!;
  if (/^(rowversion|timestamp)$/i.test(type!)) return 'ROWVERSION';
  // What the endpoint has no type for is the text that a query makes of it.
  if (/^(xml|json)$/i.test(type!)) return `"NVARCHAR(MAX)"${constraint ?? ''}`;
  if (/^datetimeoffset\b/i.test(type!)) return `"NVARCHAR(34)"${constraint ?? ''}`;
  return `"${type!.replace(/^(numeric|decimal|money)/i, '$1 TEXT')}"${constraint ?? ''}`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
