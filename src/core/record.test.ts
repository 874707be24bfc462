import { expect, test } from 'vitest';
import { valueAt, type Values } from './record.ts';

const values: Values = {
  a: '1',
  'b.c': 'named so',
  b: { c: 'inside', d: null },
  list: [{ x: '1' }, { x: '2' }, 'text'],
  none: null,
  text: 'abc',
};

test.each([
  ['a', '1'],
  ['b.c', 'named so'],
  ['b.d', null],
  ['b.e', undefined],
  ['b.d.e', undefined],
  ['list.1.x', '2'],
  ['list.2', 'text'],
  ['list.3', undefined],
  ['list.x', undefined],
  ['list.length', undefined],
  ['none', null],
  ['none.x', undefined],
  ['text.length', undefined],
  ['text.0', undefined],
  ['missing', undefined],
  ['constructor', undefined],
  ['b.constructor', undefined],
  ['b.toString.name', undefined],
  ['', undefined],
])('%j is %j', (path, value) => expect(valueAt(values, path)).toEqual(value));

test('lists and objects come back as they are', () => {
  expect(valueAt(values, 'b')).toEqual({ c: 'inside', d: null });
  expect(valueAt(values, 'list.0')).toEqual({ x: '1' });
});
