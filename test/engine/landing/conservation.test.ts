import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { revenueReport } from '../../../src/reports/revenue/revenue.ts';
import { decide } from '../../../src/engine/outbound/decide.ts';
import { planOf } from '../../../src/engine/outbound/decision-plan.ts';
import { listOutbox } from '../../../src/store/outbound/outbox.ts';
import { listDifferences } from '../../../src/store/reconciliation/differences.ts';
import { readReconciliation } from '../../../src/reports/reconciliation/reconciliation.ts';
import { reconciliationText } from '../../../src/cli/operate/report/reconciliation.ts';
import { depositFile, MONEY, moneyTown, receiptFile, reconciliation, revenue, standing } from '../reconciliation/agreement-town.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

/** Mappings that take the currency from the record: it is in the column `dept`, and `account` of receipts is left empty. */
const CURRENCIES = Object.fromEntries(
  ['mappings/receipt.from-desk.yaml', 'mappings/deposit.from-bank.yaml'].map((path) => [
    path,
    MONEY[path]!.replace('amount: amount', 'amount: { from: amount, parse: { money: { currency_from: dept } } }').replace(
      'department: { from: dept, default: clerk }',
      'department: { const: clerk }',
    ),
  ]),
);

describe('currencies', () => {
  test('40.00 in CAD and 40.00 in USD do not agree, and neither is added to the other', async () => {
    const town = await moneyTown({
      ...CURRENCIES,
      ...reconciliation('to-bank', { receipts: '{ source: desk }' }),
      'desk/a.csv': receiptFile([
        { no: 'R1', amount: '40.00', dept: 'CAD' },
        { no: 'R2', amount: '7.00', dept: 'USD' },
        { no: 'R3', day: '2026-07-02', amount: '5.00', dept: 'CAD' },
      ]),
      'bank/a.csv': depositFile([
        { no: 'D1', amount: '40.00', dept: 'USD' },
        { no: 'D2', day: '2026-07-02', amount: '5.00', dept: 'CAD' },
      ]),
    });
    for (const pipeline of ['desk-receipts', 'bank-deposits', 'to-bank']) await town.run(pipeline);
    const lines = (await listDifferences(town.engine.knex, 'to-bank', { depth: 1 })).map((d) => [
      d.key[0],
      d.currency,
      d.status,
      d.left,
      d.right,
    ]);
    expect(lines).toEqual([
      ['2026-07-01', 'USD', 'differs', 700, 4000],
      ['2026-07-01', 'CAD', 'left_only', 4000, null],
      ['2026-07-02', 'CAD', 'matched', 500, 500],
    ]);
    expect((await revenue(town)).map((r) => [r.period, r.currency, r.reconciled, r.unreconciled])).toEqual([
      ['2026-07-01', 'CAD', 0, 4000],
      ['2026-07-01', 'USD', 0, 700],
      ['2026-07-02', 'CAD', 500, 0],
    ]);
    const report = await readReconciliation(town.engine, 'to-bank', { all: true });
    expect(report.lines.filter((line) => line.depth === 0).map((line) => [line.currency, line.left, line.right])).toEqual([
      ['USD', 700, 4000],
      ['CAD', 4500, 500],
    ]);
    expect(reconciliationText([report], 'table', { all: true, zone: 'UTC' })).toMatch(/2026-07-01 +only in receipts +40\.00 CAD/);
  });
});

test('a day is a day of the town also where receipts have moments', async () => {
  const town = await moneyTown({
    'config/model/receipt.yaml': MONEY['config/model/receipt.yaml']!.replace('received_on: { type: date', 'received_on: { type: datetime'),
    'mappings/receipt.from-desk.yaml': MONEY['mappings/receipt.from-desk.yaml']!.replace(
      'received_on: day',
      'received_on: { from: day, parse: { datetime: YYYY-MM-DD HH:mm, zone: UTC } }',
    ),
    'mappings/receipt.from-pool.yaml': MONEY['mappings/receipt.from-pool.yaml']!.replace(
      'received_on: day',
      'received_on: { from: day, parse: { datetime: YYYY-MM-DD HH:mm, zone: UTC } }',
    ),
    'connectors/desk/connector.yaml': MONEY['connectors/desk/connector.yaml']!.replace('day: { type: date }', 'day: {}'),
    ...reconciliation('to-bank', { receipts: '{ source: desk }' }),
    'pipelines/to-bank.yaml': reconciliation('to-bank', { receipts: '{ source: desk }' })['pipelines/to-bank.yaml']!.replace(
      'left: received_on',
      'left: { day: received_on }',
    ),
    'desk/a.csv': receiptFile([
      { no: 'R1', day: '2026-07-01 02:30', amount: '40.00' },
      { no: 'R2', day: '2026-07-01 16:00', amount: '2.00' },
    ]),
    'bank/a.csv': depositFile([
      { no: 'D1', day: '2026-06-30', amount: '40.00' },
      { no: 'D2', day: '2026-07-01', amount: '2.00' },
    ]),
  });
  for (const pipeline of ['desk-receipts', 'bank-deposits', 'to-bank']) await town.run(pipeline);
  expect(await standing(town)).toEqual({ reconciled: 4200, open: 0, why: [] });
  const rows = async (options: Parameters<typeof revenueReport>[1]): Promise<unknown[]> =>
    (await revenueReport(town.engine, options)).map((r) => [r.period, r.amount]);
  expect(await rows({ period: 'fiscal-year' })).toEqual([
    ['2025/2026', 4000],
    ['2026/2027', 200],
  ]);
  expect(await rows({ period: 'month' })).toEqual([
    ['2026-06', 4000],
    ['2026-07', 200],
  ]);
  expect(await rows({ period: 'day', from: '2026-07-01', to: '2026-07-01' })).toEqual([['2026-07-01', 200]]);
  expect(await rows({ period: 'day', from: '2026-06-30', to: '2026-06-30' })).toEqual([['2026-06-30', 4000]]);
});

/** Receipts and deposits as the town's sources have them now. */
interface Model {
  receipts: Map<string, { day: string; cents: number; dept: string }>;
  deposits: Map<string, { day: string; cents: number; dept: string }>;
}

const DAYS = ['2026-07-01', '2026-07-02', '2026-07-03'];
const DEPARTMENTS = ['clerk', 'pool'];

test('money is conserved: whatever comes, changes and is compared, each cent is reconciled or open, once, and what is reconciled is in the bank', async () => {
  const step = fc.record({
    kind: fc.constantFrom('receipt' as const, 'deposit' as const, 'both' as const, 'by-day' as const, 'by-both' as const),
    no: fc.integer({ min: 1, max: 6 }),
    day: fc.constantFrom(...DAYS),
    dept: fc.constantFrom(...DEPARTMENTS),
    cents: fc.integer({ min: -3, max: 5 }).map((n) => n * 500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 8 }), async (steps) => {
      const town = await moneyTown({ ...reconciliation('by-day'), ...reconciliation('by-both', { keys: ['department', 'day'] }) });
      const model: Model = { receipts: new Map(), deposits: new Map() };
      for (const [i, { kind, no, day, dept, cents }] of steps.entries()) {
        if (kind === 'by-day' || kind === 'by-both') await town.run(kind);
        const row = { day, dept, cents };
        if (kind === 'receipt' || kind === 'both') {
          model.receipts.set(`R${no}`, row);
          town.write({
            [`desk/${i}.csv`]: receiptFile([
              { no: `R${no}`, day, dept, amount: decimal(cents) },
              { no: 'X', day: '2026-01-01', dept: 'x', amount: `${i}.00` },
            ]),
          });
          model.receipts.set('X', { day: '2026-01-01', dept: 'x', cents: i * 100 });
          await town.run('desk-receipts');
        }
        if (kind === 'deposit' || kind === 'both') {
          model.deposits.set(`D${no}`, row);
          model.deposits.set('Y', { day: '2026-01-02', dept: 'y', cents: i * 100 });
          town.write({
            [`bank/${i}.csv`]: depositFile([
              { no: `D${no}`, day, dept, amount: decimal(cents) },
              { no: 'Y', day: '2026-01-02', dept: 'y', amount: `${i}.00` },
            ]),
          });
          await town.run('bank-deposits');
        }
        await conserved(town, model);
      }
      await closeTowns();
    }),
    {
      numRuns: 4,
      examples: [
        // A receipt of 0.00 beside one of 5.00, without an account.
        [
          [
            { kind: 'receipt', no: 1, day: '2026-07-02', dept: 'clerk', cents: 0 },
            { kind: 'both', no: 2, day: '2026-07-02', dept: 'clerk', cents: 500 },
            { kind: 'by-day', no: 1, day: '2026-07-01', dept: 'clerk', cents: 0 },
            { kind: 'by-both', no: 1, day: '2026-07-01', dept: 'clerk', cents: 0 },
          ],
        ],
        // And a refund beside it.
        [
          [
            { kind: 'both', no: 1, day: '2026-07-02', dept: 'clerk', cents: -500 },
            { kind: 'both', no: 2, day: '2026-07-02', dept: 'clerk', cents: 1000 },
            { kind: 'by-day', no: 1, day: '2026-07-01', dept: 'clerk', cents: 0 },
            { kind: 'by-both', no: 1, day: '2026-07-01', dept: 'clerk', cents: 0 },
          ],
        ],
      ],
    },
  );
}, 60_000);

async function conserved(town: TestTown, model: Model): Promise<void> {
  const rows = await revenue(town);
  const total = [...model.receipts.values()].reduce((sum, r) => sum + r.cents, 0);
  expect(rows.reduce((sum, row) => sum + row.amount, 0)).toBe(total);
  expect(rows.reduce((sum, row) => sum + row.receipts, 0)).toBe(model.receipts.size);
  for (const row of rows) {
    expect(row.reconciled + row.unreconciled).toBe(row.amount);
    expect(row.unreconciledReceipts === 0).toBe(row.reasons.length === 0);
    // Reconciled is only what the bank has, to the cent, for that day: of the town, and of the department.
    if (row.unreconciledReceipts > 0) continue;
    const here = (side: Map<string, { day: string; cents: number; dept: string }>, dept?: string): number =>
      [...side.values()]
        .filter((r) => r.day === row.period && (dept === undefined || r.dept === dept))
        .reduce((sum, r) => sum + r.cents, 0);
    expect(here(model.receipts)).toBe(here(model.deposits));
    expect(here(model.receipts, row.department)).toBe(here(model.deposits, row.department));
    // Without an account, what was taken and what was refunded are two lines.
    const lines = rows.filter((other) => other.period === row.period && other.department === row.department);
    expect(lines.reduce((sum, line) => sum + line.amount, 0)).toBe(here(model.receipts, row.department));
    expect(lines.filter((line) => line.amount >= 0).length).toBeLessThan(2);
  }
}

function decimal(cents: number): string {
  return `${cents < 0 ? '-' : ''}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;
}

test('an amount in CAD is not sent to a ledger that would take it for USD', async () => {
  const town = await moneyTown({
    ...CURRENCIES,
    'connectors/ledger/connector.yaml': `connector: ledger
version: 1.0.0
title: Ledger
transport: folder
streams: {}
sinks:
  entries:
    target: { file: { name: 'entries-{{ sequence }}.csv' } }
    encoder: { csv: {} }
    schema: { fields: { Number: { required: true }, Amount: { type: decimal, decimals: 2, required: true } } }
    idempotency_key: [Number]
`,
    'mappings/entries.from-receipt.yaml': `mapping: entries.from-receipt
sink: { connector: ledger, sink: entries }
from: { entity: receipt }
fields: { Number: receipt_number, Amount: amount }
`,
    'pipelines/to-ledger.yaml': 'pipeline: to-ledger\ndeliver: { mapping: entries.from-receipt, connection: ledger }\n',
    'config/connections.yaml': `${MONEY['config/connections.yaml']!}  ledger: { connector: ledger, options: { path: ledger } }\n`,
    'ledger/.keep': '',
    'desk/a.csv': receiptFile([
      { no: 'R1', amount: '40.00', dept: 'CAD' },
      { no: 'R2', amount: '7.00', dept: 'USD' },
    ]),
  });
  await town.run('desk-receipts');
  expect(await town.run('to-ledger')).toMatchObject({ outcome: 'partial', counts: { created: 1, rejected: 1 } });
  const [refused] = (await town.engine.knex('il_outbox').where({ state: 'refused' }).pluck('problems')) as string[];
  expect(JSON.parse(refused!)).toMatchObject([
    {
      code: 'CURRENCY_LOST',
      message:
        'The amount of this record is in CAD, but the mapping sends no currency, so the other system would take it as USD. The record was not sent.',
    },
  ]);
});

test.each([
  ['a sum of the whole file', 'totals: [Amount]', 'total: "{{ total.Amount }}"', ['7.00', '40.00']],
  [
    'sums by currency',
    'totals: [{ name: USD, of: Amount, where: { Currency: USD } }, { name: CAD, of: Amount, where: { Currency: CAD } }]',
    'total: "{{ total.USD }}+{{ total.CAD }}"',
    ['7.00+40.00'],
  ],
])('a trailer never adds up two currencies: %s', async (_, totals, trailer, expected) => {
  const town = await moneyTown({
    ...CURRENCIES,
    'connectors/ledger/connector.yaml': `connector: ledger
version: 1.0.0
title: Ledger
transport: folder
streams: {}
sinks:
  entries:
    target: { file: { name: 'entries-{{ sequence }}.jsonl' } }
    encoder: { json: { lines: true } }
    rows:
      each: [{ number: "{{ record.Number }}" }]
      trailer: [{ ${trailer} }]
    schema:
      fields: { Number: { required: true }, Amount: { type: decimal, decimals: 2, required: true }, Currency: { required: true } }
    idempotency_key: [Number]
    ${totals}
`,
    'mappings/entries.from-receipt.yaml': `mapping: entries.from-receipt
sink: { connector: ledger, sink: entries }
from: { entity: receipt }
fields: { Number: receipt_number, Amount: amount, Currency: amount_currency }
`,
    'pipelines/to-ledger.yaml': 'pipeline: to-ledger\nmode: review\ndeliver: { mapping: entries.from-receipt, connection: ledger }\n',
    'config/connections.yaml': `${MONEY['config/connections.yaml']!}  ledger: { connector: ledger, options: { path: ledger } }\n`,
    'ledger/.keep': '',
    'desk/a.csv': receiptFile([
      { no: 'R1', amount: '40.00', dept: 'CAD' },
      { no: 'R2', amount: '7.00', dept: 'USD' },
    ]),
  });
  await town.run('desk-receipts');
  const waits = await town.run('to-ledger');
  if (expected.length > 1) {
    const rows = await listOutbox(town.engine.knex, { pipeline: 'to-ledger' });
    const plan = await planOf(town.engine.project, town.engine.knex, rows, false);
    expect(waits.notes.join()).toMatch(/2 records, Amount (CAD 40\.00, Amount USD 7\.00|USD 7\.00, Amount CAD 40\.00)/);
    expect(plan.of[0]!.totals).toEqual({ 'Amount CAD': '40.00', 'Amount USD': '7.00' });
  }
  await decide(town.engine.knex, 'approve', { pipeline: 'to-ledger' });
  expect((await town.run('to-ledger')).outcome).toBe('succeeded');
  const sent = readdirSync(join(town.folder, 'ledger')).filter((name) => name.endsWith('.jsonl'));
  const trailers = sent.map((name) => /"total":"(.*)"/.exec(readFileSync(join(town.folder, 'ledger', name), 'utf8'))![1]!);
  expect(trailers.sort((a, b) => a.length - b.length)).toEqual(expected);
});
