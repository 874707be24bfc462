import { afterEach, describe, expect, test } from 'vitest';
import { firstDifferences } from '../../../scripts/kill-test/dump.ts';
import { peopleFile, receipts, tillStream } from '../base-town.ts';
import { cutAt, cutsOf } from '../cut.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

interface Scenario {
  name: string;
  files: Files;
  pipelines: string[];
  /** What is run, undisturbed, before the run that is cut off, and how the source changes then. */
  then?: Files;
}

const many = (from: number, to: number, more: Record<number, string> = {}) =>
  receipts(
    Array.from({ length: to - from + 1 }, (_, i) => ({
      number: String(from + i),
      amount: `${from + i}.00`,
      tender: more[from + i] ?? 'CA',
    })),
  );

const SCENARIOS: Scenario[] = [
  {
    name: 'a first load of two files with rejects',
    files: { 'inbox/receipts-1.csv': many(1, 8, { 4: 'XX' }), 'inbox/receipts-2.csv': many(7, 11, { 9: 'YY' }) },
    pipelines: ['receipts'],
  },
  {
    name: 'a fixed file that stays in its place',
    files: { 'inbox/receipts.csv': many(1, 5, { 2: 'XX' }) },
    then: { 'inbox/receipts.csv': many(1, 7) },
    pipelines: ['receipts'],
  },
  {
    name: 'files that are archived, with markers',
    files: {
      ...tillStream({ files: 'marker: "{name}.done", after: { archive: archive }' }),
      'inbox/receipts-1.csv': many(1, 4),
      'inbox/receipts-1.csv.done': '',
      'inbox/receipts-2.csv': many(3, 8),
      'inbox/receipts-2.csv.done': 'x',
    },
    pipelines: ['receipts'],
  },
  {
    name: 'a refused file between good ones',
    files: { 'inbox/receipts-1.csv': many(1, 4), 'inbox/receipts-2.csv': 'number,amount\n1,2\n', 'inbox/receipts-3.csv': many(5, 6) },
    pipelines: ['receipts'],
  },
  {
    name: 'another delivery under the same name, whose rejects are its own',
    files: { 'inbox/receipts.csv': many(1, 5, { 2: 'XX' }) },
    then: { 'inbox/receipts.csv': many(11, 17, { 12: 'XX' }) },
    pipelines: ['receipts'],
  },
  {
    name: 'a mapping that cannot use some of what was landed',
    files: { 'inbox/receipts.csv': many(1, 7, { 3: 'CK', 6: 'CK' }) },
    then: { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\n', 'inbox/receipts.csv': many(1, 8, { 3: 'CK', 6: 'CK' }) },
    pipelines: ['receipts'],
  },
  {
    name: 'a mapping that was changed',
    files: { 'inbox/receipts.csv': many(1, 7) },
    then: { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\n' },
    pipelines: ['receipts'],
  },
  {
    name: 'a stream whose records get another key',
    files: { 'inbox/receipts-1.csv': many(1, 7, { 3: 'XX' }) },
    then: { ...tillStream({ key: '[number, received_on]' }), 'inbox/receipts-2.csv': many(1, 8) },
    pipelines: ['receipts'],
  },
  {
    name: 'snapshots of which one is older than what was read and one lacks too much',
    files: {
      ...tillStream({ files: 'content: snapshot, order: name', more: '    deletes: { when_absent: true, max_percent: 20 }\n' }),
      'inbox/receipts-5.csv': many(1, 6),
    },
    then: { 'inbox/receipts-4.csv': many(0, 6), 'inbox/receipts-6.csv': many(3, 4), 'inbox/receipts-7.csv': many(1, 5) },
    pipelines: ['receipts'],
  },
  {
    name: 'people of two offices, some of whom move or go',
    files: {
      'inbox/clerk.csv': peopleFile([
        ['1', 'a@x', 'Ann', '', '2026-01-01'],
        ['2', 'b@x', 'Bob', '1', '2026-01-01'],
        ['3', 'c@x', 'Cy', '2', '2026-01-01'],
      ]),
      'inbox/pool.csv': peopleFile([
        ['9', 'a@x', 'Anna', '5', '2026-02-01'],
        ['8', 'c@x', 'Cyd', '', '2026-02-01'],
        ['7', '', 'Nobody', '', '2026-02-01'],
      ]),
    },
    then: {
      'inbox/clerk.csv': peopleFile([
        ['2', 'a@x', 'Bob', '1', '2026-03-01'],
        ['3', '', 'Cy', '2', '2026-01-01'],
        ['4', 'd@x', 'Di', '', '2026-01-01'],
      ]),
      'inbox/pool.csv': peopleFile([
        ['9', 'a@x', 'Anna', '6', '2026-02-02'],
        ['7', 'd@x', 'Nobody', '', '2026-02-01'],
      ]),
    },
    pipelines: ['clerk', 'pool'],
  },
  {
    name: 'orders whose lines come and go',
    files: {
      'inbox/orders.json':
        '{"number":"1","lines":[{"sku":"a","amount":"1"},{"sku":"b","amount":"2"}]}\n{"number":"2","lines":[]}\n{"number":"3","lines":[{"sku":"a","amount":"3"}]}\n',
    },
    then: {
      'inbox/orders.json':
        '{"number":"1","lines":[{"sku":"b","amount":"2"},{"sku":"c","amount":"4"}]}\n{"number":"2","lines":[{"sku":"z","amount":"1"}]}\n{"number":"3","lines":[]}\n',
    },
    pipelines: ['orders'],
  },
];

async function prepared({ files, then, pipelines }: Scenario): Promise<TestTown> {
  const town = await makeTown(files);
  if (!then) return town;
  for (const pipeline of pipelines) await town.run(pipeline);
  town.write(then, 60);
  await town.reopen();
  return town;
}

const state = async (town: TestTown): Promise<string[]> => [...(await town.dump()), ...town.inbox()];

describe.each(SCENARIOS)('$name', (scenario) => {
  test('cut off at any commit and run again, the store is that of an undisturbed run', async () => {
    const whole = await prepared(scenario);
    const counter = await cutAt(whole.engine.knex, Infinity, 'before');
    for (const pipeline of scenario.pipelines) await whole.run(pipeline);
    const wanted = await state(whole);
    await whole.close();

    for (const { n, how } of cutsOf(counter.commits())) {
      const town = await prepared(scenario);
      const cut = await cutAt(town.engine.knex, n, how);
      for (const pipeline of scenario.pipelines)
        await town.run(pipeline).catch((error: unknown) => {
          // What is left of a killed run: nothing, not even a word.
          if (!cut.wasCut()) throw error;
        });
      expect(cut.wasCut()).toBe(true);
      await town.reopen();
      for (const pipeline of scenario.pipelines) await town.run(pipeline);
      expect({ n, how, differences: firstDifferences(wanted, await state(town)) }).toEqual({ n, how, differences: [] });
      await town.close();
    }
  });
});
