import type { Encoding } from './encodings.ts';
import { isAscii } from 'node:buffer';
import { upperHalf } from './code-pages.ts';
import { refuseRecord } from '../refuse.ts';

/** How lines end in files that are written. */
export const LINE_ENDS = { crlf: '\r\n', lf: '\n' } as const;

/**
 * A function that turns text into bytes of this encoding. It throws RecordError CHARACTER_NOT_WRITABLE for a
 * character that the encoding does not have, instead of writing a question mark. UTF-16 begins with its mark.
 */
export async function encoderOf(encoding: Encoding, file: string): Promise<(text: string) => Uint8Array> {
  if (encoding === 'utf-8')
    return (text) => {
      if (text.includes('\0') || !text.isWellFormed()) throw notWritable(text.includes('\0') ? '\0' : '\ud800', encoding, file);
      return Buffer.from(text, 'utf8');
    };
  if (encoding === 'utf-16le' || encoding === 'utf-16be') {
    let mark = '\ufeff';
    return (text) => {
      if (text.includes('\0') || !text.isWellFormed()) throw notWritable(text.includes('\0') ? '\0' : '\ud800', encoding, file);
      const bytes = Buffer.from(mark + text, 'utf16le');
      mark = '';
      return encoding === 'utf-16le' ? bytes : bytes.swap16();
    };
  }
  const upper = encoding === 'ascii' ? '' : await upperHalf(encoding);
  const byteOf = new Map([...upper].flatMap((c, i) => (c === '\ufffd' ? [] : [[c, 0x80 + i] as const])));
  return (text) => {
    const bytes = Buffer.from(text, 'latin1');
    if (isAscii(Buffer.from(text, 'utf8')) && !text.includes('\0')) return bytes;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0 && code < 0x80) continue;
      const byte = byteOf.get(text[i]!);
      if (byte === undefined) throw notWritable(String.fromCodePoint(text.codePointAt(i)!), encoding, file);
      bytes[i] = byte;
    }
    return bytes;
  };
}

function notWritable(character: string, encoding: Encoding, file: string): Error {
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return refuseRecord(
    'CHARACTER_NOT_WRITABLE',
    file,
    {},
    `The character U+${code} cannot be written in ${encoding}.`,
    'Give the rule of its field ascii: true in the mapping, which writes é as e, or replace it there; or write the file in utf-8 if the receiving system accepts that.',
  );
}
