import { counted } from '../../core/text/counted.ts';
import type { Values } from '../../core/record.ts';
import { csvCells } from '../certify/recordings/columns.ts';
import { outOf, type PlainMap, type ProposedStream, streamName } from './proposal.ts';
import { proposeFields, proposeKeys } from './fields.ts';
import { isLikeRecord, isTotals, reportRows } from './report-rows.ts';

export interface CsvGuess {
  delimiter: string;
  rows: string[][];
  /** Cells in most rows. */
  width: number;
  /** Share of rows with as many. */
  agree: number;
}

const HEAD = 200_000;
const DELIMITERS = [',', ';', '\t', '|', '~', '^'];

/** The delimiter with which the rows of a text agree most on how many cells they have; undefined: none does. */
export function guessCsv(text: string): CsvGuess | undefined {
  let best: CsvGuess | undefined;
  // Of a large sample the beginning tells the delimiter, and how far its rows agree is counted for that one alone.
  const head = text.length > 2 * HEAD ? guessCsv(text.slice(0, text.lastIndexOf('\n', HEAD) + 1)) : undefined;
  for (const delimiter of head ? [head.delimiter] : DELIMITERS) {
    if (!text.includes(delimiter)) continue;
    const rows = csvCells(text, delimiter, '"');
    const counts = Map.groupBy(rows, (row) => row.length);
    const [width, same] = [...counts].reduce((a, b) => (b[1].length > a[1].length ? b : a), [0, []] as [number, string[][]]);
    if (width < 2) continue;
    const guess = { delimiter, rows, width, agree: same.length / rows.length };
    if (!best || guess.agree * Math.log2(width + 1) > best.agree * Math.log2(best.width + 1)) best = guess;
  }
  return best && (best.agree >= 0.6 || typesOf(best)) ? best : undefined;
}

/** Rows of one column, which have no delimiter to be known by; undefined when a line break is within quotes, as in a damaged file. */
export function oneColumn(text: string): CsvGuess | undefined {
  const rows = csvCells(text, ',', '"');
  return rows.length > 1 && rows.every((row) => row.length === 1) ? { delimiter: ',', rows, width: 1, agree: 1 } : undefined;
}

/** A stream for a delimited text. `encoding` as detected. */
export function discoverCsv(file: string, text: string, encoding: string, guess: CsvGuess): ProposedStream {
  const { delimiter } = guess;
  const evidence: string[] = [];
  const shown = delimiter === '\t' ? 'tabs' : `"${delimiter}"`;
  const csv: PlainMap = {
    ...(encoding === 'utf-8' ? {} : { encoding }),
    ...(delimiter === ',' ? {} : { delimiter: delimiter === '\t' ? '\\t' : delimiter }),
  };
  const types = guess.agree < 1 ? typesOf(guess) : undefined;
  if (types) return typedStream(file, guess, types, csv);
  const filled = guess.rows.filter((row) => row.length < 2 || row.some((cell) => cell.trim() !== ''));
  const { rows, width, agree, blank } = withoutBlankColumns({ ...guess, rows: filled });
  const said = `${outOf(Math.round(agree * rows.length), rows.length)} rows have ${counted(width, 'column')}`;
  evidence.push(width === 1 ? `no delimiter: ${said}; a CSV file by its name` : `delimited by ${shown}: ${said}`);
  if (filled.length < guess.rows.length) {
    csv['empty_rows'] = 'skip';
    evidence.push(
      `${counted(guess.rows.length - filled.length, 'row')} of delimiters alone, as a spreadsheet writes below a table: skipped`,
    );
  }
  if (blank) {
    csv['trailing_delimiters'] = 'drop';
    evidence.push('delimiters after the last column that has a name or a value: they are not columns');
  }
  const whole = text.endsWith('\n');
  const filledFirst = rows.findIndex((row) => row.length === width);
  const groups = hasGroupsAbove(rows.slice(filledFirst).filter((row) => row.length === width));
  const first = groups ? filledFirst + 1 + rows.slice(filledFirst + 1).findIndex((row) => row.length === width) : filledFirst;
  const records = rows.filter((row) => row.length === width);
  const cutOff = !whole && rows.length - 1 > first && rows.at(-1)!.length < width && isLikeRecord(rows.at(-1)!, records);
  if (cutOff) {
    rows.pop();
    evidence.push(
      `the last line has no line break and less than ${counted(width, 'column')}: the sample was cut off in it, and it is left out; have a whole one exported`,
    );
  }
  let last = rows.length - 1;
  while (last > first && rows[last]!.length !== width && !isLikeRecord(rows[last]!, records)) last--;
  if (first > 0) {
    csv['skip_lines'] = first;
    evidence.push(
      groups
        ? `${counted(first, 'line')} before the names of the columns, the last with names of groups of them`
        : `${counted(first, 'line')} before the first full row`,
    );
  }
  // A line of totals may have as many cells as the records have.
  while (last > first + 1 && isTotals(rows[last]!, rows.slice(first, last))) last--;
  const footer = rows.length - 1 - last;
  if (footer > 0) {
    csv['footer_lines'] = footer;
    const has = footerWord(rows[last + 1]!, rows.slice(first, last + 1));
    if (has) csv['footer_has'] = has;
    evidence.push(`${counted(footer, 'line')} after the last record: ${JSON.stringify(rows.at(-1)!.join(delimiter).slice(0, 60))}`);
  }
  const body = rows.slice(first, last + 1).map((row) => row.map(unquoted));
  const header = looksLikeHeader(body);
  evidence.push(header.said);
  const columns = header.is ? named(body[0]!) : body[0]!.map((_, i) => `column_${i + 1}`);
  const renamed = header.is && columns.some((name, i) => name !== body[0]![i]!.trim());
  if (!header.is) csv['header'] = columns;
  else if (renamed) {
    csv['header'] = columns;
    csv['skip_lines'] = first + 1;
    evidence.push('empty or repeated names in the header were changed: the header is skipped, and columns are found by position');
  }
  const ragged = body.filter((row) => row.length !== width).length;
  if (ragged > 0) evidence.push(`${ragged} rows have a different number of columns and would be rejected`);
  if (!whole && !cutOff) {
    csv['final_newline'] = 'optional';
    evidence.push('the last line has no line break: a file that was cut off there cannot be distinguished from a complete one');
  }
  const full = (header.is ? body.slice(1) : body).filter((row) => row.length === width);
  const report = reportRows(header.is ? body[0] : undefined, columns, full);
  evidence.push(...report.evidence);
  const sample = report.records.map((row): Values => Object.fromEntries(columns.map((name, i) => [name, row[i] === '' ? null : row[i]!])));
  const fields = proposeFields(sample);
  return {
    name: streamName(file),
    description: `Read from files such as ${file}.`,
    retriever: { files: { pattern: patternOf(file) } },
    decoder: { csv },
    ...(report.selector ? { record_selector: report.selector } : {}),
    fields,
    keys: proposeKeys(sample, fields),
    evidence,
  };
}

/** The rows without the delimiters that a spreadsheet writes behind a table: cells that are empty in every row, the header with its names too. */
function withoutBlankColumns({ rows, width, agree }: CsvGuess): Pick<CsvGuess, 'rows' | 'width' | 'agree'> & { blank: boolean } {
  const used = rows.reduce((most, row) => Math.max(most, row.findLastIndex((cell) => cell.trim() !== '') + 1), 0);
  const blank = used > 1 && used < width && rows.some((row) => row.length > used);
  if (!blank) return { rows: [...rows], width, agree, blank };
  const kept = rows.map((row) => row.slice(0, used));
  const header = kept.find((row) => row.length === used)!;
  if (header.some((cell) => cell.trim() === '') || !looksLikeHeader(kept.map((row) => row.map(unquoted))).is)
    return { rows: [...rows], width, agree, blank: false };
  return { rows: kept, width: used, agree: kept.filter((row) => row.length === used).length / kept.length, blank };
}

/** Rows of several kinds, told by their first cell, each kind with its own number of columns: H and D lines. */
function typesOf({ rows, delimiter }: Pick<CsvGuess, 'rows' | 'delimiter'>): Map<string, string[][]> | undefined {
  if (delimiter === '') return undefined;
  const types = Map.groupBy(rows, (row) => row[0] ?? '');
  if (types.size < 2 || types.size > 9 || rows.length < 3) return undefined;
  const plain = [...types.keys()].every((type) => /^[A-Za-z0-9]{1,4}$/.test(type));
  return plain && [...types.values()].every((list) => list.every((row) => row.length === list[0]!.length)) ? types : undefined;
}

function typedStream(file: string, { delimiter }: CsvGuess, types: Map<string, string[][]>, csv: PlainMap): ProposedStream {
  const [detail, list] = [...types].reduce((a, b) => (b[1].length > a[1].length ? b : a));
  csv['header'] = false;
  csv['record_types'] = Object.fromEntries(
    [...types].map(([type, rows]) => [type, rows[0]!.map((_, i) => (i === 0 ? 'type' : `column_${i + 1}`))]),
  );
  const sample = list.map((row): Values =>
    Object.fromEntries(row.map((cell, i) => [i === 0 ? 'type' : `column_${i + 1}`, unquoted(cell) || null])),
  );
  const fields = proposeFields(sample).filter((f) => f.name !== 'type');
  const order = [...types.keys()];
  // What comes first is above the records; what comes after all of them closes them.
  const parents = order.slice(0, order.indexOf(detail));
  const evidence = [
    `delimited by ${delimiter === '\t' ? 'tabs' : `"${delimiter}"`}`,
    `the first column tells the kind of row: ${[...types].map(([type, rows]) => `${type} ${rows.length} times with ${rows[0]!.length} columns`).join(', ')}`,
  ];
  const control = trailerControl(types, detail, evidence);
  const summed = control?.['total'] as PlainMap | undefined;
  return {
    name: streamName(file),
    description: `Read from files such as ${file}.`,
    retriever: { files: { pattern: patternOf(file) } },
    decoder: { csv },
    record_selector: { types: [detail], ...(parents.length ? { parents } : {}) },
    ...(control ? { control: [control] } : {}),
    fields,
    keys: proposeKeys(sample, fields, summed ? [String(summed['of'])] : []),
    evidence,
  };
}

/** A row that comes once, after the records, with their number or the sum of one of their columns in it. */
function trailerControl(types: Map<string, string[][]>, detail: string, evidence: string[]): PlainMap | undefined {
  const [type, rows] = [...types].at(-1)!;
  const details = types.get(detail)!;
  if (type === detail || rows.length !== 1) return undefined;
  const amount = /^[-+]?\d+\.\d{2}$/;
  const minor = (text: string): bigint => BigInt(text.replace('.', ''));
  const control: PlainMap = {};
  rows[0]!.map(unquoted).forEach((cell, i) => {
    const name = `column_${i + 1}`;
    if (i === 0) return;
    if (control['count'] === undefined && /^\d+$/.test(cell) && Number(cell) === details.length) {
      control['count'] = name;
      evidence.push(`${name} of ${type} is ${cell}, the number of ${detail} rows`);
    } else if (control['total'] === undefined && amount.test(cell)) {
      const of = details[0]!.findIndex(
        (_, at) =>
          details.every((row) => amount.test(unquoted(row[at]!))) &&
          details.reduce((sum, row) => sum + minor(unquoted(row[at]!)), 0n) === minor(cell),
      );
      if (of < 0) return;
      control['total'] = { field: name, of: `column_${of + 1}` };
      evidence.push(`${name} of ${type} is ${cell}, the sum of column_${of + 1} of the ${detail} rows`);
    }
  });
  return Object.keys(control).length ? { type, ...control } : undefined;
}

const FIGURE = /^[-+$(]?[.,/:-]*\d[\d.,/:)-]*$/;

function looksLikeHeader(rows: readonly (readonly string[])[]): { is: boolean; said: string } {
  const [first, ...rest] = rows;
  const isNoName = (cell: string): boolean => FIGURE.test(cell.trim());
  if (first!.some(isNoName) || first!.filter((cell) => cell.trim() === '').length > first!.length / 3)
    return {
      is: false,
      said: `no header: row 1 has ${JSON.stringify(first!.find(isNoName) ?? '')} in it`,
    };
  const figures = first!.filter((_, i) => rest.length > 0 && rest.some((row) => FIGURE.test((row[i] ?? '').trim()))).length;
  if (figures > 0)
    return { is: true, said: `row 1 is a header: it has no figures, and below it ${outOf(figures, first!.length)} columns have` };
  const repeats = first!.some((cell, i) => rest.some((row) => row[i] === cell));
  return repeats
    ? { is: false, said: 'no header: a value of row 1 appears again below' }
    : { is: true, said: 'row 1 is taken for a header: none of its values appears again' };
}

/** Is the first row one of names that each stand above several columns, and the second the names of the columns? */
function hasGroupsAbove(rows: readonly (readonly string[])[]): boolean {
  const [groups, names, ...rest] = rows.map((row) => row.map((cell) => unquoted(cell).trim()));
  if (!groups || !names || rest.length === 0) return false;
  const given = groups.filter((cell) => cell !== '');
  // One empty name among others is a column without one.
  const isOfGroups = given.length > 0 && (groups.length - given.length > groups.length / 3 || new Set(given).size < given.length);
  const areNames = names.every((cell) => cell !== '' && !FIGURE.test(cell)) && new Set(names).size === names.length;
  return (
    isOfGroups &&
    areNames &&
    !given.some((cell) => FIGURE.test(cell)) &&
    names.some((_, i) => rest.some((row) => FIGURE.test(row[i] ?? '')))
  );
}

/** Different names for all: `Name`, `Name_2`. */
function named(cells: readonly string[]): string[] {
  const names = cells.map((cell, i) => cell.trim() || `column_${i + 1}`);
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name}_${before + 1}`;
  });
}

function unquoted(cell: string): string {
  const text = cell.startsWith('"') && cell.endsWith('"') && cell.length > 1 ? cell.slice(1, -1).replaceAll('""', '"') : cell;
  return /^="(.*)"$/.exec(text)?.[1] ?? text;
}

/** The words that the first row of a footer begins with, `Total`, when no row above it has them. */
export function footerWord(row: readonly string[], above: readonly (readonly string[])[]): string | undefined {
  const begins = row.find((cell) => cell.trim() !== '')?.trim();
  const word = begins && /^\p{L}[\p{L} ]*/u.exec(unquoted(begins))?.[0].trim();
  return word && !above.some((other) => other.some((cell) => cell.includes(word))) ? word : undefined;
}

/** `payments-20260301.csv` → `payments-*.csv`. */
export function patternOf(file: string): string {
  const at = file.lastIndexOf('.');
  const [stem, ending] = at > 0 ? [file.slice(0, at), file.slice(at)] : [file, ''];
  const general = stem.replace(/\d[\dTWQ_-]*/g, '*').replace(/\*+/g, '*');
  return general === '*' || general === stem
    ? `${stem}${general === stem ? '*' : ''}${ending}`.replace(stem, general === stem ? stem : '*')
    : general + ending;
}
