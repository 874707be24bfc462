import { afterEach, expect, test } from 'vitest';
import { dayIn } from '../../../src/core/time/time.ts';
import { depositFile, receiptFile } from '../../engine/reconciliation/agreement-town.ts';
import { closeTowns, type TestTown } from '../../engine/town.ts';
import { delivered } from '../base-outbound.ts';
import { close, entriesOf, journal, load, post, postedOf, posting, postingTown, type PostingShape } from './town.ts';

afterEach(closeTowns);

const JULY = [
  { no: '1', amount: '40.00', account: '100-4210', tender: 'cash' },
  { no: '2', amount: '25.00', account: '210-4550', tender: 'card' },
  { no: '3', amount: '10.00', account: '100-4210', tender: 'check' },
];

/** The third receipt is not at the bank yet. */
async function july(shape: PostingShape = {}, receipts = JULY): Promise<TestTown> {
  const town = await postingTown(
    {
      'desk/a.csv': receiptFile(receipts),
      'bank/a.csv': depositFile(receipts.slice(0, 2).map(({ no, amount }) => ({ no, amount }))),
    },
    shape,
  );
  await load(town);
  return town;
}

test('reconciled revenue of a month is posted as one balanced entry with what funds owe each other, once', async () => {
  const town = await july();
  const run = await post(town);
  expect([run.problems, run.outcome]).toEqual([[], 'succeeded']);
  const [entry] = await entriesOf(town);
  const ref = entry!.id.slice(0, 10).toUpperCase();
  expect(delivered(town)).toEqual({
    'journal-001.csv': [
      'Ref,Date,Account,Debit,Credit,Text',
      ...['100-1010,40.00,', '100-1045,25.00,', '100-2080-210,,25.00', '100-4210,,40.00', '210-1310-100,25.00,', '210-4550,,25.00'].map(
        (line) => `${ref},07/31/2026,${line},Revenue 2026-07`,
      ),
      '',
    ].join('\n'),
  });
  await post(town);
  await town.reopen();
  await post(town);
  expect(Object.keys(delivered(town))).toEqual(['journal-001.csv']);
  expect(await journal(town)).toHaveLength(1);
});

test('a receipt that clears after its month was posted goes into a further entry, and what changed afterwards into an adjusting entry that names it', async () => {
  const town = await july();
  await post(town);
  town.write({ 'bank/b.csv': depositFile([{ no: '3', amount: '10.00' }]) }, 5);
  await load(town);
  await post(town);
  expect((await journal(town)).slice(1)).toEqual(['2 2026-07 sent: 100-1010 +10, 100-4210 -10']);
  // The clerk corrects the account, then the amount; the bank has the new amount.
  town.write(
    {
      'desk/b.csv': receiptFile([
        { ...JULY[0]!, account: '100-4215' },
        { ...JULY[2]!, amount: '12.00' },
      ]),
      'bank/c.csv': depositFile([{ no: '3', amount: '12.00' }]),
    },
    10,
  );
  await load(town);
  const run = await post(town);
  expect((await journal(town)).slice(2)).toEqual([
    '3 2026-07 corrects 1 sent: 100-4210 +40, 100-4215 -40',
    '4 2026-07 corrects 2 sent: 100-1010 +2, 100-4210 -2',
  ]);
  expect(run.notes.join(' ')).toMatch(/of 2026-07 adjusts entry 1 \(/);
  expect(await postedOf(town)).toEqual({ 1: 4000, 2: 2500, 3: 1200 });
  const texts = Object.values(delivered(town));
  const ref = (await entriesOf(town))[0]!.id.slice(0, 10).toUpperCase();
  expect([texts.length, texts[2]!.split('\n')[1]]).toEqual([4, expect.stringContaining(`100-4210,40.00,,Corrects ${ref} 2026-07`)]);
});

test('a receipt that is voided after it was posted is taken back by an adjusting entry', async () => {
  const town = await july();
  await post(town);
  town.write({ 'desk/b.csv': receiptFile([{ ...JULY[0]!, amount: '0.00' }]), 'bank/b.csv': depositFile([{ no: '1', amount: '0.00' }]) }, 5);
  await load(town);
  await post(town);
  expect((await journal(town)).slice(1)).toEqual(['2 2026-07 corrects 1 sent: 100-4210 +40, 100-1010 -40']);
});

test('while a reconciliation has not looked at a receipt that changed, what was posted of it stays as it is', async () => {
  const town = await july();
  await post(town);
  town.write({ 'desk/b.csv': receiptFile([{ ...JULY[0]!, account: '100-4215' }]) }, 5);
  await town.run('desk-receipts');
  await post(town);
  expect(await journal(town)).toHaveLength(1);
  await load(town);
  await post(town);
  expect((await journal(town)).slice(1)).toEqual(['2 2026-07 corrects 1 sent: 100-4210 +40, 100-4215 -40']);
});

test('with when: closed nothing is posted before the close; afterwards the period is posted as it was closed, and what clears later counts in the open period', async () => {
  const town = await july();
  town.write({ 'pipelines/to-ledger.yaml': posting()['pipelines/to-ledger.yaml']!.replace('when: over', 'when: closed') });
  await town.reopen();
  await post(town);
  expect(await journal(town)).toEqual([]);
  await close(town, '2026-07');
  await post(town);
  expect(await journal(town)).toEqual([
    '1 2026-07 sent: 100-1010 +40, 100-1045 +25, 100-2080-210 -25, 100-4210 -40, 210-1310-100 +25, 210-4550 -25',
  ]);
  town.write(
    {
      'bank/b.csv': depositFile([{ no: '3', amount: '10.00', day: '2026-08-03' }]),
      'desk/b.csv': receiptFile([{ ...JULY[0]!, account: '100-4215' }]),
    },
    5,
  );
  await load(town);
  await post(town);
  expect(await journal(town)).toHaveLength(1);
  // In the open period, which is posted when it is over.
  town.write({ 'pipelines/to-ledger.yaml': posting()['pipelines/to-ledger.yaml']! });
  await town.reopen();
  await post(town);
  const month = dayIn('America/New_York', new Date()).slice(0, 7);
  expect((await journal(town)).slice(1)).toEqual([
    '2 2026-08 sent: 100-1010 +10, 100-4210 -10',
    `3 ${month} corrects 1 sent: 100-4210 +40, 100-4215 -40`,
  ]);
});
