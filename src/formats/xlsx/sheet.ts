import { columnIndex, type RawCell } from './cell.ts';
import { malformed, type Parts } from './parts.ts';
import { textReader, unescaped } from './workbook.ts';

export interface RawRow {
  /** As the spreadsheet shows it, from 1. */
  number: number;
  cells: RawCell[];
}

/** One area of cells that are shown as one; from 0, both ends included. */
export interface MergedCells {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
/** More than any sheet that is a table. */
const MAX_MERGED = 100_000;

/** The rows of a sheet that have cells, in lists, as a stream. Throws FileError XLSX_MALFORMED where rows or cells are out of order. */
export async function* sheetRows(
  parts: Parts,
  part: string,
  strings: readonly string[],
  file: string,
): AsyncGenerator<RawRow[], void, void> {
  let rows: RawRow[] = [];
  let row: RawRow | undefined;
  let cell: RawCell | undefined;
  let number = 0;
  let inValue = false;
  let value = '';
  const inline = textReader();
  let hasInline = false;
  const see = {
    open(name: string, attribute: (name: string) => string | undefined) {
      if (name === 'c' && row) {
        const reference = attribute('r');
        const column = reference === undefined ? (row.cells.at(-1)?.column ?? -1) + 1 : columnIndex(reference);
        if (column < 0 || column >= MAX_COLUMNS || column <= (row.cells.at(-1)?.column ?? -1))
          throw malformed(file, `the cell ${reference ?? ''} of row ${row.number} is out of order`, row.number);
        cell = { column, style: Number(attribute('s') ?? 0), type: attribute('t') ?? 'n', value: undefined, formula: false };
        hasInline = false;
      } else if (name === 'v') {
        inValue = cell !== undefined;
        value = '';
      } else if (name === 'f' && cell) cell.formula = true;
      else if (name === 'row') {
        const given = attribute('r');
        const next = given === undefined ? number + 1 : Number(given);
        if (!Number.isInteger(next) || next <= number || next > MAX_ROWS)
          throw malformed(file, `row ${given ?? ''} follows row ${number}`, number || undefined);
        number = next;
        row = { number, cells: [] };
      } else if (cell) {
        if (name === 'is') hasInline = true;
        if (hasInline) inline.open(name);
      }
    },
    text(text: string) {
      if (inValue) value += text;
      else if (hasInline) inline.text(text);
    },
    close(name: string) {
      if (name === 'c' && row && cell) {
        if (hasInline) cell.value = inline.take();
        if (cell.type === 's' && cell.value !== undefined && strings[Number(cell.value)] === undefined)
          throw malformed(file, `a cell of row ${row.number} refers to a text that does not exist`, row.number);
        row.cells.push(cell);
        cell = undefined;
        hasInline = false;
      } else if (name === 'v' && cell && inValue) {
        inValue = false;
        cell.value = cell.type === 'str' ? unescaped(value) : value;
      } else if (name === 'row' && row) {
        if (row.cells.length) rows.push(row);
        row = undefined;
      } else if (hasInline) inline.close(name);
    },
  };
  yield* parts.read(part, see, () => {
    if (rows.length === 0) return undefined;
    const made = rows;
    rows = [];
    return made;
  });
}

/** The merged cells of a sheet, which come after its rows: a reading of its own. */
export async function mergedCells(parts: Parts, part: string, file: string): Promise<MergedCells[]> {
  const merged: MergedCells[] = [];
  const open = (name: string, attribute: (name: string) => string | undefined): void => {
    if (name !== 'mergeCell') return;
    const [from = '', to = from] = (attribute('ref') ?? '').split(':');
    const rowOf = (reference: string): number => Number(/(?<!\d)\d+$/.exec(reference)?.[0] ?? 0) - 1;
    const area = { top: rowOf(from), bottom: rowOf(to), left: columnIndex(from), right: columnIndex(to) };
    if (Object.values(area).some((n) => n < 0)) throw malformed(file, 'it has merged cells with an invalid position');
    if (merged.push(area) > MAX_MERGED) throw malformed(file, `it has more than ${MAX_MERGED} merged cells`);
  };
  for await (const _ of parts.read(part, { open }, () => undefined));
  return merged.sort((a, b) => a.top - b.top);
}
