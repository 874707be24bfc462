import fc from 'fast-check';
import { openArchive } from '../../../src/formats/unpack/zip.ts';
import { collected, packedBytes } from '../../../src/formats/unpack/unpack.ts';
import { zipOf } from '../../../src/formats/unpack/pack-zip.ts';
import type { RawRow } from '../../../src/formats/xlsx/sheet.ts';
import { stylesOf, workbookOf } from '../../../src/formats/xlsx/write.ts';
import { readBytes } from '../../../src/authoring/certify/reading.ts';
import { verdictOf } from '../attempt.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import { madeFile, type StreamFile } from '../pack-files.ts';
import { subject, type Subject, type Verdict } from '../subject.ts';

interface Input {
  file: StreamFile;
  bytes: Buffer;
  part: string;
}
type Part = { name: string; bytes: Buffer };

const CELL_TOKENS = [
  '<c r="A1">',
  '<c r="XFD1048576" t="n"><v>1</v></c>',
  '<c r="AAAA9"/>',
  ' t="s"',
  ' t="b"',
  ' t="e"',
  ' t="d"',
  ' s="99"',
  '<row r="1">',
  '<row r="1048577">',
  '<v>1e308</v>',
  '<v>2958466</v>',
  '<v>-1</v>',
  '<v>#REF!</v>',
  '<f>A1</f>',
  '<mergeCell ref="A1:XFD1048576"/>',
  'yyyy-mm-dd',
  '[h]:mm:ss',
  '_x0000_',
  '_xD800_',
];

/** Workbooks: the archive as it is sent changed; one of the parts in it, packed again; or cells that no program would write. */
export async function xlsxSubject(weight: number, tokens: readonly string[]): Promise<Subject> {
  const files = [
    madeFile('cells', { xlsx: {} }, workbook(), { id: { required: true } }, { primary_key: ['id'] }),
    madeFile(
      'merged, no header',
      { xlsx: { header: ['id', 'on', 'amount'], skip_rows: 1, merged_cells: 'fill', footer_rows: 1 } },
      workbook(),
    ),
  ];
  const made = await Promise.all(files.map(async (file) => ({ file, parts: await partsOf(file.bytes) })));
  const changes = changesOf([...tokens, ...CELL_TOKENS]);
  const one = fc.constantFrom(...made);
  const outside = fc.record({ one, changes }).map(({ one: { file }, changes }): Input => ({
    file,
    bytes: applyChanges(file.bytes, changes),
    part: 'the archive',
  }));
  const inside = fc.record({ one, at: fc.nat(), changes }).map(({ one: { file, parts }, at, changes }): Input => {
    const changed = at % parts.length;
    const bytes = zipOf(parts.map((part, i) => (i === changed ? { ...part, bytes: applyChanges(part.bytes, changes) } : part)));
    return { file, bytes, part: parts[changed]!.name };
  });
  return subject<Input>({
    name: 'xlsx',
    weight,
    inputs: fc.oneof({ weight: 1, arbitrary: outside }, { weight: 2, arbitrary: inside }, { weight: 2, arbitrary: otherCells(files[0]!) }),
    attempt,
    bytesOf: ({ bytes }) => bytes,
    about: ({ file, part }) => `${file.name}, ${part} changed`,
  });
}

function otherCells(file: StreamFile): fc.Arbitrary<Input> {
  const value = fc.oneof(
    fc.constantFrom(
      '0',
      '1',
      '-1',
      '45000',
      '60',
      '2958466',
      '1e308',
      '1E-7',
      '0.1',
      '',
      ' 7',
      'NaN',
      '2026-02-30',
      '#REF!',
      'true',
      '_x0000_',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text.isWellFormed()),
  );
  const cell = fc.record({
    column: fc.oneof({ weight: 6, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constantFrom(16_383, 16_384) }),
    style: fc.nat(6),
    type: fc.constantFrom('n' as const, 's' as const, 'str' as const, 'inlineStr' as const, 'b' as const, 'e' as const, 'd' as const),
    value: fc.option(value, { nil: undefined }),
    formula: fc.boolean(),
  });
  // Rows and cells in another order than the sheet's are refused whole: most are in order.
  const row = fc.record({
    ordered: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    cells: fc.array(cell, { maxLength: 5 }),
  });
  return fc.array(row, { maxLength: 5 }).map((rows): Input => {
    const more = rows.map(({ ordered, cells }, i) => ({
      number: 6 + i,
      cells: ordered ? uniqueBy(cells, (c) => c.column).sort((a, b) => a.column - b.column) : cells,
    }));
    return { file, bytes: workbook(more), part: 'cells' };
  });
}

function uniqueBy<T>(list: readonly T[], by: (one: T) => number): T[] {
  return [...new Map(list.map((one) => [by(one), one])).values()];
}

async function attempt({ file, bytes }: Input): Promise<Verdict> {
  return verdictOf(await readBytes(file.stream, file.file, bytes, {}));
}

function workbook(more: readonly RawRow[] = []): Buffer {
  const text = (column: number, value: string) => ({ column, style: 0, type: 'inlineStr' as const, value, formula: false });
  const shared = (column: number, value: string) => ({ column, style: 0, type: 's' as const, value, formula: false });
  const number = (column: number, value: string, style = 0, formula = false) => ({ column, style, type: 'n' as const, value, formula });
  return workbookOf({
    sheets: [
      {
        name: 'Receipts',
        rows: [
          { number: 1, cells: [text(0, 'id'), shared(1, '0'), shared(2, '1')] },
          { number: 2, cells: [number(0, '123', 1), number(1, '45000', 2), number(2, '12.5', 3)] },
          { number: 3, cells: [number(0, '124', 1), number(1, '45000.75', 4), number(2, '0.1', 3, true)] },
          { number: 5, cells: [text(0, 'Zoé <é>'), text(2, 'Total')] },
          ...more,
        ],
        merged: ['A5:B5'],
      },
    ],
    styles: stylesOf(['00000', 'mm/dd/yyyy', '#,##0.00', 'yyyy-mm-dd hh:mm:ss']),
    strings: ['on', 'amount'],
  });
}

async function partsOf(bytes: Buffer): Promise<Part[]> {
  const parts: Part[] = [];
  for (const entry of await openArchive(packedBytes(bytes), 'workbook.xlsx'))
    parts.push({ name: entry.name, bytes: await collected(entry.read({ max_size: 1e9, max_ratio: 1e9 })) });
  return parts;
}
