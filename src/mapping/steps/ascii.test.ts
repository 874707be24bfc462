import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toAscii } from './ascii.ts';
import { Fault } from '../fault.ts';

test.each([
  ['Zoé Núñez', 'Zoe Nunez'],
  ['Zoe\u0301', 'Zoe'],
  ['Straße', 'Strasse'],
  ['Søren Łukasz Ægir Þór', 'Soren Lukasz AEgir Thor'],
  ['“Harbor” – O’Brien…', '"Harbor" - O\'Brien...'],
  ['A\u00a0B\u00adC', 'A BC'],
  ['plain, as it is ~', 'plain, as it is ~'],
])('%s is written as a bank takes it', (text, ascii) => {
  expect(toAscii(text)).toBe(ascii);
});

test('what has no counterpart is a fault, never a question mark or a gap', () => {
  for (const text of ['李', 'Иван', '5 €', 'a😀', '10²'])
    expect(toAscii(text)).toMatchObject({ code: 'CHARACTER_NOT_WRITABLE', what: 'has a character without a counterpart in ASCII' });
  expect(toAscii('李')).toMatchObject({ detail: 'U+674E' });
});

test('whatever comes out is ASCII, and is the same when it goes through again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const once = toAscii(text);
      if (once instanceof Fault) return;

      expect(once).toMatch(/^[\x00-\x7f]*$/);
      expect(toAscii(once)).toBe(once);
    }),
  );
});
