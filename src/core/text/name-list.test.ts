import { expect, test } from 'vitest';
import { nameList, shortName } from './name-list.ts';

test('a few names are listed whole', () => {
  expect(nameList(['Receipt No', 'Date'])).toBe('Receipt No, Date');
  expect(nameList([])).toBe('');
});

test('of many names some are listed, and how many more there are', () => {
  expect(nameList(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});

test('a name of a megabyte is cut, and one with line breaks stays on one line', () => {
  expect(shortName('x'.repeat(1_000_000))).toBe(`${'x'.repeat(60)}…`);
  expect(shortName('Receipt\r\nNo')).toBe('Receipt No');
  expect(shortName('x'.repeat(60))).toBe('x'.repeat(60));
});
