import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jaroWinkler, edits } from '../compare/similarity.ts';
import { streetAddress } from './address.ts';
import { emailAddress, phoneDigits, postalCode } from './contact.ts';
import { dateDigits } from './dates.ts';
import { looksLikeOrganization, organizationName } from './organization.ts';
import { personName } from './person-name.ts';
import { standardText } from './text.ts';

describe('names are taken apart whatever way they are typed', () => {
  test.each<[Parameters<typeof personName>[0], string]>([
    [{ first: 'Dr. Mary Ann', last: "O'Neill" }, 'mary|ann|oneill|'],
    [{ full: 'De La Cruz, José Luis Jr.' }, 'jose|luis|delacruz|jr'],
    [{ full: 'Robert A. Nowak, Sr' }, 'robert|a|nowak|sr'],
    [{ first: 'Robert', last: 'Nowak III' }, 'robert||nowak|iii'],
    [{ first: 'Zoë', last: 'Smith-Jones', suffix: '2nd' }, 'zoe||smith jones|ii'],
    [{ full: 'Cher' }, '||cher|'],
    [{ first: 'Thomas', last: 'Clifford', full: 'Sir Thomas Hugh Clifford, 1st Baron of Chudleigh' }, 'thomas|hugh|clifford|'],
    [{ first: 'Emma', last: 'Carter', full: 'Carter, Emma Jane' }, 'emma|jane|carter|'],
    [{ first: 'Luis', last: 'De La Cruz', full: 'Luis A De La Cruz Jr.' }, 'luis|a|delacruz|jr'],
    [{ first: 'Emma', middle: 'J', last: 'Carter', full: 'Emma Jane Carter' }, 'emma|j|carter|'],
    [{ last: 'Carter', full: 'Emma Jane Carter' }, 'emma|jane|carter|'],
    [{ first: 'Emma', full: 'Emma Jane Carter' }, 'emma|jane|carter|'],
    [{ first: 'Emma', last: 'Carter', full: 'Emma & John Carter' }, 'emma||carter|'],
    [{ first: 'Emma', last: 'Carter', full: 'Harbor Swim Club' }, 'emma||carter|'],
    [{ first: 'Sir', last: 'Clifford', full: 'Sir Thomas Hugh Clifford' }, 'thomas|hugh|clifford|'],
    [{ first: 'Mrs', last: 'Carter' }, '||carter|'],
    [{ first: 'Captain Robert', last: 'Nowak' }, 'robert||nowak|'],
    [{ first: 'Hon', last: 'Nguyen' }, 'hon||nguyen|'],
    [{ first: 'Cromer', full: 'Cromer' }, '||cromer|'],
    [{ first: 'Emma', full: 'Emma' }, 'emma|||'],
    [{ first: 'Cromer' }, 'cromer|||'],
    [{ first: ' ', last: null }, '|||'],
    // The family name first, as people from elsewhere fill in a form.
    [{ first: 'Nguyen', last: 'Minh' }, 'minh||nguyen|'],
    [{ first: 'Nguyen', last: 'Van Minh' }, 'minh|van|nguyen|'],
    [{ first: 'Van Minh', last: 'Nguyen' }, 'minh|van|nguyen|'],
    [{ full: 'Minh Van Nguyen' }, 'minh|van|nguyen|'],
    [{ full: 'NGUYEN, VAN MINH' }, 'minh|van|nguyen|'],
    [{ first: 'Zhang', last: 'Haoran' }, 'haoran||zhang|'],
    [{ first: 'Zhang', last: 'Chen' }, 'zhang||chen|'],
    [{ first: 'Chen', last: 'Garcia' }, 'chen||garcia|'],
    [{ first: 'Pieter', last: 'van der Berg' }, 'pieter||vanderberg|'],
  ])('%j', (parts, expected) => {
    const name = personName(parts);
    expect([name.given, name.middle, name.surname, name.suffix].map((part) => part ?? '').join('|')).toBe(expected);
  });
});

test('a text without accents is the same whether it is read the short way or the long one', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..." '`.-&/aBcZ09#"), maxLength: 20 }), (text) => {
      // An accent that is dropped makes it a text that is read the long way.
      expect(standardText(text)).toBe(standardText(`${text.slice(0, 1)}\u0301${text.slice(1)}`));
    }),
    { numRuns: 1000, seed: 3 },
  );
});

describe('addresses come out the same', () => {
  test.each<[string | null, string | null, string]>([
    ['12 Elm Street', null, '12|elm st|'],
    ['0012 ELM ST. Apt 3B', null, '12|elm st|3b'],
    ['12 Elm St', '#3b', '12|elm st|3b'],
    ['Apt 3B', '12 Elm Street', '12|elm st|3b'],
    ['P.O. Box 044', null, '44|po box|'],
    ['North Main Street', null, '|n main st|'],
    ['9 Constructor Road', null, '9|constructor rd|'],
  ])('%s, %s', (line1, line2, expected) => {
    const { number, street, unit } = streetAddress(line1, line2);
    expect([number, street, unit].map((part) => part ?? '').join('|')).toBe(expected);
  });
});

test('phones, e-mail addresses, ZIP codes and dates lose what does not matter', () => {
  expect(['+1 (585) 555-0172 x12', '585.555.0172'].map(phoneDigits)).toEqual(['5855550172', '5855550172']);
  expect(['555-0172', '12', '999-999-9999', null].map(phoneDigits)).toEqual(['5550172', null, null, null]);
  expect(['Emma <EMMA@Example.org>', 'none@x.org', 'no'].map(emailAddress)).toEqual(['emma@example.org', null, null]);
  expect(['14586-1234', '01234', 'K1A 0B1', '00000'].map(postalCode)).toEqual(['14586', '01234', 'k1a0b1', null]);
  expect(['2015-03-12', '3/12/2015', '20158612', '1900-01-01', '2015'].map(dateDigits)).toEqual([
    '20150312',
    '20150312',
    '20158612',
    null,
    null,
  ]);
});

test.each(['Kevin Colon Law Office', 'Jean Painting', 'Grace Dental PC', 'Novak & Sons'])('%s is an organization', (name) =>
  expect(looksLikeOrganization(name)).toBe(true),
);

test('an organization is the same with and without its legal form', () => {
  expect(organizationName('The Nowak & Sons Plumbing Co., Inc.')).toBe(organizationName('NOWAK AND SONS PLUMBING LLC'));
});

test('similarities are those of the literature', () => {
  expect(jaroWinkler('martha', 'marhta')).toBeCloseTo(0.9611, 4);
  expect(jaroWinkler('dixon', 'dicksonx')).toBeCloseTo(0.8133, 4);
  expect([edits('ca', 'ac', 3), edits('20150312', '20160321', 4), edits('a', 'bcd', 2)]).toEqual([1, 2, 3]);
});
