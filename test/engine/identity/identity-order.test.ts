import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { closePeopleStores, openPeopleStore as store, type Person } from './identity-store.ts';
import { cases } from '../cut.ts';

afterEach(closePeopleStores);

/** Few names, days and streets, so people meet in blocks, agree in part and are in each other's way. */
const person = fc.record({
  first_name: fc.constantFrom('Emma', 'Olivia', 'Emmma', 'Robert', 'Bob', 'John', null),
  last_name: fc.constantFrom('Carter', 'Cartr', 'Nowak', 'Novak', 'Green'),
  suffix: fc.constantFrom(null, null, null, 'Jr', 'Sr'),
  birth_date: fc.constantFrom('2015-03-12', '2015-12-03', '1984-07-01', '1955-07-01', null),
  address_line1: fc.constantFrom('12 Elm Street', '12 Elm St', '7 Oak Ave', null),
  phone: fc.constantFrom('585-555-0101', '585-555-0102', null, null),
  email: fc.constantFrom(null, 'carter@example.org', 'green@example.org'),
});
const people = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c'), person), { minLength: 6, maxLength: 22 })
  .map((list): Person[] => list.map(([source, fields], i) => ({ ...fields, source, key: String(i) })));
/** A small cap, so blocks cross it while the store grows and shrinks. */
const smallCap = (entity: Record<string, unknown>): void => {
  const identity = entity.identity as { populations: { person: Record<string, unknown> } };
  identity.populations.person.block_cap = 4;
};

describe('who is one does not depend on', () => {
  test('the order of the records, the size of the batches, or whether all are compared at once', async () => {
    await fc.assert(
      fc.asyncProperty(people, fc.infiniteStream(fc.nat()), async (list, random) => {
        const first = await store(smallCap);
        await first.land(list);
        const expected = await first.clusters();

        const shuffled = await store(smallCap);
        const order = list
          .map((p) => [random.next().value, p] as const)
          .sort((x, y) => x[0] - y[0])
          .map(([, p]) => p);
        for (let i = 0; i < order.length;) {
          const size = 1 + (random.next().value % 3);
          await shuffled.land(order.slice(i, i + size));
          i += size;
        }
        expect(await shuffled.clusters()).toEqual(expected);

        await first.rebuild();
        expect(await first.clusters()).toEqual(expected);
      }),
      { numRuns: cases(8), seed: 7 },
    );
  });

  test('what was there before and is gone: records that changed and were deleted leave no trace', async () => {
    await fc.assert(
      fc.asyncProperty(people, people, async (list, others) => {
        const first = await store(smallCap);
        await first.land(list);
        const second = await store(smallCap);
        // The same keys said something else at first, and some more people were there.
        const before = others.map((p) => ({ ...p, source: list[Number(p.key)]?.source ?? p.source }));
        await second.land(before);
        await second.land(list);
        await second.remove(before.filter((p) => Number(p.key) >= list.length));
        expect(await second.clusters()).toEqual(await first.clusters());
      }),
      { numRuns: cases(6), seed: 11 },
    );
  });
});

test('golden records have one row for each cluster, the oldest id names it, and every id leads to one', async () => {
  const one = await store();
  const emma = { first_name: 'Emma', last_name: 'Carter', birth_date: '2015-03-12', address_line1: '12 Elm St', email: null };
  await one.land([{ ...emma, source: 'a', key: '1', phone: '585-555-0101' }]);
  await one.land([{ ...emma, source: 'b', key: '9', email: 'carter@example.org', phone: null }]);
  const rows = (await one.knex('party').select('_id', 'email', 'phone')) as unknown[];
  expect(rows).toEqual([{ _id: 1, email: 'carter@example.org', phone: '585-555-0101' }]);
  expect(await one.knex('il_member').orderBy('id').select('id', 'golden_id', 'link_kind')).toEqual([
    { id: 1, golden_id: 1, link_kind: 'rule' },
    { id: 2, golden_id: 1, link_kind: 'rule' },
  ]);
  // The oldest goes: its id stays in use as long as somebody of the cluster is there.
  await one.remove([{ source: 'a', key: '1' }]);
  expect(await one.knex('party').pluck('_id')).toEqual([1]);
  await one.land([{ ...emma, source: 'a', key: '1', phone: '585-555-0101' }]);
  expect(await one.knex('party').pluck('_id')).toEqual([1]);
  await one.remove([
    { source: 'a', key: '1' },
    { source: 'b', key: '9' },
  ]);
  expect(await one.knex('party').pluck('_id')).toEqual([]);
  await one.land([{ ...emma, source: 'b', key: '9', phone: null }]);
  expect(await one.knex('party').pluck('_id')).toHaveLength(1);
});
