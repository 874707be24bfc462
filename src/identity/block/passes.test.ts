import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { entitySchema, matchingOf } from '../../config/schema/model.ts';
import { compileIdentity } from '../model.ts';
import { candidatePairs } from './pairs.ts';
import { tableOf } from './table.ts';

const party = entitySchema.parse(parse(readFileSync(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8')));
const config = structuredClone(matchingOf(party)!);
for (const name of ['birth_place', 'occupation']) config.populations.person!.features[name] = { compare: 'text' };
const person = compileIdentity(config).populations.find(({ name }) => name === 'person')!;
type Fields = Record<string, string>;

function passesFinding(a: Fields, b: Fields): string[] {
  const table = tableOf(person.features.length, [person.read(a), person.read(b)]);
  return candidatePairs(person.passes, table, person.cap, () => {}).flatMap(({ pass, pairs }) => (pairs > 0 ? [pass] : []));
}

test.each<[string, Fields, Fields]>([
  [
    'birth_place + occupation',
    { first_name: 'Kelsea', last_name: 'Pemfield', birth_place: 'Newmarket', occupation: 'teacher' },
    { first_name: 'Klesea', last_name: 'Pefmield', birth_place: 'newmarket', occupation: 'Teacher' },
  ],
  [
    'birth_place + postal_code',
    { first_name: 'Kelsea', last_name: 'Pemfield', birth_place: 'Newmarket', postal_code: '14586' },
    { first_name: 'Klesea', last_name: 'Pefmield', birth_place: 'Newmarket', postal_code: '14586' },
  ],
  [
    'birth_place + surname',
    { first_name: 'Ann', last_name: 'Lee', birth_place: 'Newmarket' },
    { first_name: 'Nancy', last_name: 'Lee', birth_place: 'Newmarket' },
  ],
  [
    'surname + middle',
    { first_name: 'Kelsea', middle_name: 'Joan', last_name: 'Pemfield', postal_code: '14586' },
    { first_name: 'Lesea', middle_name: 'Joan', last_name: 'Pemfield' },
  ],
])('the fields that a town adds, and the middle name beside them, find pairs whose names are misspelled: %s', (pass, a, b) => {
  expect(passesFinding(a, b)).toEqual([pass]);
});
