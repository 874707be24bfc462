import type { Encoding } from './encodings.ts';

/** 0x80-0x9F of windows-1252; U+FFFD where it has no character. Above it is ISO 8859-1. */
const WINDOWS_1252 = '€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ';
const LATIN_1 = Array.from({ length: 96 }, (_, i) => String.fromCharCode(0xa0 + i)).join('');

const loaded = new Map<Encoding, string>();

/** The characters of bytes 0x80 to 0xFF of a single-byte encoding, U+FFFD where it has none. */
export async function upperHalf(encoding: Encoding): Promise<string> {
  if (encoding === 'windows-1252') return WINDOWS_1252 + LATIN_1;
  // The control characters of ISO 8859-1 never are in a file on purpose: such a file is windows-1252.
  if (encoding === 'iso-8859-1') return '\ufffd'.repeat(32) + LATIN_1;
  let upper = loaded.get(encoding);
  if (upper === undefined) {
    const { default: iconv } = await import('iconv-lite');
    upper = iconv.decode(Buffer.from(Array.from({ length: 128 }, (_, i) => 0x80 + i)), encoding);
    loaded.set(encoding, upper);
  }
  return upper;
}
