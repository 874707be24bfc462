import type { XlsxOptions } from '../../config/schema/connector.ts';
import type { SourceRecord } from '../../core/record.ts';
import type { DecodeContext, Format } from '../format.ts';
import { refuseFile } from '../refuse.ts';
import { mergedFiller } from './merged.ts';
import { notAWorkbook, openParts } from './parts.ts';
import { xlsxRecords } from './records.ts';
import { mergedCells, sheetRows } from './sheet.ts';
import { readWorkbook, sheetOf } from './workbook.ts';

/**
 * One sheet of an Excel workbook as exact text. Its file is kept in memory as it is packed (at most max_bytes), with the texts
 * that its cells share; rows are read as a stream. Problems: docs/errors.md under XLSX_, CELL_ and FILE_.
 */
export const xlsx: Format<XlsxOptions> = { name: 'xlsx', decode: decodeXlsx };

async function* decodeXlsx(
  bytes: AsyncIterable<Uint8Array>,
  options: XlsxOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const { file, signal } = context;
  const packed = await collected(bytes, options.max_bytes, file);
  checkMagic(packed, file);
  const parts = await openParts(packed, options, file, signal);
  const workbook = await readWorkbook(parts, file);
  const { part } = sheetOf(workbook, options.sheet, file);
  const fill = options.merged_cells === 'fill' ? mergedFiller(await mergedCells(parts, part, file)) : undefined;
  const records = xlsxRecords(options, workbook, context);
  for await (const rows of sheetRows(parts, part, workbook.strings, file)) {
    for (const row of rows) records.row(fill ? fill(row) : row);
    const made = records.take();
    if (made.length) yield made;
  }
  const last = records.finish();
  if (last.length) yield last;
}

async function collected(bytes: AsyncIterable<Uint8Array>, most: number, file: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    if (size > most)
      throw refuseFile(
        'FILE_TOO_LARGE',
        file,
        {},
        `The workbook is larger than ${most} bytes.`,
        'Raise max_bytes in the decoder of the connector, or have it sent as CSV.',
      );
    parts.push(Buffer.from(piece));
  }
  return Buffer.concat(parts);
}

const ZIP = Buffer.from('PK\x03\x04', 'latin1');
/** What files of Microsoft Office began with before 2007, and those that are protected by a password still do. */
const COMPOUND = Buffer.from('d0cf11e0a1b11ae1', 'hex');

function checkMagic(bytes: Buffer, file: string): void {
  if (bytes.length === 0) throw refuseFile('FILE_EMPTY', file, {}, 'The file is empty (0 bytes).', 'Export it again.');
  const head = bytes.subarray(0, 4);
  if (ZIP.subarray(0, head.length).equals(head)) return;
  if (bytes.subarray(0, 8).equals(COMPOUND))
    throw notAWorkbook(
      file,
      'an old workbook (.xls) or one that is protected by a password',
      'Have it saved as an Excel workbook (.xlsx) without a password.',
    );
  const text = bytes.subarray(0, 200).toString('latin1').trimStart().toLowerCase();
  throw notAWorkbook(
    file,
    /^(ï»¿)?<(!doctype html|html|table|meta|div|\?xml)/.test(text)
      ? 'a web page or XML with the name of a workbook'
      : /[\0-\x08\x0e-\x1f]/.test(text)
        ? 'something else'
        : 'text, such as CSV, with the name of a workbook',
    'Have it saved as an Excel workbook (.xlsx), or use the decoder for what it is.',
  );
}
