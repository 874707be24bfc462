// Text of code page 1252 and GUIDs as TDS carries them.
import iconv from 'iconv-lite';

import { SqlServerError } from '../execute/sql-errors.ts';

export function windows1252(text: string): Buffer {
  return isAscii(text) ? Buffer.from(text, 'latin1') : iconv.encode(text, 'win1252');
}

export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** A GUID's first three groups are little-endian on the wire. */
export function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll(/[{}-]/g, ''), 'hex');
  if (bytes.length !== 16)
    throw new SqlServerError({
      number: 8169,
      state: 2,
      message: 'Conversion failed when converting from a character string to uniqueidentifier.',
    });
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

export function guidText(wireBytes: Buffer): string {
  const bytes = Buffer.from(wireBytes);
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  const hex = bytes.toString('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
