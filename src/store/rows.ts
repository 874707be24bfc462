/** What a column holds. */
export type Cell = string | number | null;

/** Rows of one table as the database takes them in, made before they are written. */
export interface Packed {
  add(rows: readonly Cell[][]): void;
  /** Gives its memory to others. Called once, when its rows are written. */
  release(): void;
}

/** Packed rows of one table. */
export interface PackedInsert {
  table: string;
  columns: readonly string[];
  packed: Packed;
}

/**
 * Many rows at once inside a transaction. This is the hot path of a first load, so it goes around the query builder.
 * Table and column names come from migrations and from the validated model only.
 */
export interface Rows {
  insert(table: string, columns: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /**
   * The same for rows in what Dialect.packed made, of several tables, one after the other; they stay there, for another attempt. The
   * transaction's commit may be lost when the database's machine fails, until another one is committed: then the whole transaction is gone.
   */
  insertPacked(inserts: readonly PackedInsert[]): Promise<void>;
  /** Inserts, or replaces the row with the same primary key. */
  replace(table: string, columns: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /** Each row: the values to set, then those of the key columns. */
  update(table: string, set: readonly string[], key: readonly string[], rows: readonly Cell[][]): Promise<void>;
  remove(table: string, key: readonly string[], rows: readonly Cell[][]): Promise<void>;
  /** `sql` once for each key, whose values stand for its question marks; all rows of all keys as lists of columns, in the order of the keys. */
  select(sql: string, keys: readonly Cell[][]): Promise<Cell[][]>;
  /**
   * Ids are asked for some at a time, where a statement for each of them takes longer. A server is asked for all of them in one statement,
   * each by itself: what is tied to lists of ids it may compare with every list.
   */
  asksTogether: boolean;
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

/**
 * All rows of these ids. `sql` has `{ids}` after the column of the id; `keyOf` puts those that stand there between what stands for the other
 * question marks.
 */
export function selectByIds(
  rows: Rows,
  sql: string,
  ids: readonly number[],
  keyOf: (some: readonly number[]) => Cell[],
): Promise<Cell[][]> {
  if (rows.asksTogether) return rows.select(sql.replace('{ids}', `IN (${TOGETHER_MARKS})`), together(ids).map(keyOf));
  return rows.select(
    sql.replace('{ids}', '= ?'),
    ids.map((id) => keyOf([id])),
  );
}

/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A list of names as SQL writes it. */
export function quotedList(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}
