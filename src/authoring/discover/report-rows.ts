import { counted } from '../../core/text/counted.ts';
import type { PlainMap } from './proposal.ts';

/** A word for totals at the beginning of a row. */
const TOTALS = /^\s*(?:"\s*)?((grand|sub|report|page)[ -]?)?(totals?|sum|summe|end of (file|report)|record count|trailer)\b/i;

/** Different texts that a selector names at most; more of them are no heading. */
const MAX_TEXTS = 5;

type Row = readonly string[];

/** Begins with a word for totals, which no row above does. */
export function isTotals(row: Row, above: readonly Row[]): boolean {
  if (!TOTALS.test(row.find((cell) => cell.trim() !== '') ?? '')) return false;
  return !above.some((other) => TOTALS.test(other[0] ?? ''));
}

/** A row with too few or too many cells that is still a record: half of its cells are filled, and it begins as records do. */
export function isLikeRecord(row: Row, records: readonly Row[]): boolean {
  const width = records[0]?.length ?? 0;
  const shape = (cell: string): string =>
    cell
      .trim()
      .replace(/\d+/g, '9')
      .replace(/\p{L}+/gu, 'a');
  const begins = shape(row[0] ?? '');
  return begins !== '' && row.filter((cell) => cell.trim() !== '').length * 2 >= width && records.some((one) => shape(one[0]!) === begins);
}

/** Rows between the records that are none: what a report prints at the top and the bottom of each page. */
export interface ReportRows {
  /** The records alone. */
  records: string[][];
  selector: PlainMap | undefined;
  evidence: string[];
}

/**
 * Finds the header where it comes again, and rows with subtotals: those that begin with a word for totals and leave empty a column that all
 * records fill. `header` and `rows` have as many cells as there are `columns`.
 */
export function reportRows(header: Row | undefined, columns: readonly string[], rows: readonly string[][]): ReportRows {
  const isHeader = (row: Row): boolean =>
    header !== undefined && row.length === header.length && row.every((cell, i) => cell === header[i]);
  const again = rows.filter(isHeader);
  const others = rows.filter((row) => !isHeader(row));
  const worded = others.filter((row) => TOTALS.test(row[0] ?? ''));
  const plain = others.filter((row) => !TOTALS.test(row[0] ?? ''));
  const full = columns.map((_, i) => plain.length > 0 && plain.every((row) => (row[i] ?? '').trim() !== ''));
  const totals = worded.filter((row) => full.some((is, i) => is && (row[i] ?? '').trim() === ''));
  const texts = [...new Set([...again, ...totals].map((row) => row[0]!))];
  if (texts.length === 0 || texts.length > MAX_TEXTS || texts.includes('') || !columns[0])
    return { records: [...rows], selector: undefined, evidence: [] };
  return {
    records: others.filter((row) => !totals.includes(row)),
    selector: { where: [{ field: columns[0]!, not_in: texts }] },
    evidence: [
      ...(again.length > 0 ? [`the header comes again ${counted(again.length, 'time')}, as at the top of each page: left out`] : []),
      ...(totals.length > 0
        ? [
            `${counted(totals.length, 'row')} between the records ${totals.length === 1 ? 'begins' : 'begin'} with a word for totals: left out`,
          ]
        : []),
    ],
  };
}
