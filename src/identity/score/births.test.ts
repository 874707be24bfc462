import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { entitySchema, matchingOf } from '../../config/schema/model.ts';
import { compileIdentity } from '../model.ts';
import { birthsSay } from './births.ts';
import { levelsOf } from './score.ts';

const party = entitySchema.parse(parse(readFileSync(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8')));
const person = compileIdentity(matchingOf(party)!).populations.find(({ name }) => name === 'person')!;
const say = (x: string, y: string): number => {
  const [a, b] = [person.read({ birth_date: x }), person.read({ birth_date: y })];
  const levels = new Int8Array(person.features.length);
  levelsOf(person, a, b, levels);
  return birthsSay(person, a, b, levels);
};

test('two days in two years are of two people, unless they are too near for brothers and sisters', () => {
  expect(say('1770-11-30', '1772-03-18')).toBe(-1);
  expect(say('1770-11-30', '1771-01-24')).toBe(0);
});

test('of January 1 only the year is known', () => {
  expect(say('1770-04-26', '1771-01-01')).toBe(0);
  expect(say('1770-04-26', '1773-01-01')).toBe(-1);
});
