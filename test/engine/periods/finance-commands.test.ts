import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { depositFile, MONEY, moneyTown, receiptFile, reconciliation } from '../reconciliation/agreement-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

/** The account of the test runs the command for somebody, as with sudo. */
const as = (t: TestTown, who: string, ...args: string[]) => townCommand(t.folder, args, { SUDO_USER: who });

async function loaded(more: Record<string, string>): Promise<TestTown> {
  const t = await moneyTown(more);
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits', 'charges']) await t.run(pipeline);
  return t;
}

test(
  'two people close a month by the same command, and its report is the same bytes from then on, in each format',
  { timeout: 120_000 },
  async () => {
    const t = await loaded({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]) });
    const first = await as(t, 'dana', 'period', 'close', '2026-07');
    expect(first.out).toContain('Another person closes it: interlocal period close 2026-07');
    const again = await as(t, 'dana', 'period', 'close', '2026-07', '--json');
    expect([again.exit, (JSON.parse(again.out) as { error: { code: string } }).error.code]).toEqual([2, 'SECOND_PERSON']);
    const closed = JSON.parse((await as(t, 'lee', 'period', 'close', '2026-07', '--json')).out) as {
      state: string;
      reports: { report: string; format: string; sha256: string }[];
    };
    expect(closed.state).toBe('closed');
    t.write({ 'desk/b.csv': receiptFile([{ no: '1', amount: '44.00' }]) });
    await t.run('desk-receipts');
    for (const [report, format] of [
      ['revenue', 'csv'],
      ['revenue', 'xlsx'],
      ['reconciled', 'json'],
    ] as const) {
      const file = join(t.folder, `kept.${format}`);
      expect((await as(t, 'pat', 'report', report, '--in', '2026-07', '--out', file)).exit).toBe(0);
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      expect(sha256).toBe(closed.reports.find((r) => r.report === report && r.format === format)!.sha256);
    }
    expect((await as(t, 'pat', 'report', 'revenue', '--in', '2026-07')).out).toContain('40.00');
    expect((await as(t, 'pat', 'report', 'revenue', '--period', 'fiscal-year')).out).toContain('2026/2027, corrects 2026-07');
    const wrong = await as(t, 'pat', 'period', 'status', 'July');
    expect([wrong.exit, wrong.err]).toEqual([2, expect.stringContaining('[PERIOD_UNKNOWN]') as string]);
  },
);

test(
  'many exceptions at once: how many and what they come to is told first, and nothing is done without a yes',
  { timeout: 120_000 },
  async () => {
    const t = await loaded({
      'config/interlocal.yaml': `${MONEY['config/interlocal.yaml']}exceptions:
  write_off: [{ role: director, people: [dana], each: "5.00", month: "20.00" }]
`,
      'pipelines/to-bank.yaml': `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: number, on: [{ left: receipt_number, right: reference }] }]
  open: { left: { type: only_left, within: 0 }, right: { type: only_right } }
`,
      'desk/a.csv': receiptFile([
        { no: '1', amount: '2.00' },
        { no: '2', amount: '-3.00' },
        { no: '3', amount: '90.00' },
      ]),
      'bank/a.csv': depositFile([{ no: 'X', amount: '4.00' }]),
    });
    await t.run('to-bank');
    const off = ['exceptions', 'resolve', '--type', 'only_left', '--at-most', '5', '--reason', 'written_off', '--text', 'pennies'];
    const asked = await as(t, 'dana', ...off);
    expect([asked.exit, asked.err]).toEqual([2, expect.stringContaining('2 exceptions, 5.00 USD in all.') as string]);
    expect(asked.err).toContain('[CONFIRMATION_NEEDED]');
    expect((await as(t, 'pat', ...off, '--yes')).err).toContain('[WRITE_OFF_LIMIT]');
    const done = JSON.parse((await as(t, 'dana', ...off, '--yes', '--json')).out) as { exceptions: { amount: string; state: string }[] };
    expect(done.exceptions.map((e) => [e.amount, e.state]).sort()).toEqual([
      ['-3.00', 'resolved'],
      ['2.00', 'resolved'],
    ]);
    expect((await as(t, 'dana', 'exceptions', 'resolve', '--reason', 'other', '--text', 'x')).err).toContain('No exceptions were named');
    const slip = join(t.folder, 'slip.pdf');
    writeFileSync(slip, '%PDF-1.7 slip');
    const list = JSON.parse((await as(t, 'dana', 'exceptions', 'list', '--type', 'only_right', '--json')).out) as {
      exceptions: { id: string }[];
    };
    const [{ id }] = list.exceptions as [{ id: string }];
    expect((await as(t, 'dana', 'exceptions', 'attach', id, slip)).out).toContain('Kept as file 1: slip.pdf');
    await as(t, 'dana', 'exceptions', 'file', id, '1', '--out', `${slip}.txt`);
    expect(readFileSync(`${slip}.txt`, 'utf8')).toBe('%PDF-1.7 slip');
  },
);

test(
  'a list without exceptions or matches says where a reconciliation that compares sums has its differences',
  { timeout: 120_000 },
  async () => {
    const t = await loaded({
      ...reconciliation('by-day'),
      'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]),
      'bank/a.csv': depositFile([{ no: 'X', amount: '4.00' }]),
    });
    await t.run('by-day');
    const differs = 'by-day: 1 key differs: interlocal report reconciliation by-day';
    expect((await as(t, 'dana', 'exceptions', 'list', '--overdue')).out).toContain(differs);
    // That nobody of this name ever had one is told, and not an empty list.
    expect((await as(t, 'dana', 'exceptions', 'list', '--owner', 'lee')).err).toContain('There is no owner of exceptions "lee".');
    expect((await as(t, 'dana', 'matches', 'list')).out).toContain('interlocal report reconciliation has what agrees and what differs');
  },
);

test(
  'the list of periods has a month before the year that ends with it, and who prepared and who closed each',
  { timeout: 120_000 },
  async () => {
    const t = await loaded({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00' }]) });
    for (const id of ['2026-07', '2026-07-31', '2025-07', '2025/2026'])
      for (const who of ['dana', 'lee']) await as(t, who, 'period', 'close', id);
    const { periods } = JSON.parse((await as(t, 'dana', 'period', 'list', '--json')).out) as {
      periods: { period: string; state: string; prepared_by: string | null; closed_by: string | null }[];
    };
    // The year has open months, and a day of a closed month is closed with it: neither is begun.
    expect(periods.map(({ period, state }) => [period, state])).toEqual([
      ['2025-07', 'closed'],
      ['2026-07', 'closed'],
    ]);
    expect(periods.map((p) => [p.prepared_by, p.closed_by])).toEqual(
      periods.map(() => [expect.stringMatching(/^dana as /), expect.stringMatching(/^lee as /)]),
    );
    await as(t, 'dana', 'period', 'close', '2026-08-01');
    const shown = await as(t, 'dana', 'period', 'list');
    expect(shown.out).toMatch(/2026-08-01 +2026-08-01 +2026-08-01 +prepared +dana as \S+\s*$/);
  },
);
