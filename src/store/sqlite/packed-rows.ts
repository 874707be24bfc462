import type { Cell, Packed } from '../rows.ts';

/** Rows in memory that two threads see: nothing of it is copied on the way, and none of it is left to be collected. */
export interface Piece {
  rows: number;
  /** What a column holds in all of the rows, by its place; the others are in `block`, row by row. */
  same: ReadonlyMap<number, Cell>;
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

/** The rows again, a piece at a time. */
export function* unpacked({ pieces, width, shifts }: Pick<PackedRows, 'pieces' | 'width' | 'shifts'>): Generator<Cell[][], void, void> {
  const shift = Array.from({ length: width }, (_, c) => shifts.get(c) ?? 0);
  for (const piece of pieces) {
    const constant = Array.from({ length: width }, (_, c) => piece.same.get(c));
    const numbers = new Float64Array(piece.block, piece.at, piece.numbers);
    const lengths = new Int32Array(piece.block, piece.at + numbers.byteLength, piece.cells);
    const text = Buffer.from(piece.block, lengths.byteOffset + lengths.byteLength, piece.textBytes).toString(encodingOf(piece));
    const rows: Cell[][] = [];
    let cell = 0;
    let at = 0;
    let number = 0;
    for (let r = 0; r < piece.rows; r++) {
      const row: Cell[] = [];
      for (let c = 0; c < width; c++) {
        let value = constant[c];
        if (value === undefined) {
          const length = lengths[cell++]!;
          if (length === IS_NULL) value = null;
          else if (length === IS_NUMBER) value = numbers[number++]!;
          else value = text.slice(at, (at += length));
        }
        row.push(typeof value === 'number' ? value + shift[c]! : value);
      }
      rows.push(row);
    }
    yield rows;
  }
}

function pieceOf(rows: readonly Cell[][], width: number, room: (bytes: number) => Pick<Piece, 'block' | 'at'>): Piece {
  const same = new Map<number, Cell>();
  const own: number[] = [];
  for (let c = 0; c < width; c++) {
    const value = rows[0]![c]!;
    if (rows.every((row) => row[c] === value)) same.set(c, value);
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
  return { rows: rows.length, same, block, at, numbers: numbers.length, cells, textBytes, wide };
}

const BEYOND_ONE_BYTE = /[^\0-\u00ff]/;

function encodingOf({ wide }: Pick<Piece, 'wide'>): BufferEncoding {
  return wide ? 'utf16le' : 'latin1';
}
