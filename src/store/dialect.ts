import type { Holder, Lock } from './lock-holder.ts';
import type { Knex } from 'knex';
import type { Counting, Cut } from './cut.ts';
import type { DigestMemory } from './landing/digests.ts';
import type { Packed, Rows } from './rows.ts';

/** What a column of the store holds: text in the order of its bytes, or a 64-bit integer. There is no other type. */
export type ColumnType = 'TEXT' | 'INTEGER';

/** An index on columns of one table. */
export interface Index {
  name: string;
  table: string;
  columns: readonly string[];
  unique?: boolean;
}

/** Which changes of a table are noted in il_revenue_mark. Texts are SQL; `{r}` stands for the row that changed. */
export interface Watch {
  table: string;
  /** Names the triggers, together with the table. */
  name: string;
  on: readonly ('insert' | 'update' | 'delete')[];
  /** The values of entity_id, block and about. */
  select: string;
  /** Another table that is asked. */
  from?: string;
  where?: string;
  /**
   * What an update is looked at by: the row as it was is enough (not given), the rows before and after (`both`), or both, where one of
   * these columns changed; `key` holds the two together.
   */
  updates?: 'both' | { changed: readonly string[]; key: string };
}

/** A store to try something on; with `trx`, all of it is this transaction. */
export interface TryOut {
  knex: Knex;
  trx?: Knex.Transaction;
}

/** A store that is only read, as it is at one moment. Only `select` is asked of its rows. */
export interface StoreReader {
  rows: Rows;
  close(): void;
}

/** Opens a store by its URL; `folder`: what a path in it starts from. */
export type Reopen = (url: string, folder: string) => Promise<Knex>;

/** What reading the whole store found. */
export interface Wholeness {
  /** What is damaged, in the database's words; empty when it is whole. */
  faults: string[];
  /** What it means that there are none. */
  whole: string;
}

/** A set of source keys that is too large for memory. */
export interface KeySet {
  /** Adds keys; those that are there stay once. `open`: the transaction that is open now, where there is one. */
  add(keys: readonly string[], open?: Knex.Transaction): Promise<void>;
  /** Live source keys of the source, in byte order, that are not in the set. */
  absent(): Promise<string[]>;
  /** Forgets the keys. */
  drop(): Promise<void>;
}

/** A page of hashes: how many records it has, the last of their keys (null: there are none), and the hashes one behind the other. */
export interface PageOfDigests {
  n: number | string;
  last: string | null;
  text: string | null;
}

/** What became of such a page. */
export interface AddedDigests {
  count: number;
  last: string | null;
  unique: boolean;
}

export interface Digester {
  /** Adds the one page that a query gives, as Digests.addAll does. One after the other. */
  add(page: Knex.QueryBuilder): Promise<AddedDigests>;
  close(): Promise<void>;
}

/**
 * What differs between the databases that a store can be in. Everything else in src/store is plain SQL that means the same in each.
 * Each database is one folder next to this file, with files of the same names.
 */
export interface Dialect {
  /**
   * One writer at a time: a batch may be landed while it is read, since whoever else writes waits anyway. Otherwise a batch is collected
   * first and landed in one short transaction, which is done again when another writer came in between.
   */
  readonly landsWhileReading: boolean;
  /** Ids are taken in the transaction that uses them and given back with it: they are without gaps. */
  readonly idsInTransaction: boolean;
  /** What a column of an entity's table is declared as. */
  readonly columnTypes: Readonly<Record<ColumnType, string>>;
  /** The clause behind CREATE TABLE for a table that is kept in the order of its primary key. */
  readonly byPrimaryKey: string;
  /**
   * Runs `work` in a write transaction: what it reads is still so when it commits. `work` may run more than once. `comparing`: no other
   * transaction of this kind runs at the same time. Of two that each add a record and do not see the other's, neither would compare the two.
   */
  write<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>, comparing?: boolean): Promise<T>;
  /** Opens such a transaction; it is ended by `commit` or `rollback` of this dialect. */
  begin(knex: Knex): Promise<Knex.Transaction>;
  commit(trx: Knex.Transaction): Promise<void>;
  rollback(trx: Knex.Transaction): Promise<void>;
  /** Runs `work` in a transaction that no other process runs at the same time under this name: changes of tables. */
  exclusively<T>(knex: Knex, name: string, work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction that writes nothing and sees the store as it is at one moment. */
  readAtOneMoment<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /**
   * Runs `work`, which asks for one page of a table in the order of an index. A planner that does not know yet what is in the table, because
   * it was filled a moment ago, would otherwise read and sort all of it for every page.
   */
  readInOrder<T>(knex: Knex, work: (knex: Knex) => Promise<T>): Promise<T>;
  /** Has the planner look at what is in these tables: a run has just filled them. */
  updateStatistics(knex: Knex, tables: readonly string[]): Promise<void>;
  /** Is this a transaction in which something is tried that real runs must not wait for? */
  isTrial(knex: Knex): boolean;
  /** The first of `count` new numbers of a series. A negative count gives numbers back, where that is possible. */
  takeIds(knex: Knex, name: string, count: number): Promise<number>;
  /** The next id of a table that has had none of its rows taken away. */
  nextId(knex: Knex, table: string): Promise<number>;
  rowsOf(trx: Knex.Transaction): Promise<Rows>;
  /** Takes rows of `width` columns for Rows.insertPacked. */
  packed(width: number): Packed;
  /**
   * The same store, to write batches that are made ahead; undefined where `knex` does for that. While it has a transaction open, whatever else
   * this process asks the store waits. Whoever opens it destroys it.
   */
  openWriter?(knex: Knex): Knex;
  /** Reads pages of hashes in a thread that adds them to this table; undefined where that would not be quicker. Whoever opens it closes it. */
  openDigester?(knex: Knex, into: DigestMemory): Digester;
  /**
   * Notes how these tables are. What comes back tells, in a write transaction, that nobody has written them since, or says false where that is
   * not known; undefined where nothing can be told. What another thread read in between then still holds.
   */
  unchangedSince?(knex: Knex, tables: readonly string[]): Promise<(trx: Knex.Transaction) => Promise<boolean>>;
  takeLock(knex: Knex, name: string): Promise<Lock | Holder>;
  /** The names of the locks whose holders live. */
  heldLocks(knex: Knex): Promise<Set<string>>;
  /** Columns of a table in their order, with what they hold; empty: there is no such table. */
  columnsOf(knex: Knex, table: string): Promise<Map<string, string>>;
  /** Names of all tables. */
  tables(knex: Knex): Promise<string[]>;
  /** The columns of its primary key, in order. */
  primaryKey(knex: Knex, table: string): Promise<string[]>;
  indexes(knex: Knex): Promise<string[]>;
  createIndex(knex: Knex, index: Index): Promise<void>;
  dropIndex(knex: Knex, name: string): Promise<void>;
  /** Runs `work`, which adds very many rows to a table, without this index of it where making it again takes less time. */
  withoutIndex(trx: Knex.Transaction, index: Index, work: () => Promise<void>): Promise<void>;
  /** Rows of the table can be added, and neither changed nor removed. */
  onlyGrows(knex: Knex, table: string): Promise<void>;
  /** Makes il_revenue_mark, in which triggers note what changed. */
  createMarks(knex: Knex): Promise<void>;
  /** Notes changes of a table in the transaction that makes them; does nothing where that is watched already. */
  watch(knex: Knex, watch: Watch): Promise<void>;
  isWatched(knex: Knex, watch: Pick<Watch, 'table' | 'name'>): Promise<boolean>;
  /** Puts one text in place of another in all that `watch` made. */
  rewriteWatches(knex: Knex, before: string, after: string): Promise<void>;
  /** Brings what migrations declared to what the store's columns are. */
  afterMigration(trx: Knex.Transaction): Promise<void>;
  keySet(knex: Knex, sourceId: number): Promise<KeySet>;
  /** Makes a temporary table of two text columns, `former` (its key) and `key` (unique), that goes with the transaction. */
  renamings(trx: Knex.Transaction, table: string): Promise<void>;
  /** The text that a query planner gives for a query. */
  explain(knex: Knex, sql: string, bindings: readonly (string | number)[]): Promise<string>;
  /** Runs `work` on what the store is now; nothing of what it writes stays. `folder`: for a copy, where one is made, which `reopen` opens. */
  tryOut<T>(knex: Knex, folder: string, work: (on: TryOut) => Promise<T>, reopen: Reopen): Promise<T>;
  examine(knex: Knex): Promise<Wholeness>;
  /** The store's file, absolute, where it is one. */
  fileOf(knex: Knex): string | undefined;
  /** See cutAt of scratch.ts. */
  cutAt(knex: Knex, n: number, how: Cut): Promise<Counting>;
  /** Everything that was committed is in the store's files, where the store is files. */
  settle(knex: Knex): Promise<void>;
}

/** The dialect of an open store, or of a transaction of one. */
export function dialectOf(knex: Knex): Dialect {
  const { dialect } = knex.userParams as { dialect?: Dialect };
  if (!dialect) throw new Error('This is not a store that openKnex opened.');
  return dialect;
}
