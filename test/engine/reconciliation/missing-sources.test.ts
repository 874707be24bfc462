import { afterEach, expect, test } from 'vitest';
import { exceptionLines } from '../../../src/reports/reconciliation/exceptions.ts';
import { closeTowns, type TestTown } from '../town.ts';
import { depositFile, MONEY, moneyTown, receiptFile } from './agreement-town.ts';

afterEach(closeTowns);

const CARDS = `pipeline: cards
reconcile:
  left: { name: payments, entity: receipt, amount: amount, date: received_on }
  right: { name: settlements, entity: deposit, amount: amount, date: collected_on }
  passes:
    - { key: place and day, on: [department, { left: received_on, right: collected_on }], sides: many_to_one }
  open: { left: { type: not_settled, within: 2 }, right: { type: settled_without_receipt } }
  exceptions: [{ expected: right, by: [department], days: habit, type: missing_settlement }]
`;

const dates = Array.from({ length: 40 }, (_, i) => new Date(Date.UTC(2026, 5, 15 + i)))
  .filter((date) => date.getUTCDay() % 6 !== 0)
  .map((date) => date.toISOString().slice(0, 10));

/** The causes and their echoes on a day. */
async function found(t: TestTown, day: string): Promise<unknown> {
  const list = await exceptionLines(t.engine, {}, day);
  const name = (e: (typeof list)[number]): string => `${e.type} ${e.since} ${String(e.facts.of ?? '')}`;
  return list.map((e) => [name(e), e.cause === null ? null : name(list.find(({ id }) => id === e.cause)!)]).sort();
}

async function run(t: TestTown, day: string, names = ['desk-receipts', 'pool-receipts', 'bank-deposits', 'cards']): Promise<void> {
  for (const name of names) expect((await t.run(name, { now: () => new Date(`${day}T15:00:00Z`) })).outcome).toBe('succeeded');
}

test('a report of all senders that did not come in the first weeks is one cause, day by day and at once', async () => {
  const lost = dates[6]!;
  const rows = dates.flatMap((day) =>
    ['pool', 'rink'].flatMap((dept) => [0, 1].map((n) => ({ no: `${dept}${day}${n}`, amount: '10.00', dept, day }))),
  );
  const settled = dates.flatMap((day) => ['pool', 'rink'].map((dept) => ({ no: `s${dept}${day}`, amount: '20.00', dept, day })));
  const t = await moneyTown({ 'pipelines/cards.yaml': CARDS });
  const weeks = [dates.slice(0, 25), ...dates.slice(25, -1).map((day) => [day])];
  for (const days of weeks) {
    const day = days.at(-1)!;
    t.write({
      [`desk/${day}.csv`]: receiptFile(rows.filter((row) => days.includes(row.day))),
      [`bank/${day}.csv`]: depositFile(settled.filter((row) => days.includes(row.day) && row.day !== lost)),
    });
    await run(t, dates[dates.indexOf(day) + 1]!);
  }
  const last = dates.at(-1)!;
  const inPart = await found(t, last);
  expect(inPart).toEqual([
    [`missing_settlement ${lost} pool`, `source_missing ${lost} `],
    [`missing_settlement ${lost} rink`, `source_missing ${lost} `],
    [`not_settled ${lost} `, `source_missing ${lost} `],
    [`not_settled ${lost} `, `source_missing ${lost} `],
    [`not_settled ${lost} `, `source_missing ${lost} `],
    [`not_settled ${lost} `, `source_missing ${lost} `],
    [`source_missing ${lost} `, null],
  ]);
  await t.engine.knex('il_settled').delete();
  await run(t, last, ['cards']);
  expect(await found(t, last)).toEqual(inPart);
});

test('a file that two pipelines refused is one cause, and explains no day on which their stream has something', async () => {
  const reconciliation = (name: string, where: string, right: string): string => `pipeline: ${name}
reconcile:
  left: { name: receipts, entity: receipt, where: { department: ${where} }, amount: amount, date: received_on }
  right: ${right}
  passes: [{ key: number, on: [{ left: receipt_number, right: ${name === 'fees' ? 'receipt_number' : 'reference'} }] }]
  open: { left: { type: not_settled } }
`;
  const t = await moneyTown({
    'config/model/charge.yaml': MONEY['config/model/charge.yaml']!.replace(
      '  amount:',
      '  taken_on: { type: date, class: public }\n  amount:',
    ),
    'mappings/charge.from-bank.yaml': `mapping: charge.from-bank
entity: charge
from: { connector: bank, stream: deposits }
when: { field: dept, is: fee }
fields: { source: "@connection", receipt_number: no, taken_on: day, amount: amount }
`,
    'pipelines/bank-fees.yaml':
      'pipeline: bank-fees\nsource: { connection: bank, stream: deposits }\nmappings: [charge.from-bank]\nunmapped: skip\n',
    'pipelines/to-bank.yaml': reconciliation('to-bank', 'pool', '{ name: the bank, entity: deposit, amount: amount, date: collected_on }'),
    'pipelines/fees.yaml': reconciliation('fees', 'fee', '{ name: fees, entity: charge, amount: amount, date: taken_on }'),
    'desk/a.csv': receiptFile(
      dates
        .slice(0, -1)
        .flatMap((day, i) => [
          { no: `P${i}`, amount: '10.00', dept: 'pool', day },
          ...([3, 10, 20].includes(i) ? [{ no: `F${i}`, amount: '1.00', dept: 'fee', day }] : []),
        ]),
    ),
  });
  for (const [i, day] of dates.slice(0, -1).entries()) {
    const rows = [
      { no: `P${i}`, amount: '10.00', dept: 'pool', day },
      ...(i === 3 ? [{ no: 'F3', amount: '1.00', dept: 'fee', day }] : []),
    ];
    // A file whose last line has no line break was cut off.
    t.write({ [`bank/${day}.csv`]: i === 10 ? depositFile(rows).trimEnd() : depositFile(rows) });
  }
  const now = () => new Date(`${dates.at(-1)!}T15:00:00Z`);
  for (const name of ['desk-receipts', 'pool-receipts', 'charges', 'bank-deposits', 'bank-fees', 'to-bank', 'fees'])
    await t.run(name, { now });
  const list = await exceptionLines(t.engine, {}, dates.at(-1)!);
  const causeOf = (key: string): string | null | undefined => list.find((e) => e.records.some((record) => record.key === key))?.cause;
  const causes = list.filter((e) => e.type === 'source_missing' && e.cause === null);
  expect(causes.map((e) => e.sentence)).toEqual([expect.stringContaining(`${dates[10]!}.csv was refused by`)]);
  expect([causeOf('P10'), causeOf('F10'), causeOf('F20')]).toEqual([causes[0]!.id, causes[0]!.id, null]);
});
