import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { closeTowns, makeTown, type TestTown } from '../town.ts';
import { type Receipt, receipts } from '../base-town.ts';
import { dialectOf } from '../../../src/store/dialect.ts';
import { cases } from '../cut.ts';

afterEach(closeTowns);

const counts = (c: Partial<Record<'read' | 'created' | 'changed' | 'unchanged' | 'rejected' | 'deleted', number>>) => ({
  read: 0,
  created: 0,
  changed: 0,
  unchanged: 0,
  skipped: 0,
  rejected: 0,
  deleted: 0,
  ...c,
});

/** Receipts with any number of digits, some of which cannot be used: a tender that is no tender. */
const receipt = fc.record({
  number: fc.integer({ min: 1, max: 12 }).map(String),
  amount: fc.integer({ min: 0, max: 9999 }).map((c) => (c / 100).toFixed(2)),
  tender: fc.constantFrom('CA', 'CK', 'CA', 'XX'),
  note: fc.constantFrom('', 'a', 'b'),
});
const oneOfEach = fc.uniqueArray(receipt, { selector: (r) => r.number, maxLength: 10 });

test('running twice is running once, whatever the files hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(oneOfEach, { maxLength: 3 }), async (files) => {
      const town = await makeTown(Object.fromEntries(files.map((list, i) => [`inbox/receipts-${i}.csv`, receipts(list)])));
      await town.run('receipts');
      const before = await town.dump();
      const again = await town.run('receipts');
      expect(again.counts).toEqual(counts({}));
      expect(await town.dump()).toEqual(before);
      expect(await town.engine.knex('il_landed').where({ run_id: 2 })).toEqual([]);
      await town.close();
    }),
    { numRuns: cases(15) },
  );
});

test('batch size and the decoder’s own pieces change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(oneOfEach, fc.array(receipt, { maxLength: 6 }), fc.integer({ min: 1, max: 7 }), async (first, second, size) => {
      const dumps: string[][] = [];
      for (const batch of [size, 1000]) {
        const town = await makeTown({
          'inbox/receipts-1.csv': receipts(first),
          'inbox/receipts-2.csv': receipts(second),
          'pipelines/receipts.yaml': `pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: ${batch}\n`,
        });
        await town.run('receipts');
        dumps.push(await town.dump());
        await town.close();
      }
      expect(dumps[0]).toEqual(dumps[1]);
    }),
    { numRuns: cases(20) },
  );
});

test('files that say nothing of the same records may come in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(receipt, { selector: (r) => r.number, minLength: 2, maxLength: 12 }),
      fc.integer({ min: 1, max: 11 }),
      async (list, cut) => {
        const [a, b] = [list.slice(0, cut), list.slice(cut)];
        const seen: unknown[] = [];
        for (const [one, two] of [
          [a, b],
          [b, a],
        ]) {
          const town = await makeTown({ 'inbox/receipts-1.csv': receipts(one!), 'inbox/receipts-2.csv': receipts(two!) });
          await town.run('receipts');
          const rows = await town.rows('receipt', ['number', 'amount', 'amount_currency', 'tender', 'tender_raw', 'note']);
          seen.push(rows.sort((x, y) => Number(x.number) - Number(y.number)));
          await town.close();
        }
        expect(seen[0]).toEqual(seen[1]);
      },
    ),
    { numRuns: cases(15) },
  );
});

const three: Receipt[] = [
  { number: '1', amount: '1.00' },
  { number: '2', amount: '2.00' },
  { number: '3', amount: '3.00' },
];
const amounts = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt', ['amount'])).map((r) => r.amount);

test('a record that changed at the source is changed here, with what it was before and where it comes from now', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts(three) });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts([three[0]!, three[2]!, { number: '2', amount: '2.50', note: 'fixed' }]) });
  const run = await town.run('receipts');
  expect(run.counts).toEqual(counts({ read: 3, changed: 1, unchanged: 2 }));
  expect(await amounts(town)).toEqual([100, 250, 300]);
  expect(await town.history('receipt')).toEqual([{ golden: 2, action: 'changed', changes: { amount: [200, 250], note: [null, 'fixed'] } }]);
  const [row] = (await town.engine
    .knex('receipt as r')
    .join('il_landed as d', 'd.id', 'r._landed')
    .join('il_file as f', 'f.id', 'd.file_id')
    .where({ number: '2' })
    .select('d.line', 'd.record', 'd.run_id', 'r._run', 'f.sha256', 'r._created')) as Record<string, unknown>[];
  expect(row).toMatchObject({ line: 4, record: 3, run_id: 2, _run: 2, _created: 1 });
});

test('a file that grows adds what is new', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts(three.slice(0, 2)) });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts(three) });
  expect((await town.run('receipts')).counts).toEqual(counts({ read: 3, created: 1, unchanged: 2 }));
  expect(await amounts(town)).toEqual([100, 200, 300]);
});

test('a source that goes back to what a file said before is followed', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts(three) });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts([{ number: '1', amount: '9.00' }, ...three.slice(1)]) });
  await town.run('receipts');
  expect(await amounts(town)).toEqual([900, 200, 300]);
  town.write({ 'inbox/receipts.csv': receipts(three) });
  expect((await town.run('receipts')).counts).toEqual(counts({ read: 3, changed: 1, unchanged: 2 }));
  expect(await amounts(town)).toEqual([100, 200, 300]);
});

test('the same content under another name is recognized and not applied again', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': receipts(three) });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts([{ number: '1', amount: '9.00' }]) });
  await town.run('receipts');
  town.write({ 'inbox/receipts-3.csv': receipts(three) });
  const run = await town.run('receipts');
  expect(run.counts).toEqual(counts({}));
  expect(run.notes).toContain('receipts-3.csv has nothing new: the same content was loaded as receipts-1.csv.');
  expect(await amounts(town)).toEqual([900, 200, 300]);
  expect((await town.rows('il_file', ['path', 'state'])).at(-1)).toEqual({ path: 'receipts-3.csv', state: 'known' });
});

test('a file that was replaced under the same name, size and time is read', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts(three) });
  const at = join(town.folder, 'inbox/receipts.csv');
  utimesSync(at, 1_700_000_000, 1_700_000_000);
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': receipts([{ number: '1', amount: '7.00' }, ...three.slice(1)]) });
  utimesSync(at, 1_700_000_000, 1_700_000_000);
  expect((await town.run('receipts')).counts).toEqual(counts({ read: 3, changed: 1, unchanged: 2 }));
  expect(await amounts(town)).toEqual([700, 200, 300]);
});

test('an empty file, with a header alone, is loaded and nothing comes of it', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([]) });
  const run = await town.run('receipts');
  expect([run.outcome, run.counts]).toEqual(['succeeded', counts({})]);
  expect(await town.rows('il_file', ['state'])).toEqual([{ state: 'loaded' }]);
});

test('a large first load has its indexes, also when it was stopped half way and another process goes on', async () => {
  const indexes = async (town: TestTown): Promise<unknown[]> =>
    (await dialectOf(town.engine.knex).indexes(town.engine.knex)).filter((name) => name.startsWith('receipt'));
  const many = receipts(Array.from({ length: 50_001 }, (_, i) => ({ number: String(i) })));
  const pipeline = 'pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\n';
  const town = await makeTown({ 'inbox/receipts.csv': many, 'pipelines/receipts.yaml': pipeline });
  const abort = new AbortController();
  const run = await town.run('receipts', {
    signal: abort.signal,
    onProgress: ({ what }) => (what === 'receipts.csv' ? abort.abort() : undefined),
  });
  expect([run.outcome, run.counts.created]).toEqual(['aborted', 10_000]);
  expect(await indexes(town)).toEqual([]);
  await town.reopen();
  expect(await indexes(town)).toEqual(['receipt_number']);
  expect((await town.run('receipts')).counts).toMatchObject({ created: 40_001, changed: 0, unchanged: 0 });
  expect(await indexes(town)).toEqual(['receipt_number']);
  expect((await town.engine.knex('receipt').count({ n: '*' }))[0]).toEqual({ n: 50_001 });
});
