import { decoderSchema } from '../../config/schema/connector.ts';
import type { XlsxOptions } from '../../config/schema/connector.ts';
import type { NumberFormat } from './number-format.ts';
import { openParts } from './parts.ts';
import { type RawRow, sheetRows } from './sheet.ts';
import { readWorkbook, type Sheet, sheetOf } from './workbook.ts';

/** One sheet of a small workbook cell by cell, its shared texts put into the cells: it is alone, without the other sheets. */
export interface RawSheet {
  name: string;
  rows: RawRow[];
  styles: string | undefined;
  /** What they say, by the style of a cell. */
  formats: readonly NumberFormat[];
  date1904: boolean;
  /** All sheets of the workbook. */
  sheets: readonly Sheet[];
}

/** For samples and recordings: everything is kept in memory. Throws what decoding throws. */
export async function rawSheet(
  bytes: Buffer,
  given: Partial<XlsxOptions>,
  file: string,
  mostRows = Number.POSITIVE_INFINITY,
): Promise<RawSheet> {
  const options = { ...decoderSchema.parse({ xlsx: {} }).xlsx!, ...given };
  const parts = await openParts(bytes, options, file);
  const { sheets, strings, styles, formats, date1904 } = await readWorkbook(parts, file);
  const { name, part } = sheetOf({ sheets }, options.sheet, file);
  const rows: RawRow[] = [];
  for await (const list of sheetRows(parts, part, strings, file)) {
    for (const row of list)
      rows.push({
        ...row,
        cells: row.cells.map((cell) => (cell.type === 's' ? { ...cell, type: 'inlineStr', value: strings[Number(cell.value)] } : cell)),
      });
    if (rows.length >= mostRows) break;
  }
  return {
    name,
    rows: rows.slice(0, mostRows),
    styles: styles === undefined ? undefined : await parts.text(styles),
    formats,
    date1904,
    sheets,
  };
}
