import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { entitySchema, matchingOf } from '../../config/schema/model.ts';
import { compileIdentity } from '../model.ts';
import { explainPair } from './explain.ts';
import { scoreLikelyPair, scorePair, verdictOf } from './score.ts';

const party = entitySchema.parse(parse(readFileSync(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8')));
const model = compileIdentity(matchingOf(party)!);
const person = model.populations[model.populations.findIndex((p) => p.name === 'person')]!;
type Fields = Record<string, string | null>;
const home = { address_line1: '12 Elm Street', city: 'Maplewood', state: 'NY', postal_code: '14586' };
const emma: Fields = { first_name: 'Emma', last_name: 'Carter', birth_date: '2015-03-12', ...home };
const verdict = (a: Fields, b: Fields): string => {
  const scored = scorePair(person, person.read(a), person.read(b));
  return `${verdictOf(person, scored)}${scored.veto ? ` ${scored.veto}` : ''}`;
};

describe('who is linked by the shipped model, without training', () => {
  test.each<[string, Fields, Fields]>([
    ['the same person typed in two ways', emma, { ...emma, first_name: 'EMMA', address_line1: '0012 Elm St.' }],
    [
      'a nickname and a birth date with an error in it',
      { ...emma, first_name: 'Robert' },
      { ...emma, first_name: 'Bob', birth_date: '2016-03-12' },
    ],
    [
      'the month and day of birth and the address, where one of two given names is hardly a name',
      { ...emma, first_name: 'Kody', birth_date: '1930-06-09' },
      { ...emma, first_name: 'Lillianna', birth_date: '1962-06-09', address_line2: null },
    ],
    ['a nickname', { ...emma, first_name: 'Robert' }, { ...emma, first_name: 'Bob' }],
    ['a name that is spelled in two ways', { ...emma, first_name: 'Conor' }, { ...emma, first_name: 'Connor' }],
    ['a typing error in the surname', emma, { ...emma, last_name: 'Cartre' }],
    ['a system that knows only the year of birth', emma, { ...emma, birth_date: '2015-01-01', address_line1: '12 Elm St' }],
    ['day and month exchanged', emma, { ...emma, birth_date: '2015-12-03' }],
    ['a day that does not exist', emma, { ...emma, birth_date: null, birth_date_typed: '2015-03-42' }],
    ['first and last name exchanged', emma, { ...emma, first_name: 'Carter', last_name: 'Emma' }],
    ['someone who moved', emma, { ...emma, address_line1: '480 Lakeshore Drive', postal_code: '14607' }],
    ['someone who goes by the middle name', { ...emma, first_name: 'James', middle_name: 'Emmett' }, { ...emma, first_name: 'Emmett' }],
    [
      'a title in place of the given name, which the whole name has',
      { ...emma, birth_date: null, phone: '585-555-0101' },
      { first_name: 'Dr.', last_name: 'Carter', name: 'Dr. Emma Carter', phone: '585-555-0101' },
    ],
    [
      'the name and a British or Canadian postal code, which is that of one street',
      { first_name: 'Helen', last_name: 'Worthington', postal_code: 'TQ13 8DF' },
      { first_name: 'Helen', last_name: 'Worthington', postal_code: 'tq138df' },
    ],
    [
      'a short form with a typing error in it, in the place of the surname',
      { ...emma, first_name: 'William', last_name: 'Torres' },
      { ...emma, first_name: 'Trores', last_name: 'Bill' },
    ],
    [
      'whoever has another surname and was born on that day',
      { ...emma, phone: '585-555-0101' },
      { ...emma, last_name: 'Okafor', phone: '585-555-0101' },
    ],
    [
      'another surname at the same door',
      { ...emma, birth_date: null, address_line2: 'Apt 3' },
      { ...emma, last_name: 'Okafor', address_line2: '3' },
    ],
    [
      'a name that is typed as at home',
      { ...emma, first_name: 'Nguyen', last_name: 'Minh' },
      { ...emma, first_name: 'Minh', last_name: 'Nguyen' },
    ],
    [
      'three names in full, of a register that knows little else',
      { first_name: 'Edward', middle_name: 'Joshua', last_name: 'Worthington', birth_date: '1796-05-12' },
      { first_name: 'Edward', middle_name: 'Joshua', last_name: 'Worthington' },
    ],
    [
      'a name in a register that knows the year and month of birth of one person and the year of the other',
      { first_name: 'Edward', last_name: 'Worthington', birth_date: '1796-05-12' },
      { first_name: 'Edward', last_name: 'Worthington', birth_date: '1796-01-01' },
    ],
    [
      'an initial, where surname and middle name are the same',
      { first_name: 'Edward', middle_name: 'Joshua', last_name: 'Worthington', address_line1: '12 Elm Street' },
      { first_name: 'E.', middle_name: 'Joshua', last_name: 'Worthington', address_line1: '12 Elm Street' },
    ],
    ['a whole name in one field', emma, { name: 'Carter, Emma', birth_date: '2015-03-12', ...home }],
  ])('%s', (_, a, b) => expect(verdict(a, b)).toBe('link'));
});

describe('who is not linked', () => {
  const bob: Fields = { first_name: 'Robert', last_name: 'Nowak', ...home };
  test.each<[string, string, Fields, Fields]>([
    ['twins need review', 'review twins', emma, { ...emma, first_name: 'Olivia' }],
    [
      'twins of whom one has a rarer name, in systems that ask for a phone',
      'review twins',
      { ...emma, first_name: 'Lloyd', phone: '585-555-0101' },
      { ...emma, first_name: 'Francis', phone: '585-555-0101' },
    ],
    [
      'twins with rarer names that are alike, of whom one has the surname mistyped',
      'review twins',
      { ...emma, first_name: 'Jackie', phone: '585-555-0101' },
      { ...emma, first_name: 'Janice', last_name: 'Cartre', phone: '585-555-0102' },
    ],
    [
      'twins who live apart, of whom one goes by a short form',
      'review twins',
      { ...emma, first_name: 'Kelly', last_name: 'Young', phone: '914-555-0121' },
      { ...emma, first_name: 'Peggy', last_name: 'Young', phone: '838-555-0189', address_line1: '160 Mill Road' },
    ],
    [
      'twins, one of whose names is mistyped and looks like the other',
      'review twins',
      { ...emma, first_name: 'Charles', phone: '585-555-0101' },
      { ...emma, first_name: 'Chhristopher', phone: '585-555-0101' },
    ],
    [
      'two of one first name who happen to be born on one day, with two middle names and surnames',
      'review person_evidence',
      { ...emma, first_name: 'Dana', middle_name: 'Denise', last_name: 'Villarreal' },
      { ...emma, first_name: 'Dana', middle_name: 'Angelica', last_name: 'Perez', address_line1: '103 Elm Street' },
    ],
    [
      'two of one name in a street, with two middle initials',
      'review name_only',
      { ...bob, first_name: 'Ignatius', middle_name: 'L', address_line1: '74 Cross Street' },
      { ...bob, first_name: 'Ignatius', middle_name: 'H', address_line1: '103 Cross Street' },
    ],
    [
      'brothers who were born in one month of two years',
      'review person_evidence',
      { ...emma, first_name: 'Jeff', birth_date: '2012-05-27' },
      { ...emma, first_name: 'Joshua', birth_date: '2012-05-08' },
    ],
    [
      'two Patricias of one building, of whom one leaves out the apartment',
      'review person_evidence',
      { ...bob, first_name: 'Patricia', last_name: 'Zimmerling', birth_date: '1974-12-18' },
      { ...bob, first_name: 'Patricia', last_name: 'Quackenbush', address_line2: 'Apt 7', sex: 'female' },
    ],
    [
      'neighbors with surnames that are alike, who were born on one day of two years',
      'review person_evidence',
      { ...emma, first_name: 'Samantha', last_name: 'Sanchez', birth_date: '1959-01-13', phone: '838-555-0145' },
      {
        ...emma,
        first_name: 'Samantha',
        last_name: 'Sanders',
        birth_date: '1960-01-13',
        phone: '363-555-0172',
        address_line1: '13 Elm Street',
      },
    ],
    [
      'two of one name in a street, who were born on one day 70 years apart',
      'review person_evidence',
      { ...emma, birth_date: '2017-05-04', phone: '845-555-0135' },
      { ...emma, birth_date: '1947-05-04', phone: '845-555-0148', address_line1: '154 Elm Street' },
    ],
    [
      'somebody of a household whose given name is not known, of the other sex',
      'review person_evidence',
      { ...emma, first_name: null, birth_date: null, sex: 'male' },
      { ...emma, sex: 'female' },
    ],
    [
      'twins of whom one has the given name mistyped',
      'review twins',
      { ...emma, first_name: 'Ben', phone: '585-555-0101' },
      { ...emma, first_name: 'Dvaid', phone: '585-555-0101' },
    ],
    [
      'father and son of whom one has first and last name exchanged',
      'review father_and_son',
      { ...emma, first_name: 'Duc', last_name: 'Hoang', birth_date: '2003-01-11', phone: '585-555-0101' },
      { ...emma, first_name: 'Hoang', last_name: 'Duc', birth_date: '1980-01-01', phone: '585-555-0101' },
    ],
    [
      'father and son with one e-mail address in two houses, who were born on one day of two years',
      'review father_and_son',
      { ...emma, birth_date: '1998-02-03', email: 'emma.carter@example.org' },
      { ...emma, birth_date: '1976-02-03', email: 'emma.carter@example.org', address_line1: '286 Fletcher Avenue' },
    ],
    [
      'a grandfather and his grandson',
      'review father_and_son',
      { ...emma, birth_date: '1938-10-28', phone: '585-555-0101' },
      { ...emma, birth_date: '1996-04-17', phone: '585-555-0177' },
    ],
    [
      'half brothers of one name with two middle names',
      'review siblings',
      { ...emma, first_name: 'Russell', middle_name: 'Troy', birth_date: '1983-01-22', phone: '585-555-0101' },
      { ...emma, first_name: 'Russell', middle_name: 'Steve', birth_date: '1985-09-03', phone: '585-555-0101' },
    ],
    [
      'an initial and another surname in one house',
      'review person_evidence',
      { ...emma, first_name: 'J', last_name: 'Yang', birth_date: '1979-07-16', address_line2: 'Apt 12', sex: 'male' },
      { ...emma, first_name: 'John', last_name: 'Buckley', birth_date: '1973-07-16', address_line2: 'Apt 12', sex: 'male' },
    ],
    [
      'two Kathleens of one apartment with two surnames and two birth dates',
      'review person_evidence',
      { ...emma, first_name: 'Kathleen', last_name: 'Zimmerling', birth_date: '1952-01-18', address_line2: 'Apt 3', sex: 'female' },
      { ...emma, first_name: 'Kathleen', last_name: 'Quackenbush', birth_date: '1960-05-27', address_line2: 'Apt 3', sex: 'female' },
    ],
    ['twins with French names', 'review twins', { ...emma, first_name: 'Josée' }, { ...emma, first_name: 'Roland' }],
    ['twins with Vietnamese names', 'review twins', { ...emma, first_name: 'Hoang' }, { ...emma, first_name: 'Khanh' }],
    ['twins whose names sound alike', 'review twins', { ...emma, first_name: 'Jayden' }, { ...emma, first_name: 'Hayden' }],
    [
      'twins of whom only the phone is known',
      'review twins',
      { first_name: 'Emma', last_name: 'Carter', birth_date: '2015-03-12', phone: '585-555-0101' },
      { first_name: 'Liam', last_name: 'Carter', birth_date: '2015-03-12', phone: '(585) 555-0101' },
    ],
    [
      'twins in one house, whose street and surname are mistyped',
      'review twins',
      { ...emma, first_name: 'Leah', address_line1: '341 Church Place', email: 'happydog@example.org' },
      { ...emma, first_name: 'Michelle', last_name: 'Catrer', address_line1: '341 vhurch Place' },
    ],
    [
      'somebody called like the middle name of another one, with a mailbox each that holds the name',
      'review person_evidence',
      { ...emma, birth_date: null, first_name: 'Marie', email: 'marie.carter@example.org' },
      { ...emma, birth_date: null, first_name: 'Emma', middle_name: 'Marie', email: 'emma_carter@example.org' },
    ],
    [
      'twins of whom one has an initial only',
      'review twins',
      { first_name: 'Linda', last_name: 'Kalbach', birth_date: '2015-07-09', ...home },
      { first_name: 'A.', last_name: 'Kalbach', birth_date: '2015-07-09', ...home },
    ],
    [
      'twins, of whom one has the day and the month of birth exchanged',
      'review twins',
      emma,
      { ...emma, first_name: 'Olivia', birth_date: '2015-12-03' },
    ],
    [
      'grown twins who live apart',
      'review twins',
      { ...emma, last_name: 'Castellano' },
      {
        ...emma,
        last_name: 'Castellano',
        first_name: 'Liam',
        address_line1: '480 Lakeshore Drive',
        city: 'Rochester',
        postal_code: '10027',
      },
    ],
    [
      'sisters of whom a system knows only the year of birth, which is the same in a mistake',
      'none person_evidence',
      { ...emma, birth_date: '2015-01-01', phone: '585-555-0101' },
      { ...emma, first_name: 'Olivia', birth_date: '2015-01-01' },
    ],
    [
      'sisters whose names are alike',
      'review siblings',
      { ...emma, first_name: 'Christine', birth_date: '2008-11-28' },
      { ...emma, first_name: 'Christina', birth_date: '2006-06-07' },
    ],
    [
      'brothers whose names are short forms of each other, of whom only the phone is known',
      'review siblings',
      { first_name: 'Jon', last_name: 'Anderson', birth_date: '1968-02-10', phone: '585-555-0101' },
      { first_name: 'John', last_name: 'Anderson', birth_date: '1970-09-13', phone: '585-555-0101' },
    ],
    [
      'twins of whom one has a rarer name, where one record has a phone',
      'review twins',
      { ...emma, first_name: 'Lloyd', phone: '585-555-0101' },
      { ...emma, first_name: 'Francis' },
    ],
    [
      'twins with Polish names',
      'review twins',
      { ...emma, first_name: 'Grzegorz', phone: '585-555-0101' },
      { ...emma, first_name: 'Wojciech', phone: '585-555-0101' },
    ],
    [
      'a record without a given name, born a generation before somebody of the house',
      'review person_evidence',
      { ...bob, birth_date: '1960-02-21', phone: '585-555-0101' },
      { ...bob, first_name: null, birth_date: '1991-07-05', phone: '585-555-0101' },
    ],
    [
      'father and son of one name and phone, of whom one has another house number',
      'review father_and_son',
      { ...bob, birth_date: '1955-04-01', phone: '585-555-0101' },
      { ...bob, birth_date: '1984-09-17', phone: '585-555-0101', address_line1: '21 Elm Street' },
    ],
    ['father and son of one name', 'review father_and_son', { ...bob, birth_date: '1955-04-01' }, { ...bob, birth_date: '1984-09-17' }],
    [
      'father and son whose birthdays differ in one digit',
      'review father_and_son',
      { ...bob, birth_date: '1955-04-01' },
      { ...bob, birth_date: '1985-04-01' },
    ],
    [
      'mother and daughter of one name',
      'review father_and_son',
      { ...bob, first_name: 'Maria', birth_date: '1989-03-28' },
      { ...bob, first_name: 'Maria', birth_date: '2019-07-19' },
    ],
    [
      'father and son, of whom the son has two surnames',
      'review father_and_son',
      { ...bob, first_name: 'Carlos', last_name: 'Ortiz', birth_date: '1955-04-01' },
      { ...bob, first_name: 'Carlos', last_name: 'Ortiz-Lopez', birth_date: '1984-09-17' },
    ],
    [
      'brother and sister, of whose names one is hardly known',
      'review siblings',
      { ...emma, first_name: 'Ignacio', birth_date: '2006-06-07' },
      { ...emma, first_name: 'Ignacia', birth_date: '2008-11-28' },
    ],
    [
      'Jr and Sr, whatever agrees',
      'none suffix',
      { ...bob, suffix: 'Jr', birth_date: '1984-09-17' },
      { ...bob, suffix: 'Sr.', birth_date: '1984-09-17' },
    ],
    ['Jr and Sr typed behind the last name', 'none suffix', { ...bob, last_name: 'Nowak Jr' }, { ...bob, last_name: 'Nowak, Sr' }],
    [
      'husband and wife',
      'none person_evidence',
      { ...bob, birth_date: '1955-04-01', sex: 'male' },
      { ...bob, first_name: 'Linda', birth_date: '1957-10-20' },
    ],
    [
      'two names in a house, in registers that know nothing except name, birth date and address',
      'review alone',
      { ...bob, birth_date: '1955-04-01' },
      { ...bob, first_name: 'Linda', birth_date: null },
    ],
    [
      'two names and birth dates in a house, in such registers',
      'review alone',
      { ...bob, birth_date: '1955-04-01' },
      { ...bob, first_name: 'Linda', birth_date: '1957-10-20' },
    ],
    [
      'two first and last names in such a house, of which only the address is the same',
      'none person_evidence',
      { ...bob, first_name: 'Linda', last_name: 'Novak', birth_date: '1957-10-20' },
      { ...bob, birth_date: '1955-04-01' },
    ],
    [
      'brother and sister whose birthdays look alike',
      'none person_evidence',
      { ...emma, birth_date: '2012-03-12', email: 'carters@example.org' },
      { ...emma, first_name: 'Liam', birth_date: '2015-03-12' },
    ],
    [
      'people of one name who were born in one month, one of whom has a home',
      'review name_only',
      { first_name: 'Zebulon', last_name: 'Quackenbush', birth_date: '1984-09-17', address_line1: '12 Elm Street' },
      { first_name: 'Zebulon', last_name: 'Quackenbush', birth_date: '1984-09-02' },
    ],
    [
      'people whose name alone is the same',
      'review name_only',
      { first_name: 'Zebulon', last_name: 'Quackenbush', city: 'Maplewood', postal_code: '14586' },
      { first_name: 'Zebulon', last_name: 'Quackenbush', city: 'Maplewood', postal_code: '14586' },
    ],
    [
      'neighbors who were born on one day and have phone numbers that look alike',
      'review person_evidence',
      { ...home, address_line1: '27 Bay Street', first_name: 'Sarah', last_name: 'Ward', birth_date: '1963-07-11', phone: '585-555-0153' },
      {
        ...home,
        address_line1: '107 Bay Street',
        first_name: 'Margaret',
        last_name: 'Russell',
        birth_date: '1963-07-11',
        phone: '585-555-0163',
      },
    ],
    ['neighbors', 'none person_evidence', emma, { ...home, first_name: 'Grace', last_name: 'Ruiz', birth_date: '1971-01-30' }],
  ])('%s: %s', (_, expected, a, b) => expect(verdict(a, b)).toBe(expected));

  test('what people type where they know nothing agrees with nothing', () => {
    const nobody = { first_name: 'Unknown', last_name: 'N/A', birth_date: '1900-01-01', phone: '000-000-0000', email: 'none@none.com' };
    expect(person.read(nobody).filter((value) => value !== null)).toEqual([]);
  });
});

test('January 1 says which year, not which day: that two records have it counts half as much as a whole day', () => {
  const born = (birth_date: string | null): number => {
    const one = person.read({ first_name: 'Emma', last_name: 'Carter', birth_date });
    return scorePair(person, one, one).score;
  };
  expect(born('2015-01-01') - born(null)).toBeLessThan((born('2015-03-12') - born(null)) / 2);
  expect(born('2015-01-01')).toBeGreaterThan(born(null));
});

test('a name that is none of the frequent ones says more than each of them', () => {
  const alike = (last_name: string): number => {
    const one = person.read({ first_name: 'Emma', last_name });
    return scorePair(person, one, one).score;
  };
  expect(alike('Worthington')).toBeGreaterThanOrEqual(alike('Castillo'));
  expect(alike('Castillo')).toBeGreaterThan(alike('Smith'));
});

test('an initial that is the same says less than any name', () => {
  const alike = (first_name: string): number => {
    const one = person.read({ first_name, last_name: 'Carter' });
    return scorePair(person, one, one).score;
  };
  expect(alike('E.')).toBeLessThan(alike('James'));
});

test('an organization that is called like a person is compared with organizations alone', () => {
  const of = (fields: Fields): string => model.populations[model.populationOf(fields)]?.name ?? 'none';
  expect(of({ kind: 'organization', name: 'John Deere' })).toBe('organization');
  expect(of({ kind: 'person', name: 'John Deere' })).toBe('person');
  expect(of({ kind: 'unknown', name: 'Nowak Plumbing LLC' })).toBe('organization');
  expect(of({ name: 'Nowak, Robert' })).toBe('person');
  // The system says what it is: the words of the name do not outrank it.
  expect(of({ kind: 'person', name: 'Robert Church' })).toBe('person');
});

describe('a score', () => {
  const text = fc.option(fc.constantFrom('Emma', 'Bob', 'Robert', 'Carter', 'Cartre', 'Elm', 'O’Neill', 'van der Berg'), { nil: null });
  const fields = fc.record({
    first_name: text,
    last_name: text,
    birth_date: fc.option(fc.constantFrom('2015-03-12', '2015-12-03', '1984-07-01'), { nil: null }),
    address_line1: fc.option(fc.constantFrom('12 Elm St', '12 Elm Street Apt 3', '7 Oak Ave'), { nil: null }),
    phone: fc.option(fc.constantFrom('585-555-0101', '5550101'), { nil: null }),
  });
  test('is the same whichever record comes first, and is the sum of its parts', () => {
    fc.assert(
      fc.property(fields, fields, (x, y) => {
        const [a, b] = [person.read(x), person.read(y)];
        const scored = scorePair(person, a, b);
        expect(scorePair(person, b, a)).toEqual(scored);
        const verdict = verdictOf(person, scored);
        expect(scoreLikelyPair(person, a, b)).toEqual(verdict === 'none' ? undefined : { scored, verdict });
        const { bars, score } = explainPair(person, a, b);
        // Each bar is rounded to a hundredth for people.
        expect(Math.abs(bars.reduce((sum, bar) => sum + bar.bits, 0) - score)).toBeLessThan(0.1);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  test('says in words why a pair waits', () => {
    const { reasons } = explainPair(person, person.read(emma), person.read({ ...emma, first_name: 'Olivia' }));
    expect(reasons[0]).toContain('twins');
    expect(reasons).toContain('Given name differs: emma and olivia.');
  });
});

test("a town's own field is compared with a standard comparison, and its weights can be given", () => {
  const text = parse(readFileSync(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8')) as Record<
    string,
    Record<string, never>
  >;
  const own = structuredClone(text) as unknown as {
    fields: Record<string, unknown>;
    identity: { populations: { person: { features: Record<string, unknown> } } };
  };
  own.fields.birth_place = { type: 'text', class: 'personal' };
  own.identity.populations.person.features.birth_place = { compare: 'text', weights: { equal: 5 } };
  const changed = compileIdentity(matchingOf(entitySchema.parse(own))!).populations.find((p) => p.name === 'person')!;
  const a = changed.read({ ...emma, birth_place: 'Łódź' });
  const b = changed.read({ ...emma, birth_place: 'LODZ' });
  const without = changed.read(emma);
  expect(scorePair(changed, a, b).score - scorePair(changed, a, without).score).toBe(5 * 1024);
  // An initial of a household needs review, and with a field of the person that agrees it does not.
  const initial = (birth_place: string | null): string => {
    const fields = { ...emma, first_name: 'E', birth_date: null, birth_place };
    return verdictOf(changed, scorePair(changed, a, changed.read(fields)));
  };
  expect([initial('Łódź'), initial(null)]).toEqual(['link', 'review']);
  expect(changed.passes.map((pass) => pass.name)).toContain('birth_place + surname');
});
