export interface FixtureTable {
  columns: Record<string, string>;
  /** Columns of its primary key, where it has several. */
  key?: string[] | undefined;
  rows: (string | number | null)[][];
}
