import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mssql from 'mssql';
import type { StartTables, TableServer } from '../../../../src/authoring/certify/query/context.ts';
import type { FixtureTable } from '../../../../src/authoring/certify/recordings/fixture-table.ts';
import { enableChangeTracking, forkRecovery, setMinValidVersion } from './change-tracking.ts';
import { startTdsEndpoint, type TdsEndpoint } from './endpoint.ts';
import { openSqlite, quoteIdentifier, type SqliteDatabase } from './sqlite/sqlite.ts';

/** Loads recorded tables into a server that speaks SQL Server's protocol, for an unmodified driver. */
export const startRecordedTables: StartTables = async (tables, login, trackedKey) => {
  const folder = await mkdtemp(join(tmpdir(), 'certify-tables-'));
  const database = join(folder, 'recorded.db');
  fill(database, tables, trackedKey);
  const owner = { user: 'owner', password: 'owner-of-a-recording' };
  const server = await startTdsEndpoint({
    database,
    databaseName: 'RECORDED',
    logins: [{ user: login.username, password: login.password, readOnly: !login.writes }, owner],
  });
  const tracked = trackedKey ? Object.keys(tables).map(plainName) : [];
  return {
    ...(await tableServer(server, folder, login, owner)),
    forgetChanges: async () =>
      withDatabase(database, (db) => {
        const now = db.prepare('SELECT value FROM _tds_ct').pluck().get() as number;
        for (const table of tracked) setMinValidVersion(db, table, now);
      }),
    restore: async () => withDatabase(database, forkRecovery),
  };
};

async function tableServer(
  server: TdsEndpoint,
  folder: string,
  login: { username: string },
  owner: { user: string; password: string },
): Promise<Omit<TableServer, 'forgetChanges' | 'restore'>> {
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

function withDatabase(path: string, work: (database: SqliteDatabase) => void): void {
  const database = openSqlite(path, { create: true });
  try {
    work(database);
  } finally {
    database.close();
  }
}

function fill(path: string, tables: Record<string, FixtureTable>, trackedKey: readonly string[] | undefined): void {
  withDatabase(path, (database) => {
    for (const [given, table] of Object.entries(tables)) {
      const name = quoteIdentifier(plainName(given));
      const columns = Object.entries(table.columns);
      const declared = columns.some(([, type]) => /PRIMARY KEY/i.test(type));
      const columnsOfKey = table.key ?? (declared ? undefined : trackedKey);
      const key = columnsOfKey ? `, PRIMARY KEY (${columnsOfKey.map(quoteIdentifier).join(', ')})` : '';
      database.exec(
        `CREATE TABLE ${name} (${columns.map(([column, type]) => `${quoteIdentifier(column)} ${sqliteType(type)}`).join(', ')}${key})`,
      );
      // The server gives row versions itself, from 2001 on in the order of the rows.
      const kept = columns.flatMap(([, type], i) => (/^(rowversion|timestamp)\b/i.test(type) ? [] : [i]));
      const insert = database.prepare(
        `INSERT INTO ${name} (${kept.map((i) => quoteIdentifier(columns[i]![0])).join(', ')}) VALUES (${kept.map(() => '?').join(', ')})`,
      );
      database.exec('BEGIN');
      for (const row of table.rows) insert.run(kept.map((i) => row[i] ?? null));
      database.exec('COMMIT');
      if (trackedKey) enableChangeTracking(database, plainName(given));
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
