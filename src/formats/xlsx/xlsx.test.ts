import ExcelJS from 'exceljs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decoder, readAll, refusal, valuesOf } from '../../../test/formats/reading.ts';
import { zip } from '../../../test/formats/packing.ts';
import { RUNS } from '../../../test/formats/runs.ts';
import { columnIndex, columnLetters, numberText, type RawCell } from './cell.ts';
import { formatOfCode } from './number-format.ts';
import type { RawRow } from './sheet.ts';
import { sheetOf } from './workbook.ts';
import { stylesOf, workbookOf, type WrittenWorkbook } from './write.ts';

const xlsx = (options: object = {}) => decoder({ xlsx: options });

/** A workbook made by another program. */
async function book(make: (workbook: ExcelJS.Workbook) => void): Promise<Buffer> {
  const workbook = new ExcelJS.Workbook();
  make(workbook);
  return Buffer.from(await workbook.xlsx.writeBuffer());
}

type Cell = Partial<RawCell> | string | null;
/** One sheet cell by cell; texts are inline. */
function raw(rows: Cell[][], more: Partial<WrittenWorkbook> & { merged?: string[] } = {}): Buffer {
  const { merged, ...workbook } = more;
  return workbookOf({ sheets: [{ name: 'Sheet1', rows: rowsOf(rows), ...(merged ? { merged } : {}) }], ...workbook });
}

function rowsOf(rows: Cell[][]): RawRow[] {
  return rows.map((cells, i) => ({
    number: i + 1,
    cells: cells.flatMap((cell, column): RawCell[] =>
      cell === null
        ? []
        : typeof cell === 'string'
          ? [{ column, style: 0, type: 'inlineStr', value: cell, formula: false }]
          : [{ column, style: 0, type: 'n', value: undefined, formula: false, ...cell }],
    ),
  }));
}
const n = (value: string, style = 0): Cell => ({ value, style });
const cellsOf = async (codes: string[], cells: Cell[], more: Partial<WrittenWorkbook> = {}) => {
  const [values] = await valuesOf(xlsx({ header: cells.map((_, i) => `c${i}`) }), raw([cells], { styles: stylesOf(codes), ...more }));
  return Object.values(values!);
};

describe('a workbook that another program wrote', () => {
  test('reads as what it shows: texts, numbers, dates, formulas, booleans', async () => {
    const bytes = await book((workbook) => {
      const sheet = workbook.addWorksheet('Receipts');
      sheet.addRow(['Receipt No', 'Date', 'Time', 'Amount', 'Paid', 'Note', 'Total']);
      sheet.addRow([
        '00123',
        new Date('2026-03-02T00:00:00Z'),
        new Date('2026-03-02T13:45:30Z'),
        12.5,
        true,
        'Zoé & <co>\nline',
        { formula: 'D2*2', result: 25 },
      ]);
      sheet.addRow([]);
      sheet.addRow([
        124,
        new Date('1904-01-01T00:00:00Z'),
        null,
        0.1 + 0.2,
        false,
        { richText: [{ text: 'a', font: { bold: true } }, { text: ' b' }] },
        { formula: 'A1', result: 'text' },
      ]);
      sheet.getColumn(1).numFmt = '00000';
      sheet.getColumn(2).numFmt = 'mm/dd/yyyy';
      sheet.getColumn(3).numFmt = 'yyyy-mm-dd hh:mm:ss';
      sheet.getColumn(4).numFmt = '#,##0.00';
    });
    const records = await readAll(xlsx(), bytes);
    expect(records.map((r) => r.line)).toEqual([2, 4]);
    expect(records.map((r) => r.values)).toEqual([
      {
        'Receipt No': '00123',
        Date: '2026-03-02',
        Time: '2026-03-02 13:45:30',
        Amount: '12.50',
        Paid: 'true',
        Note: 'Zoé & <co>\nline',
        Total: '25',
      },
      { 'Receipt No': '00124', Date: '1904-01-01', Time: null, Amount: '0.30', Paid: 'false', Note: 'a b', Total: 'text' },
    ]);
  });

  test('is read from the sheet that is named, or the number of those that are shown', async () => {
    const bytes = await book((workbook) => {
      workbook.addWorksheet('Notes', { state: 'hidden' }).addRow(['x']);
      workbook.addWorksheet('Receipts').addRows([['a'], ['1']]);
      workbook.addWorksheet('Payments').addRows([['b'], ['2']]);
    });
    expect(await valuesOf(xlsx(), bytes)).toEqual([{ a: '1' }]);
    expect(await valuesOf(xlsx({ sheet: 2 }), bytes)).toEqual([{ b: '2' }]);
    expect(await valuesOf(xlsx({ sheet: 'Payments' }), bytes)).toEqual([{ b: '2' }]);
    expect(await valuesOf(xlsx({ sheet: 'Notes' }), bytes)).toEqual([]);
    expect(await refusal(xlsx({ sheet: 'Receipt' }), bytes)).toMatch(
      /no sheet "Receipt"\. It has: Notes \(hidden\), Receipts, Payments\. Did you mean "Receipts"\?.*\[XLSX_SHEET_MISSING\]/,
    );
    expect(await refusal(xlsx({ sheet: 3 }), bytes)).toContain('no sheet number 3');
  });

  test('is not read by a name that two sheets have', () => {
    const sheets = [1, 2].map((n) => ({ name: 'Receipts', hidden: false, part: `sheet${n}.xml` }));
    expect(() => sheetOf({ sheets }, 'Receipts', 'a.xlsx')).toThrow(/more than one sheet "Receipts".*\[XLSX_SHEET_TWICE\]/);
    expect(sheetOf({ sheets }, 2, 'a.xlsx')).toEqual(sheets[1]);
  });
});

describe('a number', () => {
  const general = { kind: 'general' } as const;
  test.each([
    ['12.5', '12.5'],
    ['0.30000000000000004', '0.3'],
    ['12.340000000000002', '12.34'],
    ['1E+3', '1000'],
    ['1.5E-7', '0.00000015'],
    ['-0', '0'],
    ['-1234.5', '-1234.5'],
    ['123456789012345', '123456789012345'],
    ['1.23456789012345E+14', '123456789012345'],
    ['.5', '0.5'],
    ['007', '7'],
    ['9.99999999999999999', '10'],
    ['0.99999999999999999', '1'],
  ])('%s is %s', (stored, text) => expect(numberText(stored, general)).toEqual({ text }));

  test('that a spreadsheet cannot keep, or that is not one, is not guessed at', () => {
    expect(numberText('1234567890123456', general)).toMatchObject({ code: 'CELL_NUMBER_TOO_LONG' });
    for (const stored of ['1.2345678901234567E+17', '1.23456789012345E+17', '1.2345678901234E+15', '-1E+20'])
      expect(numberText(stored, general)).toMatchObject({ code: 'CELL_NUMBER_TOO_LONG' });
    for (const stored of ['abc', 'NaN', '1e9999', '.', '', '1,5'])
      expect(numberText(stored, general)).toMatchObject({ code: 'CELL_UNREADABLE' });
  });

  test('of at most 15 digits is the same number as text, whatever its exponent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e200, max: 1e200 }), (value) => {
        const shown = Number(value.toPrecision(15));
        const read = numberText(String(shown), general);
        if ('text' in read) {
          expect(Number(read.text)).toBe(shown === 0 ? 0 : shown);
          expect(read.text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
        } else expect(Number.isInteger(shown)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  test('has the zeros that its format shows, and is never rounded', async () => {
    expect(
      await cellsOf(
        ['0.00', '#,##0.00', '00000', '"$"#,##0.00_);[Red]("$"#,##0.00)', '0%'],
        [n('12.5', 1), n('1234', 2), n('501', 3), n('-3.1', 4), n('0.05', 5)],
      ),
    ).toEqual(['12.50', '1234.00', '00501', '-3.10', '0.05']);
    expect(
      await cellsOf(
        ['0.00', '000-00-0000', '00000\\-0000', '"INV-"0000', '0'],
        [n('12.345', 1), n('12345678', 2), n('54321', 3), n('12345', 4), n('7.5', 5)],
      ),
    ).toEqual(['12.345', '012-34-5678', '00005-4321', 'INV-12345', '7.5']);
  });
});

describe('a date', () => {
  const dates = (codes: string[], values: string[], more = {}) =>
    cellsOf(
      codes,
      values.map((value, i) => n(value, i + 1)),
      more,
    );
  test('is a date by the format of its cell, in the systems of 1900 and 1904', async () => {
    expect(await dates(['m/d/yyyy', 'd-mmm-yy', '[$-409]d\\-mmm\\-yyyy;@', 'mmmm'], ['46083', '1', '61', '59'])).toEqual([
      '2026-03-02',
      '1900-01-01',
      '1900-03-01',
      '1900-02-28',
    ]);
    expect(await dates(['yyyy-mm-dd', 'yyyy-mm-dd'], ['44621', '0'], { date1904: true })).toEqual(['2026-03-02', '1904-01-01']);
  });

  test('has its time where the format shows one, to the second, without the noise of fractions', async () => {
    expect(
      await dates(
        ['m/d/yy h:mm', 'h:mm:ss AM/PM', '[h]:mm:ss', 'mm:ss.0', 'm/d/yy h:mm'],
        ['46083.520833333336', '0.99999999', '1.1041666666666667', '0.00001', '46083.999999999'],
      ),
    ).toEqual(['2026-03-02 12:30:00', '00:00:00', '26:30:00', '00:00:00.9', '2026-03-03 00:00:00']);
  });

  test('that never was is rejected with its cell', async () => {
    for (const serial of ['60', '0', '-1', '2958466', '1E+300'])
      expect(
        (await readAll(xlsx({ header: ['a'] }), raw([[n(serial, 1)]], { styles: stylesOf(['yyyy-mm-dd']) })))[0]!.problem,
        serial,
      ).toMatchObject({
        code: 'CELL_DATE_INVALID',
        message: expect.stringContaining('The cell A1 has the format of a date') as string,
      });
  });

  test('in ISO 8601, as the strict form of the format has it', async () => {
    const iso = (value: string, style: number): Cell => ({ type: 'd', value, style });
    expect(
      await cellsOf(
        ['yyyy-mm-dd', 'yyyy-mm-dd hh:mm'],
        [iso('2026-03-02T00:00:00Z', 1), iso('2026-03-02T13:45:00', 2), iso('2026-03-02', 0)],
      ),
    ).toEqual(['2026-03-02', '2026-03-02 13:45:00', '2026-03-02']);
  });

  test.each([
    ['General', 'general'],
    ['0.00', 'decimals'],
    ['#,##0.00 [$€-407]', 'decimals'],
    ['0.00E+00', 'general'],
    ['# ?/?', 'general'],
    ['0.0,,', 'general'],
    ['dd.mm.yyyy', 'date'],
    ['[h]:mm', 'elapsed'],
    ['mm:ss', 'time'],
    ['"Day "0', 'general'],
    ['[Red]0.00;[Blue]-0.00', 'decimals'],
    ['yyyy"年"m"月"d"日"', 'date'],
    ['@', 'general'],
    ['000', 'digits'],
  ])('format %s is %s', (code, kind) => expect(formatOfCode(code).kind).toBe(kind));
});

describe('a cell that has no value to trust', () => {
  const aside = async (cell: Cell) =>
    (
      await readAll(
        xlsx(),
        raw([
          ['a', 'b'],
          [cell, 'x'],
          ['1', '2'],
        ]),
      )
    )[0]!;
  test('an error is rejected with the row, and the others are read', async () => {
    const records = await readAll(
      xlsx(),
      raw([
        ['a', 'b'],
        [{ type: 'e', value: '#REF!', formula: true }, 'x'],
        ['1', '2'],
      ]),
    );
    expect(records[0]).toMatchObject({ number: 1, line: 2, problem: { code: 'CELL_ERROR', place: { file: 'file', line: 2 } } });
    expect(records[0]!.problem!.message).toBe('The cell A2 shows the error #REF!.');
    expect(records[1]).toEqual({ number: 2, line: 3, values: { a: '1', b: '2' } });
  });
  test('a formula that was never calculated is not taken for an empty cell', async () => {
    expect((await aside({ formula: true })).problem?.code).toBe('CELL_NOT_CALCULATED');
    expect((await aside({ formula: true, type: 'str', value: '' })).problem).toBeUndefined();
  });
  test('a number that is not one', async () => expect((await aside({ value: 'abc' })).problem?.code).toBe('CELL_UNREADABLE'));
});

describe('the table in a sheet', () => {
  test('begins below what is skipped and ends above its footer; empty rows are not records', async () => {
    const rows: Cell[][] = [['Town of X'], [], ['No', ' Amount\n due '], ['1', '2'], [null, null], ['3', '4'], ['Total', '6'], []];
    expect(await valuesOf(xlsx({ skip_rows: 2, footer_rows: 1 }), raw(rows))).toEqual([
      { No: '1', 'Amount due': '2' },
      { No: '3', 'Amount due': '4' },
    ]);
    expect(await refusal(xlsx({ skip_rows: 8 }), raw(rows))).toContain('[FILE_EMPTY]');
    expect(
      await valuesOf(xlsx({ header: ['a', '', 'c'], skip_rows: 3, footer_rows: 1 }), raw([[], [], [], ['1', 'x', '2'], ['t']])),
    ).toEqual([{ a: '1', c: '2' }]);
  });

  test('that has no totals this time is refused rather than robbed of its last record', async () => {
    const options = { header: ['a', '', 'c'], footer_rows: 1, footer_has: 'Total' };
    const rows: Cell[][] = [
      ['1', null, '2'],
      ['3', null, '4'],
    ];
    // The word may be in a column that is left out.
    expect(await valuesOf(xlsx(options), raw([...rows, [null, 'Total', '6'], []]))).toHaveLength(2);
    expect(await refusal(xlsx(options), raw([...rows, []]))).toContain('Row 2 is the last row');
    expect(await refusal(xlsx(options), raw([[]]))).toContain('[FOOTER_MISSING]');
  });

  test('a value next to the table rejects its row; a column without a name and without values is nothing', async () => {
    const records = await readAll(
      xlsx(),
      raw([
        [null, 'a', null, 'b'],
        [null, '1', null, '2'],
        [null, '1', null, '2', 'note'],
        [null, '1', 'x', '2'],
      ]),
    );
    expect(records.map((r) => r.problem?.message ?? r.values)).toEqual([
      { a: '1', b: '2' },
      'The cell E3 has a value, but its column has no name in the header.',
      'The cell C4 has a value, but its column has no name in the header.',
    ]);
  });

  test('columns that are missing, doubled or new are told as in other formats, by their letters', async () => {
    expect(await refusal(xlsx(), raw([['a', 'a']]))).toMatch(/"a" appears twice \(columns A and B\).*\[COLUMN_DUPLICATE\]/);
    expect(await refusal(xlsx(), raw([['amout']]), { requiredColumns: ['amount'], knownColumns: ['amount'] })).toMatch(
      /Did you mean "amout"\?.*\[COLUMN_MISSING\]/,
    );
    const fresh: string[] = [];
    await readAll(xlsx(), raw([['a', 'b']]), { knownColumns: ['a'], onNewColumns: (names) => fresh.push(...names) });
    expect(fresh).toEqual(['b']);
  });

  test('merged cells show their value once, or in each of them', async () => {
    const rows: Cell[][] = [
      ['dept', 'no'],
      ['Pool', '1'],
      [null, '2'],
      [null, '3'],
      ['Rink', '4'],
    ];
    const depts = async (merged_cells: string) =>
      (await valuesOf(xlsx({ merged_cells }), raw(rows, { merged: ['A2:A4'] }))).map((r) => r['dept']);
    expect(await depts('first')).toEqual(['Pool', null, null, 'Rink']);
    expect(await depts('fill')).toEqual(['Pool', 'Pool', 'Pool', 'Rink']);
    expect(
      await valuesOf(
        xlsx({ merged_cells: 'fill', header: ['a', 'b', 'c'] }),
        raw(
          [
            ['x', null, 'y'],
            [null, null, 'z'],
          ],
          { merged: ['A1:B2'] },
        ),
      ),
    ).toEqual([
      { a: 'x', b: 'x', c: 'y' },
      { a: 'x', b: 'x', c: 'z' },
    ]);
  });

  test('texts that spreadsheets write in their own way: shared, escaped, with spaces', async () => {
    const strings = ['a', ' x ', 'tab\u0001', '_x000D_'];
    const rows: Cell[][] = [
      [{ type: 's', value: '0' }],
      [{ type: 's', value: '1' }],
      [{ type: 's', value: '2' }],
      [{ type: 's', value: '3' }],
    ];
    expect((await valuesOf(xlsx(), raw(rows, { strings }))).map((r) => r['a'])).toEqual([' x ', 'tab\u0001', '_x000D_']);
    expect((await valuesOf(xlsx({ trim: true }), raw(rows, { strings })))[0]).toEqual({ a: 'x' });
    expect(await refusal(xlsx(), raw([[{ type: 's', value: '9' }]], { strings }))).toContain('[XLSX_MALFORMED]');
  });

  test('columns are found by their letters', () => {
    for (const i of [0, 25, 26, 51, 701, 702, 16_383]) expect(columnIndex(`${columnLetters(i)}1`)).toBe(i);
    for (const text of ['1', '', 'A', 'ABCD1']) expect(columnIndex(text)).toBe(-1);
  });
});

describe('what is not a workbook', () => {
  test('is told what it is instead', async () => {
    expect(await refusal(xlsx(), Buffer.from('d0cf11e0a1b11ae100', 'hex'))).toMatch(
      /old workbook \(\.xls\) or one that is protected by a password.*\[XLSX_NOT_A_WORKBOOK\]/,
    );
    expect(await refusal(xlsx(), '<html><table>')).toMatch(/web page or XML.*\[XLSX_NOT_A_WORKBOOK\]/);
    expect(await refusal(xlsx(), 'a,b\n1,2\n')).toMatch(/text, such as CSV.*\[XLSX_NOT_A_WORKBOOK\]/);
    expect(await refusal(xlsx(), await zip({ 'a.xlsx': raw([['a']]) }))).toMatch(/add zip to unpack.*\[XLSX_NOT_A_WORKBOOK\]/);
    expect(await refusal(xlsx(), await zip({ mimetype: 'x', 'content.xml': 'x' }))).toContain('OpenDocument');
    expect(await refusal(xlsx(), await zip({ '[Content_Types].xml': 'x', '_rels/.rels': 'x', 'xl/workbook.bin': 'x' }))).toContain('.xlsb');
    expect(await refusal(xlsx({ max_bytes: 100 }), raw([['a']]))).toContain('[FILE_TOO_LARGE]');
  });

  test('a workbook that declares entities, or unpacks to far more than it is, is refused', async () => {
    const bomb = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>';
    const parts = {
      '[Content_Types].xml': '<Types/>',
      '_rels/.rels': '<Relationships><Relationship Id="r" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    };
    expect(await refusal(xlsx(), await zip({ ...parts, 'xl/workbook.xml': `${bomb}<workbook>&b;</workbook>` }))).toContain('[XML_ENTITY]');
    const blanks = await zip({ ...parts, 'xl/workbook.xml': `<workbook>${'<a/>'.repeat(8_000_000)}</workbook>` });
    expect(blanks.length).toBeLessThan(60_000);
    expect(await refusal(xlsx(), blanks)).toContain('[UNPACKED_TOO_LARGE]');
    const many = raw(Array.from({ length: 3000 }, (_, i) => [`text ${i}`]));
    expect(await refusal(xlsx({ max_unpacked_bytes: 50_000 }), many)).toMatch(/max_unpacked_bytes.*\[UNPACKED_TOO_LARGE\]/);
    expect(await refusal(xlsx(), await zip({ ...parts, 'xl/workbook.xml': '<workbook/>' }))).toContain('[XLSX_SHEET_MISSING]');
    expect(await refusal(xlsx(), await zip({ ...parts, '_rels/.rels': '<Relationships/>' }))).toContain('[XLSX_MALFORMED]');
  });
});

test('any table of texts comes back from a workbook as it was', { timeout: 60_000 }, async () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 6 }), async (table) => {
      const rows = table.map(([a, b]) => [a, b]);
      const read = await valuesOf(xlsx({ header: ['a', 'b'] }), raw(rows));
      expect(read).toEqual(table.filter(([a, b]) => a || b).map(([a, b]) => ({ a: a || null, b: b || null })));
    }),
    { numRuns: RUNS },
  );
});
