import { afterEach, describe, expect, test } from 'vitest';
import { type Receipt, receipts, tillStream } from '../base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const snapshots = (order: string, percent = 60, more = '') =>
  tillStream({
    files: `content: snapshot${order ? `, order: ${order}` : ''}${more}`,
    more: `    deletes: { when_absent: true, max_percent: ${percent} }\n`,
  });
const ON = (day: number): string => `inbox/receipts-202603${day}.csv`;
const list = (from: number, to: number, amount = '1.00'): Receipt[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ number: String(from + i), amount }));
const stored = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt')).map((r) => [r.number, r.amount]);
const HOUR = 3600;

/** The files of the 23rd and 24th were read: record 1 is gone since, and 2 and 3 cost two dollars now. */
async function townOn24(order: string, more = ''): Promise<TestTown> {
  const town = await makeTown({ ...snapshots(order, 60, more), [ON(23)]: receipts(list(1, 3)) });
  await town.run('receipts');
  town.write({ [ON(24)]: receipts(list(2, 3, '2.00')) }, 60);
  await town.run('receipts');
  return town;
}
const NOW = [
  ['2', 200],
  ['3', 200],
];

describe('a snapshot that comes late', () => {
  test('and is older by its name is not read: no amount goes back, nobody rises from the dead, and the run says so', async () => {
    const town = await townOn24('name');
    town.write({ [ON(20)]: receipts(list(1, 4)) }, HOUR / 2);
    for (let i = 0; i < 2; i++) {
      const run = await town.run('receipts');
      expect([run.outcome, run.counts.created, run.counts.changed]).toEqual(['succeeded', 0, 0]);
      expect(run.notes).toContain(
        'receipts-20260320.csv is not read, because receipts-20260324.csv was read before. This file is older by its name than one that was already read, and each of these files replaces those before it. Nothing needs to be done if it only came late. If it is really the newest, have it sent again under a name that sorts after the others. [FILE_OLDER]',
      );
    }
    expect(await stored(town)).toEqual(NOW);
    expect((await town.rows('il_file', ['path', 'state'])).at(-1)).toEqual({ path: 'receipts-20260320.csv', state: 'older' });
  });

  test('is read on purpose under a name that comes later', async () => {
    const town = await townOn24('name');
    town.write({ [ON(20)]: receipts(list(2, 4)), [ON(25)]: receipts(list(2, 4)) }, HOUR / 2);
    await town.run('receipts');
    expect(await stored(town)).toEqual([
      ['2', 100],
      ['3', 100],
      ['4', 100],
    ]);
  });

  test('goes to the archive with the others, unread', async () => {
    const town = await townOn24('name', ', after: { archive: done }');
    town.write({ [ON(20)]: receipts(list(1, 4)), [ON(23)]: receipts(list(1, 3)) }, HOUR / 2);
    const run = await town.run('receipts');
    expect(run.notes.filter((n) => n.includes('FILE_OLDER'))).toHaveLength(2);
    expect([await stored(town), town.has(ON(20)), town.has('inbox/done/receipts-20260320.csv')]).toEqual([NOW, false, true]);
  });

  test('and was changed earlier is not read where the time counts, whatever its name', async () => {
    const town = await townOn24('modified');
    town.write({ 'inbox/receipts-z.csv': receipts(list(1, 4)) }, -60);
    expect((await town.run('receipts')).notes.join(' ')).toContain(
      'because receipts-20260324.csv was read before. This file is older by its time of change',
    );
    expect(await stored(town)).toEqual(NOW);
    town.write({ 'inbox/receipts-a.csv': receipts(list(2, 4)) }, 120);
    expect((await town.run('receipts')).counts.created).toBe(1);
  });

  test('without a word about order is left out only when name and time both say that it is older', async () => {
    const town = await townOn24('');
    town.write({ [ON(20)]: receipts(list(1, 4)) }, -60);
    expect((await town.run('receipts')).notes.join(' ')).toContain('FILE_OLDER');
    expect(await stored(town)).toEqual(NOW);
  });

  test('is told by a preview too, which writes nothing', async () => {
    const town = await townOn24('name');
    town.write({ [ON(20)]: receipts(list(1, 4)) }, HOUR / 2);
    const before = await town.dump();
    expect((await town.preview('receipts')).notes.join(' ')).toContain('FILE_OLDER');
    expect(await town.dump()).toEqual(before);
  });
});

test('files of one run are read in the order of their times where that is said', async () => {
  const town = await makeTown(tillStream({ files: 'order: modified' }));
  town.write({ 'inbox/receipts-a.csv': receipts([{ number: '1', note: 'new' }]) }, 60);
  town.write({ 'inbox/receipts-b.csv': receipts([{ number: '1', note: 'old' }]) });
  await town.run('receipts');
  expect((await town.rows('receipt', ['note'])).map((r) => r.note)).toEqual(['new']);
});

test('a snapshot whose name has a mistyped year does not have all others left out without a word', async () => {
  const town = await makeTown({ ...snapshots('name'), [ON(23)]: receipts(list(1, 3)) });
  town.write({ 'inbox/receipts-20620324.csv': receipts(list(2, 3, '2.00')) });
  await town.run('receipts');
  town.write({ [ON(25)]: receipts(list(2, 3, '3.00')) }, HOUR / 2);
  const run = await town.run('receipts');
  expect([run.outcome, run.problems.map(({ code }) => code)]).toEqual(['failed', ['FILE_NAMED_AHEAD']]);
  expect(run.problems[0]!.message).toContain(
    'receipts-20620324.csv, which was already read but has a future date in its name (2062-03-24)',
  );
  // As the hint says.
  town.write(snapshots('modified'));
  await town.reopen();
  expect((await town.run('receipts')).problems).toEqual([]);
  expect(await stored(town)).toEqual([
    ['2', 300],
    ['3', 300],
  ]);
});

test.each(['modified', ''])(
  'a snapshot whose time of change is a year ahead does not have those of the year left out as older (order: %s)',
  async (order) => {
    const town = await makeTown({ ...snapshots(order), [ON(23)]: receipts(list(1, 3)) });
    await town.run('receipts');
    town.write({ 'inbox/receipts-99.csv': receipts(list(1, 3, '2.00')) }, 365 * 24 * HOUR);
    await town.run('receipts');
    // Of the day after tomorrow, by a clock that is right.
    town.write({ [ON(24)]: receipts(list(2, 3, '3.00')) }, 49 * HOUR);
    const run = await town.run('receipts', { now: () => new Date(Date.now() + 50 * HOUR * 1000) });
    expect(run.notes.filter((note) => note.includes('FILE_OLDER'))).toEqual([]);
    expect(await stored(town)).toEqual([
      ['2', 300],
      ['3', 300],
    ]);
  },
);

describe.each(['name', 'modified', ''])('a snapshot that lacks too much (order: %s)', (order) => {
  test('does not stand in the way of the next, and is not read after it', async () => {
    const town = await makeTown({ ...snapshots(order, 10), [ON(24)]: receipts(list(1, 20)) });
    await town.run('receipts');
    town.write({ [ON(25)]: receipts(list(1, 5, '5.00')) }, 60);
    town.write({ [ON(27)]: receipts(list(2, 20, '7.00')) }, 120);
    const run = await town.run('receipts');
    expect([run.outcome, run.problems.map((p) => [p.code, p.place.file])]).toEqual([
      'failed',
      [['DELETES_TOO_MANY', 'receipts-20260325.csv']],
    ]);
    expect(run.notes).toContain(
      'receipts-20260325.csv is skipped, because too much is missing from it. A later file is still read, because it is complete again.',
    );
    const wanted = list(2, 20).map(({ number }) => [number, 700]);
    expect(await stored(town)).toEqual(wanted);
    const next = await town.run('receipts');
    expect([next.outcome, next.problems]).toEqual(['succeeded', []]);
    expect(next.notes.join(' ')).toContain('receipts-20260325.csv is not read');
    expect(await stored(town)).toEqual(wanted);
  });

  test('is asked about again as long as nothing newer came, and is read once that much may be missing', async () => {
    const town = await makeTown({ ...snapshots(order, 10), [ON(24)]: receipts(list(1, 20)) });
    await town.run('receipts');
    town.write({ [ON(25)]: receipts(list(1, 5)) }, 60);
    for (let i = 0; i < 2; i++) expect((await town.run('receipts')).problems.map((p) => p.code)).toEqual(['DELETES_TOO_MANY']);
    town.write(snapshots(order, 90));
    await town.reopen();
    expect((await town.run('receipts')).counts.deleted).toBe(15);
  });
});
