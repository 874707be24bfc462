import { expect, test } from 'vitest';
import { escapeXml, forbiddenCharacter, parseXml, qualifiedName } from './xml.ts';

test('names, attributes and text come with their namespaces', () => {
  const root = parseXml(
    '<?xml version="1.0"?><!-- <!DOCTYPE in a comment> --><a xmlns="urn:d" xmlns:p="urn:p"><p:b x="1" p:y="&lt;2"/><c xmlns="">t&amp;<![CDATA[<&>]]></c></a>',
  );
  expect([root.name, root.namespace]).toEqual(['a', 'urn:d']);
  expect(root.children[0]).toMatchObject({
    name: 'b',
    namespace: 'urn:p',
    attributes: { x: '1' },
    qualifiedAttributes: { '{urn:p}y': '<2' },
  });
  expect(root.children[1]).toMatchObject({ name: 'c', namespace: '', text: 't&<&>' });
  expect([qualifiedName('p:T', root), qualifiedName('T', root)]).toEqual(['{urn:p}T', '{urn:d}T']);
});

test('long texts with many entities are read whole', () => {
  expect(parseXml(`<a>${'&amp;x'.repeat(100_000)}</a>`).text).toBe('&x'.repeat(100_000));
});

test.each([
  ['<!DOCTYPE a><a/>', 'DOCTYPE'],
  ['<?xml version="1.0"?>\n<!doctype a [<!ENTITY e "x">]><a>&e;</a>', 'DOCTYPE'],
  [`<!-- x --><!DOCTYPE a SYSTEM "http://evil.example/x.dtd"><a/>`, 'DOCTYPE'],
  ['<a>&nbsp;</a>', '&nbsp;'],
  ['<a>&#0;</a>', '&#0;'],
  ['<a>&#x110000;</a>', 'entity'],
  ['<a>&amp</a>', 'well-formed'],
  ['<p:a/>', 'prefix p'],
  ['<a><b></a>', 'well-formed'],
  ['', 'not well-formed XML'],
  ['plain', 'not well-formed XML'],
])('%j is refused', (text, words) => {
  expect(() => parseXml(text)).toThrow(words);
});

test('what is written can be read again', () => {
  const text = 'a<b>&"\'\r\nü🐕';
  expect(parseXml(`<a b="${escapeXml(text).replace('\n', '&#10;')}">${escapeXml(text)}</a>`)).toMatchObject({
    text,
    attributes: { b: text },
  });
  expect([forbiddenCharacter('ok\t\n🐕'), forbiddenCharacter('\u0000'), forbiddenCharacter('\ud800x')]).toEqual([
    undefined,
    'U+0000',
    'U+D800',
  ]);
});
