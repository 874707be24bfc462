import { afterEach, expect, test } from 'vitest';
import { receipts, tillStream } from '../base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const list = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => ({ number: String(from + i) }));
const snapshots = (percent: number, key = '[number]') =>
  tillStream({ files: 'content: snapshot', key, more: `    deletes: { when_absent: true, max_percent: ${percent} }\n` });
const numbers = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt')).map((r) => r.number);

test('what a whole snapshot does not have anymore is deleted, and history keeps what it was', async () => {
  const town = await makeTown({ ...snapshots(50), 'inbox/receipts-1.csv': receipts(list(1, 4)) });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts(list(2, 5)) }, 60);
  expect((await town.run('receipts')).counts).toEqual({
    read: 4,
    created: 1,
    changed: 0,
    unchanged: 3,
    skipped: 0,
    rejected: 0,
    deleted: 1,
  });
  expect(await numbers(town)).toEqual(['2', '3', '4', '5']);
  expect(await town.history('receipt')).toMatchObject([
    { golden: 1, action: 'deleted', changes: { number: ['1', null], amount: [100, null] } },
  ]);
  expect(await town.rows('il_landed')).toHaveLength(5);
});

test('a snapshot that lacks too much stops the run, and nothing is deleted', async () => {
  const town = await makeTown({ ...snapshots(50), 'inbox/receipts-1.csv': receipts(list(1, 4)) });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts(list(4, 4)) }, 60);
  const run = await town.run('receipts');
  expect([run.outcome, run.problems.map((p) => [p.code, p.message])]).toEqual([
    'failed',
    [['DELETES_TOO_MANY', expect.stringContaining('3 of the 4 stored records (75.0 %)')]],
  ]);
  expect(await numbers(town)).toEqual(['1', '2', '3', '4']);
});

test('new records do not make it seem less: a snapshot of other records altogether deletes nothing', async () => {
  const town = await makeTown({ ...snapshots(10), 'inbox/receipts-1.csv': receipts(list(1, 4)) });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts(list(1001, 1099)) }, 60);
  const run = await town.run('receipts');
  expect(run.problems.map((p) => p.code)).toEqual(['DELETES_TOO_MANY']);
  expect((await numbers(town)).slice(0, 4)).toEqual(['1', '2', '3', '4']);
  // And what is wrong with it stays so, until somebody says otherwise.
  expect((await town.run('receipts')).problems.map((p) => p.code)).toEqual(['DELETES_TOO_MANY']);
});

test('a record of the snapshot that is rejected is not taken for deleted', async () => {
  const town = await makeTown({ ...snapshots(50), 'inbox/receipts-1.csv': receipts(list(1, 4)) });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts([{ number: '1', tender: 'XX' }, { number: '2', date: 'soon' }, ...list(3, 4)]) }, 60);
  expect((await town.run('receipts')).counts).toMatchObject({ rejected: 2, deleted: 0 });
  expect(await numbers(town)).toEqual(['1', '2', '3', '4']);
});

test('a line that cannot be read may be any record: nothing is taken for deleted then', async () => {
  const town = await makeTown({ ...snapshots(50), 'inbox/receipts-1.csv': receipts(list(1, 4)) });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts(['1,2026-01-05,1.00', ...list(2, 4)]) }, 60);
  const run = await town.run('receipts');
  expect(run.counts).toMatchObject({ rejected: 1, deleted: 0 });
  expect(run.notes.join(' ')).toContain(
    '1 stored record missing from the new complete list is kept: 1 record in the list has no readable key and may be the same.',
  );
  expect(await numbers(town)).toEqual(['1', '2', '3', '4']);
  town.write({ 'inbox/receipts-3.csv': receipts(list(2, 4)) }, 120);
  expect((await town.run('receipts')).counts.deleted).toBe(1);
});

test('a field of the source says what was deleted; what is not known here is no deletion', async () => {
  const head = 'number,received_on,amount,tender,note,gone\n';
  const town = await makeTown({
    ...tillStream({ fields: ', gone: {}', more: '    deletes: { field: gone, values: [y] }\n' }),
    'inbox/receipts-1.csv': `${head}1,2026-01-05,1.00,CA,,\n2,2026-01-05,1.00,CA,,\n`,
  });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': `${head}1,2026-01-05,1.00,CA,,y\n9,2026-01-05,1.00,CA,,y\n` }, 60);
  expect((await town.run('receipts')).counts).toEqual({
    read: 2,
    created: 0,
    changed: 0,
    unchanged: 1,
    skipped: 0,
    rejected: 0,
    deleted: 1,
  });
  expect(await numbers(town)).toEqual(['2']);
});

test('a record that comes back is restored as itself, with history', async () => {
  const town = await makeTown({ ...snapshots(50), 'inbox/receipts.csv': receipts(list(1, 3)) });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts(list(2, 3)) }, 60);
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts(list(1, 3)) }, 120);
  expect((await town.run('receipts')).counts).toMatchObject({ created: 1, unchanged: 2 });
  expect(await numbers(town)).toEqual(['1', '2', '3']);
  expect((await town.history('receipt')).map((h) => [h.golden, h.action])).toEqual([
    [1, 'deleted'],
    [1, 'restored'],
  ]);
});

test('a source that goes back to an older snapshot, under any name, is followed', async () => {
  const town = await makeTown({ ...snapshots(50), 'inbox/receipts-1.csv': receipts(list(1, 3)) });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts(list(2, 3)) }, 60);
  await town.run('receipts');
  town.remove('inbox/receipts-1.csv');
  town.write({ 'inbox/receipts-3.csv': receipts(list(1, 3)) }, 120);
  expect((await town.run('receipts')).counts).toMatchObject({ created: 1 });
  expect(await numbers(town)).toEqual(['1', '2', '3']);
});

test('snapshots that stay in their folder are not applied over and over', async () => {
  const town = await makeTown({
    ...snapshots(50),
    'inbox/receipts-1.csv': receipts(list(1, 3)),
    'inbox/receipts-2.csv': receipts(list(2, 3)),
  });
  await town.run('receipts');
  expect(await numbers(town)).toEqual(['2', '3']);
  for (let i = 0; i < 2; i++) {
    const again = await town.run('receipts');
    expect([again.counts.created, again.counts.deleted, again.counts.changed]).toEqual([0, 0, 0]);
  }
  expect(await numbers(town)).toEqual(['2', '3']);
  expect(await town.history('receipt')).toHaveLength(1);
});
