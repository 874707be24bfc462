import { afterEach, expect, test } from 'vitest';
import { sideOf } from '../../src/store/postgres/side.ts';
import { peopleFile } from '../engine/base-town.ts';
import { COMPARED } from '../engine/compared-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';

afterEach(closeTowns);

const PEOPLE = 120;
const DAYS = ['2026-01-01', '2026-02-01', '2026-03-01'];

/** The same people in two offices, each office with something of its own to say of them. */
async function twoOffices(): Promise<TestTown> {
  const rows = (office: string, turn: number): string[][] =>
    Array.from({ length: PEOPLE }, (_, i) => [
      `${office}${i}`,
      `p${i % 60}@x`,
      `${office} ${i}`,
      i % 3 ? `${office}-${i}` : '',
      DAYS[(i + turn) % 3]!,
    ]);
  return makeTown({
    'inbox/clerk-1.csv': peopleFile(rows('c', 0)),
    'inbox/pool-1.csv': peopleFile(rows('p', 1).reverse()),
  });
}

/** Without what tells which of the two came first. */
const facts = async (town: TestTown): Promise<string[]> =>
  (await town.dump()).map((line) => line.replace(/"(?:clerk|pool) [cp]\d+ [^"]*"/, '"a record"'));

test('what is asked at the same time of the connection for locks and numbers is asked one after the other, so the driver warns of nothing', async () => {
  const town = await makeTown({});
  const warnings: string[] = [];
  const warned = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', warned);
  const { knex } = town.engine;
  const side = sideOf(knex);
  const asked = [1, 2, 3, 4].map((n) => side.query<{ n: number }>('SELECT $1::int AS n', [n]));
  const wrong = side.query('SELECT nothing_of_that_name');
  const after = side.query<{ n: number }>('SELECT 5 AS n');
  expect((await Promise.all(asked)).map(([row]) => row!.n)).toEqual([1, 2, 3, 4]);
  await expect(wrong).rejects.toThrow('nothing_of_that_name');
  expect(await after).toEqual([{ n: 5 }]);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});

test(
  'two pipelines that land in the same golden records at the same time leave what they leave one after the other',
  { timeout: 60_000 },
  async () => {
    const together = await twoOffices();
    const results = await Promise.all([together.run('clerk'), together.run('pool')]);
    expect(results.map(({ outcome, counts }) => [outcome, counts.created])).toEqual([
      ['succeeded', PEOPLE],
      ['succeeded', PEOPLE],
    ]);
    const apart = await twoOffices();
    for (const pipeline of ['clerk', 'pool']) await apart.run(pipeline);
    expect(
      await together.rows('person', ['email', 'name', 'phone', 'updated_on']).then((rows) => rows.map((row) => JSON.stringify(row)).sort()),
    ).toEqual(
      await apart.rows('person', ['email', 'name', 'phone', 'updated_on']).then((rows) => rows.map((row) => JSON.stringify(row)).sort()),
    );
    const links = async (town: TestTown): Promise<string[]> =>
      (await facts(town)).filter((line) => /^(?:link|landed|file|reject) /.test(line));
    expect(await links(together)).toEqual(await links(apart));
  },
);

test(
  'records that are compared are found to be one, whichever of two runs at the same time brings which',
  { timeout: 120_000 },
  async () => {
    const people = (office: string, from: number, count: number): string[][] =>
      Array.from({ length: count }, (_, i) => [`${office}${from + i}`, `p${from + i}@x.org`, 'Ann Ames', '', '2026-01-01']);
    const town = await makeTown({
      ...COMPARED,
      'inbox/clerk-1.csv': peopleFile(people('c', 0, 1)),
      'inbox/pool-1.csv': peopleFile(people('p', 0, 1)),
    });
    // After the first load each batch is compared by itself.
    for (const pipeline of ['clerk', 'pool']) await town.run(pipeline);
    town.write({ 'inbox/clerk-2.csv': peopleFile(people('c', 0, 30)), 'inbox/pool-2.csv': peopleFile(people('p', 0, 30)) }, 60);
    const results = await Promise.all([town.run('clerk'), town.run('pool')]);
    expect(results.map(({ outcome, problems }) => [outcome, problems])).toEqual([
      ['succeeded', []],
      ['succeeded', []],
    ]);
    expect((await town.rows('person')).map(({ email }) => email).sort()).toEqual(
      Array.from({ length: 30 }, (_, i) => `p${i}@x.org`).sort(),
    );
  },
);

test('of one pipeline two runs never overlap, whichever process they are of', async () => {
  const town = await twoOffices();
  const both = await Promise.allSettled([town.run('clerk'), town.run('clerk')]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(String((both.find(({ status }) => status === 'rejected') as PromiseRejectedResult).reason)).toContain('PIPELINE_RUNNING');
});
