/** One row of a CSV file, given to a callback while it is split; `cells` is used again for the next row. */
export interface CsvRow {
  cells: string[];
  /** How many of `cells` are this row's. */
  count: number;
  /** 1-based physical line where it starts. */
  line: number;
  /** Ended by a line break. Only the last row of a file can be without. */
  terminated: boolean;
  /** Text follows a closing quote within its field, so nobody can say what was meant. */
  misplacedQuote: boolean;
  /** The text of the row; to be asked for within the callback. */
  raw(): string;
}

/** What splits text into rows: the plain one (ours, fast) and the general one (csv-parse). Both give the same rows. */
export interface CsvSplitter {
  push(text: string): void | Promise<void>;
  /** No more text: the last row may be without a line break. */
  end(): void | Promise<void>;
}

/** What a splitter found that refuses the file. */
export type CsvDefect = { kind: 'unclosed quote' | 'misplaced quote' | 'too large'; line: number; openQuote: boolean };

export interface CsvHandlers {
  row(row: CsvRow): void;
  defect(defect: CsvDefect): never;
}

/** What may be left out because it was read before: several rows at once, by their text. */
export interface CsvPassages {
  /** May a passage begin with the row on this line? */
  mayBegin(line: number): boolean;
  /** Are these whole rows known? Then they are left out, and counted. */
  leaveOut(text: string): boolean;
  /** All rows of the passage that was asked about last were given, and it ended with a row. */
  read(): void;
}
