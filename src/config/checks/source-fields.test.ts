import { expect, test } from 'vitest';
import { streamSchema } from '../schema/connector.ts';
import { sourceCheck } from './mappings.ts';
import { fieldsOf, isNested } from './source-fields.ts';

const stream = (fields: Record<string, unknown>, more: object = {}) =>
  streamSchema.parse({ retriever: { request: {} }, decoder: { json: {} }, schema: { fields }, primary_key: ['id'], ...more });
const dogs = stream({ id: {}, 'dog.name': {}, owner: { type: 'object' }, lines: { type: 'list' }, 'lines.amount': {} });

test('where fields of a group are declared, a mapping that misspells one is told what was meant', () => {
  const fields = fieldsOf(dogs);
  const asked = [
    'dog.name',
    'dog.nme',
    'dog',
    'owner.anything',
    'lines.amount',
    'lines.0.amount',
    'lines.0.amuont',
    'lines.tax',
    'cat.name',
    'id.x',
  ];
  expect(asked.filter((name) => !fields.has(name))).toEqual(['dog.nme', 'lines.0.amuont', 'lines.tax', 'cat.name', 'id.x']);
  const told: unknown[] = [];
  const check = sourceCheck(fields, undefined, (...said) => void told.push(said));
  check('dog.nme', ['a']);
  expect(told).toEqual([[['a'], 'REFERENCE_UNKNOWN', '"dog.nme" is not a field of the stream.', 'Did you mean dog.name?']]);
});

test('the items of a for_each are known as far as the schema declares them', () => {
  const told: string[] = [];
  const check = sourceCheck(fieldsOf(dogs), 'lines', (_, code, message, hint) => void told.push(`${code} ${message} ${hint}`));
  for (const name of ['amount', 'amuont', '../id', '../idd']) check(name, []);
  expect(told).toEqual([
    'REFERENCE_UNKNOWN "amuont" is not a field of "lines". Did you mean amount?',
    'REFERENCE_UNKNOWN "idd" is not a field of the stream. Did you mean id?',
  ]);
  told.length = 0;
  const anything = sourceCheck(fieldsOf(stream({ id: {}, tags: { type: 'list' } })), 'tags', (...said) => void told.push(said[2]));
  for (const name of ['.', 'what']) anything(name, []);
  expect(told).toEqual([]);
});

test('a point is a part of the name where records are flat', () => {
  expect(isNested('dog.name', dogs)).toBe(true);
  expect(isNested('m.desc', stream({ id: {} }, { decoder: { csv: {} } }))).toBe(false);
  expect(isNested('H.no', stream({ id: {} }, { decoder: { csv: {} }, record_selector: { parents: ['H'] } }))).toBe(true);
});
