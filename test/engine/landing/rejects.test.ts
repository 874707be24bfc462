import { afterEach, expect, test } from 'vitest';
import { replayRejects } from '../../../src/engine/landing/replay.ts';
import { peopleFile, receipts, tillStream } from '../base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const good = [{ number: '1' }, { number: '2' }];
const replay = async (town: TestTown, ids?: number[]) =>
  replayRejects(town.engine, 'receipts', ids, { signal: new AbortController().signal });

test('a run with rejected records is partial; each is kept with its line, its reason and what the source said', async () => {
  const town = await makeTown({
    'inbox/receipts.csv': receipts([...good, { number: '3', tender: 'XX' }, '4,2026-01-05,1.00', { number: '5', date: 'soon' }]),
  });
  const run = await town.run('receipts');
  expect([run.outcome, run.counts]).toEqual([
    'partial',
    { read: 5, created: 2, changed: 0, unchanged: 0, skipped: 0, rejected: 3, deleted: 0 },
  ]);
  expect((await town.rejects()).map((r) => [r.key.slice(0, 4), r.line, r.readable, r.problems.map((p) => p.code), r.file])).toEqual([
    ['3', 4, true, ['CODE_UNKNOWN'], 'receipts.csv'],
    ['raw:', 5, false, ['RAGGED_ROW'], 'receipts.csv'],
    ['5', 6, true, ['TYPE_CHANGED'], 'receipts.csv'],
  ]);
});

test('a file that was fixed in its place closes its rejects, also those that had no key', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([...good, { number: '3', tender: 'XX' }, '4,2026-01-05,1.00']) });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts([...good, { number: '3', tender: 'CK' }, { number: '4' }]) });
  const run = await town.run('receipts');
  expect([run.outcome, run.counts.created]).toEqual(['succeeded', 2]);
  expect(await town.rejects()).toEqual([]);
  expect((await town.rejects('superseded')).length).toBe(2);
});

test('another delivery under the same name does not close the rejects of the one before', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([...good, { number: '3', tender: 'XX' }, '4,2026-01-05,1.00']) });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts([{ number: '11' }, { number: '12' }, { number: '13' }]) });
  await town.run('receipts');
  expect((await town.rejects()).map((r) => r.line)).toEqual([4, 5]);
});

test('a rejected record again is told once, from where it stands now', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([...good, { number: '3', tender: 'XX' }]) });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts([{ number: '3', tender: 'XX' }, ...good, { number: '4' }]) });
  await town.run('receipts');
  expect((await town.rejects()).map((r) => [r.key, r.line, r.firstRun, r.lastRun])).toEqual([['3', 2, 1, 2]]);
});

test('rejects are replayed once the lookup knows the code', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([...good, { number: '3', tender: 'XX' }, { number: '4', tender: 'YY' }]) });
  await town.run('receipts');
  town.write({ 'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nCK,check\nXX,check\n' });
  await town.reopen();
  expect(await replay(town)).toEqual({ pipeline: 'receipts', replayed: 1, skipped: 0, rejected: 1, unreadable: 0 });
  expect((await town.rows('receipt')).map((r) => [r.number, r.tender, r.tender_raw])).toEqual([
    ['1', 'cash', 'CA'],
    ['2', 'cash', 'CA'],
    ['3', 'check', 'XX'],
  ]);
  expect((await town.rejects()).map((r) => r.key)).toEqual(['4']);
  expect((await town.rejects('replayed')).map((r) => r.key)).toEqual(['3']);
  // The file itself brings nothing twice.
  expect((await town.run('receipts')).counts).toMatchObject({ created: 0, changed: 0 });
  expect((await town.rows('receipt')).length).toBe(3);
});

test('replaying some of them leaves the others', async () => {
  const town = await makeTown({
    'inbox/receipts.csv': receipts([
      { number: '3', tender: 'XX' },
      { number: '4', tender: 'XX' },
    ]),
  });
  await town.run('receipts');
  town.write({ 'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nXX,check\n' });
  await town.reopen();
  const [first] = await town.rejects();
  expect(await replay(town, [first!.id])).toMatchObject({ replayed: 1 });
  expect((await town.rejects()).map((r) => r.key)).toEqual(['4']);
});

test('a deletion that was rejected is a deletion when it is replayed', async () => {
  const stream = (type: string) => tillStream({ fields: `, gone: { type: ${type} }`, more: '    deletes: { field: gone, values: [y] }\n' });
  const head = 'number,received_on,amount,tender,note,gone\n';
  const town = await makeTown({ ...stream('text'), 'inbox/receipts-1.csv': `${head}1,2026-01-05,1.00,CA,,n\n` });
  await town.run('receipts');
  town.write({ ...stream('integer'), 'inbox/receipts-2.csv': `${head}1,2026-01-05,1.00,CA,,y\n` }, 1);
  await town.reopen();
  expect((await town.run('receipts')).counts).toMatchObject({ rejected: 1 });
  town.write(stream('text'));
  await town.reopen();
  await replay(town);
  expect(await town.rows('receipt')).toEqual([]);
  expect((await town.history('receipt')).map((h) => h.action)).toEqual(['deleted']);
});

test('rejects of several runs with the same record number are distinguished when they are replayed', async () => {
  const mapping = (table: string) => ({ 'mappings/lookups/tenders.csv': table });
  const town = await makeTown({
    'inbox/receipts-1.csv': receipts([{ number: '1' }]),
    'inbox/receipts-2.csv': receipts([{ number: '2', tender: 'CK' }]),
  });
  await town.run('receipts');
  // Both are the first record of their file; mapped again, neither can be used.
  town.write(mapping('from,to\nXX,cash\n'));
  await town.reopen();
  await town.run('receipts');
  expect((await town.rejects()).map((r) => [r.key, r.record])).toEqual([
    ['1', 1],
    ['2', 1],
  ]);
  town.write(mapping('from,to\nCA,cash\n'));
  await town.reopen();
  expect(await replay(town)).toMatchObject({ replayed: 1, skipped: 0, rejected: 1 });
  expect((await town.rejects()).map((r) => r.key)).toEqual(['2']);
});

test('what a newer snapshot does not have anymore is no reject anymore', async () => {
  const town = await makeTown({
    ...tillStream({ files: 'content: snapshot, after: { archive: done }', more: '    deletes: { when_absent: true, max_percent: 100 }\n' }),
    'inbox/receipts-1.csv': receipts([...good, { number: '3', tender: 'XX' }]),
  });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts(good.slice(0, 1)) }, 5);
  await town.run('receipts');
  expect(await town.rejects()).toEqual([]);
  expect((await town.rows('receipt')).map((r) => r.number)).toEqual(['1']);
});

test('too many rejects stop the run, and what was committed is whole', async () => {
  const town = await makeTown({
    'pipelines/receipts.yaml':
      'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: 2\nmax_rejects: 1\n',
    'inbox/receipts.csv': receipts([
      { number: '1' },
      { number: '2', tender: 'XX' },
      { number: '3' },
      { number: '4', tender: 'XX' },
      { number: '5' },
    ]),
  });
  const run = await town.run('receipts');
  expect([run.outcome, run.problems.map((p) => p.code)]).toEqual(['failed', ['REJECTS_TOO_MANY']]);
  expect(run.counts).toEqual({ read: 4, created: 2, changed: 0, unchanged: 0, skipped: 0, rejected: 2, deleted: 0 });
  expect((await town.rows('receipt')).map((r) => r.number)).toEqual(['1', '3']);
  expect(await town.rows('il_file', ['state', 'records_done'])).toEqual([{ state: 'loading', records_done: 4 }]);
  expect((await town.rejects()).length).toBe(2);
  town.write({ 'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nXX,check\n' });
  await town.reopen();
  await replay(town);
  expect((await town.run('receipts')).outcome).toBe('succeeded');
  expect((await town.rows('receipt')).map((r) => r.number).sort()).toEqual(['1', '2', '3', '4', '5']);
});

test('a mapping that can use nothing anymore is stopped by max_rejects before any file is read', async () => {
  const town = await makeTown({
    'pipelines/receipts.yaml':
      'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: 2\nmax_rejects: 1\n',
    'inbox/receipts.csv': receipts([{ number: '1' }, { number: '2' }, { number: '3' }, { number: '4' }, { number: '5' }]),
  });
  await town.run('receipts');
  town.write({ 'mappings/lookups/tenders.csv': 'from,to\nXX,cash\n' });
  await town.reopen();
  const run = await town.run('receipts');
  expect([run.outcome, run.problems.map((p) => p.code), run.counts.rejected]).toEqual(['failed', ['REJECTS_TOO_MANY'], 2]);
});

test('people hidden in a reject are not told in its message', async () => {
  const town = await makeTown({ 'inbox/clerk.csv': peopleFile([['1', 'a@x', 'Ann Secret', '', 'never']]) });
  await town.run('clerk');
  expect(JSON.stringify((await town.rejects()).map((r) => r.problems))).not.toContain('Ann Secret');
});
