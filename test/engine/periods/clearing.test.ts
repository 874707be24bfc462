import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { closePeriod, knownPeriod } from '../../../src/engine/periods/periods.ts';
import { entriesReport } from '../../../src/reports/ledger/entries.ts';
import { keptReport, periodReports } from '../../../src/reports/ledger/period-reports.ts';
import { receiptsReport } from '../../../src/reports/revenue/receipts.ts';
import { reportJson } from '../../../src/reports/output/table.ts';
import { revenueReport } from '../../../src/reports/revenue/revenue.ts';
import { depositFile, MONEY, moneyTown, receiptFile } from '../reconciliation/agreement-town.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const LATER = new Date(Date.now() + 86_400_000);
const LEDGER =
  'ledger: { debit: { cash: 100-1010, card: 100-1045 }, clearing: 100-1046, due_from: "{fund}-1310", due_to: "{fund}-2080" }\n';
const PLAIN = LEDGER.replace(' clearing: 100-1046,', '');
const TO_BANK = `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: number, on: [{ left: receipt_number, right: reference }] }]
  open: { left: { type: not_deposited, within: 2 }, right: { type: deposit_without_receipt } }
`;
const settings = (ledger: string): string => `${MONEY['config/interlocal.yaml']}${ledger}`;

type Line = { account: string; what: string; debit: string; credit: string };
interface Entries {
  entries: Line[];
  not_posted: { amount: string; reason: string }[];
}

async function town(files: Record<string, string>, ledger = LEDGER): Promise<TestTown> {
  const made = await moneyTown({ 'config/interlocal.yaml': settings(ledger), 'pipelines/to-bank.yaml': TO_BANK, ...files });
  await load(made);
  return made;
}

async function load(t: TestTown): Promise<void> {
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits', 'charges', 'to-bank']) await t.run(pipeline);
}

async function close(t: TestTown, id: string): Promise<Entries> {
  const period = knownPeriod(t.engine, id);
  for (const actor of ['dana', 'lee']) await closePeriod(t.engine, period, periodReports, { actor, now: LATER });
  return JSON.parse((await keptReport(t.engine, period, 'entries', 'json'))!.content) as Entries;
}

const made = async (t: TestTown, from: string, to: string) => reportJson(await entriesReport(t.engine, { from, to })) as unknown as Entries;
const told = ({ entries }: Entries) => entries.map((e) => [e.account, e.what, e.debit, e.credit]);
const cents = (text: string): number => Math.round(Number(text) * 100);
const net = (list: readonly Entries[], account: string): number =>
  list.flatMap(({ entries }) => entries).reduce((sum, e) => sum + (e.account === account ? cents(e.debit) - cents(e.credit) : 0), 0);

test('a receipt in transit at the end of its month is revenue of that month, and its money moves to the bank in the month in which it arrives', async () => {
  const t = await town({
    'desk/a.csv': receiptFile([
      { no: '1', amount: '40.00', account: '100-4210', day: '2026-05-28' },
      { no: '2', amount: '7.00', account: '230-4215', day: '2026-05-29' },
    ]),
    'bank/a.csv': depositFile([{ no: '1', amount: '40.00', day: '2026-05-29' }]),
  });
  expect(told(await close(t, '2026-05'))).toEqual([
    ['100-1010', 'money', '40.00', '0.00'],
    ['100-1046', 'clearing', '7.00', '0.00'],
    ['100-2080', 'due to', '0.00', '7.00'],
    ['100-4210', 'revenue', '0.00', '40.00'],
    ['230-1310', 'due from', '7.00', '0.00'],
    ['230-4215', 'revenue', '0.00', '7.00'],
  ]);
  t.write({ 'bank/b.csv': depositFile([{ no: '2', amount: '7.00', day: '2026-06-02' }]) });
  await load(t);
  // The bank's day says in which month it arrived, not the day on which the report is made.
  expect(told(await made(t, '2026-07-01', '2026-07-31'))).toEqual([]);
  expect(told(await close(t, '2026-06'))).toEqual([
    ['100-1010', 'money', '7.00', '0.00'],
    ['100-1046', 'clearing', '0.00', '7.00'],
  ]);
  // It is no revenue of June, and no receipt of June.
  const june = { from: '2026-06-01', to: '2026-06-30' };
  expect(await revenueReport(t.engine, { period: 'month', ...june })).toEqual([]);
  expect((await receiptsReport(t.engine, june)).tables.map(({ rows }) => rows.length)).toEqual([0, 0]);
  expect(told(await made(t, '2026-07-01', '2026-12-31'))).toEqual([]);
});

test('a match that is taken back, and a deposit that is corrected, move the money back to the clearing account', async () => {
  const t = await town({
    'desk/a.csv': receiptFile([{ no: '1', amount: '40.00', account: '100-4210', day: '2026-05-28' }]),
    'bank/a.csv': depositFile([{ no: '1', amount: '40.00', day: '2026-05-29' }]),
  });
  const may = await close(t, '2026-05');
  t.write({ 'bank/b.csv': depositFile([{ no: '1', amount: '4.00', day: '2026-05-29' }]) });
  await load(t);
  const since = await made(t, '2026-06-01', '2030-12-31');
  expect(told(since)).toEqual([
    ['100-1046', 'clearing', '40.00', '0.00'],
    ['100-1010', 'money', '0.00', '40.00'],
  ]);
  expect([net([may, since], '100-1046'), net([may, since], '100-4210')]).toEqual([4000, -4000]);
});

test('a late correction of what is in the clearing account changes the revenue by the difference only', async () => {
  const t = await town({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00', account: '100-4210', day: '2026-05-29' }]) });
  const may = await close(t, '2026-05');
  t.write({
    'desk/b.csv': receiptFile([{ no: '1', amount: '44.00', account: '100-4211', day: '2026-05-29' }]),
    'bank/b.csv': depositFile([{ no: '1', amount: '44.00', day: '2026-06-01' }]),
  });
  await load(t);
  const since = await made(t, '2026-06-01', '2030-12-31');
  const all = [may, since];
  expect(['100-4210', '100-4211', '100-1046', '100-1010'].map((account) => net(all, account))).toEqual([0, -4400, 0, 4400]);
});

test('without a clearing account, revenue is in the entries of the month in which it is reconciled, once', async () => {
  const t = await town({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00', account: '100-4210', day: '2026-05-29' }]) }, PLAIN);
  const may = await close(t, '2026-05');
  expect([told(may), may.not_posted.map((n) => [n.amount, n.reason])]).toEqual([[], [['40.00', 'not reconciled: exception']]]);
  t.write({ 'bank/b.csv': depositFile([{ no: '1', amount: '40.00', day: '2026-06-02' }]) });
  await load(t);
  const june = await close(t, '2026-06');
  expect([told(june), june.not_posted]).toEqual([
    [
      ['100-1010', 'money', '40.00', '0.00'],
      ['100-4210', 'revenue', '0.00', '40.00'],
    ],
    [],
  ]);
});

test('a clearing account that is named later takes nothing a second time, and one that is gone leaves the money to a person', async () => {
  const t = await town({ 'desk/a.csv': receiptFile([{ no: '1', amount: '40.00', account: '100-4210', day: '2026-05-29' }]) }, PLAIN);
  await close(t, '2026-05');
  t.write({
    'config/interlocal.yaml': settings(LEDGER),
    'desk/b.csv': receiptFile([{ no: '2', amount: '5.00', account: '100-4210', day: '2026-06-30' }]),
    'bank/b.csv': depositFile([{ no: '1', amount: '40.00', day: '2026-06-02' }]),
  });
  await t.reopen();
  await load(t);
  expect(told(await close(t, '2026-06'))).toEqual([
    ['100-1010', 'money', '40.00', '0.00'],
    ['100-1046', 'clearing', '5.00', '0.00'],
    ['100-4210', 'revenue', '0.00', '45.00'],
  ]);
  t.write({
    'config/interlocal.yaml': settings(PLAIN),
    'bank/c.csv': depositFile([{ no: '2', amount: '5.00', day: '2026-07-02' }]),
  });
  await t.reopen();
  await load(t);
  const july = await made(t, '2026-07-01', '2026-07-31');
  expect([told(july), july.not_posted.map((n) => [n.amount, n.reason])]).toEqual([
    [],
    [['5.00', 'what is not reconciled of it was booked to a clearing account, and ledger.clearing names none for cash']],
  ]);
});

test(
  'every receipt is revenue of exactly one month, and the clearing account holds what has not arrived, whatever comes when',
  { timeout: 300_000 },
  async () => {
    const MONTHS = ['2026-05', '2026-06', '2026-07'];
    const amount = fc.integer({ min: -900, max: 900 }).filter((n) => n !== 0);
    const receipt = fc.record({
      amount,
      month: fc.nat({ max: 2 }),
      // Its bank record comes after so many closings; 3: never.
      arrives: fc.nat({ max: 3 }),
      fund: fc.constantFrom('100', '230'),
      tender: fc.constantFrom('cash', 'card'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(receipt, { minLength: 1, maxLength: 6 }), async (receipts) => {
        const rows = receipts.map((r, i) => ({
          no: `R${i}`,
          day: `${MONTHS[r.month]}-28`,
          amount: (r.amount / 100).toFixed(2),
          account: `${r.fund}-4${i}`,
          tender: r.tender,
          at: Math.max(r.month, r.arrives),
          never: r.arrives === 3,
        }));
        const t = await town({ 'desk/0.csv': receiptFile(rows.filter(({ day }) => day.startsWith(MONTHS[0]!))) });
        const closed: Entries[] = [];
        for (const [n, month] of MONTHS.entries()) {
          if (n > 0) t.write({ [`desk/${n}.csv`]: receiptFile(rows.filter(({ day }) => day.startsWith(month))) }, n);
          t.write(
            {
              [`bank/${n}.csv`]: depositFile(
                rows.filter((r) => r.at === n && !r.never).map((r) => ({ no: r.no, amount: r.amount, day: `${month}-29` })),
              ),
            },
            n,
          );
          await load(t);
          closed.push(await close(t, month));
        }
        const rest = await made(t, '2026-08-01', '2030-12-31');
        for (const [i, r] of receipts.entries()) {
          const months = closed.map((one) => net([one], `${r.fund}-4${i}`));
          expect(months.map((n) => n !== 0)).toEqual([0, 1, 2].map((n) => n === r.month));
          expect(months[r.month]).toBe(-r.amount);
        }
        const open = rows.filter(({ never }) => never).reduce((sum, r) => sum + cents(r.amount), 0);
        expect(net([...closed, rest], '100-1046')).toBe(open);
        expect(rest.entries).toEqual([]);
        await t.close();
      }),
      { numRuns: 6 },
    );
  },
);
