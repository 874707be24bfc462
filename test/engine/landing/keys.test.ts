import { afterEach, expect, test } from 'vitest';
import { streamSchema } from '../../../src/config/schema/connector.ts';
import type { SourceRecord } from '../../../src/core/record.ts';
import { replayRejects } from '../../../src/engine/landing/replay.ts';
import { withKeys } from '../../../src/authoring/certify/reading.ts';
import { receipts, tillStream } from '../base-town.ts';
import { closeTowns, makeTown } from '../town.ts';

afterEach(closeTowns);

const numbered = tillStream({ key: '{ fields: [number], repeats: number }' });

test('of two records with one key in a file, the second is rejected where keys may not repeat', async () => {
  const town = await makeTown({
    'inbox/receipts.csv': receipts([{ number: '1', amount: '1.00' }, { number: '2' }, { number: '1', amount: '5.00' }]),
  });
  const run = await town.run('receipts');
  expect([run.outcome, run.counts.created, run.counts.rejected]).toEqual(['partial', 2, 1]);
  const [reject] = await town.rejects();
  expect([reject!.problems[0]!.code, reject!.line, reject!.key]).toEqual(['KEY_REPEATED', 4, '1#2']);
  expect((await town.rows('receipt')).map((r) => [r.number, r.amount])).toEqual([
    ['1', 100],
    ['2', 100],
  ]);
});

test('a repeated key that is the longest of its file may have been cut off by the source, and the hint says at how many characters', async () => {
  const cut = 'MAPLEWOOD-2026-0';
  const hints = async (...numbers: string[]): Promise<string[]> => {
    const town = await makeTown({ 'inbox/receipts.csv': receipts(numbers.map((number) => ({ number }))) });
    await town.run('receipts');
    return (await town.rejects()).map((reject) => reject.problems[0]!.hint!);
  };
  expect(await hints('MAPLEWOOD-2026', cut, cut)).toEqual([expect.stringContaining('No key of the file has more than its 16 characters')]);
  // All of one length, short ones, and those that are not the longest repeat for other reasons.
  for (const numbers of [
    [cut, cut],
    ['1', '22', '22'],
    [`${cut}1`, cut, cut],
  ])
    expect(await hints(...numbers)).toEqual([expect.stringMatching(/send the record only once\.$/)]);
});

test('where equal keys are different records, both live, also across batches and runs', async () => {
  const twice = receipts([
    { number: '1', amount: '1.00' },
    { number: '2' },
    { number: '3' },
    { number: '4' },
    { number: '1', amount: '5.00' },
  ]);
  const town = await makeTown({ ...numbered, 'inbox/receipts.csv': twice });
  expect((await town.run('receipts')).counts).toMatchObject({ created: 5, rejected: 0 });
  town.write({ 'inbox/receipts.csv': `${twice}9,2026-01-05,1.00,CA,\n` });
  expect((await town.run('receipts')).counts).toMatchObject({ created: 1, unchanged: 5 });
  expect((await town.rows('receipt')).map((r) => [r.number, r.amount])).toEqual([
    ['1', 100],
    ['2', 100],
    ['3', 100],
    ['4', 100],
    ['1', 500],
    ['9', 100],
  ]);
});

test('a number that a source itself writes with # is not mistaken for a repeat', async () => {
  const town = await makeTown({
    ...numbered,
    'inbox/receipts.csv': receipts([
      { number: '1#2', amount: '7.00' },
      { number: '1', amount: '1.00' },
      { number: '1', amount: '5.00' },
    ]),
  });
  const run = await town.run('receipts');
  expect(run.problems).toEqual([]);
  expect((await town.rows('receipt')).map((r) => r.amount)).toEqual([700, 100, 500]);
  expect((await town.rows('il_landed', ['source_key'])).map((r) => r.source_key)).toEqual(['1\\#2', '1', '1#2']);
});

test('a record that cannot be used counts among equal keys, so fixing it does not overwrite the good one', async () => {
  const file = (first: string): string => receipts([`1,${first},1.00,CA,first`, '1,2026-01-06,2.00,CA,second']);
  const town = await makeTown({ ...numbered, 'inbox/receipts.csv': file('soon') });
  expect((await town.run('receipts')).counts).toMatchObject({ created: 1, rejected: 1 });
  expect((await town.rejects()).map((r) => r.key)).toEqual(['1']);
  town.write({ 'inbox/receipts.csv': file('2026-01-05') });
  expect((await town.run('receipts')).counts).toMatchObject({ created: 1, unchanged: 1, changed: 0 });
  expect((await town.rows('receipt')).map((r) => [r.note, r.amount])).toEqual([
    ['second', 200],
    ['first', 100],
  ]);
  expect(await town.rejects()).toEqual([]);
});

test('a record without its key is rejected, and the others are not held up', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([{ number: '' }, { number: '2' }]) });
  const run = await town.run('receipts');
  expect(run.counts).toMatchObject({ read: 2, created: 1, rejected: 1 });
  const [reject] = await town.rejects();
  expect([reject!.problems[0]!.code, reject!.line, reject!.readable]).toEqual(['KEY_EMPTY', 2, true]);
});

test('a key that a spreadsheet shortened is rejected where it is, and not taken for a repeat', async () => {
  const file = (a: string, b: string): string =>
    receipts([{ number: a }, { number: '1E5' }, { number: b, amount: '5.00' }, { number: '2' }]);
  const town = await makeTown({ ...numbered, 'inbox/receipts.csv': file('1.23E+11', '1.23E+11') });
  const run = await town.run('receipts');
  expect([run.outcome, run.counts]).toMatchObject(['partial', { created: 2, rejected: 2 }]);
  expect((await town.rejects()).map((r) => [r.problems[0]!.code, r.problems[0]!.place.path, r.line, r.key])).toEqual([
    ['KEY_SHORTENED', 'number', 2, '1.23E+11'],
    ['KEY_SHORTENED', 'number', 4, '1.23E+11#2'],
  ]);
  expect((await town.rejects())[0]!.problems[0]!.message).toContain('a spreadsheet shortened it (1.23E+11)');
  await replayRejects(town.engine, 'receipts', undefined, { signal: new AbortController().signal });
  expect((await town.rejects()).map((r) => r.problems[0]!.code)).toEqual(['KEY_SHORTENED', 'KEY_SHORTENED']);
  // Exported again, with all digits: what was rejected was of this file, and is closed.
  town.write({ 'inbox/receipts.csv': file('123456789012', '123456789999') });
  expect((await town.run('receipts')).counts).toMatchObject({ created: 2, unchanged: 2, rejected: 0 });
  expect(await town.rejects()).toEqual([]);
});

test('parts of a key stay apart, whatever is in them', async () => {
  const town = await makeTown({
    ...tillStream({ key: '[number, note]' }),
    'inbox/receipts.csv': receipts([
      { number: 'a|b', note: 'c' },
      { number: 'a', note: 'b|c' },
      { number: 'a\\', note: 'b' },
      { number: 'a', note: '\\b' },
    ]),
  });
  expect((await town.run('receipts')).counts).toMatchObject({ created: 4, rejected: 0 });
});

test('a key that comes twice is told by what it is in: a view is not a file', () => {
  const told = (retriever: object): string => {
    const stream = streamSchema.parse({ retriever, decoder: { json: {} }, schema: { fields: { id: {} } }, primary_key: ['id'] });
    const records = [1, 2].map((number): SourceRecord => ({ number, values: { id: '7' } }));
    withKeys(records, stream);
    return records[1]!.problem!.message;
  };
  expect(told({ query: { tables: ['dbo.V'] } })).toBe('Another record of this table or view has the same key (id).');
  expect(told({ request: { path: '/v' } })).toBe('Another record of these answers has the same key (id).');
  expect(told({ files: { pattern: '*' } })).toBe('Another record of this file has the same key (id).');
});
