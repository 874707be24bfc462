/** What a column holds. */
export type Cell = string | number | null;

/** Rows of one table as the database takes them in, made before they are written. */
export interface Packed {
  add(rows: readonly Cell[][]): void;
  /** `by` is added to the numbers of a column when the rows are written. Only where ids are taken in the transaction. */
  shift?(column: number, by: number): void;
  /** Gives its memory to others. Called once, when its rows are written. */
  release(): void;
}

/**
 * Many rows at once inside a transaction. This is the hot path of a first load, so it goes around the query builder.
 * Table and column names come from migrations and from the validated model only.
 */
export interface Rows {
  insert(table: string, columns: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /** The same for rows in what Dialect.packed made; they stay there, for another attempt. */
  insertPacked(table: string, columns: readonly string[], packed: Packed): Promise<void>;
  /** Inserts, or replaces the row with the same primary key. */
  replace(table: string, columns: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /** Each row: the values to set, then those of the key columns. */
  update(table: string, set: readonly string[], key: readonly string[], rows: readonly Cell[][]): Promise<void>;
  remove(table: string, key: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /** `sql` once for each key, whose values stand for its question marks; all rows of all keys as lists of columns, in the order of the keys. */
  select(sql: string, keys: readonly Cell[][]): Promise<Cell[][]>;
}

/** Ids that are asked for in one statement: of hundreds of them, a statement for each takes twice the time. */
const TOGETHER = 16;
/** The question marks of one list that `together` gives. */
export const TOGETHER_MARKS = Array<string>(TOGETHER).fill('?').join(', ');

/** Lists of so many ids; the last one is filled up with an id that is in it. */
export function together(ids: readonly number[]): number[][] {
  const lists: number[][] = [];
  for (let i = 0; i < ids.length; i += TOGETHER) {
    const list = ids.slice(i, i + TOGETHER);
    while (list.length < TOGETHER) list.push(list[0]!);
    lists.push(list);
  }
  return lists;
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A list of names as SQL writes it. */
export function quotedList(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}
