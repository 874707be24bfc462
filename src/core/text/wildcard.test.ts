import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutTrailing } from './trailing.ts';
import { wildcardMatcher } from './wildcard.ts';
import { tries } from '../../../test/effort.ts';

test('stars and question marks take what they take in a shell', () => {
  const piece = fc.constantFrom('a', 'b', '.', '*', '?', '/', '\n', '😀');
  const text = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (pattern, given) => {
      const source = pattern.replace(/[./]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
      expect(wildcardMatcher(pattern)(given)).toBe(new RegExp(`^${source}$`, 'su').test(given));
    }),
    { numRuns: tries(2000) },
  );
});

test('a pattern of many stars answers also where a regular expression would take years', () => {
  expect(wildcardMatcher(`${'*a'.repeat(40)}b`)('a'.repeat(250))).toBe(false);
});

test('a character at the end goes, however often it is there', () => {
  expect([withoutTrailing('12.500', '0'), withoutTrailing('000', '0'), withoutTrailing('1', '0'), withoutTrailing('', '0')]).toEqual([
    '12.5',
    '',
    '1',
    '',
  ]);
});
