import type { Cell, Packed } from '../rows.ts';
import { toStored } from './text.ts';

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const ZERO = 48;
const LETTER_N = 78;
const BACKSLASH = 92;
const END_OF_ASCII = 128;

/** Numbers up to here are written digit by digit. */
const MAX_SMALL = 2 ** 31 - 1;
/** Longer texts are written by Node at once, when nothing in them must be escaped. */
const SHORT = 200;
const ESCAPED = /[\\\t\n\r\0\ufdd0]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
/** A UTF-16 unit is at most three bytes of UTF-8, and an escaped one at most four. */
const MAX_BYTES_PER_UNIT = 4;
/** Of a number, and of the separator behind any cell. */
const MAX_OTHER_BYTES = 32;

/** Rows in the text format of COPY, in pieces that are sent one behind the other. */
export interface CopyText extends Packed {
  pieces(): readonly Uint8Array[];
}

/** A piece; a text that needs more room has one of its own. */
const PIECE_BYTES = 1 << 19;
/** Pieces that are kept for the next rows: two batches of usual ones. Fresh ones would lie about until old memory is collected. */
const MAX_KEPT = 32;
const kept: Uint8Array<ArrayBuffer>[] = [];

/** Makes bytes at once: many times as fast as joining texts, because most of it is short and ASCII. */
export function copyText(width: number): CopyText {
  const full: { bytes: Uint8Array<ArrayBuffer>; used: number }[] = [];
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  let at = 0;

  function next(room: number): void {
    if (at > 0) full.push({ bytes, used: at });
    bytes = (room <= PIECE_BYTES ? kept.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, room));
    at = 0;
  }

  function add(rows: readonly (readonly Cell[])[]): void {
    for (const row of rows) {
      for (let i = 0; i < width; i++) {
        const cell = row[i];
        const isText = typeof cell === 'string';
        const room = (isText ? cell.length * MAX_BYTES_PER_UNIT : 0) + MAX_OTHER_BYTES;
        if (at + room > bytes.length) next(room);
        if (isText) at = writeText(bytes, at, cell);
        else if (typeof cell === 'number') at = writeNumber(bytes, at, cell);
        else {
          bytes[at++] = BACKSLASH;
          bytes[at++] = LETTER_N;
        }
        bytes[at++] = i === width - 1 ? LINE_FEED : TAB;
      }
    }
  }

  return {
    add,
    pieces: () => [...full, { bytes, used: at }].map((piece) => piece.bytes.subarray(0, piece.used)),
    release() {
      for (const piece of [...full, { bytes, used: at }])
        if (piece.bytes.length === PIECE_BYTES && kept.length < MAX_KEPT) kept.push(piece.bytes);
      full.length = 0;
      bytes = new Uint8Array();
      at = 0;
    },
  };
}

/** Gives where it ends. */
function writeText(bytes: Uint8Array<ArrayBuffer>, from: number, text: string): number {
  const { length } = text;
  if (length > SHORT) return from + writeAny(bytes, from, text);
  let at = from;
  for (let n = 0; n < length; n++) {
    const code = text.charCodeAt(n);
    if (code <= CARRIAGE_RETURN || code === BACKSLASH || code >= END_OF_ASCII) return from + writeAny(bytes, from, text);
    bytes[at++] = code;
  }
  return at;
}

/** Gives where it ends. */
function writeNumber(bytes: Uint8Array<ArrayBuffer>, from: number, number: number): number {
  if (number < 0 || number > MAX_SMALL || !Number.isInteger(number)) return from + writeAny(bytes, from, String(number));
  let digits = 1;
  for (let power = 10; number >= power; power *= 10) digits++;
  let rest = number | 0;
  for (let place = from + digits - 1; place >= from; place--) {
    const next = (rest / 10) | 0;
    bytes[place] = ZERO + rest - next * 10;
    rest = next;
  }
  return from + digits;
}

/** Writes a text with what must be escaped in it; gives how many bytes. */
function writeAny(bytes: Uint8Array<ArrayBuffer>, at: number, text: string): number {
  const escaped = ESCAPED.test(text) ? toStored(text).replace(/[\\\t\n\r]/g, (c) => ESCAPES[c]!) : text;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).write(escaped, at, 'utf8');
}
