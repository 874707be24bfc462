import { afterEach, expect, test } from 'vitest';
import { commandText, drillHints } from '../../src/reports/output/drill.ts';
import { closePeriod, knownPeriod } from '../../src/engine/periods/periods.ts';
import { periodReports } from '../../src/reports/ledger/period-reports.ts';
import { depositFile, reconciliation } from '../engine/reconciliation/agreement-town.ts';
import { closeTowns } from '../engine/town.ts';
import { commandLine } from '../cli/command-line.ts';
import { asJson, followFigures } from './drill.ts';
import { loadAll, receiptCsv, REPORT_TOWN, reportTown, settlementCsv } from './report-town.ts';

afterEach(closeTowns);

const AUGUST = new Date('2026-08-06T15:00:00Z');
const LEDGER =
  'ledger: { debit: { cash: 100-1010, check: 100-1010, card: 100-1045 }, clearing: 100-1046, due_from: "{fund}-1310", due_to: "{fund}-2080" }\n';

/** Receipts of all kinds: split over lines that leave a rest, without an account, refunds, two funds, in bags and settlements, open. */
const FILES = {
  'config/interlocal.yaml': `${REPORT_TOWN['config/interlocal.yaml']}${LEDGER}`,
  ...reconciliation('by-day', { keys: ['department', 'day'] }),
  'desk/a.csv': receiptCsv([
    {
      no: '1',
      amount: '40.00',
      dept: 'pool',
      account: '100-1-4210',
      tender: 'cash',
      place: 'North',
      cashier: 'kim',
      channel: 'counter',
      batch: 'B1',
    },
    { no: '2', amount: '25.00', dept: 'pool', account: '230-1-4215', tender: 'check', place: 'North', cashier: 'kim', batch: 'B1' },
    {
      no: '3',
      amount: '100.00',
      dept: 'pool',
      account: '100-1-4210',
      tender: 'card',
      place: "O'Neil's Dock",
      channel: 'online',
      batch: 'S1',
    },
    { no: '4', amount: '12.00', dept: 'clerk', tender: 'cash', cashier: 'lee', batch: 'B2' },
    { no: '5', amount: '-3.00', dept: 'clerk', tender: 'cash', cashier: 'lee', batch: 'B2' },
    { no: '6', amount: '30.00', dept: 'clerk', tender: 'cash', cashier: 'lee' },
    { no: '8', amount: '9.00', dept: 'clerk', account: '100-2-4300', tender: 'cash', day: '2026-07-14', batch: '-7' },
  ]),
  'lines/a.csv': 'no,receipt,account,amount\n1,6,100-2-4310,20.00\n2,6,230-2-4320,7.00\n',
  'bank/a.csv': depositFile([
    { no: 'B1', amount: '66.00', dept: 'slips', day: '2026-07-02' },
    { no: 'S1', amount: '97.90', dept: 'cards', day: '2026-07-03' },
  ]),
  'processor/a.csv': settlementCsv([{ no: 'S1', gross: '100.00', fees: '2.10', net: '97.90' }]),
};

const REPORTS = [
  ['revenue'],
  ['revenue', '--from', '2026-07-01', '--to', '2026-07-10', '--department', 'clerk'],
  ['revenue', '--table', 'not_reconciled'],
  ['revenue', '--by', 'batch'],
  ['revenue', '--by', 'cashier,place,fund', '--period', 'fiscal-period'],
  ['years', '--in', '2026/2027', '--by', 'batch'],
  ['receipts'],
  ['reconciled', '--in', '2026-07'],
  ['gaps'],
  ['exceptions'],
  ['aging'],
  ['drawers'],
  ['drawer', '--cashier', 'kim'],
  ['deposits', 'to-bank'],
  ['settlements'],
  ['proof-of-cash', 'to-bank', '--in', '2026-07'],
  ['outstanding', 'to-bank', '--as-of', '2026-07-10'],
  ['entries', '--in', '2026-07'],
  ['postings', '--in', '2026-07'],
  ['clearing'],
  ['clearing', '--from', '2026-07-02', '--to', '2026-07-31'],
  ['records', 'to-bank'],
  ['reconciliation', '--table', 'keys', '--all'],
  ['reconciliation', '--table', 'states'],
];

test(
  'from any figure of any report the command that it names gives its receipts, and they come to the figure',
  { timeout: 120_000 },
  async () => {
    const t = await reportTown(FILES);
    await t.run('by-day');
    const followed = await followFigures(t.folder, REPORTS, 40);
    expect(followed.size).toBeGreaterThan(30);
  },
);

test(
  'revenue of a closed month leads to the receipts as they were booked, and a correction to what corrects it',
  { timeout: 120_000 },
  async () => {
    const t = await reportTown(FILES);
    await t.run('by-day');
    const july = knownPeriod(t.engine, '2026-07');
    for (const actor of ['dana', 'lee'])
      await closePeriod(t.engine, july, periodReports, { actor, now: new Date(Date.now() + 86_400_000) });
    t.write({ 'desk/b.csv': receiptCsv([{ no: '9', amount: '11.00', dept: 'pool', account: '100-1-4210', tender: 'cash', batch: 'B9' }]) });
    await loadAll(t, () => AUGUST);
    await followFigures(
      t.folder,
      [
        ['revenue', '--in', '2026-07'],
        ['revenue'],
        ['adjustments'],
        ['reconciled', '--in', '2026-07', '--table', 'money'],
        ['entries', '--in', '2026-07'],
        ['revenue', '--by', 'batch,cashier'],
      ],
      40,
    );
    // Batch and cashier of what is closed are kept with it.
    const { receipts } = await asJson(t.folder, ['report', 'receipts', '--in', '2026-07', '--batch', 'B1']);
    expect(receipts!.map(({ receipt, batch, cashier }) => [receipt, batch, cashier])).toEqual([
      ['1', 'B1', 'kim'],
      ['2', 'B1', 'kim'],
    ]);
  },
);

test('a person reads the command below the table, as a shell takes it', { timeout: 60_000 }, async () => {
  const t = await reportTown(FILES);
  const { out } = await commandLine(['report', 'revenue', '--by', 'place', '--place', "O'Neil's Dock", '--project', t.folder]);
  expect(out).toContain(`: interlocal report receipts --from 2026-07-01 --to 2026-07-31 --place 'O'\\''Neil'\\''s Dock'`);
  const wrong = await commandLine(['report', 'deposits', 'to-bank', '--deposit', 'B7', '--project', t.folder]);
  expect([wrong.exit, wrong.err]).toEqual([2, expect.stringContaining('There is no deposit "B7"')]);
  const key = await commandLine(['report', 'records', 'to-bank', '--record', 'B7', '--project', t.folder]);
  expect([key.exit, key.err]).toEqual([2, expect.stringContaining('There is no record "B7"')]);
});

test('a word that a shell would take for something else is quoted, and one that begins with a hyphen is no option', () => {
  expect(commandText(['report', 'receipts', '--account', '(no account)', '--place', '$HOME `x`', '--fund', '100'])).toBe(
    "interlocal report receipts --account '(no account)' --place '$HOME `x`' --fund 100",
  );
  const drills = [{ as: 'drill', what: 'Receipts', command: ['report', 'receipts'], options: { '--batch': 'batch' } }] as const;
  expect(drillHints({ rows: [{ batch: '-7' }, { batch: '8', exception: 5 }], drills })).toEqual([
    'Receipts: interlocal report receipts --batch 8',
  ]);
  expect(drillHints({ rows: [{ batch: '-7' }], drills })).toEqual(['Receipts: interlocal report receipts --batch=-7']);
});
