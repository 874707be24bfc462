import type { Cell, Packed } from '../rows.ts';

/** Rows in memory that two threads see: nothing of it is copied on the way, and none of it is left to be collected. */
export interface Piece {
  rows: number;
  /** What a column holds in all of the rows, by its place. */
  same: ReadonlyMap<number, Cell>;
  /** What a column holds in the first row, and one more in each that follows. The other columns are in `block`, row by row. */
  rising: ReadonlyMap<number, number>;
  block: SharedArrayBuffer;
  /** Where numbers begin, of eight bytes each; behind them is a length for each cell, and then all texts. */
  at: number;
  numbers: number;
  cells: number;
  textBytes: number;
  /** Two bytes a character. */
  wide: boolean;
}

/** What is in place of a length. */
const IS_NULL = -1;
const IS_NUMBER = -2;

/** Most pieces of 250 rows take less than a third of that. */
const BLOCK_BYTES = 1 << 18;
/** What is kept for the next batches: two usual ones. */
const MAX_FREE = 32;
const free: SharedArrayBuffer[] = [];

export interface PackedRows extends Packed {
  readonly width: number;
  readonly pieces: readonly Piece[];
  /** What is added to the numbers of a column, by its place. */
  readonly shifts: ReadonlyMap<number, number>;
}

/** Takes rows of `width` columns. */
export function packed(width: number): PackedRows {
  const pieces: Piece[] = [];
  const shifts = new Map<number, number>();
  const blocks: SharedArrayBuffer[] = [];
  let end = 0;

  /** Room for so many bytes in the last block, or in a new one. */
  function room(bytes: number): { block: SharedArrayBuffer; at: number } {
    let block = blocks.at(-1);
    if (!block || end + bytes > block.byteLength) {
      block = bytes <= BLOCK_BYTES ? (free.pop() ?? new SharedArrayBuffer(BLOCK_BYTES)) : new SharedArrayBuffer(bytes);
      blocks.push(block);
      end = 0;
    }
    const at = end;
    // Numbers begin at whole eights.
    end = Math.ceil((at + bytes) / 8) * 8;
    return { block, at };
  }

  return {
    width,
    pieces,
    shifts,
    add: (rows) => void (rows.length > 0 && pieces.push(pieceOf(rows, width, room))),
    shift: (column, by) => void shifts.set(column, by),
    release() {
      pieces.length = 0;
      for (const block of blocks.splice(0)) if (block.byteLength === BLOCK_BYTES && free.length < MAX_FREE) free.push(block);
    },
  };
}

/** What the rows of a piece hold in columns that are not given once for all of them, one row behind the other, and which columns these are. */
export interface OwnCells {
  columns: readonly number[];
  cells: readonly Cell[];
}

export function ownCells(piece: Piece, { width, shifts }: Pick<PackedRows, 'width' | 'shifts'>): OwnCells {
  const columns: number[] = [];
  for (let c = 0; c < width; c++) if (!piece.same.has(c) && !piece.rising.has(c)) columns.push(c);
  const shift = columns.map((c) => shifts.get(c) ?? 0);
  const numbers = new Float64Array(piece.block, piece.at, piece.numbers);
  const lengths = new Int32Array(piece.block, piece.at + numbers.byteLength, piece.cells);
  const text = Buffer.from(piece.block, lengths.byteOffset + lengths.byteLength, piece.textBytes).toString(encodingOf(piece));
  const cells = new Array<Cell>(piece.cells);
  let at = 0;
  let number = 0;
  for (let i = 0, k = 0; i < cells.length; i++, k = k + 1 < columns.length ? k + 1 : 0) {
    const length = lengths[i]!;
    if (length === IS_NULL) cells[i] = null;
    else if (length === IS_NUMBER) cells[i] = numbers[number++]! + shift[k]!;
    else cells[i] = text.slice(at, (at += length));
  }
  return { columns, cells };
}

/** What a column that is given once holds in a row, the first of which is 0. */
export function givenCell(piece: Piece, { shifts }: Pick<PackedRows, 'shifts'>, column: number, row: number): Cell {
  const first = piece.rising.get(column);
  const value = first === undefined ? piece.same.get(column)! : first + row;
  return typeof value === 'number' ? value + (shifts.get(column) ?? 0) : value;
}

function pieceOf(rows: readonly Cell[][], width: number, room: (bytes: number) => Pick<Piece, 'block' | 'at'>): Piece {
  const same = new Map<number, Cell>();
  const rising = new Map<number, number>();
  const own: number[] = [];
  for (let c = 0; c < width; c++) {
    const value = rows[0]![c]!;
    if (rows.every((row) => row[c] === value)) same.set(c, value);
    else if (typeof value === 'number' && Number.isSafeInteger(value) && rows.every((row, i) => row[c] === value + i)) rising.set(c, value);
    else own.push(c);
  }
  const lengths: number[] = [];
  const numbers: number[] = [];
  const texts: string[] = [];
  for (const row of rows)
    for (const c of own) {
      const value = row[c]!;
      if (value === null) lengths.push(IS_NULL);
      else if (typeof value === 'number') {
        lengths.push(IS_NUMBER);
        numbers.push(value);
      } else {
        lengths.push(value.length);
        texts.push(value);
      }
    }
  const text = texts.join('');
  const wide = BEYOND_ONE_BYTE.test(text);
  const textBytes = wide ? text.length * 2 : text.length;
  const cells = lengths.length;
  const { block, at } = room(numbers.length * 8 + cells * 4 + textBytes);
  new Float64Array(block, at, numbers.length).set(numbers);
  const lengthsAt = at + numbers.length * 8;
  new Int32Array(block, lengthsAt, cells).set(lengths);
  Buffer.from(block, lengthsAt + cells * 4, textBytes).write(text, encodingOf({ wide }));
  return { rows: rows.length, same, rising, block, at, numbers: numbers.length, cells, textBytes, wide };
}

const BEYOND_ONE_BYTE = /[^\0-\u00ff]/;

function encodingOf({ wide }: Pick<Piece, 'wide'>): BufferEncoding {
  return wide ? 'utf16le' : 'latin1';
}
