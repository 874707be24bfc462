/** What a column holds. */
export type Cell = string | number | null;

/** Rows as the database takes them in, made before they are written. */
export type Packed = object;

/**
 * Many rows at once inside a transaction. This is the hot path of a first load, so it goes around the query builder.
 * Table and column names come from migrations and from the validated model only.
 */
export interface Rows {
  insert(table: string, columns: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /** The same for rows that Dialect.pack made. */
  insertPacked(table: string, columns: readonly string[], packed: readonly Packed[]): Promise<void>;
  /** Inserts, or replaces the row with the same primary key. */
  replace(table: string, columns: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /** Each row: the values to set, then those of the key columns. */
  update(table: string, set: readonly string[], key: readonly string[], rows: readonly Cell[][]): Promise<void>;
  remove(table: string, key: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /** `sql` once for each key, whose values stand for its question marks; all rows of all keys as lists of columns, in the order of the keys. */
  select(sql: string, keys: readonly Cell[][]): Promise<Cell[][]>;
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A list of names as SQL writes it. */
export function quotedList(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}
