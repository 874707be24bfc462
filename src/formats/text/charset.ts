import type { Encoding } from './encodings.ts';
import { isAscii, isUtf8 } from 'node:buffer';

/** What an answer says of its encoding contradicts itself or its bytes, in words that end a sentence: "says …". */
export class CharsetConflict extends Error {}

/** The charset that a Content-Type names, in lower case; undefined where it names none. */
function charsetIn(contentType: string | undefined): string | undefined {
  const found = /;\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"']+))/i.exec(contentType ?? '');
  return (found?.[1] ?? found?.[2] ?? found?.[3])?.trim().toLowerCase() || undefined;
}

/** The encoding that an XML document's own declaration names, where that can be read as it stands. */
export function declaredIn(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 256).toString('latin1');
  return /^(?:\u00ef\u00bb\u00bf)?\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"']*)["']/.exec(head)?.[1]?.toLowerCase();
}

/**
 * How an XML answer is encoded, as a label for TextDecoder: by its byte order mark, then by its Content-Type, then by its own
 * declaration (RFC 7303 section 3), else UTF-8. Throws CharsetConflict where Content-Type and declaration name two encodings in which
 * the text differs, or where a single-byte encoding is named and the bytes are UTF-8.
 */
export function xmlCharset(bytes: Buffer, contentType: string | undefined): string {
  const mark = byteOrderMark(bytes);
  if (mark !== undefined) return mark;
  const wide = bytes[0] === 0x3c && bytes[1] === 0 ? 'utf-16le' : bytes[0] === 0 && bytes[1] === 0x3c ? 'utf-16be' : undefined;
  if (wide !== undefined) return wide;
  const header = charsetIn(contentType);
  const own = declaredIn(bytes);
  // A declaration of UTF-16 that can be read byte by byte is wrong; .NET writes such documents.
  const declared = own?.startsWith('utf-16') ? undefined : own;
  if (header !== undefined && declared !== undefined && !sameText(bytes, header, declared))
    throw new CharsetConflict(
      `says charset=${header} in its Content-Type and encoding="${declared}" in its XML declaration, but its text differs between the two`,
    );
  const label = header ?? declared ?? 'utf-8';
  if (!isWide(label) && named(label) !== 'utf-8' && !isAscii(bytes) && isUtf8(bytes))
    throw new CharsetConflict(
      `says ${header === undefined ? `encoding="${label}" in its XML declaration` : `charset=${label} in its Content-Type`}, but its bytes are UTF-8`,
    );
  return label;
}

/**
 * What JSON and texts without a declaration are encoded in. JSON is UTF-8 whatever its Content-Type says (RFC 8259 section 8.1), for
 * other texts the Content-Type counts. undefined: nothing is said. Throws CharsetConflict where JSON is not UTF-8 and another charset is
 * named.
 */
export function textCharset(bytes: Buffer, contentType: string | undefined, json: boolean): string | undefined {
  const header = charsetIn(contentType);
  if (!json || header === undefined) return header;
  if (named(header) !== 'utf-8' && !isUtf8(bytes))
    throw new CharsetConflict(`says charset=${header} in its Content-Type, but JSON must be UTF-8 (RFC 8259), and its bytes are not`);
  return undefined;
}

/** The encoding of that name, where it is one that files may be in; `utf-16` needs a byte order mark and is none. */
export function encodingNamed(label: string): Encoding | undefined {
  const name = label.trim().toLowerCase();
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}

const NAMES: Record<string, Encoding> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'us-ascii': 'ascii',
  ascii: 'ascii',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  'iso-8859-1': 'iso-8859-1',
  'iso8859-1': 'iso-8859-1',
  iso_8859_1: 'iso-8859-1',
  'latin-1': 'iso-8859-1',
  latin1: 'iso-8859-1',
  ibm437: 'cp437',
  cp437: 'cp437',
  ibm850: 'cp850',
  cp850: 'cp850',
};

/** By its byte order mark, as a label for TextDecoder. */
export function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

function isWide(label: string): boolean {
  return named(label).startsWith('utf-16');
}

/** One name for what has several; a name that is unknown is its own. */
function named(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return label;
  }
}

function sameText(bytes: Buffer, one: string, other: string): boolean {
  if (named(one) === named(other)) return true;
  if (isAscii(bytes) && !isWide(one) && !isWide(other)) return true;
  const texts = [one, other].map((label) => {
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      return undefined;
    }
  });
  return texts[0] !== undefined && texts[0] === texts[1];
}
