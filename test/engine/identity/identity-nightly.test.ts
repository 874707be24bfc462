import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { cases } from '../cut.ts';
import { closePeopleStores, openPeopleStore, type Person, type PeopleStore } from './identity-store.ts';

afterEach(closePeopleStores);

/** The pairs that the store keeps, by the names of their members. */
async function pairs({ knex, entityId }: PeopleStore): Promise<string[]> {
  const rows = (await knex('il_edge as e')
    .join('il_member as a', 'a.id', 'e.a')
    .join('il_member as b', 'b.id', 'e.b')
    .where('e.entity_id', entityId)
    .select(
      'a.source as sa',
      'a.member_key as ka',
      'b.source as sb',
      'b.member_key as kb',
      'e.score',
      'e.verdict',
      'e.veto',
      'e.rule',
    )) as Record<string, unknown>[];
  return rows
    .map(({ sa, ka, sb, kb, score, verdict, veto, rule }) =>
      JSON.stringify([...[`${String(sa)}/${String(ka)}`, `${String(sb)}/${String(kb)}`].sort(), score, verdict, veto, rule]),
    )
    .sort();
}

/** What the store says of each member. */
async function members({ knex, entityId }: PeopleStore): Promise<Record<string, unknown>[]> {
  const columns = ['source', 'member_key', 'state', 'golden_id', 'host', 'population', 'profile', 'link_kind', 'link_score'];
  return (await knex('il_member').where({ entity_id: entityId }).orderBy('id').select(columns)) as Record<string, unknown>[];
}

/** What is stored must be what comparing everybody again gives. */
async function expectAsRebuilt(store: PeopleStore): Promise<string[]> {
  const [now, clusters, people] = [await pairs(store), await store.clusters(), await members(store)];
  expect(people.filter(({ state, host }) => state === 'live' && host !== null)).toEqual([]);
  await store.rebuild();
  expect(now).toEqual(await pairs(store));
  expect(people).toEqual(await members(store));
  expect(clusters).toEqual(await store.clusters());
  return now;
}

const emma = (key: string, more: Partial<Person> = {}): Person => ({
  source: 'a',
  key,
  first_name: 'Emma',
  last_name: 'Carter',
  birth_date: '1984-07-01',
  email: 'emma.carter@example.org',
  ...more,
});
const ruleOf = (stored: readonly string[], x: string, y: string): unknown =>
  stored.map((text) => JSON.parse(text) as unknown[]).find(([a, b]) => a === x && b === y)?.[5];

describe('a night in which few records changed stores the pairs that comparing all of them gives', () => {
  test('who comes between two that a rule makes one takes the rule from their pair, and gives it back on leaving', async () => {
    const store = await openPeopleStore();
    await store.land([emma('1'), emma('3')]);
    const rule = 'same name, birth date and e-mail';
    expect(ruleOf(await pairs(store), 'a/1', 'a/3')).toBe(rule);
    await store.land([emma('2')]);
    const between = await expectAsRebuilt(store);
    expect([ruleOf(between, 'a/1', 'a/2'), ruleOf(between, 'a/2', 'a/3'), ruleOf(between, 'a/1', 'a/3')]).toEqual([rule, rule, null]);
    await store.land([emma('2', { email: 'other@example.org', first_name: 'Robert', birth_date: '1950-01-01' })]);
    expect(ruleOf(await expectAsRebuilt(store), 'a/1', 'a/3')).toBe(rule);
    await store.remove([{ source: 'a', key: '1' }]);
    expect(ruleOf(await expectAsRebuilt(store), 'a/1', 'a/3')).toBeUndefined();
  });

  test('a pair that two rules make one keeps the other rule where somebody comes between them in the first', async () => {
    const store = await openPeopleStore();
    const phone = '315-555-0101';
    await store.land([emma('1', { phone }), emma('3', { phone })]);
    await store.land([emma('2')]);
    expect(ruleOf(await expectAsRebuilt(store), 'a/1', 'a/3')).toBe('same name, birth date and phone');
  });

  test('whatever comes, changes and goes together, also where blocks grow over the most that is compared and shrink again', async () => {
    const person = fc.record({
      source: fc.constantFrom('a', 'b', 'c'),
      key: fc.constantFrom(...'1234567'),
      first_name: fc.constantFrom('Emma', 'Ema', 'Robert', null),
      last_name: fc.constantFrom('Carter', 'Cartr', 'Baker'),
      birth_date: fc.constantFrom('1984-07-01', '1984-01-07', '1950-02-03', null),
      address_line1: fc.constantFrom('12 Elm St', '21 Elm St', '7 Oak Ave', null),
      city: fc.constantFrom('Rome', 'Utica'),
      state: fc.constant('NY'),
      postal_code: fc.constantFrom('13440', '13501'),
      phone: fc.constantFrom('315-555-0101', '315-555-0110', null),
      email: fc.constantFrom('emma.carter@example.org', 'r.baker@example.org', null),
    });
    const step = fc.record({
      come: fc.uniqueArray(person, { selector: (p) => `${p.source}/${p.key}`, maxLength: 9 }),
      go: fc.array(fc.record({ source: fc.constantFrom('a', 'b', 'c'), key: fc.constantFrom(...'1234567') }), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const store = await openPeopleStore((entity) => {
          const { populations } = entity.identity as { populations: { person: Record<string, unknown> } };
          populations.person.block_cap = 4;
        });
        const there = new Set<string>();
        for (const { come, go } of steps) {
          await store.land(come);
          for (const { source, key } of come) there.add(`${source}/${key}`);
          const gone = [...new Map(go.map((one) => [`${one.source}/${one.key}`, one]))].filter(([name]) => there.delete(name));
          await store.remove(gone.map(([, one]) => one));
        }
        await expectAsRebuilt(store);
        await store.close();
      }),
      { numRuns: cases(12), seed: 5 },
    );
  });
});
