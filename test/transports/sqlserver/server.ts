import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import mssql from 'mssql';
import { generate } from 'selfsigned';
import { enableChangeTracking, startTdsEndpoint } from '../../../scripts/sample-town/servers/tds/endpoint.ts';
import { openSqlite } from '../../../scripts/sample-town/servers/tds/sqlite/sqlite.ts';

/** A table as T-SQL declares it; values are text as SQL Server would take it, null, or a Buffer for binary. */
export interface TestTable {
  name: string;
  /** Column → T-SQL type. */
  columns: Record<string, string>;
  rows: Iterable<(string | null | Buffer)[]>;
  /** Change Tracking is on. */
  tracked?: boolean;
}

export interface TestServer {
  /** Options of a connection that works. */
  options: Record<string, unknown>;
  /** A folder with the server's certificate in it: server.pem. */
  folder: string;
  /** The stand-in's own file: what a test does to it happens behind the server's back. */
  file?: string;
  /** True for Microsoft's own server (MSSQL_URL is set), false for the stand-in over TDS. */
  real: boolean;
  /** Each statement the server was sent; the stand-in only. What is thrown is what the server answers. */
  onStatement: (sql: string) => void;
  execute(sql: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server that speaks TDS, with these tables. With MSSQL_URL (mssql://user:password@host:port/database, a database for tests
 * whose tables of these names are replaced) the same tables are made there.
 */
export async function startServer(tables: readonly TestTable[]): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlserver-'));
  const url = process.env['MSSQL_URL'];
  return url ? startReal(url, folder, tables) : startStandIn(folder, tables);
}

async function startStandIn(folder: string, tables: readonly TestTable[]): Promise<TestServer> {
  const file = join(folder, 'town.db');
  const database = new DatabaseSync(file);
  for (const table of tables) {
    const columns = Object.entries(table.columns);
    database.exec(`CREATE TABLE "${table.name}" (${columns.map(([name, type]) => `"${name}" ${sqliteType(type)}`).join(', ')})`);
    const given = columns.filter(([, type]) => type !== 'rowversion').map(([name]) => `"${name}"`);
    const insert = database.prepare(`INSERT INTO "${table.name}" (${given.join(', ')}) VALUES (${given.map(() => '?').join(', ')})`);
    database.exec('BEGIN');
    for (const row of table.rows) insert.run(...row);
    database.exec('COMMIT');
  }
  database.close();
  const tracking = openSqlite(file);
  for (const table of tables) if (table.tracked) enableChangeTracking(tracking, table.name);
  tracking.close();
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  await writeFile(join(folder, 'server.pem'), cert);
  const server: TestServer = {
    options: {},
    folder,
    file,
    real: false,
    onStatement: () => undefined,
    execute: (sql) =>
      execute(
        {
          server: '127.0.0.1',
          port: endpoint.port,
          user: 'owner',
          password: 'owner-Password-1',
          database: 'TOWN',
          options: { trustServerCertificate: true },
        },
        [sql],
      ),
    async stop() {
      await endpoint.close();
      await rm(folder, { recursive: true });
    },
  };
  const endpoint = await startTdsEndpoint({
    database: file,
    databaseName: 'TOWN',
    logins: [
      { user: 'reader', password: 'reader-Password-1', readOnly: true },
      { user: 'owner', password: 'owner-Password-1' },
    ],
    tls: { key, cert },
    onStatement: (sql) => server.onStatement(sql),
  });
  server.options = {
    host: 'localhost',
    port: endpoint.port,
    database: 'TOWN',
    username: 'reader',
    password: 'reader-Password-1',
    ca_file: 'server.pem',
  };
  return server;
}

/** Text next to a decimal's own type lets SQLite keep it digit for digit; quoted, it takes varchar(max) for a type too. */
function sqliteType(declared: string): string {
  const [, type, constraint] = /^(.*?)( NOT NULL.*)?$/.exec(declared)!;
  return `"${type!.replace(/^(numeric|decimal|money)/i, '$1 TEXT')}"${constraint ?? ''}`;
}

async function startReal(text: string, folder: string, tables: readonly TestTable[]): Promise<TestServer> {
  const url = new URL(text);
  const [host, port, database] = [url.hostname, Number(url.port || 1433), url.pathname.slice(1)];
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const config: mssql.config = { server: host, port, database, user: username, password, options: { trustServerCertificate: true } };
  const drops = tables.toReversed().map((table) => `DROP TABLE IF EXISTS [${table.name.replace('.', '].[')}]`);
  const statements = tables.flatMap((table) => [
    `CREATE TABLE [${table.name.replace('.', '].[')}] (${Object.entries(table.columns)
      .map(([name, type]) => `[${name.replaceAll(']', ']]')}] ${type}`)
      .join(', ')})`,
    ...(table.tracked ? [`ALTER TABLE [${table.name.replace('.', '].[')}] ENABLE CHANGE_TRACKING`] : []),
    ...inserts(table),
  ]);
  const prepare = tables.some((table) => table.tracked)
    ? [
        `IF NOT EXISTS (SELECT 1 FROM sys.change_tracking_databases WHERE database_id = DB_ID()) ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)`,
        'ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON',
      ]
    : [];
  await execute(config, [...drops, ...prepare, ...statements]);
  return {
    options: { host, port, database, username, password, trust_server_certificate: true },
    folder,
    real: true,
    onStatement: () => undefined,
    execute: (sql) => execute(config, [sql]),
    stop: () => rm(folder, { recursive: true }),
  };
}

/** What a connection of a town needs to write there, but the password. */
export function ownerOptions({ options: { host, port, database, ca_file }, folder }: TestServer): Record<string, unknown> {
  return { host, port, database, ca_file: `${folder}/${String(ca_file)}`, username: 'owner', read_only_intent: false };
}

function* inserts(table: TestTable): Generator<string> {
  const given = Object.entries(table.columns).filter(([, type]) => type !== 'rowversion');
  let batch: string[] = [];
  const statement = (): string =>
    `INSERT INTO [${table.name.replace('.', '].[')}] (${given.map(([name]) => `[${name.replaceAll(']', ']]')}]`).join(', ')}) VALUES ${batch.join(', ')}`;
  for (const row of table.rows) {
    batch.push(
      `(${row.map((value, i) => (value === null ? 'NULL' : typeof value === 'string' ? `CONVERT(${given[i]![1].replace(/ NOT NULL.*/, '')}, N'${value.replaceAll("'", "''")}')` : `0x${value.toString('hex')}`)).join(', ')})`,
    );
    if (batch.length === 1000) {
      yield statement();
      batch = [];
    }
  }
  if (batch.length) yield statement();
}

async function execute(config: mssql.config, statements: readonly string[]): Promise<void> {
  const pool = await new mssql.ConnectionPool(config).connect();
  try {
    for (const statement of statements) await pool.request().query(statement);
  } finally {
    await pool.close();
  }
}
