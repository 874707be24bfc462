import { arrayBuffer } from 'node:stream/consumers';
import { visible } from '../../core/text/visible.ts';
import fc from 'fast-check';
import excel from 'exceljs';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { RevenueRow } from './revenue.ts';
import { revenueCsv } from './csv.ts';
import { revenueJson } from './json.ts';
import { byDepartment, grandTotals, reasonsOverlap, unreconciledReasons } from './totals.ts';
import { revenueXlsx } from './xlsx.ts';
import { spreadsheetCsv } from '../output/spreadsheet-csv.ts';

const row = (fields: Partial<RevenueRow>): RevenueRow => {
  const amount = fields.amount ?? 100;
  const unreconciled = fields.unreconciled ?? 0;
  const byReason = fields.byReason ?? (unreconciled ? { 'no reconciliation covers it': unreconciled } : {});
  return {
    department: 'Clerk',
    account: '4110',
    tender: 'cash',
    period: '2026-03',
    currency: 'USD',
    receipts: 1,
    receipt: null,
    corrects: null,
    ...fields,
    amount,
    unreconciled,
    reconciled: amount - unreconciled,
    inTransit: 0,
    exception: 0,
    notCovered: unreconciled,
    byReason,
    reasons: Object.keys(byReason),
    receiptsByReason: Object.fromEntries(Object.keys(byReason).map((reason) => [reason, 1])),
    unreconciledReceipts: fields.unreconciledReceipts ?? Object.keys(byReason).length,
  };
};

describe('the file for spreadsheets', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', '＝1+1', '＋1', '－1', '＠SUM(A1)', '=HYPERLINK("http://x","y")'])(
    'a cell that begins like the formula %j stays text',
    (text) => {
      const [cells] = parse(spreadsheetCsv(['a'], [[{ text }]]), { from_line: 2, record_delimiter: '\r\n' }) as string[][];
      expect(cells).toEqual([`'${visible(text)}`]);
    },
  );

  test('negative amounts stay numbers, and leading zeros of accounts stay', () => {
    expect(revenueCsv([row({ account: '0042', amount: -1250, department: 'Parks, "North"' })]).split('\r\n')[1]).toBe(
      '"Parks, ""North""",0042,cash,2026-03,USD,1,-12.50,-12.50,0.00,,0,,0.00,0.00,0.00,',
    );
  });

  test('whatever texts are in it, it reads back as what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string()), { minLength: 1 }), (rows) => {
        const read = parse(
          spreadsheetCsv(
            ['a', 'b'],
            rows.map(([a, b]) => [{ text: a }, { text: b }]),
          ),
          { from_line: 1, record_delimiter: '\r\n' },
        ) as string[][];
        // What would not be seen is written out; all else is as it was.
        const bare = (cell: string): string => (/^'([=+\-@\t\n＝＋－＠]|\\r)/.test(cell) ? cell.slice(1) : cell);
        expect(read.slice(1).map((cells) => cells.map(bare))).toEqual(rows.map((cells) => cells.map(visible).map(bare)));
      }),
    );
  });
});

describe('the workbook', () => {
  test('amounts are numbers with two decimals, the header stands still, and what is not reconciled has a sheet', async () => {
    const rows = [
      row({ department: '=1+1', amount: 123450, receipts: 3 }),
      row({ amount: -1, unreconciled: -1 }),
      row({ currency: 'JPY', amount: 500 }),
    ];
    const book = new excel.Workbook();
    await book.xlsx.load(await arrayBuffer(await revenueXlsx(rows, 'Maple Falls')));
    const sheet = book.getWorksheet('Revenue')!;
    expect(sheet.views[0]).toMatchObject({ state: 'frozen', ySplit: 1 });
    expect((sheet.getRow(1).values as string[]).slice(1, 8)).toEqual([
      'Department',
      'Account',
      'Paid by',
      'Period',
      'Currency',
      'Receipts',
      'Amount',
    ]);
    expect([2, 3, 4].map((n) => [sheet.getRow(n).getCell(7).value, sheet.getRow(n).getCell(7).numFmt])).toEqual([
      [1234.5, '#,##0.00'],
      [-0.01, '#,##0.00'],
      [500, '#,##0'],
    ]);
    expect(sheet.getRow(2).getCell(1).value).toBe('=1+1');
    expect(sheet.getRow(2).getCell(1).type).toBe(excel.ValueType.String);
    const open = book.getWorksheet('Not reconciled')!;
    expect((open.getRow(2).values as unknown[]).slice(1)).toEqual(['no reconciliation covers it', 1, -0.01, 'USD', 'Clerk', '2026-03']);
    expect(open.rowCount).toBe(2);
  });
});

test('machines get decimal text, never a float', () => {
  expect(revenueJson([row({ amount: 9_007_199_254_740_991, unreconciled: 1 })], { starts: '07-01' }).rows[0]).toMatchObject({
    amount: '90071992547409.91',
    reconciled: '90071992547409.90',
    unreconciled: '0.01',
  });
});

test('sums by department and in all agree with the lines, each currency by itself', () => {
  const rows = [
    row({ amount: 10 }),
    row({ amount: 20, unreconciled: 5 }),
    row({ department: 'Pool', amount: 7 }),
    row({ department: 'Pool', currency: 'EUR', amount: 3 }),
  ];
  expect(byDepartment(rows).map((d) => [d.department, d.totals.map((t) => [t.currency, t.amount])])).toEqual([
    ['Clerk', [['USD', 30]]],
    [
      'Pool',
      [
        ['USD', 7],
        ['EUR', 3],
      ],
    ],
  ]);
  expect(grandTotals(rows)).toEqual([
    { currency: 'USD', receipts: 3, amount: 37, reconciled: 32, unreconciled: 5, unreconciledReceipts: 1 },
    { currency: 'EUR', receipts: 1, amount: 3, reconciled: 3, unreconciled: 0, unreconciledReceipts: 0 },
  ]);
});

test('reasons are grouped over lines, the largest amount first, refunds by their size', () => {
  const rows = [
    row({ unreconciled: 5 }),
    row({ department: 'Pool', period: '2026-01', unreconciled: 6 }),
    row({ unreconciled: -900, byReason: { short: -900 } }),
  ];
  expect(unreconciledReasons(rows)).toEqual([
    { reason: 'short', currency: 'USD', lines: 1, amount: -900, receipts: 1, departments: ['Clerk'], periods: ['2026-03'] },
    {
      reason: 'no reconciliation covers it',
      currency: 'USD',
      lines: 2,
      amount: 11,
      receipts: 2,
      departments: ['Clerk', 'Pool'],
      periods: ['2026-01', '2026-03'],
    },
  ]);
  expect(reasonsOverlap(rows)).toBe(false);
  // Of one line, some money for one reason and some for another; and the same money for two.
  expect(reasonsOverlap([row({ unreconciled: 5, byReason: { short: 2, late: 3 } })])).toBe(false);
  expect(reasonsOverlap([row({ unreconciled: 5, byReason: { short: 5, late: 5 } })])).toBe(true);
});
