import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { people } from '../../../scripts/bench/identity/people.ts';
import { entitySchema, matchingOf } from '../../../src/config/schema/model.ts';
import { profileAt, tableOf } from '../../../src/identity/block/table.ts';
import { compileIdentity, type IdentityModel } from '../../../src/identity/model.ts';
import { screen } from '../../../src/identity/score/screen.ts';
import { signaturesOf } from '../../../src/identity/score/screen-signature.ts';
import { scorePair, verdictOf } from '../../../src/identity/score/score.ts';
import { identityStore } from '../../../src/store/identity/identity.ts';
import { landing } from '../../../src/store/landing/landing.ts';
import { tries } from '../../effort.ts';
import { closePeopleStores, openPeopleStore as store, type Person, type PeopleStore } from './identity-store.ts';

afterEach(closePeopleStores);

const text = readFileSync(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8');
const shipped = compileIdentity(matchingOf(entitySchema.parse(parse(text)))!);

type Profile = readonly (string | null)[];

/** Of the pairs of these profiles: those that are linked or wait, and those that each screen lets pass. */
function pairsOf(
  model: IdentityModel,
  number: number,
  profiles: readonly Profile[],
): Record<'real' | 'bySignature' | 'byTable', Set<string>> {
  const population = model.populations[number]!;
  const signatures = signaturesOf(model);
  const words = new Uint32Array(signatures.width * profiles.length);
  profiles.forEach((profile, i) => signatures.write(number, profile, words, i * signatures.width));
  const inTable = screen(population, tableOf(population.features.length, profiles));
  const found = { real: new Set<string>(), bySignature: new Set<string>(), byTable: new Set<string>() };
  for (let a = 0; a < profiles.length; a++) {
    const bySignature = signatures.screenFor(number, profiles[a]!);
    for (let b = a + 1; b < profiles.length; b++) {
      const pair = `${a} ${b}`;
      if (verdictOf(population, scorePair(population, profiles[a]!, profiles[b]!)) !== 'none') found.real.add(pair);
      if (bySignature(words, b * signatures.width)) found.bySignature.add(pair);
      if (inTable(a, b)) found.byTable.add(pair);
    }
  }
  return found;
}

function missed(real: ReadonlySet<string>, found: ReadonlySet<string>): string[] {
  return [...real].filter((pair) => !found.has(pair));
}

describe('a pair that is linked or needs review is distinguished from the others', () => {
  const number = shipped.populations.findIndex((p) => p.name === 'person');
  const person = shipped.populations[number]!;

  test('by signatures of persons of a register, which pass most others over', () => {
    const table = tableOf(
      person.features.length,
      [...people(350, 3)].map((row) =>
        person.read({
          first_name: row.first || null,
          middle_name: row.middle || null,
          last_name: row.last,
          birth_date_typed: row.birth_date || null,
          address_line1: row.address || null,
          address_line2: row.unit || null,
          city: row.city,
          postal_code: row.zip || null,
          phone: row.phone || null,
          email: row.email || null,
        }),
      ),
    );
    const profiles = Array.from({ length: table.size }, (_, i) => profileAt(table, i));
    const { real, bySignature } = pairsOf(shipped, number, profiles);
    expect(real.size).toBeGreaterThan(50);
    expect(missed(real, bySignature)).toEqual([]);
    expect(bySignature.size).toBeLessThan((profiles.length * profiles.length) / 20);
  });

  // What is odd about a value must not make it look like another one: long, several words, single letters, digits that are no day.
  const value = (slot: string): fc.Arbitrary<string | null> => {
    const few: Record<string, string[]> = {
      given: ['emma', 'emmma', 'bob', 'robert', 'e', 'ann marie', 'x'.repeat(40), 'carter'],
      middle: ['ann', 'a', 'ann marie', 'marie', 'anne', 'b'],
      surname: ['carter', 'cartr', 'carter lee', 'c', 'y'.repeat(35), 'emma'],
      suffix: ['jr', 'sr'],
      birth: ['20150312', '20151203', '19840701', '19840710', '00000000', '1984'],
      sex: ['f', 'm'],
      number: ['12', '21', '7'],
      street: ['elm st', 'elm street north', 'oak ave', `long ${'z'.repeat(40)}`, 'apt 4'],
      unit: ['apt 4', '4', 'elm st'],
      city: ['rome', 'rom', 'utica'],
      state: ['ny', 'nj'],
      postal_code: ['13440', '13441', 'k1a 0b1', 'k1a 0b2'],
      phone: ['3155550101', '3155550110', '5550101', '15550101', '1', '3155550901'],
      email: ['ann.carter@example.org', 'ann.carter@example.com', 'ann.cartr@example.org', 'a1@example.org', 'a', '@'],
    };
    return fc.constantFrom(null, ...few[slot]!);
  };

  test('by every screen, whatever is odd about the values', () => {
    const profile = fc.tuple(...person.features.map(({ name }) => value(name)));
    fc.assert(
      fc.property(fc.array(profile, { minLength: 2, maxLength: 14 }), (profiles) => {
        const { real, ...found } = pairsOf(shipped, number, profiles);
        for (const pairs of Object.values(found)) expect(missed(real, pairs)).toEqual([]);
      }),
      { numRuns: tries(300), seed: 11 },
    );
  });

  test('also where two names of organizations or two middle names are equal in other words', () => {
    const organizations = shipped.populations.findIndex((p) => p.name === 'organization');
    const shop = shipped.populations[organizations]!.features.map(() => null) as (string | null)[];
    const at = (name: string): number => shipped.populations[organizations]!.features.findIndex((f) => f.name === name);
    const profiles = ['elm bakery', 'bakery elm'].map((name) => shop.with(at('name'), name));
    const found = pairsOf(shipped, organizations, profiles);
    expect([...found.real]).toEqual(['0 1']);
    for (const pairs of Object.values(found)) expect([...pairs]).toEqual(['0 1']);
  });
});

describe('signatures in the store', () => {
  const list = [...people(900, 8)].map((row, i): Person => ({
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
    source: 'abc'[Math.floor(i / 300)]!,
    key: row.number,
  }));
  const moved = (share: number): Person[] =>
    list.map((p, i) => (i % share === 0 ? { ...p, phone: `585-555-0${100 + (i % 50)}`, address_line1: `${i % 5} New Street` } : p));
  const wordsOf = async ({ knex, entityId, model }: PeopleStore): Promise<Uint32Array> => {
    const ids = ((await knex('il_member').orderBy('id').pluck('id')) as (number | string)[]).map(Number);
    return landing(knex, async ({ rows }) => identityStore(rows, entityId).signatures(signaturesOf(model)).read(ids));
  };
  const edgesOf = ({ knex }: PeopleStore): Promise<unknown[]> =>
    knex('il_edge').orderBy(['a', 'b']).select('a', 'b', 'score', 'verdict', 'veto', 'rule') as Promise<unknown[]>;

  test('a night in which many records change gives what comparing all of them again gives', { timeout: 60_000 }, async () => {
    const one = await store();
    await one.land(list, true);
    await one.rebuild();
    await one.land(moved(7).filter((_, i) => i % 7 === 0));
    await one.remove(list.slice(-3));
    const before = [await one.clusters(), await edgesOf(one), await wordsOf(one)];
    await one.rebuild();
    expect([await one.clusters(), await edgesOf(one), await wordsOf(one)]).toEqual(before);
  });

  test('a store whose signatures are missing or were made for other features gives the same', { timeout: 60_000 }, async () => {
    const one = await store();
    await one.land(list, true);
    await one.rebuild();
    const other = await store();
    await other.land(list, true);
    await other.rebuild();
    // Some have changed since their page was written.
    for (const each of [one, other]) await each.land(moved(7).filter((_, i) => i % 7 === 0));
    const pages = (await other.knex('il_signature_page').select('place', 'entries')) as { place: number; entries: string }[];
    for (const [i, { place, entries }] of pages.entries())
      if (i % 2 === 0) await other.knex('il_signature_page').where({ place }).delete();
      else
        await other
          .knex('il_signature_page')
          .where({ place })
          .update({ entries: `////${entries.slice(4)}` });
    const changed = moved(5).filter((_, i) => i % 5 === 0);
    await one.land(changed);
    await other.land(changed);
    expect(await other.clusters()).toEqual(await one.clusters());
    expect(await edgesOf(other)).toEqual(await edgesOf(one));
  });
});
