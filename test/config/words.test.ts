import { expect, test } from 'vitest';
import { notOneOf } from '../../src/config/words.ts';

test('a setting with another number is not taken for a misspelled one, such as another encoding', () => {
  const encodings = ['utf-8', 'windows-1252', 'iso-8859-1', 'cp437'];
  const hints = (given: readonly string[]) => given.map((name) => notOneOf(encodings, name).hint);
  expect(hints(['cp037', 'windows-1251', 'iso-8859-15'])).toEqual([undefined, undefined, undefined]);
  expect(hints(['utf8', 'windows-1522', 'cp473'])).toEqual(['Did you mean utf-8?', 'Did you mean windows-1252?', 'Did you mean cp437?']);
});
