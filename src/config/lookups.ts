import { compare } from '../core/compare.ts';
import { parse } from 'csv-parse/sync';
import type { Problem } from '../core/errors.ts';
import { isCalendarDate } from '../core/time/time.ts';
import type { LookupRow, LookupTable } from './project.ts';
import { quoted } from './words.ts';

/**
 * Reads mappings/lookups/<name>.csv: comma separated, first row `from`, `to` and, where codes changed over time,
 * `valid_from` and `valid_to` (YYYY-MM-DD, both inclusive, empty: open). One code has one row for any day.
 */
export function readLookup(name: string, file: string, text: string): { table: LookupTable; problems: Problem[] } {
  const problems: Problem[] = [];
  const table: LookupTable = { name, file, columns: [], rows: [] };
  const problem = (line: number, message: string, hint?: string, code = 'VALUE_INVALID', path?: string): void => {
    problems.push({ code, place: { file, line, column: 1, path }, message, hint });
  };
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof records;
  } catch (error) {
    const line = (error as { lines?: number }).lines ?? 1;
    problem(
      line,
      'a quote in this row is not closed, or is in the middle of a value.',
      'Put a value that contains a comma or quote in quotes ("a, b"), and double a quote inside it ("").',
    );
    return { table, problems };
  }
  const header = records.shift()?.record ?? [];
  const lacking = ['from', 'to'].filter((column) => !header.includes(column));
  if (lacking.length > 0) {
    problem(
      1,
      `the first row must name the columns from and to, but is ${quoted(header.join(','))}.`,
      header.join('').includes(';') ? 'Write from,to as the first row, and separate columns by commas.' : undefined,
      'KEY_MISSING',
      lacking[0],
    );
    return { table, problems };
  }
  table.columns = header;
  const twice = header.find((column, i) => header.indexOf(column) !== i);
  if (twice !== undefined) problem(1, `the column ${quoted(twice)} appears twice.`, undefined, 'KEY_DUPLICATE', twice);

  const lines = new Map<LookupRow, number>();
  // `lines` counts to the end of a record; a value with line breaks begins further up.
  for (const { record, info } of records) {
    const line = info.lines - record.reduce((breaks, value) => breaks + (value.match(/\n/g)?.length ?? 0), 0);
    if (record.length !== header.length) {
      problem(
        line,
        `this row has ${record.length} columns, but the first row has ${header.length}.`,
        'A value that has a comma in it must be in quotes.',
      );
      continue;
    }
    const row: LookupRow = Object.fromEntries(header.map((column, i) => [column, record[i]!]));
    for (const column of ['valid_from', 'valid_to'])
      if (row[column] && !isDate(row[column]))
        problem(line, `must be a day that exists, as YYYY-MM-DD, but is ${quoted(row[column])}.`, undefined, 'VALUE_INVALID', column);
    if (row.valid_from && row.valid_to && row.valid_from > row.valid_to)
      problem(line, `ends on ${row.valid_to}, before it begins on ${row.valid_from}.`, undefined, 'VALUE_INVALID', 'valid_to');
    table.rows.push(row);
    lines.set(row, line);
  }
  for (const [earlier, later] of overlaps(table.rows))
    problem(
      lines.get(later)!,
      `the code ${quoted(later.from!)} has a row for the same days in line ${lines.get(earlier)}.`,
      table.columns.includes('valid_from')
        ? 'Set valid_to of the earlier row to the day before valid_from of the later one: both days are included.'
        : 'Keep one of the two rows, or add the columns valid_from and valid_to.',
      'LOOKUP_OVERLAP',
      'from',
    );
  return { table, problems };
}

/** Pairs of rows that both hold for one code on some day; at most one pair for each row. */
function overlaps(rows: LookupRow[]): [LookupRow, LookupRow][] {
  const byCode = Map.groupBy(rows, (row) => row.from!);
  const pairs: [LookupRow, LookupRow][] = [];
  for (const same of byCode.values()) {
    if (same.length < 2) continue;
    const sorted = [...same].sort((a, b) => compare(a.valid_from ?? '', b.valid_from ?? ''));
    // The row that lasts longest of those before: it is the one that a later row can run into.
    let longest = sorted[0]!;
    for (const row of sorted.slice(1)) {
      if ((row.valid_from ?? '') <= lastDay(longest)) pairs.push([longest, row]);
      if (lastDay(row) > lastDay(longest)) longest = row;
    }
  }
  return pairs;
}

function lastDay(row: LookupRow): string {
  return row.valid_to || '9999-12-31';
}

function isDate(text: string): boolean {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return m !== null && isCalendarDate(Number(m[1]), Number(m[2]), Number(m[3]));
}
