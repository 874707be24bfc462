import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { people } from '../../../scripts/bench/identity/people.ts';
import { entitySchema, matchingOf } from '../../../src/config/schema/model.ts';
import { startComparison } from '../../../src/engine/identity/compare-all.ts';
import { candidatePairs } from '../../../src/identity/block/pairs.ts';
import { blockKeys, keysOfPass } from '../../../src/identity/block/passes.ts';
import { profileAt, tableOf } from '../../../src/identity/block/table.ts';
import { compileIdentity } from '../../../src/identity/model.ts';
import { edgesOf } from '../../../src/identity/resolve.ts';
import { signaturesOf } from '../../../src/identity/score/screen-signature.ts';
import { scorePair, verdictOf } from '../../../src/identity/score/score.ts';
import { keyStore } from '../../../src/store/identity/key-pages.ts';
import { landing } from '../../../src/store/landing/landing.ts';
import { cases } from '../cut.ts';
import { closePeopleStores, openPeopleStore as store, type PeopleStore, type Person } from './identity-store.ts';

afterEach(closePeopleStores);

const party = entitySchema.parse(parse(readFileSync(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8')));
const model = compileIdentity(matchingOf(party)!);
const number = model.populations.findIndex((p) => p.name === 'person');
const person = model.populations[number]!;
const fieldsOf = (row: ReturnType<typeof people> extends Generator<infer T> ? T : never): Omit<Person, 'source' | 'key'> => ({
  first_name: row.first || null,
  middle_name: row.middle || null,
  last_name: row.last,
  birth_date_typed: row.birth_date || null,
  address_line1: row.address || null,
  address_line2: row.unit || null,
  city: row.city,
  state: row.state,
  postal_code: row.zip || null,
  phone: row.phone || null,
  email: row.email || null,
});
const table = tableOf(
  person.features.length,
  [...people(1500, 3)].map((row) => person.read(fieldsOf(row))),
);

describe('comparing all persons at once', () => {
  test('no pair is passed over that its whole score would link or send to review', () => {
    const expected: string[] = [];
    candidatePairs(person.passes, table, person.cap, (a, b) => {
      const verdict = verdictOf(person, scorePair(person, profileAt(table, a), profileAt(table, b)));
      if (verdict !== 'none') expected.push(`${a} ${b} ${verdict}`);
    });
    const { edges, compared, scored } = edgesOf(person, table);
    expect(edges.map((e) => `${e.a} ${e.b} ${e.verdict}`).sort()).toEqual(expected.sort());
    expect(expected.length).toBeGreaterThan(200);
    expect(scored).toBeLessThan(compared / 2);
    const found = new Set(expected.map((pair) => pair.split(' ').slice(0, 2).join(' ')));
    const signatures = signaturesOf(model);
    const words = new Uint32Array(300 * signatures.width);
    for (let b = 0; b < 300; b++) signatures.write(number, profileAt(table, b), words, b * signatures.width);
    for (let a = 0; a < 300; a++)
      for (let b = a + 1; b < 300; b++)
        if (!signatures.screenFor(number, profileAt(table, a))(words, b * signatures.width)) expect(found.has(`${a} ${b}`)).toBe(false);
  });

  test('two threads give the same pairs as one', async () => {
    const pairsOf = async (threads: number): Promise<string[]> => {
      const comparison = startComparison(model, number, table, threads);
      const parts = await comparison.edges;
      await comparison.stop();
      return parts.flatMap((part) => Array.from(part.a, (a, i) => `${a} ${part.b[i]} ${part.score[i]} ${part.verdict[i]}`)).sort();
    };
    expect(await pairsOf(2)).toEqual(await pairsOf(0));
  });

  test('where threads end early, whoever waits for their keys or their pairs is told', async () => {
    const comparison = startComparison(model, number, table, 2);
    const told = [comparison.keys, comparison.edges].map((one) => expect(one).rejects.toThrow('ended without a result'));
    await comparison.stop();
    await Promise.all(told);
  });

  test('however the work is shared, the pairs are those of one worker', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 2, max: 7 }), (seed, workers) => {
        const some = tableOf(
          person.features.length,
          [...people(250, seed)].map((row) => person.read(fieldsOf(row))),
        );
        const pairsOf = (share?: { at: number; of: number }): string[] =>
          edgesOf(person, some, share).edges.map((e) => `${e.a} ${e.b} ${e.score} ${e.verdict} ${e.veto}`);
        const shared = Array.from({ length: workers }, (_, at) => pairsOf({ at, of: workers })).flat();
        expect(shared.sort()).toEqual(pairsOf().sort());
      }),
      { numRuns: cases(40), seed: 2 },
    );
  });

  test('the keys of a record are the same alone and among all others', () => {
    const columns = person.passes.map((pass) => keysOfPass(pass, table));
    for (let i = 0; i < table.size; i += 37)
      expect(blockKeys(person.passes, profileAt(table, i))).toEqual(
        [...new Set(columns.map((keys) => keys[i]!).filter((key) => key >= 0))].sort((a, b) => a - b),
      );
  });
});

describe('the blocks in the store', () => {
  const step = fc.tuple(fc.constantFrom('add', 'remove'), fc.nat(5), fc.integer({ min: 1, max: 400 }));
  const keyOf = (n: number): number => Math.floor(((n + 0.5) / 6) * 2 ** 53);

  test(
    'have the members that were put into them, whether written at once or one by one, and however large',
    { timeout: 60_000 },
    async () => {
      const { knex, entityId } = await store();
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.array(fc.nat(300), { minLength: 6, maxLength: 6 }), async (steps, sizes) => {
          await landing(knex, async ({ rows }) => {
            const keys = keyStore(rows, entityId);
            await keys.clear();
            const expected = new Map(sizes.map((size, n) => [keyOf(n), new Set(Array.from({ length: size }, (_, i) => i + 1))]));
            await keys.write((put) => {
              for (const [key, members] of expected)
                put(
                  new Float64Array(members.size + 1).fill(key, 0, members.size).fill(-1, members.size),
                  Float64Array.from([...members, 0]),
                );
            });
            for (const [what, n, member] of steps) {
              const members = expected.get(keyOf(n))!;
              if (what === 'add' && !members.has(member)) await keys.add([[keyOf(n), member]]);
              if (what === 'remove' && members.has(member)) await keys.remove([[keyOf(n), member]]);
              if (what === 'add') members.add(member);
              else members.delete(member);
            }
            // Read again from the store, not from what this transaction remembers.
            const found = await keyStore(rows, entityId).blocks([...expected.keys()], 50);
            for (const [key, members] of expected)
              if (members.size <= 50) expect(found.get(key)).toEqual([...members].sort((a, b) => a - b));
              else expect(found.get(key)!.length).toBeGreaterThan(50);
          });
        }),
        { numRuns: cases(15), seed: 3 },
      );
    },
  );

  test('after a load at once, records that come and change one by one give the clusters of all together', async () => {
    const small = (entity: Record<string, unknown>): void => {
      (entity.identity as { populations: { person: Record<string, unknown> } }).populations.person.block_cap = 6;
    };
    const list = [...people(160, 8)].map((row, i): Person => ({ ...fieldsOf(row), source: 'abc'[i % 3]!, key: row.number }) as Person);
    const first = await store(small);
    await first.land(list.slice(0, 100));
    await first.rebuild();
    await first.land(list.slice(100));
    const moved = list.map((p, i) => (i % 9 === 0 ? { ...p, phone: '585-555-0199', address_line1: '1 New Street' } : p));
    await first.land(moved.filter((_, i) => i % 9 === 0));
    await first.remove(moved.slice(0, 20));
    const second = await store(small);
    await second.land(moved.slice(20));
    await second.rebuild();
    expect(await first.clusters()).toEqual(await second.clusters());
    const edges = (of: PeopleStore): Promise<unknown[]> =>
      of
        .knex('il_edge as e')
        .join('il_member as x', 'x.id', 'e.a')
        .join('il_member as y', 'y.id', 'e.b')
        .select('x.member_key as a', 'y.member_key as b', 'e.score', 'e.verdict', 'e.rule')
        .then((rows: Record<string, string>[]) =>
          rows.map((r) => [[r.a, r.b].sort().join(' '), Number(r.score), r.verdict, r.rule].join('|')).sort(),
        );
    expect(await edges(first)).toEqual(await edges(second));
  });
});

describe('a first load that is compared when it is done', () => {
  const list = [...people(120, 5)].map((row, i): Person => ({ ...fieldsOf(row), source: 'ab'[i % 2]!, key: row.number }) as Person);
  const bySource = list.toSorted((x, y) => (x.source < y.source ? -1 : x.source > y.source ? 1 : 0));
  /** Links whose golden record is not that of their member, and golden records that nobody has. */
  const astray = async ({ knex }: PeopleStore): Promise<unknown[]> => [
    ...((await knex('il_link as l').join('il_member as m', 'm.id', 'l.member_id').whereRaw('l.golden_id <> m.golden_id')) as unknown[]),
    ...((await knex('il_link').whereNull('golden_id')) as unknown[]),
    ...((await knex('party as p').leftJoin('il_member as m', 'm.golden_id', 'p._id').whereNull('m.id')) as unknown[]),
  ];

  test('gives the people of comparing one by one, and every record leads to its person', async () => {
    const first = await store();
    await first.land(bySource, true);
    expect(await first.knex('party').pluck('_id')).toEqual([]);
    await first.rebuild();
    const second = await store();
    await second.land(bySource);
    expect(await first.clusters()).toEqual(await second.clusters());
    expect((await first.clusters()).some((people) => people.length > 1)).toBe(true);
    expect(await first.knex('party').pluck('_id')).toHaveLength((await first.clusters()).length);
    expect(await astray(first)).toEqual([]);
  });

  test('also when records change and go before they were ever compared', async () => {
    const first = await store();
    await first.land(bySource, true);
    const changed = bySource.slice(0, 9).map((p) => ({ ...p, phone: '585-555-0143' }));
    await first.land(changed);
    await first.remove(bySource.slice(-5));
    await first.rebuild();
    const second = await store();
    await second.land([...changed, ...bySource.slice(9, -5)]);
    expect(await first.clusters()).toEqual(await second.clusters());
    expect(await astray(first)).toEqual([]);
    // And they can be compared again, as when the model changes.
    await first.rebuild();
    expect(await first.clusters()).toEqual(await second.clusters());
    expect(await astray(first)).toEqual([]);
  });
});
