import { delimiterOf } from '../../../formats/csv/delimiter.ts';
import { counted } from '../../../core/text/counted.ts';
import type { CsvOptions, XlsxOptions } from '../../../config/schema/connector.ts';
import { fails, holds, holdsBut, type Verdict } from '../finding.ts';
import type { FixtureFile } from '../recordings/fixtures.ts';
import { rawSheet } from '../../../formats/xlsx/raw.ts';
import { workbookOf } from '../../../formats/xlsx/write.ts';
import type { FileContext } from './context.ts';

/** Rows at the end that are not records: an export that leaves them out one day must not lose as many records. */
export async function footer({ stream, main, recorded, read, reading }: FileContext): Promise<Verdict> {
  const { csv, xlsx } = stream.decoder!;
  const key = csv?.footer_lines ? 'footer_lines' : xlsx?.footer_rows ? 'footer_rows' : undefined;
  if (key === undefined || stream.retriever.files!.unpack || (csv && !recorded)) return undefined;
  const has = csv?.footer_has ?? xlsx?.footer_has;
  if (has === undefined)
    return holdsBut(
      `${key} removes rows from the end whatever they contain, so an export without a footer would silently lose its last record.`,
      'In the decoder, write footer_has with a text that the first of these rows always contains, for example footer_has: Total.',
    );
  const without = csv ? recorded!.bytes(withoutLines(recorded!.text, csv)) : await withoutRows(main, xlsx!);
  const { refused } = await read(without);
  if (refused?.some((p) => p.code === 'FOOTER_MISSING')) return holds(`Without the row that has "${has}" in it the file is refused.`);
  return fails(
    `Without its footer the recording still reads, with one record less (${counted(reading.records.length, 'record')}): "${has}" also appears in records.`,
    'Choose a text for footer_has that appears only in the footer.',
  );
}

/** The text without its footer; lines that are empty for this decoder do not count. */
function withoutLines(text: string, csv: CsvOptions): string {
  const delimiter = delimiterOf(csv);
  const lines = text.split('\n');
  const isEmpty = (line: string): boolean => (csv.empty_rows === 'skip' ? line.replaceAll(delimiter, '') : line).trim() === '';
  for (let n = 0; n < csv.footer_lines; n++) {
    while (lines.length > 0 && isEmpty(lines.at(-1)!)) lines.pop();
    lines.pop();
  }
  return `${lines.join('\n')}\n`;
}

async function withoutRows({ name, bytes }: FixtureFile, { sheet, footer_rows: count }: XlsxOptions): Promise<Buffer> {
  const raw = await rawSheet(bytes, { sheet }, name);
  const filled = raw.rows.filter(({ cells }) => cells.some(({ value }) => value !== undefined));
  const rows = raw.rows.filter((row) => row.number < filled.at(-count)!.number);
  return workbookOf({
    sheets: [{ name: raw.name, rows }],
    ...(raw.styles === undefined ? {} : { styles: raw.styles }),
    date1904: raw.date1904,
  });
}
