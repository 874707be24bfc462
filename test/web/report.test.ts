import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerReport } from '../../src/cli/operate/report/report.ts';
import { commandLine, type Said } from '../cli/command-line.ts';
import { makeTown, openAndRun } from './town.ts';

const before = process.cwd();
let town: ReturnType<typeof makeTown>;
beforeAll(async () => {
  town = makeTown();
  const engine = await openAndRun(town.folder);
  await engine.knex.destroy();
  // As where a person types the commands: --out is a path from there.
  process.chdir(town.folder);
});
afterAll(() => {
  process.chdir(before);
  town.remove();
});

function report(...args: string[]): Promise<Said> {
  return commandLine(['report', ...args, '--project', town.folder], [registerReport]);
}

const cents = (text: string): number => Math.round(Number(text.replaceAll(',', '')) * 100);

describe('report revenue', () => {
  test('the table has its lines, sums by department and in all, and why money is not reconciled', async () => {
    const { exit, out } = await report('revenue', '--period', 'fiscal-year');
    expect(exit).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^department +account +paid by +period +receipts +amount +reconciled +not reconciled$/);
    const sums = lines.filter((line) => line.includes(', total ')).map((line) => cents(line.trim().split(/\s+/).at(-3)!));
    const total = lines
      .find((line) => line.startsWith('Total '))!
      .trim()
      .split(/\s+/)
      .slice(-4);
    expect(total).toEqual(['1,198', '58,702.09', '55,090.37', '3,611.72']);
    expect(sums).toHaveLength(6);
    expect(sums.reduce((a, b) => a + b)).toBe(5870209);
    expect(out).toContain('receipts-at-bank, 2026-05 Library: receipts add up to 228.87, bank has nothing: 228.87 less');
  });

  test('--json gives every line with decimal text, and nothing else on stdout', async () => {
    const { out } = await report('revenue', '--json');
    const { rows } = JSON.parse(out) as { rows: Record<string, unknown>[] };
    expect(Object.keys(rows[0]!)).toEqual([
      'department',
      'account',
      'receipt',
      'tender',
      'period',
      'currency',
      'corrects',
      'receipts',
      'amount',
      'reconciled',
      'unreconciled',
      'in_transit',
      'exception',
      'not_covered',
      'unreconciled_receipts',
      'reasons',
    ]);
    expect(rows.reduce((sum, r) => sum + cents(r.amount as string), 0)).toBe(5870209);
    expect(rows.every((r) => /^-?\d+\.\d\d$/.test(r.amount as string))).toBe(true);
  });

  test('CSV can be narrowed to a department and to days', async () => {
    const { out } = await report(
      'revenue',
      '--format',
      'csv',
      '--period',
      'day',
      '--from',
      '2026-05-01',
      '--to',
      '2026-05-31',
      '--department',
      'Library',
    );
    const rows = parse(out, { columns: true }) as Record<string, string>[];
    expect(new Set(rows.map((r) => r.department))).toEqual(new Set(['Library']));
    expect(rows.every((r) => r.period!.startsWith('2026-05-'))).toBe(true);
    expect(rows.reduce((sum, r) => sum + cents(r['not reconciled']!), 0)).toBe(22887);
  });

  test('--out says one line of what was written, and takes the format from the name', async () => {
    const { out, exit } = await report('revenue', '--out', 'revenue.xlsx');
    expect(exit).toBe(0);
    expect(out).toMatch(/^Wrote \d+ lines to revenue\.xlsx\.\n$/);
    expect(readFileSync(join(town.folder, 'revenue.xlsx')).subarray(0, 2).toString()).toBe('PK');
    expect((await report('revenue', '--out', 'r.csv', '--json')).out).toMatch(/^\{"written":"r\.csv","rows":\d+\}\n$/);
    expect(readFileSync(join(town.folder, 'r.csv'), 'utf8')).toMatch(/^department,/);
  });

  test('a report that cannot be written leaves nothing behind', async () => {
    const { exit, err, out } = await report('revenue', '--out', 'nowhere/r.csv');
    expect([exit, out]).toEqual([2, '']);
    expect(err).toContain('nowhere/r.csv: The report cannot be written: its folder does not exist.');
    expect((await report('revenue', '--out', 'inbox')).err).toContain('it is a folder');
    expect(readdirSync(town.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(existsSync(join(town.folder, 'inbox/bank'))).toBe(true);
  });

  test.each([
    [
      ['--period', 'weekly', '--from', '2026-13-01'],
      ['--period: "weekly" is not a period.', '--from: "2026-13-01" is not a date.'],
    ],
    [['--format', 'pdf'], ['"pdf" is not a format of this report. Known: table, csv, json, xlsx, html.']],
    [
      ['--format', 'xlsx'],
      ['A workbook needs a file', '--out report.xlsx'],
    ],
    [['--json', '--format', 'csv'], ['contradict each other']],
  ])('%j is refused with what to write instead', async (args, messages) => {
    const { exit, err } = await report('revenue', ...args);
    expect(exit).toBe(2);
    for (const message of messages) expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  test('a department that is not one is said, with the one that was meant', async () => {
    const { exit, err, out } = await report('revenue', '--department', 'Librar', '--json');
    expect(exit).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'DEPARTMENT_UNKNOWN' } });
    expect(err).toContain('There is no revenue of a department "Librar", at any time. Did you mean Library?');
  });

  test('a department without revenue in the time asked for is not an error', async () => {
    const { exit, err, out } = await report('revenue', '--department', 'Library', '--to', '2020-01-01', '--json');
    expect([exit, JSON.parse(out)]).toEqual([0, { rows: [] }]);
    expect(err).toContain('The department "Library" has no revenue in this period.');
  });
});

describe('report reconciliation', () => {
  test('the outer keys are rolled up, then each key that differs with both sums and the reason', async () => {
    const { out } = await report('reconciliation');
    expect(out).toContain('receipts-at-bank: receipts and bank');
    expect(out).toContain('34 matched, 2 left to explain.');
    const lines = out.split('\n').map((line) => line.replace(/\s+/g, ' '));
    const march = lines.findIndex((line) => line.startsWith('2026-03 left to explain 9,511.21 9,386.21 -125.00'));
    expect(lines[march + 1]).toBe(
      ' Building left to explain 3,382.85 3,257.85 -125.00 receipts add up to 3,382.85, bank says 3,257.85: 125.00 less',
    );
    expect(lines.filter((line) => line.startsWith(' '))).toHaveLength(2);
    expect(lines).toContainEqual(expect.stringMatching(/^2026-01 matched 5,673.94 5,673.94 0.00/));
    expect(lines).toContainEqual(expect.stringMatching(/^Total left to explain 58,702.09 58,348.22 -353.87/));
  });

  test('--all also has what agrees', async () => {
    const { out } = await report('reconciliation', 'receipts-at-bank', '--all');
    expect(out.split('\n').filter((line) => line.startsWith('  '))).toHaveLength(36);
  });

  test('machines get the keys by the names that the configuration gives them', async () => {
    const { out } = await report('reconciliation', '--format', 'json');
    const [first] = (JSON.parse(out) as { reconciliations: { lines: Record<string, unknown>[]; counts: unknown; match_on: unknown }[] })
      .reconciliations;
    expect(first).toMatchObject({
      pipeline: 'receipts-at-bank',
      left: 'receipts',
      right: 'bank',
      match_on: ['month', 'department'],
      currency: 'USD',
      counts: { matched: 34, differs: 1, left_only: 1, right_only: 0, unchecked: 0 },
    });
    expect(first!.lines.find((l) => l.status === 'left_only')).toMatchObject({
      key: { month: '2026-05', department: 'Library' },
      left: '228.87',
      right: null,
      difference: '-228.87',
    });
    const csv = parse((await report('reconciliation', '--format', 'csv')).out, { columns: true }) as Record<string, string>[];
    expect(csv.find((r) => r.department === 'Building')).toMatchObject({ month: '2026-03', depth: '2', difference: '-125.00' });
  });

  test('a name that is not a reconciliation is told what there is', async () => {
    const { exit, err } = await report('reconciliation', 'receipts-at-bnk');
    expect(exit).toBe(2);
    expect(err).toContain('There is no reconciliation "receipts-at-bnk". Did you mean receipts-at-bank?');
    expect((await report('reconciliation', 'clerk-receipts')).err).toContain('The pipeline "clerk-receipts" is not a reconciliation.');
  });
});
