// Transactions of one session on top of SQLite's (WAL: readers never wait, writers take turns).
//
//   READ COMMITTED     reads run on their own until the first write; from then on the transaction is open and holds the write lock
//   SNAPSHOT           the first statement opens the transaction and fixes what it sees; a write after somebody else's is error 3960
//   REPEATABLE READ,   the first statement takes the write lock, so what was read cannot change
//   SERIALIZABLE
import { setTimeout as sleep } from 'node:timers/promises';

import { beginTrackedTransaction, commitTrackedTransaction, hasPendingChanges } from '../change-tracking.ts';
import type { IsolationLevel } from '../wire/client-requests.ts';
import { raiseCounter, readCounter } from '../rowversion.ts';
import type { RowversionClock } from '../rowversion.ts';
import { SqlServerError } from './sql-errors.ts';
import { quoteIdentifier } from '../sqlite/sqlite.ts';
import type { SqliteDatabase } from '../sqlite/sqlite.ts';
import { Canceled } from './write-lock.ts';
import type { WriteLock } from './write-lock.ts';

export class Transactions {
  readonly #db: SqliteDatabase;
  readonly #lock: WriteLock;
  readonly #clock: RowversionClock;
  readonly #trackedTables: () => readonly string[];
  /** @@TRANCOUNT. */
  depth = 0;
  isolation: IsolationLevel = 'read committed';
  lockTimeout = -1;
  #release: (() => void) | undefined;
  #counterBefore = 0n;
  #tracking = false;
  #savepoints: string[] = [];

  constructor(db: SqliteDatabase, lock: WriteLock, clock: RowversionClock, trackedTables: () => readonly string[]) {
    this.#db = db;
    this.#lock = lock;
    this.#clock = clock;
    this.#trackedTables = trackedTables;
  }

  begin(): void {
    this.depth++;
  }

  /** True when this ended the outermost transaction. */
  commit(): boolean {
    if (this.depth === 0)
      throw new SqlServerError({ number: 3902, message: 'The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.' });
    this.depth--;
    if (this.depth > 0) return false;
    this.#finish(true);
    return true;
  }

  rollback(): void {
    if (this.depth === 0)
      throw new SqlServerError({ number: 3903, message: 'The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.' });
    this.abandon();
  }

  /** Rolls back whatever is open, without complaint. */
  abandon(): void {
    this.depth = 0;
    this.#finish(false);
  }

  save(name: string): void {
    if (this.depth === 0)
      throw new SqlServerError({ number: 628, message: 'Cannot issue SAVE TRANSACTION when there is no active transaction.' });
    this.#savepoints.push(name.toLowerCase());
    if (this.#db.inTransaction) this.#db.exec(`SAVEPOINT ${quoteIdentifier(name.toLowerCase())}`);
  }

  hasSavepoint(name: string): boolean {
    return this.#savepoints.includes(name.toLowerCase());
  }

  rollbackTo(name: string): void {
    this.#savepoints.length = this.#savepoints.lastIndexOf(name.toLowerCase()) + 1;
    if (this.#db.inTransaction) this.#db.exec(`ROLLBACK TO ${quoteIdentifier(name.toLowerCase())}`);
  }

  async beforeRead(locks: boolean, signal: AbortSignal): Promise<void> {
    if (this.depth === 0 || this.#release !== undefined) return;
    if (locks || this.isolation === 'serializable' || this.isolation === 'repeatable read') await this.beforeWrite(signal);
    else if (this.isolation === 'snapshot' && !this.#db.inTransaction) {
      this.#open('BEGIN');
      // SQLite fixes what is seen with the first read of the file, and the statement may read none of it.
      this.#db.prepare('SELECT count(*) FROM sqlite_schema').get();
    }
  }

  async beforeWrite(signal: AbortSignal): Promise<void> {
    if (this.#release !== undefined) return;
    const release = await this.#lock.acquire(this.lockTimeout, signal);
    try {
      if (this.#db.inTransaction) this.#upgradeSnapshot();
      else await this.#beginImmediate(signal);
    } catch (error) {
      release();
      throw error;
    }
    this.#release = release;
    this.#counterBefore = readCounter(this.#db);
    this.#tracking = this.#trackedTables().length > 0;
    if (this.#tracking) beginTrackedTransaction(this.#db);
  }

  /** Tells the other sessions which row versions the open transaction has taken; ends it when it was for this statement alone. */
  afterWrite(): void {
    this.#clock.taken(this.#counterBefore, readCounter(this.#db));
    if (this.depth === 0) this.#finish(true);
  }

  /** A statement failed; SQLite has undone it. Outside a transaction nothing stays open. */
  afterFailure(): void {
    if (this.depth === 0) this.#finish(false);
    else if (this.#release !== undefined) this.#clock.taken(this.#counterBefore, readCounter(this.#db));
  }

  #open(sql: string): void {
    this.#db.exec(sql);
    for (const name of this.#savepoints) this.#db.exec(`SAVEPOINT ${quoteIdentifier(name)}`);
  }

  /** Another program may be writing to the file: try again without blocking this process. */
  async #beginImmediate(signal: AbortSignal): Promise<void> {
    const started = Date.now();
    for (;;) {
      try {
        this.#open('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (this.lockTimeout >= 0 && Date.now() - started > this.lockTimeout)
          throw new SqlServerError({ number: 1222, state: 51, message: 'Lock request time out period exceeded.' });
        if (signal.aborted) throw new Canceled();
        await sleep(10);
      }
    }
  }

  #upgradeSnapshot(): void {
    try {
      raiseCounter(this.#db, 0n);
    } catch (error) {
      if (!isBusy(error)) throw error;
      throw new SqlServerError({
        number: 3960,
        message:
          'Snapshot isolation transaction aborted due to update conflict. You cannot use snapshot isolation to access a table directly or indirectly in the database to update, delete, or insert the row that has been modified or deleted by another transaction. Retry the transaction or change the isolation level for the update/delete statement.',
      });
    }
  }

  #finish(commit: boolean): void {
    this.#savepoints = [];
    const writing = this.#release !== undefined;
    try {
      if (!this.#db.inTransaction) return;
      const counter = writing ? readCounter(this.#db) : 0n;
      if (commit && this.#tracking) commitTrackedTransaction(this.#db, hasPendingChanges(this.#db, this.#trackedTables()));
      this.#db.exec(commit ? 'COMMIT' : 'ROLLBACK');
      if (!commit && counter > this.#counterBefore) raiseCounter(this.#db, counter);
    } finally {
      this.#tracking = false;
      if (writing) this.#clock.ended();
      this.#release?.();
      this.#release = undefined;
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
