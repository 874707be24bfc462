import { expect, test } from 'vitest';
import { FileError } from '../core/errors.ts';
import { byName, confinedPath, folderOf, nameMatcher, temporaryName } from './paths.ts';

test('a path is made plain', () => {
  expect(['.', '', './in//new/', 'in/./a.csv'].map((path) => confinedPath(path, 'bank'))).toEqual(['', '', 'in/new', 'in/a.csv']);
  expect([folderOf('a.csv'), folderOf('in/new/a.csv')]).toEqual(['', 'in/new']);
});

test.each(['..', '../a', 'a/..', '/a', 'C:\\a', 'c:a', 'a\\b', 'a\0'])('a path that could leave the root is refused: %j', (path) => {
  expect(() => confinedPath(path, 'bank')).toThrow(FileError);
});

test('two dots are only a way upwards when they stand alone', () => {
  expect(confinedPath('payments..csv/..a', 'bank')).toBe('payments..csv/..a');
});

test.each([
  ['payments-*.csv', 'payments-2024.csv', true],
  ['payments-*.csv', 'payments-.csv', true],
  ['payments-*.csv', 'Payments-2024.csv', false],
  ['payments-*.csv', 'payments-2024.csv.part', false],
  ['*', 'a\nb', true],
  ['?', '🐕', true],
  ['*.csv', '.a.csv', false],
  ['.*', '.a.csv', true],
  ['a[1].csv', 'a1.csv', false],
  ['Gebu\u0308hr*', 'Gebühr.csv', true],
])('the pattern %j and the name %j: %s', (pattern, name, matches) => {
  expect(nameMatcher(pattern)(name)).toBe(matches);
});

test('a file that is still being written is matched by no usual pattern, and its name is never too long', () => {
  for (const pattern of ['*', '*.csv', 'payments*']) expect(nameMatcher(pattern)(temporaryName('payments.csv'))).toBe(false);
  expect(Buffer.byteLength(temporaryName('ü'.repeat(120) + '🐕'.repeat(30)))).toBeLessThanOrEqual(255);
});

test('names are ordered alike on every machine', () => {
  expect([{ name: 'b' }, { name: 'B' }, { name: 'ä' }, { name: 'a' }].sort(byName).map((f) => f.name)).toEqual(['B', 'a', 'b', 'ä']);
});
