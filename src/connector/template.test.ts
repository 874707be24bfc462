import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fill, fillAll, fillText, namesIn, optionVariables } from './template.ts';

const variables = { 'options.site': 'north', page: '3', empty: '', none: undefined };

test('names are filled in, with or without space around them', () => {
  expect(fillText('{{options.site}}/{{ page }}-{{  page  }}', variables)).toBe('north/3-3');
  expect(fillText('no names', variables)).toBe('no names');
  expect(fillText('a{{ none }}b{{ unknown }}c', variables)).toBe('abc');
});

test('what is filled in is text, whatever stands in it: nothing is filled in twice, and no $ has a meaning', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      expect(fillText('<{{ v }}>', { v: value })).toBe(`<${value}>`);
    }),
  );
  expect(fillText('{{ a }}', { a: '{{ b }} $& $1', b: 'x' })).toBe('{{ b }} $& $1');
});

test('the names that a text asks for are known', () => {
  expect(namesIn('{{ a }} {{b.c}} {{ a }} {{}} { d }')).toEqual(['a', 'b.c', 'a']);
});

test('a body keeps its shape; one placeholder without a value is null, and not an empty text', () => {
  expect(fill({ a: '{{ page }}', b: ['x{{ page }}', '{{ none }}', { c: '{{ empty }}' }], d: null, e: 'x{{ none }}' }, variables)).toEqual({
    a: '3',
    b: ['x3', null, { c: '' }],
    d: null,
    e: 'x',
  });
});

test('query parameters and headers are filled in one by one', () => {
  expect(fillAll({ p: '{{ page }}', q: 'x' }, variables)).toEqual({ p: '3', q: 'x' });
  expect(fillAll(undefined, variables)).toBeUndefined();
});

test('options of a connection are variables, lists and groups are not', () => {
  expect(optionVariables({ host: 'h', port: 22, tls: true, list: ['a'], auth: { password: 'p' }, nothing: undefined })).toEqual({
    'options.host': 'h',
    'options.port': '22',
    'options.tls': 'true',
  });
});
