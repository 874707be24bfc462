import { isUtf8 } from 'node:buffer';
import type { FileError } from '../../core/errors.ts';
import { refuseFile } from '../refuse.ts';
import { isEbcdic } from '../text/ebcdic.ts';

export type PackingKind = 'gzip' | 'zip' | 'pgp';

const WORDS: Record<PackingKind, string> = { gzip: 'a gzip file', zip: 'a ZIP archive', pgp: 'an OpenPGP message' };
/** Tags of packets that a message can begin with: session keys, signatures, encrypted, compressed, literal data, markers. */
const PGP_TAGS = [1, 2, 3, 4, 8, 9, 10, 11, 18, 20];

/** How a file is packed, by its first bytes; undefined where it is not. */
export function packingOf(head: Uint8Array): PackingKind | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6))) return 'zip';
  return looksLikePgp(head) ? 'pgp' : undefined;
}

export function isArmored(head: Uint8Array): boolean {
  return /^\ufeff?\s*-----BEGIN PGP MESSAGE-----/.test(Buffer.from(head.subarray(0, 200)).toString('utf8'));
}

/** Armored, or a packet that a message can begin with and no text can. */
export function looksLikePgp(head: Uint8Array): boolean {
  const first = head[0];
  if (first === undefined) return false;
  if (first < 0x80) return isArmored(head);
  const tag = first & 0x40 ? first & 0x3f : (first & 0x3c) >> 2;
  // The mark of UTF-8, accented letters and the capitals of EBCDIC have the same bit set.
  return PGP_TAGS.includes(tag) && !isUtf8(head.subarray(0, Math.min(3, head.length))) && !isEbcdic(head);
}

/** The file is not packed as the connector says: what it looks like instead. */
export function notPacked(wanted: PackingKind, head: Uint8Array, file: string): FileError {
  const other = packingOf(head);
  const shown = Buffer.from(head.subarray(0, 64));
  const text = isUtf8(shown) && !/[\0-\x08\x0e-\x1f]/.test(shown.toString('latin1'));
  return refuseFile(
    'FILE_NOT_PACKED',
    file,
    {},
    `The file is not ${WORDS[wanted]}, as the connector says${other ? `, but ${WORDS[other]}` : text ? ', but begins as plain text' : ''}.`,
    other
      ? `Name the steps of unpack in the order in which they are undone: ${other} comes first here.`
      : 'If this system sends its files unpacked, remove this step from unpack; otherwise have it sent again, in binary mode.',
  );
}
