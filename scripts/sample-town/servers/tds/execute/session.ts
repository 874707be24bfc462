// One login: its SQLite connection, its transaction, its SET options, and what it has prepared.
import { loadCatalog } from '../catalog/catalog.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { readTracking, recoveryFork } from '../change-tracking.ts';
import type { StoreTarget } from '../values/conversions.ts';
import { formatMoment, momentOf, utcMomentOf } from '../values/dates.ts';
import { types } from '../wire/column-types.ts';
import { eightBytes, installMissingRowversions } from '../rowversion.ts';
import type { RowversionClock } from '../rowversion.ts';
import { defineFunctions } from '../sqlite/functions.ts';
import { defineSessionFunctions } from './session-functions.ts';
import type { SystemFacts } from '../catalog/system-view.ts';
import { openSqlite } from '../sqlite/sqlite.ts';
import type { SqliteDatabase, SqliteStatement, SqliteValue } from '../sqlite/sqlite.ts';
import { Transactions } from './transactions.ts';
import type { WriteLock } from './write-lock.ts';

/** What the sessions of one endpoint share. */
export interface Instance {
  database: string;
  databaseName: string;
  /** A connection of its own, which sees what is committed, whatever transaction a session is in. */
  probe: SqliteDatabase;
  lock: WriteLock;
  clock: RowversionClock;
  onStatement: (sql: string) => void;
  /** Changes when the stored data no longer has, or has again, the form that the catalogs say (catalog.ts, `canonical`). */
  forms: () => number;
}

export interface SessionLogin {
  user: string;
  readOnly: boolean;
  hostName: string;
  appName: string;
}

export class Session {
  readonly spid: number;
  readonly instance: Instance;
  readonly login: SessionLogin;
  readonly db: SqliteDatabase;
  readonly stores: StoreTarget[] = [];
  readonly transactions: Transactions;
  readonly prepared = new Map<number, { sql: string; declared: string }>();
  nextHandle = 1;
  noCount = false;
  abortOnError = false;
  identityInsert = false;
  rowCount = 0;
  lastError = 0;
  identity: bigint | null = null;
  /** Names what of the catalog a plan depends on. */
  generation = 0;
  #catalog: Catalog;
  #forms: number;
  #triggersMissing = false;
  readonly #schemaVersion: SqliteStatement;

  constructor(spid: number, instance: Instance, login: SessionLogin) {
    this.spid = spid;
    this.instance = instance;
    this.login = login;
    // SQLite's waiting stops this whole process: only as long as a checkpoint may take (write-lock.ts does the rest).
    this.db = openSqlite(instance.database, { timeout: 20 });
    this.#schemaVersion = this.db.prepare('PRAGMA schema_version').pluck();
    this.#forms = instance.forms();
    this.#catalog = loadCatalog(this.db, instance.databaseName);
    this.transactions = new Transactions(this.db, instance.lock, instance.clock, () =>
      this.#catalog.tables.filter(({ changeTracked }) => changeTracked).map(({ sqliteName }) => sqliteName),
    );
    defineFunctions(this.db, this.stores);
    defineSessionFunctions(this.db, { catalog: () => this.#catalog, system: () => this.#systemFacts(), readOnly: login.readOnly });
  }

  /** The catalog, read again when somebody has changed the schema or the form of what is stored. */
  catalog(): Catalog {
    const changed = this.#schemaVersion.get() !== this.#catalog.version;
    if (changed || this.#triggersMissing) {
      try {
        installMissingRowversions(this.instance.probe);
        this.#triggersMissing = false;
      } catch {
        // A writer is busy: the next statement tries again.
        this.#triggersMissing = true;
      }
    }
    const forms = this.instance.forms();
    if (changed || forms !== this.#forms) {
      this.#forms = forms;
      this.#catalog = loadCatalog(this.db, this.instance.databaseName);
      this.generation++;
    }
    return this.#catalog;
  }

  #systemFacts(): SystemFacts {
    const tracking = readTracking(this.instance.probe);
    return {
      catalog: this.#catalog,
      tracked: tracking.tables,
      trackingOn: tracking.version !== undefined,
      recoveryFork: recoveryFork(this.instance.probe),
    };
  }

  /** The value of a @@name or of a function without arguments, at this moment. */
  value(name: string): SqliteValue {
    const { clock, probe } = this.instance;
    const now = new Date();
    switch (name) {
      case '@@version':
        return 'Microsoft SQL Server 2022 (sample-town TDS endpoint over SQLite, not SQL Server) - 16.0.4155.4 (X64)';
      case '@@trancount':
        return this.transactions.depth;
      case '@@rowcount':
        return this.rowCount;
      case '@@spid':
        return this.spid;
      case '@@error':
        return this.lastError;
      case '@@identity':
      case 'scope_identity()':
        return this.identity === null ? null : this.identity.toString();
      case '@@servername':
      case '@@servicename':
        return 'SAMPLETOWN';
      case '@@language':
        return 'us_english';
      case '@@max_precision':
        return 38;
      case '@@datefirst':
        return 7;
      case '@@options':
        return 5496;
      case '@@nestlevel':
        return 0;
      case '@@lock_timeout':
        return this.transactions.lockTimeout;
      case '@@dbts':
        return eightBytes(clock.last());
      case 'min_active_rowversion()':
        return eightBytes(clock.leastActive());
      case 'change_tracking_current_version()':
        return readTracking(probe).version ?? null;
      case 'suser_sname()':
      case 'suser_name()':
      case 'original_login()':
      case 'system_user()':
        return this.login.user;
      case 'user_name()':
      case 'current_user()':
      case 'session_user()':
      case 'user()':
        return this.login.readOnly ? this.login.user : 'dbo';
      case 'host_name()':
        return this.login.hostName;
      case 'app_name()':
        return this.login.appName;
      case 'newid()':
        return crypto.randomUUID().toUpperCase();
      case 'xact_state()':
        return this.transactions.depth > 0 ? 1 : 0;
      case 'now':
        return formatMoment(momentOf(now), types.datetime);
      case 'utcnow':
        return formatMoment(utcMomentOf(now), types.datetime);
      case 'sysnow':
        return formatMoment(momentOf(now), types.datetime2);
      case 'sysutcnow':
        return formatMoment(utcMomentOf(now), types.datetime2);
      default:
        throw new Error(`no session value ${name}`);
    }
  }

  /** What sp_reset_connection does when a pool hands the connection out again. */
  reset(keepTransaction: boolean): void {
    if (!keepTransaction) this.transactions.abandon();
    this.transactions.isolation = 'read committed';
    this.transactions.lockTimeout = -1;
    this.prepared.clear();
    this.noCount = false;
    this.abortOnError = false;
    this.identityInsert = false;
    this.rowCount = 0;
    this.lastError = 0;
    this.identity = null;
  }

  close(): void {
    try {
      this.transactions.abandon();
    } finally {
      this.db.close();
    }
  }
}
