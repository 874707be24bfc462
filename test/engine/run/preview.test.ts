import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { peopleFile, receipts, tillStream } from '../base-town.ts';
import { closeTowns, makeTown } from '../town.ts';
import { STORE } from '../../store/stores.ts';
import { cases } from '../cut.ts';

afterEach(closeTowns);

const receipt = fc.record({
  number: fc.integer({ min: 1, max: 8 }).map(String),
  amount: fc.constantFrom('1.00', '2.00'),
  tender: fc.constantFrom('CA', 'CK', 'XX'),
});
const delivery = fc.array(receipt, { maxLength: 8 });

test('a preview writes nothing and says exactly what the run then does', async () => {
  await fc.assert(
    fc.asyncProperty(delivery, delivery, async (before, now) => {
      const town = await makeTown({ ...tillStream({ files: 'after: { archive: archive }' }), 'inbox/receipts-1.csv': receipts(before) });
      await town.run('receipts');
      town.write({ 'inbox/receipts-2.csv': receipts(now), 'inbox/receipts-3.csv': 'no\n' }, 60);
      const [store, inbox, sequence] = [await town.dump(), town.inbox(), await town.engine.knex('il_sequence')];
      const preview = await town.preview('receipts');
      expect(await town.dump()).toEqual(store);
      expect(town.inbox()).toEqual(inbox);
      // Numbers that were only looked at are used again where that is possible.
      if (STORE === 'sqlite') expect(await town.engine.knex('il_sequence')).toEqual(sequence);
      const golden = new Map((await town.rows('receipt')).map((row) => [row._id, row]));
      const run = await town.run('receipts');
      expect({ outcome: preview.outcome, counts: preview.counts, problems: preview.problems }).toEqual({
        outcome: run.outcome,
        counts: run.counts,
        problems: run.problems,
      });
      // Told change by change, the records before become the records after.
      for (const { golden: id, action, changes } of preview.changes) {
        const row = { ...golden.get(id), ...Object.fromEntries(Object.entries(changes).map(([name, [, to]]) => [name, to])) };
        if (action === 'deleted') golden.delete(id);
        else golden.set(id, row);
      }
      const idOf = (id: unknown): unknown => (STORE === 'sqlite' ? id : 'any');
      const after = (await town.rows('receipt')).map((row) => [idOf(row._id), row.number, row.amount, row.tender]);
      expect(
        [...golden]
          .sort(([a], [b]) => Number(a) - Number(b))
          .map(([id, row]) => [idOf(id), row.number, row.amount ?? null, row.tender ?? null]),
      ).toEqual(after);
      const openRejects = (await town.rejects()).filter((r) => r.lastRun === 2).flatMap((r) => r.problems);
      expect(preview.rejects).toEqual(openRejects);
      await town.close();
    }),
    { numRuns: cases(20) },
  );
});

test('a preview of a changed mapping and of deletions shows them, and leaves the lock and the store free', async () => {
  const town = await makeTown({
    'inbox/clerk.csv': peopleFile([
      ['1', 'a@x', 'Ann', '', ''],
      ['2', 'b@x', 'Bob', '', ''],
      ['3', 'c@x', 'Cy', '', ''],
    ]),
  });
  await town.run('clerk');
  town.write(
    {
      'inbox/clerk.csv': peopleFile([
        ['1', 'a@x', 'Ann', '', ''],
        ['2', 'b@x', 'Bo', '', ''],
      ]),
      'mappings/person.from-office-clerk.yaml': town
        .text('mappings/person.from-office-clerk.yaml')
        .replace('name: name', 'name: { from: name, case: upper }'),
    },
    60,
  );
  await town.reopen();
  const before = await town.dump();
  const preview = await town.preview('clerk');
  expect(preview.changes.map((c) => [c.action, c.golden])).toEqual([
    ['changed', 1],
    ['changed', 2],
    ['changed', 3],
    ['changed', 2],
    ['deleted', 3],
  ]);
  expect(await town.dump()).toEqual(before);
  expect((await town.run('clerk')).outcome).toBe('succeeded');
  expect((await town.rows('person')).map((r) => r.name)).toEqual(['ANN', 'BO']);
});

test('a preview of a pipeline that never ran leaves no trace of it', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([{ number: '1' }]) });
  const preview = await town.preview('receipts');
  expect(preview.counts.created).toBe(1);
  for (const table of ['il_run', 'il_source', 'il_file', 'il_landed', 'receipt']) expect(await town.rows(table), table).toEqual([]);
});
