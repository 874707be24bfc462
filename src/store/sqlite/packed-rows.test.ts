import { expect, test } from 'vitest';
import type { Cell } from '../rows.ts';
import { givenCell, ownCells, packed } from './packed-rows.ts';

function rowsOf({ pieces, width, shifts }: ReturnType<typeof packed>): Cell[][] {
  const there = structuredClone({ pieces, width, shifts });
  return there.pieces.flatMap((piece) => {
    const { columns, cells } = ownCells(piece, there);
    return Array.from({ length: piece.rows }, (_, r) =>
      Array.from({ length: width }, (_, c) => {
        const own = columns.indexOf(c);
        return own < 0 ? givenCell(piece, there, c, r) : cells[r * columns.length + own]!;
      }),
    );
  });
}

test('any texts, numbers and empty values come out of the other thread as they went in', () => {
  const cells: Cell[] = ['', 'a', 'ä', 'ÿ', '€', '\ud800', '\u{1f600}', 'a\u0000b', 'x'.repeat(400_000), null, 0, -1, 1.5, 2 ** 53 - 1];
  const lists = [
    cells.map((cell, i) => [i, cell, 'same', null]),
    [[1, 'only', null, 2]],
    [],
    cells.map((cell, i) => [cell, 'same', i, cells[cells.length - 1 - i]!]),
  ];
  const made = packed(4);
  for (const rows of lists) made.add(rows);
  expect(rowsOf(made)).toEqual(lists.flat());
});

test('ids are moved to those that the transaction takes, whether they rise one by one or are equal', () => {
  const made = packed(3);
  made.add([
    [1, 1, 'a'],
    [2, 1, 'b'],
    [3, 1, null],
  ]);
  made.add([[9, 9, '1']]);
  made.shift!(0, 100);
  made.shift!(1, 1000);
  expect(rowsOf(made)).toEqual([
    [101, 1001, 'a'],
    [102, 1001, 'b'],
    [103, 1001, null],
    [109, 1009, '1'],
  ]);
});

test('the memory of rows that are written serves the next ones, and those are whole', () => {
  const first = packed(2);
  first.add([
    ['first', 1],
    ['x'.repeat(1000), 2],
  ]);
  const { block } = first.pieces[0]!;
  first.release();
  const second = packed(2);
  second.add([
    ['b', 3],
    ['c', 4],
  ]);
  expect(second.pieces[0]!.block).toBe(block);
  expect(rowsOf(second)).toEqual([
    ['b', 3],
    ['c', 4],
  ]);
});
