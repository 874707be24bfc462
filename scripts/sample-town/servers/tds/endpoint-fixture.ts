// For the tests: a small finance database behind an endpoint, and the real driver connected to it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'mssql';

import { startTdsEndpoint } from './endpoint.ts';
import type { TdsEndpoint, TdsEndpointOptions } from './endpoint.ts';
import { openSqlite } from './sqlite/sqlite.ts';
import type { SqliteDatabase } from './sqlite/sqlite.ts';

export interface Fixture {
  path: string;
  endpoint: TdsEndpoint;
  /** Connects the driver; closed with the fixture. */
  connect(options?: Partial<sql.config>): Promise<sql.ConnectionPool>;
  close(): Promise<void>;
}

const ddl = `
  CREATE TABLE RM00101 (CUSTNMBR CHAR(15) NOT NULL PRIMARY KEY COLLATE NOCASE, CUSTNAME VARCHAR(65) COLLATE NOCASE, BALANCE NUMERIC TEXT(19,5) NOT NULL DEFAULT '0.00000',
    ACTIVE BIT NOT NULL DEFAULT 1, CREATED DATETIME, RV ROWVERSION);
  CREATE TABLE CR10101 (dDOCSUFFIX NUMERIC(19,5) NOT NULL, dDATE DATETIME NOT NULL, dTOTBAL NUMERIC TEXT(19,5) NOT NULL, dVOIDED TINYINT NOT NULL DEFAULT 0,
    dCUSTNMBR CHAR(15) NOT NULL COLLATE NOCASE, DEX_ROW_ID INTEGER PRIMARY KEY AUTOINCREMENT);
  CREATE TABLE CR30101 (dDOCSUFFIX NUMERIC(19,5) NOT NULL, dDATE DATETIME NOT NULL, dTOTBAL NUMERIC TEXT(19,5) NOT NULL, dVOIDED TINYINT NOT NULL DEFAULT 0,
    dCUSTNMBR CHAR(15) NOT NULL COLLATE NOCASE, DEX_ROW_ID INT NOT NULL PRIMARY KEY);
  INSERT INTO RM00101 (CUSTNMBR, CUSTNAME, BALANCE, CREATED) VALUES
    ('AARON', 'Aaron Fitz', '10.50000', '2024-01-15 10:20:30.997'), ('BAKER', 'Béla Baker', '-3.00001', NULL), ('ZED', NULL, '12345678901234.56789', NULL);
  INSERT INTO CR10101 (dDOCSUFFIX, dDATE, dTOTBAL, dVOIDED, dCUSTNMBR) VALUES
    ('90001.00000', '2026-06-15 00:00:00.000', '100.10000', 0, 'AARON'), ('90002.00000', '2026-06-15 00:00:00.000', '0.20000', 0, 'ZED'),
    ('90003.00000', '2026-06-16 00:00:00.000', '9.70000', 1, 'AARON');
  INSERT INTO CR30101 (dDOCSUFFIX, dDATE, dTOTBAL, dCUSTNMBR, DEX_ROW_ID) VALUES
    ('80001.00000', '2026-01-02 00:00:00.000', '5.00000', 'AARON', 1), ('80002.00000', '2026-01-03 00:00:00.000', '7.25000', 'BAKER', 2);`;

export async function openFixture(
  prepare: (db: SqliteDatabase) => void = () => undefined,
  options: Partial<TdsEndpointOptions> = {},
): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'tds-'));
  const path = join(folder, 'finance.db');
  const db = openSqlite(path, { create: true });
  db.exec(ddl);
  prepare(db);
  db.close();
  const logins = [
    { user: 'interlocal', password: 'pässwörd;{}' },
    { user: 'reader', password: 'r', readOnly: true },
  ];
  const endpoint = await startTdsEndpoint({ database: path, databaseName: 'TWO', logins, ...options });
  const pools: sql.ConnectionPool[] = [];

  async function connect(given: Partial<sql.config> = {}): Promise<sql.ConnectionPool> {
    const base = {
      server: '127.0.0.1',
      port: endpoint.port,
      user: 'interlocal',
      password: 'pässwörd;{}',
      database: 'TWO',
      pool: { max: 1 },
    };
    const pool = new sql.ConnectionPool({ ...base, ...given, options: { encrypt: false, trustServerCertificate: true, ...given.options } });
    // A server that goes away is told to the pool as well as to the request; unheard it would end the process.
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool.connect();
  }

  async function close(): Promise<void> {
    await Promise.all(pools.map((pool) => pool.close()));
    await endpoint.close();
    rmSync(folder, { recursive: true });
  }

  return { path, endpoint, connect, close };
}

/** Runs a query with parameters: a bare value, or [type, value]. */
export async function query(
  pool: sql.ConnectionPool | sql.Transaction,
  text: string,
  inputs: Record<string, unknown> = {},
): Promise<sql.IResult<Record<string, unknown>>> {
  const request = pool instanceof sql.Transaction ? new sql.Request(pool) : pool.request();
  for (const [name, input] of Object.entries(inputs)) {
    if (Array.isArray(input)) request.input(name, input[0] as sql.ISqlType, input[1]);
    else request.input(name, input);
  }
  return request.query(text);
}

/** The rows of the first result set. */
export async function rows(
  pool: sql.ConnectionPool | sql.Transaction,
  text: string,
  inputs: Record<string, unknown> = {},
): Promise<Record<string, unknown>[]> {
  return [...(await query(pool, text, inputs)).recordset];
}

/** The error's number and message, or what came instead. */
export async function failure(work: Promise<unknown>): Promise<{ number: number; message: string; code: string }> {
  try {
    const result = await work;
    return { number: 0, message: `no error: ${JSON.stringify(result)}`, code: '' };
  } catch (error) {
    const { number = 0, message, code = '' } = error as Error & { number?: number; code?: string };
    return { number, message, code };
  }
}
