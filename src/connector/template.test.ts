import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseXml } from '../transports/xml.ts';
import { fill, fillAll, fillBody, fillPath, fillQuery, fillText, namesIn, optionVariables } from './template.ts';

const variables = { 'options.site': 'north', page: '3', empty: '', none: undefined };

test('names are filled in, with or without space around them', () => {
  expect(fillText('{{options.site}}/{{ page }}-{{  page  }}', variables)).toBe('north/3-3');
  expect(fillText('no names', variables)).toBe('no names');
  expect(fillText('a{{ none }}b{{ unknown }}c', variables)).toBe('abc');
});

test('what is filled in is text, whatever is in it: nothing is filled in twice, and no $ has a meaning', () => {
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

test('options of a connection are variables, lists as lists, groups are not', () => {
  expect(optionVariables({ host: 'h', port: 22, tls: true, list: ['a'], auth: { password: 'p' }, nothing: undefined })).toEqual({
    'options.host': 'h',
    'options.list': ['a'],
    'options.port': '22',
    'options.tls': 'true',
  });
});

test('a list is a list in a body and in the query, and joined within a longer text', () => {
  const lists = { 'options.kinds': ['a', 'b & c'], page: '1' };
  expect(fill({ kinds: '{{ options.kinds }}', text: 'of {{ options.kinds }}' }, lists)).toEqual({
    kinds: ['a', 'b & c'],
    text: 'of a,b & c',
  });
  expect(fillQuery({ kind: '{{ options.kinds }}', and: ['x', '{{ page }}'] }, lists)).toEqual({ kind: ['a', 'b & c'], and: ['x', '1'] });
});

test('whatever a value is, an XML text keeps its shape and the value its characters', () => {
  const body = '<Find code="{{ partition }}"><Name>{{ parent.Full Name }}</Name></Find>';
  const read = (value: string) =>
    parseXml(String(fillBody(body, { partition: value, 'parent.Full Name': value }, 'text/xml; charset=utf-8')));
  expect(fillBody(body, { partition: `&<>"'`, 'parent.Full Name': '</Name>' }, 'application/soap+xml')).toBe(
    '<Find code="&amp;&lt;&gt;&quot;&apos;"><Name>&lt;/Name&gt;</Name></Find>',
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((s) => !/[\u0000-\u001f\ufffe\uffff]/.test(s)),
      (value) => {
        const root = read(value);
        expect([root.children.length, root.attributes['code'], root.children[0]!.text]).toEqual([1, value, value]);
      },
    ),
  );
  expect(() => read('\u0000')).toThrow('VALUE_UNSENDABLE');
});

test('values in a text body are written as JSON or a form wants them', () => {
  expect(JSON.parse(String(fillBody('{"a":"{{ partition }}"}', { partition: 'x"},{"\n' }, 'application/json')))).toEqual({ a: 'x"},{"\n' });
  expect(fillBody('a={{ partition }}&b=1', { partition: 'x&b=2' }, 'application/x-www-form-urlencoded')).toBe('a=x%26b%3D2&b=1');
  expect(fillBody('{{ partition }}', { partition: 'a&b' }, 'text/plain')).toBe('a&b');
});

test('a value of another system leads no path elsewhere', () => {
  expect(fillPath('/accounts/{{ partition }}/bills', { partition: '../x?y#z' })).toBe('/accounts/..%2Fx%3Fy%23z/bills');
  expect(fillPath('/{{ options.area }}/bills', { 'options.area': 'north/east' })).toBe('/north/east/bills');
  expect(fillPath('{{ report }}', { report: 'https://x.example/y?z' })).toBe('https://x.example/y?z');
  expect(() => fillPath('/accounts/{{ partition }}/bills', { partition: '..' })).toThrow('VALUE_UNSENDABLE');
});
