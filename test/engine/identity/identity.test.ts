import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { explain } from '../../../src/reports/explain.ts';
import { BASE, connector, peopleFile } from '../base-town.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';
import { cases } from '../cut.ts';

afterEach(closeTowns);

type Person = [id: string, email: string, name: string, phone: string, updated: string];
const clerkFile = (...rows: Person[]): Files => ({ 'inbox/clerk.csv': peopleFile(rows) });
const poolFile = (...rows: Person[]): Files => ({ 'inbox/pool.csv': peopleFile(rows) });
const people = async (town: TestTown): Promise<unknown[]> => (await town.rows('person')).map((r) => [r.email, r.name, r.phone]);

async function both(town: TestTown): Promise<void> {
  await town.run('clerk');
  await town.run('pool');
}

test('two offices that know the same person share one record; each field is from the most trusted that has it', async () => {
  const town = await makeTown({
    ...clerkFile(['1', 'ann@x', 'Ann Ames', '', '2026-01-01']),
    ...poolFile(['77', 'ANN@x', 'Annie', '555', '2026-02-01']),
  });
  await both(town);
  expect(await people(town)).toEqual([['ann@x', 'Ann Ames', '555']]);
  const [record] = await explain(town.engine, 'person', '#1');
  const from = Object.fromEntries(record!.fields.map((f) => [f.field, f.from?.pipeline]));
  expect(from).toEqual({ email: 'clerk', name: 'clerk', phone: 'pool', updated_on: 'clerk' });
});

test('which office is read first changes nothing', async () => {
  const files = { ...clerkFile(['1', 'ann@x', 'Ann Ames', '', '2026-01-01']), ...poolFile(['77', 'ann@x', 'Annie', '555', '2026-02-01']) };
  const one = await makeTown(files);
  await both(one);
  const other = await makeTown(files);
  await other.run('pool');
  await other.run('clerk');
  expect(await people(other)).toEqual(await people(one));
});

const person = fc.tuple(
  fc.constantFrom('a@x', 'b@x', ''),
  fc.constantFrom('Ann', 'Bob', ''),
  fc.constantFrom('1', '2', ''),
  fc.constantFrom('2026-01-01', '2026-02-01', ''),
);
const office = fc
  .array(person, { maxLength: 4 })
  .map((list) => list.map(([email, name, phone, updated], i): Person => [String(i + 1), email, name, phone, updated]));

test('whatever the offices said before, and in whatever batches, the people are those of what they say now', async () => {
  const at = (size: number): Files =>
    Object.fromEntries(
      ['clerk', 'pool'].map((id) => [
        `pipelines/${id}.yaml`,
        BASE[`pipelines/${id}.yaml`]!.replace(/batch_size: \d+/, `batch_size: ${size}`),
      ]),
    );
  await fc.assert(
    fc.asyncProperty(
      office,
      office,
      office,
      office,
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (clerk1, pool1, clerk2, pool2, size, poolFirst) => {
        // One more record each, which stays, so what is gone is never more than a snapshot may lack.
        const stays = Array.from({ length: 9 }, (_, i): Person => [`s${i}`, `stays${i}@x`, 'S', '', '']);
        const now = { ...clerkFile(...clerk2, ...stays), ...poolFile(...pool2, ...stays) };
        const moved = await makeTown({ ...at(size), ...clerkFile(...clerk1, ...stays), ...poolFile(...pool1, ...stays) });
        const fresh = await makeTown({ ...at(100), ...now });
        await both(moved);
        moved.write(now, 60);
        for (const pipeline of poolFirst ? ['pool', 'clerk'] : ['clerk', 'pool']) {
          expect((await moved.run(pipeline)).problems).toEqual([]);
          await fresh.run(pipeline);
        }
        const said = async (town: TestTown): Promise<unknown[]> => (await people(town)).map((p) => JSON.stringify(p)).sort();
        expect(await said(moved)).toEqual(await said(fresh));
        // Every link leads to a record that is there, and every record has one.
        const { knex } = moved.engine;
        expect(
          await knex('il_link').whereNull('deleted_run').whereNotNull('golden_id').whereNotIn('golden_id', knex('person').select('_id')),
        ).toEqual([]);
        expect(
          await knex('person').whereNotIn('_id', knex('il_link').whereNull('deleted_run').whereNotNull('golden_id').select('golden_id')),
        ).toEqual([]);
        await moved.close();
        await fresh.close();
      },
    ),
    { numRuns: cases(25) },
  );
});

test('a person whose e-mail changes leaves the shared record; what the other office said stays', async () => {
  const town = await makeTown({
    ...clerkFile(['1', 'ann@x', 'Ann Ames', '1', '2026-01-01']),
    ...poolFile(['77', 'ann@x', 'Annie', '555', '2026-02-01']),
  });
  await both(town);
  town.write(clerkFile(['1', 'new@x', 'Ann Ames', '1', '2026-03-01']), 60);
  await town.run('clerk');
  expect(await people(town)).toEqual([
    ['ann@x', 'Annie', '555'],
    ['new@x', 'Ann Ames', '1'],
  ]);
  expect((await town.history('person')).map((h) => [h.golden, h.action, h.changes?.name])).toEqual([[1, 'changed', ['Ann Ames', 'Annie']]]);
});

test('a record that stood alone under its e-mail is gone when the e-mail changes, and history has it', async () => {
  const town = await makeTown(clerkFile(['1', 'ann@x', 'Ann', '1', '2026-01-01']));
  await town.run('clerk');
  town.write(clerkFile(['1', 'new@x', 'Ann', '1', '2026-03-01']), 60);
  await town.run('clerk');
  expect(await people(town)).toEqual([['new@x', 'Ann', '1']]);
  expect((await town.history('person')).map((h) => [h.golden, h.action])).toEqual([[1, 'deleted']]);
});

test('when one office deletes a person, the other’s values remain', async () => {
  const town = await makeTown({
    ...clerkFile(['1', 'ann@x', 'Ann Ames', '1', '2026-01-01'], ['2', 'b@x', 'Bob', '', '']),
    ...poolFile(['77', 'ann@x', 'Annie', '', '2026-02-01']),
  });
  await both(town);
  town.write(clerkFile(['2', 'b@x', 'Bob', '', '']), 60);
  expect((await town.run('clerk')).counts.deleted).toBe(1);
  expect(await people(town)).toEqual([
    ['ann@x', 'Annie', null],
    ['b@x', 'Bob', null],
  ]);
});

test('records without e-mail are nobody else’s', async () => {
  const town = await makeTown(clerkFile(['1', '', 'Ann', '', ''], ['2', '', 'Ann', '', '']));
  await town.run('clerk');
  expect(await people(town)).toEqual([
    [null, 'Ann', null],
    [null, 'Ann', null],
  ]);
});

test('a person who comes back under the same e-mail is restored, with history', async () => {
  const rows: Person[] = [
    ['1', 'ann@x', 'Ann', '', '2026-01-01'],
    ['2', 'b@x', 'Bob', '', ''],
  ];
  const town = await makeTown(clerkFile(...rows));
  await town.run('clerk');
  town.write(clerkFile(rows[1]!), 60);
  await town.run('clerk');
  town.write(clerkFile(...rows), 120);
  expect((await town.run('clerk')).counts).toMatchObject({ created: 1, unchanged: 1 });
  expect(await people(town)).toEqual([
    ['ann@x', 'Ann', null],
    ['b@x', 'Bob', null],
  ]);
  expect((await town.history('person')).map((h) => [h.golden, h.action])).toEqual([
    [1, 'deleted'],
    [1, 'restored'],
  ]);
});

test('of two records of one office, the latest is trusted', async () => {
  const town = await makeTown(
    clerkFile(['1', 'ann@x', 'Old', '', '2026-01-01'], ['2', 'ann@x', 'New', '', '2026-02-01'], ['3', 'ann@x', 'None', '9', '']),
  );
  await town.run('clerk');
  expect(await people(town)).toEqual([['ann@x', 'New', '9']]);
});

test('items whose keys hold spaces are distinguished', async () => {
  const order = (id: string, ...skus: string[]): string =>
    `${JSON.stringify({ number: id, lines: skus.map((sku) => ({ sku, amount: '1' })) })}\n`;
  // By the place in the list, an item key is a number: `1` of record `2 x` and `1 2` of record `x` must not be one.
  const town = await makeTown({
    'connectors/shop/connector.yaml': connector('shop', 'folder', {
      orders:
        '    retriever: { files: { pattern: "orders*.json" } }\n    decoder: { json: { lines: true } }\n    schema: { fields: { number: {}, lines: { type: list } } }\n    primary_key: [number]\n',
    }),
    'mappings/line.from-shop.yaml': BASE['mappings/line.from-shop.yaml']!.replace('item_key: [sku]\n', ''),
    'pipelines/orders.yaml': BASE['pipelines/orders.yaml']!.replace('batch_size: 2', 'batch_size: 100'),
    'inbox/orders-1.json': order('seed', 's'),
    'inbox/orders-2.json': order('2 x', 'a') + order('x', 'b', 'c') + order('1 x', 'd'),
  });
  expect((await town.run('orders')).outcome).toBe('succeeded');
  expect((await town.rows('line')).map((r) => r.sku).sort()).toEqual(['a', 'b', 'c', 'd', 's']);
  expect(await town.engine.knex('il_link').whereNull('golden_id')).toEqual([]);
  expect((await town.engine.knex('il_link').count({ n: '*' }))[0]).toEqual({ n: 5 });
});
