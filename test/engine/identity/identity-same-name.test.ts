import { afterEach, expect, test } from 'vitest';
import { type PeopleStore, type Person, peopleStore } from './identity-store.ts';

let store: PeopleStore;
afterEach(() => store.close());

const HOME = { address_line1: '12 Oak Street', city: 'Maplewood', state: 'NY', postal_code: '12999' };
const person = (source: string, key: string, first_name: string, last_name: string, more: Record<string, string | null> = {}): Person => ({
  source,
  key,
  first_name,
  last_name,
  ...HOME,
  ...more,
});
const FATHER = person('a', 'father', 'Robert', 'Nowak', { birth_date: '1961-02-03', phone: '518-555-0101' });
const SON = person('a', 'son', 'Robert', 'Nowak', { birth_date: '1990-09-21', phone: '518-555-0102' });

/** All orders of a few records give the same people. */
async function clustersOf(people: readonly Person[]): Promise<string[][]> {
  const found: string[][][] = [];
  for (const list of [people, [...people].reverse()]) {
    store = await peopleStore();
    for (const one of list) await store.land([one]);
    found.push(await store.clusters());
    if (list === people) await store.rebuild();
    if (list === people) found.push(await store.clusters());
    if (list === people) await store.close();
  }
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
  return found[0]!;
}

test('a record that is the father or the son, and says nothing of which, needs review', async () => {
  const plain = person('b', '1', 'Robert', 'Nowak', { phone: '518-555-0199' });
  expect(await clustersOf([FATHER, SON, plain])).toEqual([['a/father'], ['a/son'], ['b/1']]);
  const waiting = await store.knex('il_edge').where({ verdict: 'link' });
  expect(waiting).toHaveLength(2);
});

test('the phone that only the son has says which of the two it is', async () => {
  const sons = person('b', '1', 'Robert', 'Nowak', { phone: '(518) 555-0102' });
  expect(await clustersOf([FATHER, SON, sons])).toEqual([['a/father'], ['a/son', 'b/1']]);
});

test('twins: a record with their birth date and a given name that is none says nothing of which', async () => {
  const born = { birth_date: '2011-06-07', phone: '518-555-0101' };
  const twins = [person('a', 'emma', 'Emma', 'Nowak', born), person('a', 'olivia', 'Olivia', 'Nowak', born)];
  const clusters = await clustersOf([...twins, person('b', '1', '', 'Nowak', { ...born, first_name: null })]);
  expect(clusters).toEqual([['a/emma'], ['a/olivia'], ['b/1']]);
});

test('Jr and no suffix at one address may be two: without birth date or e-mail address a person is asked', async () => {
  const junior = person('a', 'jr', 'Robert', 'Nowak', { suffix: 'Jr', phone: '518-555-0101' });
  expect(await clustersOf([junior, person('b', '1', 'Robert', 'Nowak', { phone: '518-555-0101' })])).toEqual([['a/jr'], ['b/1']]);
  const email = 'robert.nowak@example.org';
  expect(await clustersOf([{ ...junior, email }, person('b', '1', 'Robert', 'Nowak', { email })])).toEqual([['a/jr', 'b/1']]);
  const birth_date = '1990-09-21';
  expect(await clustersOf([{ ...junior, birth_date }, person('b', '1', 'Robert', 'Nowak', { birth_date })])).toEqual([['a/jr', 'b/1']]);
});

test('neighbors of one street with much the same name are two', async () => {
  const john = person('a', 'john', 'John', 'Reynolds', { address_line1: '171 Mill Rd', phone: '518-555-0136' });
  const jack = person('b', 'jack', 'Jack', 'Reynolds', { address_line1: '195 Mill Road', phone: '212-555-0177' });
  expect(await clustersOf([john, jack])).toEqual([['a/john'], ['b/jack']]);
  const near = person('b', 'laura', 'Lauren', 'Lefèvre', { address_line1: '191 Church St', phone: '363-555-0126' });
  const lauren = person('a', 'lauren', 'Lauren', 'Parker', { address_line1: '203 Church St', phone: '363-555-0124' });
  expect(await clustersOf([lauren, near])).toEqual([['a/lauren'], ['b/laura']]);
});

test('swapped names are those of one person, not of another one of the family', async () => {
  const mother = person('a', 'mother', 'Stephanie', 'Ortiz', { birth_date: '1989-08-02' });
  const swapped = person('b', 'son', 'Ortiz', 'Stephen', { birth_date: '2020-08-21' });
  expect(await clustersOf([mother, swapped])).toEqual([['a/mother'], ['b/son']]);
  const herself = person('b', '1', 'Ortiz', 'Stephanie', { birth_date: '1989-08-02' });
  expect(await clustersOf([mother, herself])).toEqual([['a/mother', 'b/1']]);
});

test('a family that one record without a given name fits stays as many people as it has', async () => {
  const phone = '518-555-0101';
  const family = [
    person('a', 'robert', 'Robert', 'Parker', { phone, birth_date: '1980-09-15' }),
    person('a', 'nancy', 'Nancy', 'Parker', { phone, birth_date: '1982-07-09' }),
    person('c', 'amy', 'Amy', 'Parker', { phone, birth_date: '2010-03-04' }),
    person('c', 'amy-2', 'Amy', 'Parker', { phone }),
  ];
  const clusters = await clustersOf([...family, person('b', '1', '', 'Parker', { phone, first_name: null })]);
  expect(clusters).toEqual([['a/nancy'], ['a/robert'], ['b/1'], ['c/amy', 'c/amy-2']]);
});

test('two of one name who were born on two days, of whom nothing else agrees, are not joined by a record of one of them', async () => {
  const far = { address_line1: '980 Quarry Road', phone: '518-555-0177' };
  const clusters = await clustersOf([
    person('a', '1', 'Frank', 'Yilmaz', { birth_date: '1972-06-25', phone: '518-555-0101' }),
    person('b', '1', 'Frank', 'Yilmaz', { birth_date: '1956-03-28', ...far }),
    person('c', '1', 'Frank', 'Yilmaz', { birth_date: null, ...far }),
  ]);
  expect(clusters).toEqual([['a/1'], ['b/1', 'c/1']]);
});
