import type { Encoding } from './encodings.ts';
import { isAscii, isUtf8 } from 'node:buffer';
import { AbortedError } from '../../core/errors.ts';
import { refuseFile } from '../refuse.ts';
import { upperHalf } from './code-pages.ts';
import { EBCDIC, isEbcdic } from './ebcdic.ts';

export interface TextContext {
  file: string;
  /** Who says what the encoding is, for messages; default: the connector. */
  saidBy?: string | undefined;
  /** Lines are records: a byte order mark at the beginning of a later one tells that files were put together. */
  lines?: boolean;
  signal?: AbortSignal;
}

/** Bytes are decoded in pieces of this size whatever the source hands over, so memory stays the same. */
const PIECE = 65_536;

/** Pieces smaller than this are joined. */
const SMALL = 8192;

/** What is judged by the beginning of a file is judged by so many bytes, however the source hands them over. Four tell every byte order mark. */
const BEGINNING = 256;

/**
 * Bytes to text, in pieces that never split a character, the byte order mark removed.
 * Throws FILE_EMPTY when there is no byte, FILE_ENCODING when the bytes are not text of this encoding (with the
 * line and column, both from 1), FILE_TRUNCATED when the file ends inside a character, FILE_JOINED where lines are records and a byte
 * order mark begins a later one.
 */
export async function* decodeText(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  context: TextContext,
): AsyncGenerator<string, void, void> {
  const decode = await decoderOf(encoding, context);
  const at: Position = { line: 1, column: 1 };
  let carry: Buffer = Buffer.alloc(0);
  let first = true;
  let any = false;
  const decoded = (buffer: Buffer, last: boolean) => {
    const before = { ...at };
    const piece = decode.piece(buffer, at, last);
    if (context.lines) refuseJoined(piece.text, before, context);
    return piece;
  };
  for await (const chunk of inLargerPieces(bytes)) {
    if (chunk.byteLength === 0) continue;
    any = true;
    const whole = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let from = 0; from < whole.length; from += PIECE) {
      if (context.signal?.aborted)
        throw new AbortedError({ code: 'ABORTED', place: { file: context.file }, message: 'Stopped on request.' });
      const piece = whole.subarray(from, from + PIECE);
      let buffer = carry.length ? Buffer.concat([carry, piece]) : piece;
      if (first) {
        if (buffer.length < BEGINNING) {
          carry = Buffer.from(buffer);
          continue;
        }
        buffer = afterMark(buffer, encoding, context, at);
        first = false;
      }
      const text = decoded(buffer, false);
      carry = text.used < buffer.length ? Buffer.from(buffer.subarray(text.used)) : Buffer.alloc(0);
      if (text.text) yield text.text;
    }
  }
  if (!any)
    throw refuseFile(
      'FILE_EMPTY',
      context.file,
      {},
      'The file is empty (0 bytes).',
      'Export it again; even a file without records has a header.',
    );
  if (first) carry = afterMark(carry, encoding, context, at);
  if (carry.length) {
    const last = decoded(carry, true);
    if (last.text) yield last.text;
  }
  decode.end();
}

/** The mark as its own encoding reads it, and as windows-1252 and ISO 8859-1 read the one of UTF-8. */
const JOINTS = ['\ufeff', '\u00ef\u00bb\u00bf'];

/** The mark would be a part of the line's first value, so a key with it would be another one, which looks the same. */
function refuseJoined(text: string, before: Position, { file }: TextContext): void {
  const begins = before.column === 1 && before.line > 1;
  for (const mark of JOINTS) {
    const found = begins && text.startsWith(mark) ? 0 : text.indexOf(`\n${mark}`) + 1 || -1;
    if (found < 0) continue;
    throw refuseFile(
      'FILE_JOINED',
      file,
      positionInText(text.slice(0, found), before),
      'A byte order mark is here, which only the first line of a file has: files were put together.',
      'Have each file sent as one of its own.',
    );
  }
}

/**
 * Small pieces joined, so what is not whole yet is not looked at again for every few bytes that a network hands over. A piece may
 * be written over once the next is asked for, so what is kept is copied.
 */
async function* inLargerPieces(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    if (size === 0 && chunk.byteLength >= SMALL) {
      yield chunk;
      continue;
    }
    kept.push(Uint8Array.from(chunk));
    size += chunk.byteLength;
    if (size < SMALL) continue;
    yield Buffer.concat(kept);
    [kept, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(kept);
}

interface Position {
  line: number;
  column: number;
  /** The file began with the byte order mark of its encoding. */
  marked?: boolean;
}

interface PieceDecoder {
  /** Decodes what is whole of the buffer, and moves the position over it; `last`: nothing follows. */
  piece(buffer: Buffer, at: Position, last: boolean): { text: string; used: number };
  end(): void;
}

async function decoderOf(encoding: Encoding, context: TextContext): Promise<PieceDecoder> {
  if (encoding === 'utf-8') return utf8(context);
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return utf16(encoding, context);
  return singleByte(encoding, context, encoding === 'ascii' ? '' : await upperHalf(encoding));
}

function utf8(context: TextContext): PieceDecoder {
  return {
    piece(buffer, at, last) {
      refuseNul(buffer, at, 'utf-8', context);
      if (isAscii(buffer)) {
        const text = buffer.toString('latin1');
        advance(buffer, text, at);
        return { text, used: buffer.length };
      }
      const used = last ? buffer.length : buffer.length - incompleteTail(buffer);
      const whole = buffer.subarray(0, used);
      if (!isUtf8(whole)) throw invalidUtf8(whole, at, context, last);
      const text = whole.toString('utf8');
      advance(whole, text, at);
      return { text, used };
    },
    end() {},
  };
}

/** How many bytes at the end are the beginning of a character that goes on in the next piece. */
function incompleteTail(buffer: Buffer): number {
  for (let back = 1; back <= Math.min(3, buffer.length); back++) {
    const byte = buffer[buffer.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function invalidUtf8(buffer: Buffer, at: Position, context: TextContext, last: boolean): Error {
  const { file } = context;
  let offset = 0;
  while (offset < buffer.length) {
    const length = characterLength(buffer, offset);
    if (length === 0) break;
    offset += length;
  }
  const place = positionOf(buffer.subarray(0, offset), at);
  if (last && incompleteTail(buffer) === buffer.length - offset)
    return refuseFile('FILE_TRUNCATED', file, place, 'The file ends in the middle of a character: it was cut off.', 'Have it sent again.');
  const byte = buffer[offset]!;
  if (at.marked)
    return refuseFile(
      'FILE_ENCODING',
      file,
      place,
      `The byte 0x${hex(byte)} here is not UTF-8, although the file begins with the byte order mark of UTF-8.`,
      'Texts of two encodings were put together, or the file is damaged: have it exported again in one encoding.',
    );
  if (isEbcdic(buffer)) return refuseFile('FILE_ENCODING', file, place, `The file is ${EBCDIC.what}.`, EBCDIC.hint);
  return refuseFile(
    'FILE_ENCODING',
    file,
    place,
    `The byte 0x${hex(byte)} here is not UTF-8, but ${says(context)} that the file is.`,
    byte >= 0xa0
      ? `If the system runs on Windows, the file is probably windows-1252 (where this byte is "${Buffer.from([byte]).toString('latin1')}"): set encoding: windows-1252 in the decoder of the connector. Otherwise the file is damaged: have it sent again.`
      : undefined,
  );
}

/** Length of the UTF-8 character at `offset`; 0 when it is none. */
function characterLength(buffer: Buffer, offset: number): number {
  const first = buffer[offset]!;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return length && offset + length <= buffer.length && isUtf8(buffer.subarray(offset, offset + length)) ? length : 0;
}

function utf16(encoding: 'utf-16le' | 'utf-16be', context: TextContext): PieceDecoder {
  const { file } = context;
  let begun = false;
  return {
    piece(buffer, at, last) {
      const beginning = buffer.subarray(0, BEGINNING);
      const narrow = () => beginning.indexOf(0) < 0 && isUtf8(beginning.subarray(0, beginning.length - incompleteTail(beginning)));
      if (!begun && buffer.length >= 4 && narrow())
        throw refuseFile(
          'FILE_ENCODING',
          file,
          { line: 1 },
          `The file is not ${encoding.toUpperCase()}, as ${says(context)}, but looks like UTF-8 or plain text.`,
          'Set encoding: utf-8 in the decoder of the connector.',
        );
      begun = true;
      if (last && buffer.length % 2)
        throw refuseFile(
          'FILE_TRUNCATED',
          file,
          { line: at.line },
          'The file ends in the middle of a character: it was cut off.',
          'Have it sent again.',
        );
      let used = buffer.length - (buffer.length % 2);
      // A character outside the basic plane is two units: keep the first until the second is there.
      const high = encoding === 'utf-16le' ? used - 1 : used - 2;
      if (!last && used >= 2 && (buffer[high]! & 0xfc) === 0xd8) used -= 2;
      const units = encoding === 'utf-16le' ? buffer.subarray(0, used) : Buffer.from(buffer.subarray(0, used)).swap16();
      const text = units.toString('utf16le');
      const nul = text.indexOf('\0');
      const bad = text.isWellFormed() ? nul : text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\0/);
      if (bad >= 0) {
        const unit = text.charCodeAt(bad);
        throw refuseFile(
          'FILE_ENCODING',
          file,
          positionInText(text.slice(0, bad), at),
          `The character unit 0x${unit.toString(16).toUpperCase().padStart(4, '0')} here is not valid in ${encoding.toUpperCase()}.`,
          'The file is damaged, or of another encoding: have it sent again.',
        );
      }
      Object.assign(at, positionInText(text, at));
      return { text, used };
    },
    end() {},
  };
}

function singleByte(encoding: Encoding, context: TextContext, upper: string): PieceDecoder {
  const { file } = context;
  // A file in UTF-8 read as windows-1252 is readable and wrong ("Ã©" for "é"), so every file is also looked at as UTF-8.
  let utf8Tail: Buffer = Buffer.alloc(0);
  let allUtf8 = true;
  let firstOther: Position | undefined;
  return {
    piece(buffer, at) {
      refuseNul(buffer, at, encoding, context);
      let text = buffer.toString('latin1');
      if (!isAscii(buffer)) {
        const offset = buffer.findIndex((byte) => byte >= 0x80);
        firstOther ??= positionOf(buffer.subarray(0, offset), at);
        if (allUtf8) {
          const joined = Buffer.concat([utf8Tail, buffer]);
          const tail = incompleteTail(joined);
          allUtf8 = isUtf8(joined.subarray(0, joined.length - tail));
          utf8Tail = Buffer.from(joined.subarray(joined.length - tail));
        }
        if (encoding === 'ascii') throw undefinedByte(buffer[offset]!, firstOther, context, encoding);
        if (encoding !== 'iso-8859-1') text = text.replace(/[\x80-\xff]/g, (c) => upper[c.charCodeAt(0) - 0x80]!);
        const bad = buffer.findIndex((byte) => byte >= 0x80 && upper[byte - 0x80] === '\ufffd');
        if (bad >= 0) throw undefinedByte(buffer[bad]!, positionOf(buffer.subarray(0, bad), at), context, encoding);
      } else if (utf8Tail.length) allUtf8 = false;
      advance(buffer, text, at);
      return { text, used: buffer.length };
    },
    end() {
      if (firstOther && allUtf8 && utf8Tail.length === 0 && encoding !== 'cp437' && encoding !== 'cp850')
        throw refuseFile(
          'FILE_ENCODING',
          file,
          firstOther,
          `The file is UTF-8 (every special character in it is, from this one on), but ${says(context)} ${encoding}.`,
          'Set encoding: utf-8 in the decoder of the connector.',
        );
    },
  };
}

function undefinedByte(byte: number, at: Position, context: TextContext, encoding: Encoding): Error {
  const hint =
    encoding === 'windows-1252'
      ? 'The file is of another encoding (utf-8 or cp437), or damaged.'
      : 'Text from Windows is usually windows-1252 or utf-8: set the encoding of the decoder in the connector, or have the file sent again.';
  return refuseFile(
    'FILE_ENCODING',
    context.file,
    { ...at },
    `The byte 0x${hex(byte)} here is not a character of ${encoding}, which ${says(context)} the file is.`,
    hint,
  );
}

const MARKS: { bytes: number[]; encoding: Encoding }[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
];

/** The bytes after the byte order mark; refuses the mark of another encoding. */
function afterMark(buffer: Buffer, encoding: Encoding, context: TextContext, at: Position): Buffer {
  const mark = MARKS.find(({ bytes }) => bytes.every((byte, i) => buffer[i] === byte));
  if (!mark) return buffer;
  if (mark.encoding !== encoding)
    throw refuseFile(
      'FILE_ENCODING',
      context.file,
      { line: 1, column: 1 },
      `The file is ${mark.encoding.toUpperCase()} (it begins with that byte order mark), but ${says(context)} ${encoding}.`,
      `Set encoding: ${mark.encoding} in the decoder of the connector, or have it exported as ${encoding}.`,
    );
  at.marked = true;
  return buffer.subarray(mark.bytes.length);
}

function refuseNul(buffer: Buffer, at: Position, encoding: Encoding, context: TextContext): void {
  const { file } = context;
  const nul = buffer.indexOf(0);
  if (nul < 0) return;
  const start = buffer.subarray(Math.max(0, nul - 1), nul + 63);
  const zeros = start.filter((byte) => byte === 0).length;
  const wide = start.length > 1 && Math.abs(zeros * 2 - start.length) <= start.length / 4;
  const place = positionOf(buffer.subarray(0, nul), at);
  if (wide)
    throw refuseFile(
      'FILE_ENCODING',
      file,
      place,
      `The file has NUL bytes (0x00) between its letters: it is probably UTF-16, but ${says(context)} ${encoding}.`,
      `Set encoding: ${nul % 2 ? 'utf-16le' : 'utf-16be'} in the decoder of the connector.`,
    );
  throw refuseFile(
    'FILE_ENCODING',
    file,
    place,
    'There is a NUL byte (0x00) here, which no text file has: the file is damaged.',
    'Have it sent again.',
  );
}

/** Moves the position over a decoded piece. */
function advance(buffer: Buffer, text: string, at: Position): void {
  let lines = 0;
  for (let i = 0; i < buffer.length; i++) if (buffer[i] === 10) lines++;
  at.line += lines;
  at.column = lines ? text.length - text.lastIndexOf('\n') : at.column + text.length;
}

function positionOf(before: Buffer, at: Position): Position {
  return positionInText(before.toString('utf8'), at);
}

function positionInText(before: string, at: Position): Position {
  const breaks = before.split('\n');
  const tail = breaks.at(-1)!.length;
  return breaks.length > 1 ? { line: at.line + breaks.length - 1, column: tail + 1 } : { line: at.line, column: at.column + tail };
}

function says(context: TextContext): string {
  return `${context.saidBy ?? 'the connector'} says`;
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
