import { describe, expect, test } from 'vitest';
import type { Cell } from '../rows.ts';
import { copyText } from './copy-text.ts';

/** The text format of COPY as PostgreSQL documents it. */
function asDocumented(cell: Cell): string {
  if (cell === null) return '\\N';
  return String(cell).replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

function textOf(width: number, rows: readonly Cell[][]): string {
  const text = copyText(width);
  text.add(rows);
  return Buffer.concat(text.pieces()).toString();
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
      textOf(2, [
        [cell, 'b'],
        ['c', cell],
      ]),
    ).toBe(`${asDocumented(cell)}\tb\nc\t${asDocumented(cell)}\n`);
  });

  test('all of them in one row, and a row that has fewer cells than the table has columns', () => {
    const row = CELLS.map(([, cell]) => cell);
    expect(textOf(row.length, [row, ['a']])).toBe(`${row.map(asDocumented).join('\t')}\na${'\t\\N'.repeat(row.length - 1)}\n`);
  });

  test('no text of PostgreSQL has the character NUL: it is stored as another one, which comes back', () => {
    expect(textOf(1, [['a\0b\ufdd0']])).toBe('a\ufdd00b\ufdd01\n');
  });

  test('many rows are several pieces, which together are all of them', () => {
    const rows = Array.from({ length: 60_000 }, (_, i): Cell[] => [i, `receipt ${i}`]);
    const text = copyText(2);
    for (let i = 0; i < rows.length; i += 250) text.add(rows.slice(i, i + 250));
    expect(text.pieces().length).toBeGreaterThan(1);
    expect(Buffer.concat(text.pieces()).toString()).toBe(rows.map((row) => `${row.join('\t')}\n`).join(''));
  });

  test('what is released is not part of the rows that come after it', () => {
    const first = copyText(1);
    first.add([['first'], ['row']]);
    first.release();
    expect(textOf(1, [['second']])).toBe('second\n');
  });

  test('rows that are not released are not changed by those that come after them', () => {
    const first = copyText(1);
    first.add([['first']]);
    textOf(1, [['second']]);
    expect(Buffer.concat(first.pieces()).toString()).toBe('first\n');
  });
});
