import { afterEach, describe, expect, test } from 'vitest';
import { listAudit } from '../../../src/store/ledger/audit.ts';
import { type Receipt, receipts, tillStream } from '../base-town.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const ROWS: Receipt[] = [
  { number: '1', amount: '10.00' },
  { number: '2', amount: '20.00', date: '2026-01-06' },
  { number: '3', amount: '30.00', note: 'x' },
];
const stream = (key: string): Files => tillStream({ key });
const DATED = stream('[number, received_on]');

/** A town that has read the receipts under their number alone, and whose connector was changed since. */
async function townWith(changed: Files, rows = ROWS): Promise<TestTown> {
  const town = await makeTown({ 'inbox/receipts-1.csv': receipts(rows) });
  await town.run('receipts');
  town.write(changed);
  await town.reopen();
  return town;
}
const revenue = async (town: TestTown): Promise<number> => (await town.rows('receipt')).reduce((sum, r) => sum + Number(r.amount), 0);
const keys = async (town: TestTown): Promise<unknown[]> =>
  (await town.engine.knex('il_link').orderBy('source_key').distinct('source_key').pluck('source_key')) as unknown[];

test('a connector that names its records otherwise does not enter them a second time', async () => {
  const town = await townWith(DATED);
  const before = [await town.rows('receipt'), await town.rows('il_landed', ['id', 'raw', 'run_id'])];
  town.write({ 'inbox/receipts-2.csv': receipts(ROWS.map((r) => (r.number === '3' ? { ...r, note: 'y' } : r))) }, 60);
  const run = await town.run('receipts', { actor: 'ann' });
  expect(run.counts).toEqual({ read: 3, created: 0, changed: 1, unchanged: 2, skipped: 0, rejected: 0, deleted: 0 });
  expect(run.notes).toContain(
    'The key of receipts was [number] and is now [number, received_on]: 3 stored records got the new key, nothing else of them changed.',
  );
  expect(await revenue(town)).toBe(6000);
  expect(await keys(town)).toEqual(['1|2026-01-05', '2|2026-01-06', '3|2026-01-05']);
  expect((await town.rows('receipt')).slice(0, 2)).toEqual((before[0] as unknown[]).slice(0, 2));
  expect((await town.rows('il_landed', ['id', 'raw', 'run_id'])).slice(0, 3)).toEqual(before[1]);
  expect(await listAudit(town.engine.knex, { action: 'records_rekeyed', limit: 9 })).toMatchObject([
    { actor: 'ann', subject: 'receipts', detail: { from: '[number]', to: '[number, received_on]', records: 3 } },
  ]);
  // Once: the next run has nothing to say of it.
  expect((await town.run('receipts')).notes.join(' ')).not.toContain('new key');
});

test('records whose keys change places keep what is theirs', async () => {
  const town = await makeTown({
    ...stream('[number]'),
    'inbox/receipts-1.csv': receipts([
      { number: '1', note: '2', amount: '1.00' },
      { number: '2', note: '1', amount: '2.00' },
    ]),
  });
  await town.run('receipts');
  town.write(stream('[note]'));
  await town.reopen();
  await town.run('receipts');
  const links = await town.engine.knex('il_link as k').join('receipt as r', 'r._id', 'k.golden_id').orderBy('r._id').select('source_key');
  expect(links).toEqual([{ source_key: '2' }, { source_key: '1' }]);
});

describe('what cannot be given its new key', () => {
  test.each([
    ['a field that a record lacks', '[note]', '"note" is not stored for it, or is empty', 2],
    ['a field that two records share', '[received_on]', 'another stored record has the same new key', 1],
    ['a field that is not there at all', '[till]', '"till" is not stored for it, or is empty', 3],
  ])('%s: the run is refused before anything is read, and the former key is as good as before', async (_, key, why, failures) => {
    const town = await townWith(tillStream({ key, fields: ', till: { optional: true }' }));
    const stored = async () => (await town.dump()).filter((line) => /^(link|landed|receipt|history) /.test(line));
    const before = await stored();
    town.write({ 'inbox/receipts-2.csv': receipts([...ROWS, { number: '4' }]) }, 60);
    const run = await town.run('receipts');
    expect(run.outcome).toBe('failed');
    expect(run.counts.read).toBe(0);
    expect(run.problems).toMatchObject([{ code: 'SOURCE_KEY_CHANGED', message: expect.stringContaining(why) as string }]);
    expect(run.problems[0]!.message).toContain(`${failures} of 3 stored records`);
    expect((await town.run('receipts')).problems).toEqual(run.problems);
    expect(await keys(town)).toEqual(['1', '2', '3']);
    expect(await stored()).toEqual(before);
    town.write(tillStream());
    await town.reopen();
    expect((await town.run('receipts')).counts).toMatchObject({ created: 1, unchanged: 3 });
  });
});

test('a record that was deleted at its source comes back as itself under the new key', async () => {
  const snapshots = (key: string) =>
    tillStream({ key, files: 'content: snapshot', more: '    deletes: { when_absent: true, max_percent: 60 }\n' });
  const town = await makeTown({ ...snapshots('[number]'), 'inbox/receipts.csv': receipts(ROWS) });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts(ROWS.slice(1)) }, 60);
  await town.run('receipts');
  town.write({ ...snapshots('[number, received_on]') });
  town.write({ 'inbox/receipts.csv': receipts(ROWS) }, 120);
  await town.reopen();
  await town.run('receipts');
  expect((await town.rows('receipt')).map((r) => r._id)).toEqual([1, 2, 3]);
  expect(await revenue(town)).toBe(6000);
});

test('a rejected record is closed when it comes fixed, although its key is another one', async () => {
  const town = await townWith(DATED, [...ROWS, { number: '9', amount: '9.00', tender: 'XX' }]);
  town.write({ 'inbox/receipts-2.csv': receipts([{ number: '9', amount: '9.00' }]) }, 60);
  await town.run('receipts');
  expect(await town.rejects()).toEqual([]);
  expect(await revenue(town)).toBe(6900);
});

test('a preview says what would happen to the keys, and changes none', async () => {
  const town = await townWith(DATED);
  const before = await town.dump();
  expect((await town.preview('receipts')).notes.join(' ')).toContain('3 stored records got the new key');
  expect(await town.dump()).toEqual(before);
  expect(await keys(town)).toEqual(['1', '2', '3']);
  town.write(stream('[note]'));
  await town.reopen();
  expect((await town.preview('receipts')).problems.map((p) => p.code)).toEqual(['SOURCE_KEY_CHANGED']);
});

test('a store from before keys were remembered takes the present one without a word', async () => {
  const town = await townWith({});
  await town.engine.knex('il_source').update({ key: null });
  const run = await town.run('receipts');
  expect(run.notes.join(' ')).not.toContain('key of');
  expect(await town.engine.knex('il_source').where({ pipeline: 'receipts' }).first('key')).toEqual({
    key: '{"fields":["number"],"number":false}',
  });
});
