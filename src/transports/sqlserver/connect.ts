import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionPool, config as PoolConfig, Request } from 'mssql';
import { ConfigError } from '../../core/errors.ts';
import { tlsLimits } from '../legacy-tls.ts';
import { milliseconds } from '../options.ts';
import { patience, tooSlow } from '../patience.ts';
import type { TransportContext } from '../transport.ts';
import { sqlError } from './errors.ts';
import type { SqlRemote } from './errors.ts';
import { passOverLateAnswers } from './late-answer.ts';
import { STANDARD_PORT } from './options.ts';
import type { SqlServerSettings } from './options.ts';
import { requireEncryption } from './require-encryption.ts';
import { whyNotRead } from '../../core/file-error.ts';

type Mssql = typeof import('mssql');

/** Runs one statement with its parameters (all text) and gives the rows as lists of values as the driver makes them. */
export type RunStatement = (sql: string, parameters: Record<string, string>) => Promise<unknown[][]>;

/** The connections of one transport: opened with the first request, at most two, closed when idle. */
export interface Connections {
  /** A new request, with its parameters bound. */
  request(parameters: Record<string, string>): Request;
  run: RunStatement;
  /** Begins a transaction on a connection of its own. */
  begin(isolation: 'read committed' | 'snapshot'): Promise<Transaction>;
  /** What an error of a request means. */
  errorOf(error: unknown): Error;
  close(): Promise<void>;
}

/** One transaction, one request at a time. */
export interface Transaction {
  request(parameters: Record<string, string>): Request;
  /** False once the server ended it by itself: a deadlock, an error that dooms it, a lost connection. */
  isOpen(): boolean;
  /** Throws what the server's error means; whether it was committed is then unknown. */
  commit(): Promise<void>;
  /** Ends it without effect; never throws, since what the server cannot end it has ended. */
  rollback(): Promise<void>;
}

export async function connect(settings: SqlServerSettings, context: TransportContext): Promise<Connections> {
  const mssql = await loadMssql();
  const remote = remoteOf(settings, context);
  const login: { number?: number } = {};
  const config = await poolConfig(settings, context, login);
  let pool: ConnectionPool | undefined;
  try {
    pool = new mssql.ConnectionPool(config);
    // Idle connections that break report here; the pool replaces them, and the next request says what is wrong if this continues.
    pool.on('error', () => undefined);
    await pool.connect();
  } catch (error) {
    await pool?.close().catch(() => undefined);
    throw sqlError(error, remote, login.number);
  }
  const opened = pool;
  const errorOf = (error: unknown): Error => sqlError(error, remote, login.number);
  const limited = <T>(step: Promise<T>, giveUp?: () => void): Promise<T> =>
    patience({
      totalMs: milliseconds(settings.total_timeout),
      slow: () => tooSlow(context.connection, `A statement at ${remote.host}`, settings.total_timeout),
    }).wait(step, giveUp);
  const bound = (made: Request, parameters: Record<string, string>): Request => {
    made.arrayRowMode = true;
    // The driver watches over silence until an answer begins; rows that are streamed are watched over where they are taken.
    const query = made.query.bind(made) as (sql: string) => Promise<unknown>;
    const batch = made.batch.bind(made) as (sql: string) => Promise<unknown>;
    made.query = ((sql: string) => (made.stream ? query(sql) : limited(query(sql), () => made.cancel()))) as Request['query'];
    made.batch = ((sql: string) => limited(batch(sql), () => made.cancel())) as Request['batch'];
    // One length for all texts, so the server keeps one plan and not one for each length.
    for (const [name, value] of Object.entries(parameters)) made.input(name, mssql.NVarChar(value.length > 4000 ? mssql.MAX : 4000), value);
    return made;
  };
  const request = (parameters: Record<string, string>): Request => bound(opened.request(), parameters);
  return {
    request,
    errorOf,
    async run(sql, parameters) {
      try {
        const result = await request(parameters).query(sql);
        return result.recordset as unknown as unknown[][];
      } catch (error) {
        throw errorOf(error);
      }
    },
    async begin(isolation) {
      const transaction = opened.transaction();
      let open = true;
      transaction.on('rollback', () => (open = false));
      try {
        const level = isolation === 'snapshot' ? mssql.ISOLATION_LEVEL.SNAPSHOT : mssql.ISOLATION_LEVEL.READ_COMMITTED;
        await limited(transaction.begin(level));
      } catch (error) {
        throw errorOf(error);
      }
      // The level stays with the connection when the pool lends it out again, on servers before 2014 even after a reset.
      const lower = async (): Promise<void> => {
        if (isolation === 'snapshot') await transaction.request().batch('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
      };
      return {
        request: (parameters) => bound(transaction.request(), parameters),
        isOpen: () => open,
        async commit() {
          try {
            await lower();
            // When the server refuses a COMMIT it says that it rolled back. mssql 12 then forgets the connection before its own callback
            // uses it, which would end the process; told that a rollback was asked for, it leaves the connection to the callback.
            (transaction as unknown as { _rollbackRequested: boolean })._rollbackRequested = true;
            await limited(transaction.commit());
          } catch (error) {
            throw errorOf(error);
          } finally {
            open = false;
          }
        },
        async rollback() {
          if (open) await lower().catch(() => undefined);
          if (open) await transaction.rollback().catch(() => undefined);
          open = false;
        },
      };
    },
    // A server that hangs is not waited for.
    close: async () => {
      const closing = opened.close().catch(() => undefined);
      await Promise.race([closing, sleep(CLOSING_MS, undefined, { ref: false })]);
    },
  };
}

export function remoteOf(settings: SqlServerSettings, context: TransportContext): SqlRemote {
  return {
    system: context.connection,
    host: settings.host,
    port: settings.port ?? (settings.instance ? `instance ${settings.instance}` : STANDARD_PORT),
    database: settings.database,
    username: settings.domain ? `${settings.domain}\\${settings.username}` : settings.username,
    secret: settings.password,
  };
}

/** How long a server may take to say good-bye. */
const CLOSING_MS = 2000;

/** mssql is CommonJS: under some loaders everything is on `default`. */
async function loadMssql(): Promise<Mssql> {
  const loaded = (await import('mssql')) as Mssql & { default?: Mssql };
  passOverLateAnswers();
  return loaded.default ?? loaded;
}

/**
 * `login.number` receives the first error number that the server gives while we log in (4060 is followed by a general 18456): the
 * driver keeps only the words.
 */
async function poolConfig(settings: SqlServerSettings, context: TransportContext, login: { number?: number }): Promise<PoolConfig> {
  const useInstance = settings.instance !== undefined && settings.port === undefined;
  return {
    server: settings.host,
    ...(useInstance ? {} : { port: settings.port ?? STANDARD_PORT }),
    user: settings.username,
    password: settings.password,
    ...(settings.domain ? { domain: settings.domain } : {}),
    database: settings.database,
    connectionTimeout: milliseconds(settings.timeout),
    requestTimeout: milliseconds(settings.request_timeout),
    // A look at the socket, and not a SELECT 1 before each statement.
    validateConnection: 'socket',
    pool: { min: 0, max: 2, idleTimeoutMillis: 30_000 },
    beforeConnect: (connection) => {
      login.number = undefined;
      const note = (message: { number: number }): void => void (login.number ??= message.number);
      connection.on('errorMessage', note);
      connection.once('connect', () => connection.removeListener('errorMessage', note));
      if (settings.encrypt) requireEncryption(connection);
    },
    options: {
      encrypt: settings.encrypt,
      trustServerCertificate: settings.trust_server_certificate,
      tdsVersion: TDS_VERSION[settings.tds_version],
      // Older servers know no such wish.
      readOnlyIntent: settings.read_only_intent && settings.tds_version === '7.4',
      appName: 'Interlocal',
      enableArithAbort: true,
      ...(useInstance ? { instanceName: settings.instance } : {}),
      ...(isIP(settings.host) ? {} : { serverName: settings.host }),
      cryptoCredentialsDetails: await tlsOf(settings, context),
    },
  };
}

/** As the driver calls them. */
const TDS_VERSION = { '7.4': '7_4', '7.3': '7_3_B', '7.2': '7_2' } as const;

async function tlsOf(settings: SqlServerSettings, context: TransportContext) {
  return { ...tlsLimits(settings.allow_legacy), ...(settings.ca_file ? { ca: await certificate(settings.ca_file, context) } : {}) };
}

async function certificate(file: string, context: TransportContext): Promise<string> {
  const refuse = (message: string): ConfigError =>
    new ConfigError({
      code: 'CA_FILE',
      place: { system: context.connection, path: 'ca_file' },
      message,
      hint: 'Export the certificate as PEM (Base-64 encoded X.509) and name that file.',
    });
  const text = await readFile(resolve(context.projectFolder, file), 'latin1').catch((error: NodeJS.ErrnoException) => {
    throw refuse(`The certificate file ${file} cannot be read: ${whyNotRead(error)}.`);
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw refuse(`The file ${file} holds no certificate in PEM form.`);
  return text;
}
