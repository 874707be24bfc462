import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { entitySchema, matchingOf } from '../../config/schema/model.ts';
import { compileIdentity } from '../model.ts';
import { clustersOf } from '../resolve.ts';
import { scorePair, verdictOf } from '../score/score.ts';

const party = entitySchema.parse(parse(readFileSync(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8')));
const model = compileIdentity(matchingOf(party)!);
const population = model.populations.findIndex((p) => p.name === 'person');
const person = model.populations[population]!;
type Fields = Record<string, string | null>;

/** Of records that are all compared with each other: those that are one, as lists of their numbers. */
function peopleOf(records: readonly Fields[], connections?: readonly string[]): number[][] {
  const profiles = records.map((record) => person.read(record));
  const pairs = profiles.flatMap((a, i) => profiles.slice(i + 1).map((b, j) => ({ a: i, b: i + 1 + j, scored: scorePair(person, a, b) })));
  const of = clustersOf({
    model,
    profiles,
    populations: profiles.map(() => population),
    sources: profiles.map(() => null),
    ...(connections && { connections }),
    links: pairs.filter((p) => verdictOf(person, p.scored) === 'link').map(({ a, b, scored }) => ({ a, b, score: scored.score })),
    near: pairs.filter((p) => p.scored.veto === 'suffix_missing'),
    rules: [],
    decisions: [],
  });
  return [...Map.groupBy(of.keys(), (i) => of[i]!).values()];
}

const home = { address_line1: '12 Elm Street', city: 'Maplewood', state: 'NY', postal_code: '14586' };
const ward: Fields = { first_name: 'Louis', last_name: 'Ward', ...home };
const father: Fields = { ...ward, birth_date: '1961-04-12', phone: '585-555-0142', email: 'louis.ward@example.org' };
const son: Fields = { ...ward, birth_date: '1992-10-09' };

test('a record with only a name and an address joins the one person of that name in the house', () => {
  expect(peopleOf([father, ward])).toEqual([[0, 1]]);
});

test('it joins neither where two of that name live there, nor another such record', () => {
  expect(peopleOf([father, son, ward])).toEqual([[0], [1], [2]]);
  expect(peopleOf([father, son, ward, { ...ward, middle_name: 'John' }])).toEqual([[0], [1], [2], [3]]);
});

test('a phone does not tell which of the two it is where only one has any, and neither does the e-mail address of a family', () => {
  expect(peopleOf([father, son, { ...ward, phone: '585-555-0142' }])).toEqual([[0], [1], [2]]);
  const other = { ...son, phone: '585-555-0177' };
  expect(peopleOf([father, other, { ...ward, phone: '585-555-0142' }])).toEqual([[0, 2], [1]]);
  const family = { email: 'wardfamily@example.org' };
  expect(peopleOf([{ ...father, ...family }, son, { ...ward, ...family }])).toEqual([[0], [1], [2]]);
});

test('an own e-mail address, a birth date and a suffix tell', () => {
  expect(peopleOf([father, son, { ...ward, email: 'louis.ward@example.org' }])).toEqual([[0, 2], [1]]);
  expect(peopleOf([father, son, { ...ward, birth_date: '1992-10-09' }])).toEqual([[0], [1, 2]]);
  expect(
    peopleOf([
      { ...father, suffix: 'Sr' },
      { ...son, suffix: 'Jr' },
      { ...ward, suffix: 'Jr' },
    ]),
  ).toEqual([[0], [1, 2]]);
});

test('the other one of that name is found though a suffix keeps the record from being compared with him', () => {
  expect(peopleOf([father, { ...son, suffix: 'Jr' }, { ...ward, phone: '585-555-0142' }])).toEqual([[0], [1], [2]]);
});

test('a suffix in one record of a person counts for all of them', () => {
  const junior = { ...son, suffix: 'Jr' };
  expect(peopleOf([junior, son, ward])).toEqual([[0, 1], [2]]);
  expect(peopleOf([junior, son, { ...ward, suffix: 'Jr' }])).toEqual([[0, 1, 2]]);
});

const anna: Fields = { first_name: 'Anna', last_name: 'Ward', birth_date: '2010-06-11', ...home };
const nora: Fields = { ...anna, first_name: 'Nora' };

test('a record without a given name joins neither of two twins, unless an e-mail address tells', () => {
  const nameless = { ...anna, first_name: null };
  expect(peopleOf([anna, nameless])).toEqual([[0, 1]]);
  expect(peopleOf([anna, nora, nameless])).toEqual([[0], [1], [2]]);
  const mail = { email: 'nora.ward@example.org' };
  expect(peopleOf([anna, { ...nora, ...mail }, { ...nameless, ...mail }])).toEqual([[0], [1, 2]]);
});

test('somebody who goes by the middle name is no twin, where a register knows no houses', () => {
  const known = { last_name: 'Goodwin', birth_date: '1770-11-30', postal_code: 'EX5 2FB', sex: 'male' };
  const records = [
    { ...known, first_name: 'James', middle_name: 'William' },
    { ...known, first_name: 'James' },
    { ...known, first_name: 'William' },
  ];
  expect(peopleOf(records)).toEqual([[0, 1, 2]]);
  expect(peopleOf(records.slice(1))).toEqual([[0], [1]]);
  expect(peopleOf(records.map((record) => ({ ...record, ...home })))).not.toEqual([[0, 1, 2]]);
});

test('nor in a house, unless one system has entered both names', () => {
  const known = { ...home, last_name: 'Goodwin', birth_date: '1970-11-30', phone: '585-555-0142' };
  const records: Fields[] = [
    { ...known, first_name: 'James', middle_name: 'William' },
    { ...known, first_name: 'James' },
    { ...known, first_name: 'William' },
  ];
  expect(peopleOf(records, ['voters', 'clerk', 'library'])).toEqual([[0, 1, 2]]);
  expect(peopleOf(records, ['voters', 'clerk', 'clerk'])).not.toEqual([[0, 1, 2]]);
});

test('an initial that is the one of the middle name is no other name', () => {
  const mary = { ...home, first_name: 'Mary', middle_name: 'R', last_name: 'Horton', birth_date: '1945-08-09', phone: '585-555-0142' };
  expect(peopleOf([mary, { ...mary, first_name: 'R', middle_name: null }])).toEqual([[0, 1]]);
  expect(peopleOf([mary, { ...mary, first_name: 'T', middle_name: null }])).toEqual([[0], [1]]);
});

test('a record of another surname in one building is not of the person whose other records have another phone', () => {
  const logan: Fields = { ...ward, first_name: 'David', last_name: 'Logan' };
  const known = { ...logan, birth_date: '1993-01-17', phone: '585-555-0142' };
  const palmer = { ...logan, last_name: 'Palmer', phone: '585-555-0177' };
  expect(peopleOf([logan, known, palmer])).toEqual([[0, 1], [2]]);
  expect(peopleOf([logan, known, { ...palmer, phone: known.phone }])).toEqual([[0, 1, 2]]);
});

test('a middle name tells father and son apart', () => {
  const [john, peter] = [
    { ...father, middle_name: 'John' },
    { ...son, middle_name: 'Peter' },
  ];
  expect(peopleOf([john, peter, { ...ward, middle_name: 'P' }])).toEqual([[0], [1, 2]]);
  expect(peopleOf([john, { ...son, middle_name: null }, { ...ward, middle_name: 'J' }])).toEqual([[0], [1], [2]]);
});

test('a name that is mistyped at its start and an initial are no twins', () => {
  const known = { last_name: 'Bruton', birth_date: '1948-04-23', email: 'bruton@example.org', ...home };
  const records = ['Irene', 'Rien', 'I'].map((first_name) => ({ ...known, first_name }));
  expect(peopleOf(records)).toEqual([[0, 1, 2]]);
});

test('a system that has entered two forms of one name, with one birth date, has entered twins', () => {
  const [edward, eddie] = ['Edward', 'Eddie'].map((first_name): Fields => ({ ...anna, first_name, phone: '585-555-0142' }));
  expect(peopleOf([edward!, eddie!], ['clerk', 'library'])).toEqual([[0, 1]]);
  expect(peopleOf([edward!, eddie!], ['clerk', 'clerk'])).toEqual([[0], [1]]);
  const mail = { email: 'eddie.ward@example.org' };
  expect(
    peopleOf(
      [
        { ...edward!, ...mail },
        { ...eddie!, ...mail },
      ],
      ['clerk', 'clerk'],
    ),
  ).toEqual([[0, 1]]);
  expect(peopleOf([edward!, edward!], ['clerk', 'clerk'])).toEqual([[0, 1]]);
  expect(peopleOf([edward!, { ...edward!, first_name: null }], ['clerk', 'clerk'])).toEqual([[0], [1]]);
});

test('a system that has a name twice, once without a birth date and with another phone, has entered father and son', () => {
  const other = { ...ward, phone: '585-555-0177' };
  expect(peopleOf([father, other], ['clerk', 'water'])).toEqual([[0, 1]]);
  expect(peopleOf([father, other], ['clerk', 'clerk'])).toEqual([[0], [1]]);
  expect(peopleOf([father, { ...ward, phone: father.phone! }], ['clerk', 'clerk'])).toEqual([[0, 1]]);
});

test('mother and daughter of one name, of whom two records each have a middle name, are two', () => {
  const gloria: Fields = { first_name: 'Gloria', last_name: 'Gomez', ...home };
  const daughter = { ...gloria, birth_date: '2014-01-19', middle_name: 'Elena', phone: '585-555-0142' };
  const mother = { ...gloria, middle_name: 'C', email: 'gomezfamily@example.org' };
  expect(peopleOf([daughter, daughter, mother, { ...mother, phone: '585-555-0171' }])).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test('records without birth date do not tie a record without given name to somebody born a generation before', () => {
  const mother = { ...ward, first_name: 'Jean', birth_date: '1938-10-04', phone: '585-555-0142' };
  const nameless = { ...mother, first_name: null, birth_date: '1965-07-21' };
  expect(peopleOf([mother, { ...ward, first_name: 'Jean' }, { ...ward, first_name: 'Jean', phone: '585-555-0142' }, nameless])).toEqual([
    [0, 1, 2],
    [3],
  ]);
});

test('somebody who is called like the middle name of another one of the house, with a mailbox each, is not made one with them by other records', () => {
  const evens = { ...ward, first_name: 'Evens', middle_name: 'Pierre', email: 'evens_ward@example.org' };
  const pierre = { ...ward, first_name: 'Pierre', email: 'pierre_ward@example.org' };
  expect(peopleOf([evens, { ...evens, email: null }, pierre])).toEqual([[0, 1], [2]]);
  // With one mailbox it is somebody who goes by the middle name.
  expect(peopleOf([evens, { ...evens, email: null }, { ...pierre, email: null }])).toEqual([[0, 1, 2]]);
});
