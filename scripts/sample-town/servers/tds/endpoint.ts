// A SQL Server stand-in: the real TDS 7.4 protocol over a real socket for an unmodified driver, answered from a SQLite file. It
// answers a bounded part of T-SQL and refuses the rest with error 40000; it never guesses.
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import { loadCatalog, storedForms } from './catalog/catalog.ts';
import { serveConnection } from './connection.ts';
import type { Login } from './wire/login.ts';
import { createRowversionClock, installMissingRowversions, readCounter } from './rowversion.ts';
import type { Instance } from './execute/session.ts';
import { openSqlite } from './sqlite/sqlite.ts';
import type { SqliteDatabase } from './sqlite/sqlite.ts';
import { selfSignedIdentity } from './wire/tls.ts';
import type { TlsIdentity } from './wire/tls.ts';
import { writeLockOf } from './execute/write-lock.ts';

export { enableChangeTracking, forkRecovery, setMinValidVersion } from './change-tracking.ts';
export { installRowversion } from './rowversion.ts';

export interface TdsEndpoint {
  port: number;
  close(): Promise<void>;
}

export interface TdsEndpointOptions {
  /** Path of an existing SQLite file. It is switched to WAL. */
  database: string;
  databaseName: string;
  /** 127.0.0.1 when left out. */
  host?: string;
  /** Any free one when left out or 0. */
  port?: number;
  /** With `domain`, a Windows account that logs in by NTLM. */
  logins: { user: string; password: string; domain?: string; readOnly?: boolean }[];
  /** Told of each LOGIN7 that comes. */
  onLogin?: (login: Login) => void;
  /** TLS 1.0 and no more, as SQL Server 2008 before its updates. */
  oldTls?: boolean;
  /** PEM texts. A self-signed identity is made when left out and a client encrypts. */
  tls?: { key: string; cert: string };
  /**
   * Called before each statement (SET options excepted; also BEGIN, COMMIT and ROLLBACK TRANSACTION of the driver). Throw
   * `{ number, message, state?, class? }` to make the statement fail: 1205 ends the transaction, class 20 the connection.
   */
  onStatement?: (sql: string) => void;
}

/** How long a direct writer's change of form may go unnoticed. */
const formsInterval = 2000;

/** Looks at the stored data again when somebody has written, and counts the changes of its form. */
function watchForms(probe: SqliteDatabase, databaseName: string): () => number {
  const dataVersion = probe.prepare('PRAGMA data_version').pluck();
  let [version, forms, count, looked] = [dataVersion.get(), storedForms(loadCatalog(probe, databaseName)), 0, Date.now()];
  return () => {
    if (Date.now() - looked < formsInterval) return count;
    looked = Date.now();
    const now = dataVersion.get();
    if (now === version) return count;
    version = now;
    const seen = storedForms(loadCatalog(probe, databaseName));
    if (seen !== forms) count++;
    forms = seen;
    return count;
  };
}

/** Listens and resolves. Throws when the database file is missing or the port is taken. */
export async function startTdsEndpoint(options: TdsEndpointOptions): Promise<TdsEndpoint> {
  const probe = openSqlite(options.database);
  probe.pragma('journal_mode = WAL');
  installMissingRowversions(probe);
  // From here on nothing may stop the process for long.
  probe.pragma('busy_timeout = 20');
  const instance: Instance = {
    database: options.database,
    databaseName: options.databaseName,
    probe,
    lock: writeLockOf(options.database),
    clock: createRowversionClock(() => readCounter(probe)),
    onStatement: options.onStatement ?? (() => undefined),
    forms: watchForms(probe, options.databaseName),
  };
  let made: Promise<TlsIdentity> | undefined;
  const identity = (): Promise<TlsIdentity> => (options.tls === undefined ? (made ??= selfSignedIdentity()) : Promise.resolve(options.tls));
  const serving = new Map<Socket, Promise<void>>();
  let spid = 50;
  const server = createServer((socket) => {
    spid++;
    const served = serveConnection(socket, {
      spid,
      instance,
      logins: options.logins,
      identity,
      onLogin: options.onLogin,
      oldTls: options.oldTls,
    }).finally(() => serving.delete(socket));
    serving.set(socket, served);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const sessions = [...serving.values()];
    for (const socket of serving.keys()) socket.destroy();
    await Promise.all(sessions);
    await closed;
    if (probe.open) probe.close();
  }

  return { port: (server.address() as AddressInfo).port, close };
}
