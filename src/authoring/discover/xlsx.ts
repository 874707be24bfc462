import { FatalError } from '../../core/errors.ts';
import type { Values } from '../../core/record.ts';
import { counted } from '../../core/text/counted.ts';
import { cellText } from '../../formats/xlsx/cell.ts';
import { rawSheet, type RawSheet } from '../../formats/xlsx/raw.ts';
import type { RawRow } from '../../formats/xlsx/sheet.ts';
import { workbookOf } from '../../formats/xlsx/write.ts';
import { outOf, type PlainMap, type ProposedStream, streamName } from './proposal.ts';
import { footerWord, patternOf } from './csv.ts';
import { proposeFields, proposeKeys } from './fields.ts';
import { reportRows } from './report-rows.ts';

const MAX_ROWS = 20_000;
const MAX_KEPT = 20;

interface Line {
  number: number;
  /** By column; null for nothing. */
  texts: (string | null)[];
  filled: number;
}

/** A stream for the first sheet of a workbook that has a table. */
export async function discoverXlsx(file: string, bytes: Buffer): Promise<ProposedStream> {
  const { sheet, lines, whole } = await firstTable(file, bytes);
  const shown = sheet.sheets.filter(({ hidden }) => !hidden);
  const width = widest(lines);
  const first = lines.findIndex(({ filled }) => filled > width / 2);
  let last = lines.length - 1;
  while (last > first && lines[last]!.filled <= width / 2) last--;
  const [head, body] = [lines[first]!, lines.slice(first + 1, last + 1)];
  const footer = whole ? lines.length - 1 - last : 0;
  const hasHeader = isHeader(head, body);
  const has =
    footer > 0
      ? footerWord(
          lines[last + 1]!.texts.map((text) => text ?? ''),
          lines.slice(first, last + 1).map(({ texts }) => texts.map((text) => text ?? '')),
        )
      : undefined;
  const columns = hasHeader
    ? head.texts.map((text) => text?.replace(/\s+/g, ' ').trim() ?? '')
    : Array.from({ length: width }, (_, i) => `column_${i + 1}`);
  const skip = (hasHeader ? head.number : lines[first]!.number) - 1;
  const xlsx: PlainMap = {
    ...(shown.length > 1 || shown[0]?.name !== sheet.name ? { sheet: sheet.name } : {}),
    ...(hasHeader ? {} : { header: columns }),
    ...(skip > 0 ? { skip_rows: skip } : {}),
    ...(footer > 0 ? { footer_rows: footer } : {}),
    ...(has === undefined ? {} : { footer_has: has }),
  };
  const records = hasHeader ? body : [head, ...body];
  const cellsOf = ({ texts }: Line): string[] => columns.map((_, i) => texts[i] ?? '');
  const report = reportRows(hasHeader ? cellsOf(head) : undefined, columns, records.map(cellsOf));
  const sample = report.records.map((cells): Values =>
    Object.fromEntries(columns.flatMap((name, i) => (name === '' ? [] : [[name, cells[i] || null]]))),
  );
  const fields = proposeFields(sample);
  return {
    name: streamName(file),
    description: `Read from files such as ${file}.`,
    retriever: { files: { pattern: patternOf(file) } },
    decoder: { xlsx },
    ...(report.selector ? { record_selector: report.selector } : {}),
    fields,
    keys: proposeKeys(sample, fields),
    evidence: [
      `an Excel workbook with ${shown.length === 1 ? 'one sheet' : `the sheets ${shown.map(({ name }) => name).join(', ')}`}${sheet.sheets.length > shown.length ? ', and hidden ones' : ''}; looked at ${sheet.name}`,
      hasHeader
        ? `row ${head.number} is a header: only texts, and all different`
        : `no header: row ${head.number} has numbers, empty cells or equal texts`,
      `${outOf(records.filter(({ filled }) => filled === width).length, records.length)} rows have a value in each of ${width} columns`,
      ...(footer > 0 ? [`${counted(footer, 'row')} at the end ${footer === 1 ? 'has' : 'have'} few values: totals or remarks`] : []),
      ...report.evidence,
    ],
  };
}

/** The beginning of a workbook as a recording: one sheet alone, to the row that is the last of its first, with its footer. */
export async function cutWorkbook(bytes: Buffer, file: string, decoder: PlainMap): Promise<Buffer> {
  const footer = Number(decoder['footer_rows'] ?? 0);
  const sheet = await rawSheet(bytes, decoder['sheet'] === undefined ? {} : { sheet: String(decoder['sheet']) }, file);
  const rows = sheet.rows.filter(({ cells }) => cells.some(({ value, formula }) => value !== undefined || formula));
  const end = footer ? rows.slice(-footer) : [];
  const kept = [...rows.slice(0, Math.min(MAX_KEPT, rows.length - footer)), ...end];
  return workbookOf({
    sheets: [{ name: sheet.name, rows: kept }],
    ...(sheet.styles === undefined ? {} : { styles: sheet.styles }),
    date1904: sheet.date1904,
  });
}

async function firstTable(file: string, bytes: Buffer): Promise<{ sheet: RawSheet; lines: Line[]; whole: boolean }> {
  const { sheets } = await rawSheet(bytes, {}, file, 1);
  for (const { name, hidden, part } of sheets) {
    if (hidden || part === undefined) continue;
    const sheet = await rawSheet(bytes, { sheet: name }, file, MAX_ROWS);
    const lines = sheet.rows.map((row) => lineOf(row, sheet)).filter(({ filled }) => filled > 0);
    if (widest(lines) > 1 && lines.length > 1) return { sheet, lines, whole: sheet.rows.length < MAX_ROWS };
  }
  throw new FatalError({
    code: 'SAMPLE_UNREADABLE',
    place: { file },
    message: 'No sheet of the workbook has a table: at least two rows and two columns are needed.',
    hint: 'Give a sample with a few records.',
  });
}

function lineOf({ number, cells }: RawRow, { formats, date1904 }: RawSheet): Line {
  const texts: (string | null)[] = [];
  for (const cell of cells) {
    const read = cellText(cell, { strings: [], formats, date1904 });
    texts[cell.column] = 'text' in read ? read.text || null : (cell.value ?? null);
  }
  const all = Array.from(texts, (text) => text ?? null);
  return { number, texts: all, filled: all.filter((text) => text !== null).length };
}

function widest(lines: readonly Line[]): number {
  return lines.reduce((most, { filled }) => Math.max(most, filled), 0);
}

function isHeader({ texts }: Line, body: readonly Line[]): boolean {
  const names = texts.filter((text) => text !== null);
  const figure = /^[-+$(]?[.,/: -]*\d[\d.,/:) -]*$/;
  if (names.length < 2 || new Set(names).size < names.length || names.some((name) => figure.test(name))) return false;
  // A column below that has a value and no name would cause its rows to be rejected.
  return body.every((line) => line.texts.every((text, i) => text === null || (texts[i] ?? null) !== null));
}
