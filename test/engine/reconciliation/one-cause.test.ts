import { afterEach, describe, expect, test } from 'vitest';
import { exceptionLines } from '../../../src/reports/reconciliation/exceptions.ts';
import { connector } from '../base-town.ts';
import { closeTowns, type TestTown } from '../town.ts';
import { depositFile, MONEY, moneyTown, receiptFile } from './agreement-town.ts';

afterEach(closeTowns);

const NOW = new Date('2026-08-10T15:00:00Z');
const TODAY = '2026-08-10';
const run = (town: TestTown, name: string) => town.run(name, { now: () => NOW });

const reconciliation = (
  name: string,
  passes: string,
  more = '',
  types = ['not_deposited', 'deposit_without_receipt'],
): string => `pipeline: ${name}
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes:
${passes}  open: { left: { type: ${types[0]}, within: 2 }, right: { type: ${types[1]} } }
${more}`;
const NUMBER = '    - { key: number, on: [{ left: receipt_number, right: reference }] }\n';
const PLACE_AND_DAY = '    - { key: place and day, on: [department, { left: received_on, right: collected_on }], sides: many_to_one }\n';

/** Payments of two places; nothing settles those of July 6. */
const TWO_PLACES = receiptFile([
  { no: 'R1', amount: '10.00', dept: 'pool', day: '2026-07-01' },
  { no: 'R2', amount: '20.00', dept: 'pool', day: '2026-07-06' },
  { no: 'R3', amount: '30.00', dept: 'pool', day: '2026-07-06' },
  { no: 'R4', amount: '10.00', dept: 'rink', day: '2026-07-01' },
]);

describe('one cause in several reconciliations', () => {
  test('a batch is one cause where its source gives a total of each kind of its records', async () => {
    const control = (kind: string): string => `    - control: closes
      of: left
      on: [account]
      totals: { entity: charge, where: { receipt_number: ${kind} }, amount: amount }
`;
    const t = await moneyTown({
      'pipelines/a-cash.yaml': reconciliation('a-cash', control('cash') + NUMBER),
      'pipelines/b-lines.yaml': reconciliation('b-lines', control('lines') + NUMBER),
      'lines/a.csv':
        'no,receipt,account,amount\n1,cash,100,40.00\n2,lines,100,55.00\n3,cash,200,1.00\n4,lines,2026-07-01,7.00\n5,cash,2026-07-01,7.00\n',
    });
    await run(t, 'charges');
    for (const name of ['b-lines', 'a-cash']) await run(t, name);
    const list = (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.type === 'missing_batch');
    const cause = list.find((e) => e.pipeline === 'a-cash' && e.amount === '40.00')!;
    expect(list.map((e) => [e.pipeline, e.amount, e.cause]).sort()).toEqual([
      ['a-cash', '1.00', null],
      ['a-cash', '40.00', null],
      ['a-cash', '7.00', null],
      ['b-lines', '55.00', cause.id],
      // A day alone does not say which batch it is.
      ['b-lines', '7.00', null],
    ]);
  });

  test('what is open in another reconciliation and has the place and the day of a batch that did not come is its echo', async () => {
    const t = await moneyTown({
      'pipelines/a-receipts.yaml': `pipeline: a-receipts
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: lines, entity: charge, amount: amount }
  passes:
    - control: closes
      of: left
      on: [department, { left: received_on, right: collected_on }]
      totals: { entity: deposit, where: { reference: [T1, T2] }, amount: amount, date: collected_on }
    - { key: number, on: [receipt_number] }
`,
      'pipelines/b-slips.yaml': `pipeline: b-slips
reconcile:
  left: { name: payments, entity: charge, amount: amount }
  right: { name: slips, entity: deposit, where: { reference: [S1, S2, S3] }, amount: amount, date: collected_on }
  passes: [{ key: slip, on: [{ left: account, right: reference }] }]
  open: { right: { type: deposit_without_receipt } }
`,
      'desk/a.csv': receiptFile([{ no: 'R1', amount: '10.00', dept: 'pool', day: '2026-07-01' }]),
      'bank/a.csv': `no,day,dept,amount
T1,2026-07-01,pool,10.00
T2,2026-07-06,pool,50.00
S1,2026-07-06,pool,20.00
S2,2026-07-06,rink,20.00
S3,2026-07-07,pool,20.00
`,
      'lines/a.csv': 'no,receipt,account,amount\n1,R1,100,10.00\n',
    });
    for (const name of ['desk-receipts', 'pool-receipts', 'bank-deposits', 'charges', 'b-slips', 'a-receipts']) await run(t, name);
    const list = await exceptionLines(t.engine, {}, TODAY);
    const batch = list.find((e) => e.type === 'missing_batch')!;
    const slips = list.filter((e) => e.type === 'deposit_without_receipt').map((e) => [e.records.map((r) => r.key).join(), e.cause]);
    expect(slips.sort()).toEqual([
      ['S1', batch.id],
      ['S2', null],
      ['S3', null],
    ]);
  });

  test('a debit of a month has the fee of a settlement that did not come: it is its echo, and an odd fee of another place is none', async () => {
    const t = await moneyTown({
      'pipelines/cards.yaml': reconciliation(
        'cards',
        PLACE_AND_DAY,
        '  exceptions: [{ expected: right, by: [department], days: habit, type: missing_settlement }]\n',
      ),
      'pipelines/payouts.yaml': `pipeline: payouts
reconcile:
  left: { name: settlements, entity: deposit, amount: amount, date: collected_on }
  right: { name: the ledger, entity: charge, amount: amount }
  passes:
    - settlement: arithmetic
      of: left
      parts: { gross: amount, net: amount }
      contract: [{ percent: 2, deducted: monthly }]
      monthly: { where: { reference: [FEE, FEE2] }, by: [department] }
    - { key: number, on: [{ left: reference, right: account }] }
`,
      'desk/a.csv': TWO_PLACES,
      'bank/a.csv': `no,day,dept,amount
S1,2026-07-01,pool,10.00
S2,2026-07-01,rink,10.00
`,
    });
    t.write({ 'bank/b.csv': 'no,day,dept,amount\nFEE,2026-08-03,pool,-1.20\nFEE2,2026-08-03,rink,-0.90\n' });
    for (const name of ['desk-receipts', 'bank-deposits', 'charges', 'cards', 'payouts']) await run(t, name);
    const odd = async () => (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.type === 'fee_odd');
    const causeId = (await exceptionLines(t.engine, {}, TODAY)).find((e) => e.type === 'missing_settlement')!.id;
    expect((await odd()).map((e) => [e.amount, e.cause]).sort()).toEqual([
      ['0.70', null],
      ['1.00', causeId],
    ]);
  });

  test('of one sum of the debits of all places too, where the settlements are the right side', async () => {
    const t = await moneyTown({
      'pipelines/cards.yaml': `pipeline: cards
reconcile:
  left: { name: payments, entity: receipt, amount: amount, date: received_on }
  right: { name: settlements, entity: deposit, amount: amount, date: collected_on }
  passes:
    - settlement: place and day
      of: right
      on: [department, { left: received_on, right: collected_on }]
      parts: { gross: amount, net: amount }
      contract: [{ percent: 2, deducted: monthly }]
      monthly: { where: { reference: [FEE, FEE2] } }
  open: { left: { type: not_settled, within: 2 }, right: { type: settled_without_receipt } }
  exceptions: [{ expected: right, by: [department], days: habit, type: missing_settlement }]
`,
      'desk/a.csv': TWO_PLACES,
      'bank/a.csv': `no,day,dept,amount
S1,2026-07-01,pool,10.00
S2,2026-07-01,rink,10.00
FEE,2026-08-03,pool,-1.20
FEE2,2026-08-03,rink,-0.20
`,
    });
    for (const name of ['desk-receipts', 'bank-deposits', 'cards']) await run(t, name);
    const list = await exceptionLines(t.engine, {}, TODAY);
    const cause = list.find((e) => e.type === 'missing_settlement')!.id;
    expect(list.filter((e) => e.type === 'fee_odd').map((e) => [e.amount, e.cause])).toEqual([['1.00', cause]]);
  });
});

test('of two reports of one folder, each is missing by its own days', async () => {
  const dates = Array.from({ length: 35 }, (_, i) => new Date(Date.UTC(2026, 5, 15 + i)))
    .filter((date) => date.getUTCDay() % 6 !== 0)
    .map((date) => date.toISOString().slice(0, 10));
  const lost = dates[18]!;
  const rows = dates.flatMap((day) => ['pool', 'rink'].map((dept) => ({ no: `${dept}${day}`, amount: '10.00', dept, day })));
  const stream = (pattern: string): string => `    retriever: { files: { pattern: "${pattern}" } }
    decoder: { csv: {} }
    schema: { fields: { no: {}, day: { type: date }, dept: {}, amount: {} } }
    primary_key: [no]
`;
  const t = await moneyTown({
    'connectors/bank/connector.yaml': connector('bank', 'folder', { deposits: stream('a*.csv'), others: stream('b*.csv') }),
    'mappings/deposit.from-others.yaml': MONEY['mappings/deposit.from-bank.yaml']!.replace(
      'deposit.from-bank',
      'deposit.from-others',
    ).replace('stream: deposits', 'stream: others'),
    'pipelines/others.yaml': 'pipeline: others\nsource: { connection: bank, stream: others }\nmappings: [deposit.from-others]\n',
    'pipelines/to-bank.yaml': reconciliation('to-bank', NUMBER),
    'desk/a.csv': receiptFile([...rows, { no: 'more', amount: '3.00', dept: 'pool', day: lost }]),
    'bank/a.csv': depositFile(rows.filter(({ dept, day }) => dept === 'pool' && day !== lost)),
    'bank/b.csv': depositFile(rows.filter(({ dept }) => dept === 'rink')),
  });
  for (const name of ['desk-receipts', 'bank-deposits', 'others', 'to-bank']) await run(t, name);
  const list = await exceptionLines(t.engine, {}, TODAY);
  const cause = list.find((e) => e.facts.missing === lost)!;
  expect(cause.sentence).toBe(`bank-deposits gave nothing of ${lost}, although it has something on every business day.`);
  const echoes = list.filter((e) => e.cause === cause.id);
  expect(echoes.flatMap((e) => e.records.map(({ key }) => key)).sort()).toEqual(['more', `pool${lost}`]);
});
