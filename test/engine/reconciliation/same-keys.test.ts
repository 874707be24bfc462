import { afterEach, describe, expect, test } from 'vitest';
import { matchByHand, matchLines } from '../../../src/engine/reconciliation/matches.ts';
import { exceptionLines } from '../../../src/reports/reconciliation/exceptions.ts';
import { connector } from '../base-town.ts';
import { closeTowns, type TestTown } from '../town.ts';
import { depositFile, moneyTown, receiptFile } from './agreement-town.ts';

afterEach(closeTowns);

const NOW = new Date('2026-07-20T15:00:00Z');
const TODAY = '2026-07-20';
const run = (town: TestTown) => town.run('to-bank', { now: () => NOW });

const TO_BANK = `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: day, on: [{ left: received_on, right: collected_on }], sides: many_to_one }]
  open: { left: { type: not_deposited, within: 2, together: [received_on] }, right: { type: deposit_without_receipt } }
`;

const stream = (pattern: string): string => `    retriever: { files: { pattern: "${pattern}" } }
    decoder: { csv: {} }
    schema: { fields: { no: {}, day: { type: date }, dept: {}, account: {}, tender: {}, amount: {} } }
    primary_key: [no]
`;

/** A desk whose cash and card payments are two streams, each with numbers of its own from 1. */
const TWO_STREAMS = {
  'pipelines/to-bank.yaml': TO_BANK,
  'connectors/desk/connector.yaml': connector('desk', 'folder', { receipts: stream('cash-*.csv'), cards: stream('card-*.csv') }),
  'mappings/receipt.from-desk-cards.yaml': `mapping: receipt.from-desk-cards
entity: receipt
from: { connector: desk, stream: cards }
fields:
  source: "@connection"
  receipt_number: no
  received_on: day
  department: { const: cards }
  amount: amount
`,
  'pipelines/desk-cards.yaml': 'pipeline: desk-cards\nsource: { connection: desk, stream: cards }\nmappings: [receipt.from-desk-cards]\n',
};

async function deskTown(files: Record<string, string>): Promise<TestTown> {
  const t = await moneyTown({ ...TWO_STREAMS, ...files });
  for (const pipeline of ['desk-receipts', 'desk-cards', 'pool-receipts', 'bank-deposits']) await t.run(pipeline);
  return t;
}

describe('two streams of a system number their records alike', () => {
  const CASH = receiptFile([{ no: '1', amount: '40.00', day: '2026-07-01' }]);
  const CARD = receiptFile([{ no: '1', amount: '7.00', day: '2026-07-01' }]);

  test('and both records are in one exception', async () => {
    const t = await deskTown({ 'desk/cash-a.csv': CASH, 'desk/card-a.csv': CARD });
    expect((await run(t)).outcome).toBe('succeeded');
    const list = await exceptionLines(t.engine, {}, TODAY);
    expect(list.map((e) => [e.type, e.records.map((r) => [r.key, r.amount]).sort()])).toEqual([
      [
        'not_deposited',
        [
          ['1', '40.00'],
          ['1', '7.00'],
        ],
      ],
    ]);
    // The same in the next run, and in one over everything.
    await run(t);
    expect((await exceptionLines(t.engine, {}, TODAY)).map(({ id }) => id)).toEqual(list.map(({ id }) => id));
  });

  test('and the one that comes later is not taken for the one that a person decided about', async () => {
    const t = await deskTown({ 'desk/cash-a.csv': CASH, 'bank/a.csv': depositFile([{ no: 'D', amount: '38.00', day: '2026-07-09' }]) });
    const at = (connection: string, key: string) => [{ connection, key }];
    await matchByHand(t.engine, 'to-bank', { left: at('desk', '1'), right: at('bank', 'D') }, 'two dollars short', {
      actor: 'dana',
      now: NOW,
    });
    await run(t);
    t.write({ 'desk/card-a.csv': CARD });
    await t.run('desk-cards');
    await run(t);
    const matches = await matchLines(t.engine, {});
    expect(matches.flatMap((m) => m.left.map((r) => r.amount))).not.toContain('7.00');
    const open = await exceptionLines(t.engine, {}, TODAY);
    expect(open.some((e) => e.records.some((r) => r.amount === '7.00'))).toBe(true);
  });

  test('and a match by hand asks which of them is meant', async () => {
    const t = await deskTown({
      'desk/cash-a.csv': CASH,
      'desk/card-a.csv': CARD,
      'bank/a.csv': depositFile([{ no: 'D', amount: '7.00', day: '2026-07-09' }]),
    });
    const add = (key: string) =>
      matchByHand(t.engine, 'to-bank', { left: [{ connection: 'desk', key }], right: [{ connection: 'bank', key: 'D' }] }, 'the card', {
        actor: 'dana',
        now: NOW,
      });
    await expect(add('1')).rejects.toThrow('desk:1#desk-cards or desk:1#desk-receipts');
    await add('1#desk-cards');
    await run(t);
    expect((await matchLines(t.engine, {})).map((m) => [m.by, m.left.map((r) => r.amount)])).toEqual([['person', ['7.00']]]);
  });
});

describe('a mapping makes several records of one', () => {
  const LISTS = {
    'pipelines/to-bank.yaml': TO_BANK,
    'connectors/desk/connector.yaml': connector('desk', 'folder', {
      receipts: `    retriever: { files: { pattern: "*.jsonl" } }
    decoder: { json: { lines: true } }
    schema: { fields: { no: {}, day: { type: date }, payments: { type: list } } }
    primary_key: [no]
`,
    }),
    'mappings/receipt.from-desk.yaml': `mapping: receipt.from-desk
entity: receipt
from: { connector: desk, stream: receipts }
for_each: payments
item_key: [n]
fields:
  source: "@connection"
  receipt_number: ../no
  received_on: ../day
  amount: amount
`,
    'desk/a.jsonl': '{"no":"R1","day":"2026-07-01","payments":[{"n":"a","amount":"5.00"},{"n":"b","amount":"9.00"}]}\n',
    'bank/a.csv': depositFile([{ no: 'D', amount: '9.00', day: '2026-07-09' }]),
  };

  test('each is told from the others, and a match by hand names one', async () => {
    const t = await moneyTown(LISTS);
    for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits']) await t.run(pipeline);
    await run(t);
    const [open] = (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.type === 'not_deposited');
    const items = open!.records.map(({ key, item, amount }) => [key, item, amount]);
    expect(items.map(([key, , amount]) => [key, amount]).sort()).toEqual([
      ['R1', '5.00'],
      ['R1', '9.00'],
    ]);
    const add = (key: string) =>
      matchByHand(t.engine, 'to-bank', { left: [{ connection: 'desk', key }], right: [{ connection: 'bank', key: 'D' }] }, 'nine', {
        actor: 'dana',
        now: NOW,
      });
    await expect(add('R1')).rejects.toMatchObject({ code: 'RECORD_AMBIGUOUS' });
    await add(`R1#${items.find(([, , amount]) => amount === '9.00')![1]!}`);
    await run(t);
    expect((await matchLines(t.engine, {})).map((m) => m.left.map((r) => r.amount))).toEqual([['9.00']]);
  });
});
