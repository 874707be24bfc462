// better-sqlite3 ships no types and @types is not installed: the part of it that the endpoint uses, typed here once.
import { createRequire } from 'node:module';

/** What SQLite holds in a cell. Integers arrive as bigint where a statement asked for safe integers. */
export type SqliteValue = null | number | bigint | string | Buffer;

export interface SqliteStatement {
  readonly reader: boolean;
  run(...parameters: unknown[]): { changes: number; lastInsertRowid: number | bigint };
  get(...parameters: unknown[]): unknown;
  all(...parameters: unknown[]): unknown[];
  iterate(...parameters: unknown[]): IterableIterator<unknown>;
  raw(on?: boolean): SqliteStatement;
  pluck(on?: boolean): SqliteStatement;
  safeIntegers(on?: boolean): SqliteStatement;
}

export interface SqliteDatabase {
  readonly inTransaction: boolean;
  readonly name: string;
  readonly open: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): void;
  pragma(text: string, options?: { simple?: boolean }): unknown;
  function(name: string, options: SqliteFunctionOptions, run: (...values: SqliteValue[]) => unknown): void;
  aggregate(name: string, options: SqliteAggregateOptions): void;
  table(name: string, definition: { columns: string[]; rows(): Iterable<SqliteValue[]> }): void;
  close(): void;
}

export interface SqliteFunctionOptions {
  deterministic?: boolean;
  varargs?: boolean;
  safeIntegers?: boolean;
}

export interface SqliteAggregateOptions extends SqliteFunctionOptions {
  start: () => unknown;
  step: (state: never, ...values: SqliteValue[]) => unknown;
  result: (state: never) => unknown;
}

type DatabaseConstructor = new (path: string, options?: { timeout?: number; fileMustExist?: boolean }) => SqliteDatabase;

const Database = createRequire(import.meta.url)('better-sqlite3') as DatabaseConstructor;

/** Opens the file. Throws when it is missing: an endpoint on an empty database by a typing error helps nobody. */
export function openSqlite(path: string, options: { timeout?: number; create?: boolean } = {}): SqliteDatabase {
  return new Database(path, { timeout: options.timeout ?? 5000, fileMustExist: options.create !== true });
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
