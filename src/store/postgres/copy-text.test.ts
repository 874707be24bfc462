import { describe, expect, test } from 'vitest';
import type { Cell } from '../rows.ts';
import { copyText } from './copy-text.ts';

/** The text format of COPY as PostgreSQL documents it. */
function asDocumented(cell: Cell): string {
  if (cell === null) return '\\N';
  return String(cell).replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

describe('rows as the text of COPY', () => {
  const CELLS: [name: string, cell: Cell][] = [
    ['nothing', null],
    ['an empty text', ''],
    ['a short text', 'Main Street'],
    ['what would be read as nothing', '\\N'],
    ['every character that is escaped', 'a\\b\tc\nd\re'],
    ['a text beyond ASCII', 'Ärger – 東京 😀'],
    ['a character that takes three bytes, many times', '東'.repeat(199)],
    ['a long text', 'x'.repeat(100_000)],
    ['a long text with something to escape at its end', `${'x'.repeat(100_000)}\\`],
    ['a long text of backslashes', '\\'.repeat(70_000)],
    ['0', 0],
    ['9', 9],
    ['10', 10],
    ['the largest of 31 bits', 2_147_483_647],
    ['more than 31 bits', 2_147_483_648],
    ['the largest exact number', 9_007_199_254_740_991],
    ['a negative number', -1234],
  ];
  test.each(CELLS)('%s', (_, cell) => {
    expect(
      copyText(
        [
          [cell, 'b'],
          ['c', cell],
        ],
        2,
      ).toString(),
    ).toBe(`${asDocumented(cell)}\tb\nc\t${asDocumented(cell)}\n`);
  });

  test('all of them in one row, and a row that has fewer cells than the table has columns', () => {
    const row = CELLS.map(([, cell]) => cell);
    expect(copyText([row, ['a']], row.length).toString()).toBe(`${row.map(asDocumented).join('\t')}\na${'\t\\N'.repeat(row.length - 1)}\n`);
  });

  test('no text of PostgreSQL has the character NUL: it is stored as another one, which comes back', () => {
    expect(copyText([['a\0b\ufdd0']], 1).toString()).toBe('a\ufdd00b\ufdd01\n');
  });

  test('what one call gave is not changed by the next', () => {
    const first = copyText([['first']], 1);
    copyText([['second']], 1);
    expect(first.toString()).toBe('first\n');
  });
});
