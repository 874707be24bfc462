import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { reportHtmlParts } from '../../src/reports/output/html.ts';
import { columnsFrom, type Report, reportCsv, reportJson, tableCsvLines, withTable } from '../../src/reports/output/table.ts';
import { townCommand } from '../cli/command-line.ts';
import { closeTowns } from '../engine/town.ts';
import { receiptCsv, reportTown } from './report-town.ts';

afterEach(closeTowns);

const ODD = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '＝1',
  'a "b", c',
  'two\nlines',
  'שלום',
  'x\u202ey',
  '<b>&amp;',
  '-12.00',
];
const report = (names: readonly string[]): Report => ({
  title: '=Odd',
  definition: { report: 'odd' },
  notes: ['<script>alert(1)</script>'],
  tables: [
    {
      name: 'odd',
      title: 'Odd',
      columns: columnsFrom('name:Name', 'currency:Currency', 'amount:Amount:money'),
      rows: names.map((name) => ({ name, currency: 'USD', amount: -1234 })),
    },
    { name: 'rest', title: 'Rest', columns: columnsFrom('what:What'), rows: [{ what: 'other' }] },
  ],
});

test('a CSV file has one table, no cell of it is a formula, and numbers stay numbers', () => {
  const csv = reportCsv(report(ODD));
  expect(csv).not.toContain('Rest');
  const cells = csv.split('\r\n').slice(1, -1);
  for (const line of cells.filter((text) => text.endsWith('-12.34'))) expect(line).not.toMatch(/^"?[=+\-@\t\r\n＝]/);
  expect(cells.filter((text) => text.endsWith(',USD,-12.34'))).toHaveLength(ODD.length);
  expect(csv).toContain("'-12.00,USD,-12.34");
  expect(csv).not.toContain('\u202e');
  expect(reportCsv(withTable(report(ODD), 'rest'))).toBe('What\r\nother\r\n');
  expect(() => withTable(report(ODD), 'rset')).toThrow('Did you mean rest?');
});

test('a page for printing has every cell as text, in its own direction, and repeats the head of its tables', () => {
  const html = [...reportHtmlParts(report(ODD), 'A <town>', 'America/New_York')].join('');
  expect(html).not.toMatch(/<script|<b>|\u202e/);
  expect(html).toContain('<td dir="auto">שלום</td>');
  expect(html).toContain('display: table-header-group');
  expect(html.match(/<tr><td/g)).toHaveLength(ODD.length + 1);
  const what = columnsFrom('what:What', 'currency:Currency', 'amount:Amount:money');
  const summary = {
    name: 'summary',
    title: 'Summary',
    columns: what,
    rows: ODD.map((text) => ({ what: text, currency: 'USD', amount: 1 })),
  };
  const outstanding = { name: 'outstanding', title: 'Outstanding', columns: [], rows: [] };
  const json = reportJson({ ...report([]), definition: { report: 'outstanding' }, tables: [summary, outstanding] });
  expect((json as { summary: { what: string }[] }).summary.map((row) => row.what)).toEqual(ODD);
});

test('140,000 lines are made in pieces', () => {
  const many = report(Array.from({ length: 140_000 }, (_, i) => `=receipt ${i}`));
  for (const parts of [tableCsvLines(many.tables[0]!), reportHtmlParts(many, 'Town', 'America/New_York')]) {
    let [pieces, longest, lines] = [0, 0, 0];
    for (const part of parts) {
      pieces++;
      longest = Math.max(longest, part.length);
      lines += part.split('receipt ').length - 1;
    }
    expect([pieces > 40, longest < 80_000, lines]).toEqual([true, true, 140_000]);
  }
});

test('a saved report is written in every format, and each CSV file of it has one head', { timeout: 120_000 }, async () => {
  const t = await reportTown({
    'desk/a.csv': receiptCsv(
      ['=1+1', '@pool', 'a "b"'].map((place, i) => ({ no: `=${i}`, amount: '4.00', tender: 'cash', place, account: '100-4210' })),
    ),
    'config/interlocal.yaml': `town: { name: Testville, time_zone: America/New_York, currency: USD, fiscal_year_starts: 07-01 }
packs: false
ledger: { debit: { cash: 100-1010 }, clearing: 100-1046, due_from: "{fund}-1310", due_to: "{fund}-2080" }
reports:
  places: { title: By place, report: revenue, by: [place, fund], in: 2026-07 }
`,
  });
  const out = mkdtempSync(join(tmpdir(), 'interlocal-report-'));
  try {
    const told = async (...args: string[]) => townCommand(t.folder, ['report', ...args]);
    const entries = await told('entries', '--in', '2026-07', '--out', join(out, 'july.csv'), '--json');
    expect(JSON.parse(entries.out)).toMatchObject({ rows: 2, more: [{ table: 'not_posted', rows: 0 }] });
    expect(readFileSync(join(out, 'july.csv'), 'utf8').split('\r\n')[0]).toBe('Fund,Account,What,Currency,Debit,Credit');
    expect(readFileSync(join(out, 'july.not_posted.csv'), 'utf8').split('\r\n')[0]).toBe('Account,Paid by,Currency,Amount,Why');
    const receipts = await told('receipts', '--format', 'csv');
    expect([receipts.out.split('\r\n')[0]!.startsWith('Counts on,Receipt'), receipts.err]).toEqual([
      true,
      expect.stringContaining('--table totals'),
    ]);
    expect(receipts.out).toContain("'=0");
    for (const format of ['csv', 'xlsx', 'html', 'json', 'txt']) {
      const saved = await told('run', 'places', '--out', join(out, `places.${format}`));
      expect([saved.exit, saved.err]).toEqual([0, '']);
    }
    expect(readFileSync(join(out, 'places.html'), 'utf8')).toContain('<td dir="auto">=1+1</td>');
    expect((await told('saved')).out).toContain('By place');
    expect((await told('run', 'palces')).err).toContain('Did you mean places?');
    const refused = await told('reconciled', '--as-of', '2026-07-02T10:00', '--json');
    expect([refused.exit, (JSON.parse(refused.out) as { error: { code: string } }).error.code]).toEqual([2, 'AS_OF_NOT_KEPT']);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});

test('all that is wrong in saved reports is told at once, each with its place', { timeout: 60_000 }, async () => {
  const t = await reportTown({});
  t.write({
    'config/interlocal.yaml': `town: { name: Testville, time_zone: America/New_York, currency: USD, fiscal_year_starts: 07-01 }
packs: false
reports:
  a: { report: outstanding, pipeline: to-bnak }
  b: { report: receipts, in: 2026-13 }
  c: { report: revenue, by: [fund], from: 2026-07-02, to: 2026-07-01 }
`,
  });
  const { exit, out, err } = await townCommand(t.folder, ['validate']);
  const said = out + err;
  expect(exit).toBe(2);
  for (const text of [
    'Did you mean to-bank?',
    '"2026-13" is not a period',
    'which part of an account is the fund',
    '2026-07-01 is before 2026-07-02',
  ])
    expect(said).toContain(text);
});
