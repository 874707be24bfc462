import { afterEach, describe, expect, test } from 'vitest';
import { makeReport } from '../../src/reports/catalog.ts';
import { readDefinition } from '../../src/reports/report-request.ts';
import { reportJson } from '../../src/reports/output/table.ts';
import { depositFile, reconciliation } from '../engine/reconciliation/agreement-town.ts';
import { closeTowns, type TestTown } from '../engine/town.ts';
import { loadAll, receiptCsv, REPORT_TOWN, type ReportReceipt, reportTown, settlementCsv } from './report-town.ts';

afterEach(closeTowns);

type Rows = Record<string, Record<string, unknown>[]>;
const make = async (t: TestTown, given: Record<string, unknown>): Promise<Rows> =>
  reportJson(await makeReport(t.engine, readDefinition(given), { today: '2026-07-20' })) as Rows;

const RECEIPTS: ReportReceipt[] = [
  { no: '1', amount: '40.00', tender: 'cash', batch: 'BAG1', place: 'Pool', cashier: 'Kim', account: '100-4210-swim', channel: 'counter' },
  { no: '2', amount: '9.50', tender: 'check', batch: 'BAG1', place: 'Pool', cashier: 'Lou', account: '230-4215-camp', channel: 'mail' },
  { no: '3', amount: '20.00', tender: 'cash', batch: 'BAG2', place: 'Hall', cashier: 'Kim', account: '100-4210-swim' },
  { no: '4', amount: '6.00', tender: 'cash', batch: 'BAG3', account: '100' },
  { no: '5', amount: '50.00', tender: 'card', batch: 'S1', channel: 'online', account: '230-4215-camp', program: 'Day camp' },
  { no: '6', amount: '50.00', tender: 'card', batch: 'S1', channel: 'online', account: '230-4215-camp' },
];

describe('what a deposit is made up of', () => {
  test('each receipt of it by way of paying, place and cashier, what does not agree, and what is in no deposit; each with file and line', async () => {
    const t = await reportTown({
      'desk/a.csv': receiptCsv(RECEIPTS),
      'bank/a.csv': depositFile([
        { no: 'BAG1', amount: '49.50', dept: 'slips', day: '2026-07-02' },
        { no: 'BAG2', amount: '18.00', dept: 'slips', day: '2026-07-02' },
        { no: 'BAG9', amount: '7.00', dept: 'slips', day: '2026-07-03' },
      ]),
    });
    const { deposits, receipts, not_deposited: open } = await make(t, { report: 'deposits', pipeline: 'to-bank', in: '2026-07' });
    expect(deposits!.map((d) => [d.deposit, d.day, d.amount, d.receipts, d.cash, d.check, d.taken, d.difference, d.state])).toEqual([
      ['BAG1', '2026-07-02', '49.50', 2, '40.00', '9.50', '49.50', '0.00', 'matched'],
      ['BAG2', '2026-07-02', '18.00', 1, '20.00', '0.00', '20.00', '-2.00', 'exception'],
      ['BAG9', '2026-07-03', '7.00', 0, '0.00', '0.00', '0.00', '7.00', 'exception'],
    ]);
    expect(deposits!.map((d) => String(d.what ?? '')).slice(1)).toEqual([
      expect.stringContaining('2.00 short') as string,
      expect.stringContaining('matches nothing in receipts') as string,
    ]);
    expect(
      receipts!.map((r) => [r.deposit, r.receipt, r.tender, r.place, r.cashier, r.amount, String(r.file).split('/').at(-1), r.line]),
    ).toEqual([
      ['BAG1', '1', 'cash', 'Pool', 'Kim', '40.00', 'a.csv', 2],
      ['BAG1', '2', 'check', 'Pool', 'Lou', '9.50', 'a.csv', 3],
      ['BAG2', '3', 'cash', 'Hall', 'Kim', '20.00', 'a.csv', 4],
    ]);
    expect(open!.map((r) => [r.receipt, r.amount, r.line])).toEqual([['4', '6.00', 5]]);
    expect(String(open![0]!.what)).toContain('is in no deposit');
    // A deposit counts on its own day.
    expect((await make(t, { report: 'deposits', pipeline: 'to-bank', in: '2026-07-03' })).deposits!.map((d) => d.deposit)).toEqual([
      'BAG9',
    ]);
  });

  test('of a reconciliation that compares sums, a day that differs is shown with all its receipts; several reconciliations are asked for by name', async () => {
    const t = await reportTown({
      ...reconciliation('by-day'),
      'desk/a.csv': receiptCsv([
        { no: '1', amount: '40.00' },
        { no: '2', amount: '5.00', day: '2026-07-02' },
        { no: '3', amount: '6.00', day: '2026-07-02' },
      ]),
      'bank/a.csv': depositFile([
        { no: 'A', amount: '40.00' },
        { no: 'B', amount: '12.00', day: '2026-07-02' },
      ]),
    });
    await t.run('by-day');
    const { deposits } = await make(t, { report: 'deposits', pipeline: 'by-day' });
    expect(deposits!.map((d) => [d.deposit, d.receipts, d.difference, d.state, d.what])).toEqual([
      ['A', 1, '0.00', 'matched', null],
      ['B', 2, '1.00', 'does not agree', 'Receipts of 1.00 are missing.'],
    ]);
    await expect(make(t, { report: 'deposits' })).rejects.toThrow('Several reconciliations have deposits');
    await expect(make(t, { report: 'deposits', pipeline: 'by-dya' })).rejects.toThrow('Did you mean by-day?');
  });
});

describe('settlements from gross to net', () => {
  const files = {
    'desk/a.csv': receiptCsv(RECEIPTS),
    'processor/a.csv': settlementCsv([
      { no: 'S1', gross: '100.00', fees: '2.20', net: '97.80' },
      { no: 'S2', gross: '30.00', refunds: '5.00', fees: '', net: '24.00', day: '2026-07-03' },
    ]),
    'bank/a.csv': depositFile([{ no: 'S1', amount: '97.80', dept: 'cards', day: '2026-07-06' }]),
  };

  test('its fee next to the contract, and what reached the bank; what is not known is empty and never 0.00', async () => {
    const t = await reportTown(files);
    const { settlements, totals, payments } = await make(t, { report: 'settlements', pipeline: 'to-settlement', in: '2026-07' });
    const figures = [
      'settlement',
      'gross',
      'refunds',
      'fees',
      'expected',
      'fee_difference',
      'net',
      'off',
      'bank',
      'bank_difference',
      'bank_on',
      'payments',
    ];
    expect(settlements!.map((s) => figures.map((name) => s[name]))).toEqual([
      ['S1', '100.00', null, '2.20', '2.20', '0.00', '97.80', '0.00', '97.80', '0.00', '2026-07-06', 2],
      ['S2', '30.00', '5.00', null, null, null, '24.00', null, null, null, null, null],
    ]);
    expect(settlements![1]!.what).toContain('a blank fee is not zero');
    expect(totals).toMatchObject([{ settlements: 2, gross: '130.00', fees: '2.20', net: '121.80', bank: '97.80' }]);
    expect(payments!.map((p) => [p.settlement, p.receipt, p.amount, p.line])).toEqual([
      ['S1', '5', '50.00', 6],
      ['S1', '6', '50.00', 7],
    ]);
  });

  test('a fee over the contract, and a credit that is less than the net, are told to the cent', async () => {
    const t = await reportTown({
      ...files,
      'processor/a.csv': settlementCsv([{ no: 'S1', gross: '100.00', fees: '3.00', net: '97.00' }]),
      'bank/a.csv': depositFile([{ no: 'S1', amount: '97.00', dept: 'cards' }]),
    });
    const [one] = (await make(t, { report: 'settlements' })).settlements!;
    expect([one!.fee_difference, one!.off, one!.bank_difference]).toEqual(['0.80', '0.00', '0.00']);
    expect(one!.what).toContain('the contract gives 2.20');
    await expect(make(t, { report: 'settlements', pipeline: 'to-bank' })).rejects.toThrow('has no settlements');
  });
});

test('revenue by any of its names adds up to all revenue, and each line is the total of its receipts, each with file and line', async () => {
  const t = await reportTown({ 'desk/a.csv': receiptCsv(RECEIPTS) });
  for (const by of [
    ['fund'],
    ['program'],
    ['channel'],
    ['place'],
    ['system'],
    ['tender', 'channel'],
    ['department', 'fund', 'account', 'program'],
  ]) {
    const { revenue, totals } = await make(t, { report: 'revenue', by, in: '2026-07' });
    expect(totals).toMatchObject([{ amount: '175.50', receipts: 6 }]);
    for (const row of revenue!) {
      const filter = Object.fromEntries(by.map((name) => [name, row[name]]));
      const behind = await make(t, { report: 'receipts', in: '2026-07', ...filter });
      const { amount, reconciled, in_transit, exception, not_covered } = row;
      expect(behind.totals).toEqual([{ currency: 'USD', amount, reconciled, in_transit, exception, not_covered }]);
      for (const receipt of behind.receipts!)
        expect([String(receipt.file).split('/').at(-1), Number(receipt.line) > 1]).toEqual(['a.csv', true]);
    }
  }
  const names = async (by: string) => (await make(t, { report: 'revenue', by: [by] })).revenue!.map((row) => [row[by], row.amount]);
  expect(await names('fund')).toEqual([
    ['(no fund)', '6.00'],
    ['100', '60.00'],
    ['230', '109.50'],
  ]);
  // The receipt's own program, otherwise that of its account.
  expect(await names('program')).toEqual([
    ['(no program)', '6.00'],
    ['Day camp', '50.00'],
    ['camp', '59.50'],
    ['swim', '60.00'],
  ]);
  const years = await make(t, { report: 'years', in: '2026-07', by: 'channel' });
  expect(years.years!.map((y) => [y.channel, y.amount])).toContainEqual(['online', '100.00']);
});

test('a year before any receipt is not known, which is not the same as nothing taken', async () => {
  const t = await reportTown({ 'desk/a.csv': receiptCsv([{ no: '1', amount: '40.00', day: '2026-07-01' }]) });
  const years = async (): Promise<Rows> => make(t, { report: 'years', in: '2026-07' });
  const nothing = await years();
  expect(nothing.years!.map((y) => [y.amount, y.before, y.change, y.percent])).toEqual([
    ['40.00', null, null, null],
    ['40.00', null, null, null],
  ]);
  expect(JSON.stringify(nothing)).toContain('There is no receipt of 2025-07-31 or earlier: the year before is not known');
  t.write({ 'desk/b.csv': receiptCsv([{ no: '2', amount: '5.00', day: '2025-07-15' }]) });
  await loadAll(t);
  const part = await years();
  expect(part.years!.map((y) => [y.amount, y.before, y.change])).toContainEqual(['40.00', '5.00', '35.00']);
  expect(JSON.stringify(part)).toContain('There is no receipt of a day before 2025-07-01: of the year before, only a part may be known');
  t.write({ 'desk/c.csv': receiptCsv([{ no: '3', amount: '5.00', day: '2025-05-15' }]) });
  await loadAll(t);
  expect(JSON.stringify(await years())).not.toContain('There is no receipt of');
});

test.each([{ report: 'aging' }, { report: 'unposted' }, { report: 'outstanding', pipeline: 'to-bank' }])(
  '$report of a day that has not come yet is refused',
  async (report) => {
    const t = await reportTown({ 'desk/a.csv': receiptCsv([{ no: '1', amount: '40.00' }]) });
    await expect(make(t, { ...report, as_of: '2026-07-21' })).rejects.toThrow('2026-07-21 has not come yet, so it is not known');
    await expect(make(t, { ...report, as_of: '2026-07-20' })).resolves.toBeDefined();
  },
);

test('revenue by fund is refused where nothing says which part of an account is the fund', async () => {
  const t = await reportTown({
    'desk/a.csv': receiptCsv(RECEIPTS),
    'config/interlocal.yaml': REPORT_TOWN['config/interlocal.yaml']!.replace('fund: 1, ', ''),
  });
  await expect(make(t, { report: 'revenue', by: ['fund'] })).rejects.toMatchObject({ code: 'KEY_MISSING' });
});

test('behind the figures of a drawer and of a reconciliation stand their records, each with file and line', async () => {
  const t = await reportTown({
    'desk/a.csv': receiptCsv(RECEIPTS),
    'bank/a.csv': depositFile([{ no: 'BAG1', amount: '49.50', dept: 'slips' }]),
  });
  await loadAll(t);
  const { drawers } = await make(t, { report: 'drawers', in: '2026-07-01' });
  for (const drawer of drawers!) {
    const name = (value: unknown, what: string): string => (value === null ? `(no ${what})` : String(value));
    const filter = { place: name(drawer.branch, 'place'), cashier: name(drawer.cashier, 'cashier'), tender: name(drawer.tender, 'tender') };
    const { receipts } = await make(t, { report: 'drawer', in: '2026-07-01', ...filter });
    expect(receipts!.reduce((sum, r) => sum + Math.round(Number(r.amount) * 100), 0)).toBe(Math.round(Number(drawer.amount) * 100));
    expect(receipts!.every((r) => r.file !== null && r.line !== null)).toBe(true);
  }
  const { records } = await make(t, { report: 'records', pipeline: 'to-bank', state: 'matched' });
  expect(records!.map((r) => [r.group, r.what, r.key, r.amount, r.state, String(r.file).split('/').at(-1), r.line])).toEqual([
    [1, 'receipts', '1', '40.00', 'confirmed', 'a.csv', 2],
    [1, 'receipts', '2', '9.50', 'confirmed', 'a.csv', 3],
    [1, 'the bank', 'BAG1', '49.50', 'confirmed', 'a.csv', 2],
  ]);
});
