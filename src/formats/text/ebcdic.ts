/** What is said of a file in it, for people. */
export const EBCDIC = {
  what: 'EBCDIC, as mainframes (IBM z, IBM i) write text',
  hint: 'Have it sent as text: the transfer must convert it to ASCII or UTF-8.',
};

/** Letters, digits, spaces, points, commas, signs and line ends in the code pages of mainframes (CP037, CP1047 and others). */
const isCommon = (byte: number): boolean =>
  (byte >= 0xf0 && byte <= 0xf9) ||
  (byte >= 0xc0 && byte <= 0xc9) ||
  (byte >= 0xd0 && byte <= 0xd9) ||
  (byte >= 0xe2 && byte <= 0xe9) ||
  (byte >= 0x81 && byte <= 0xa9) ||
  [0x0d, 0x15, 0x25, 0x40, 0x4b, 0x4d, 0x50, 0x5c, 0x5d, 0x60, 0x61, 0x6b, 0x7a].includes(byte);

/** Does a text that is not UTF-8 look like EBCDIC? Judged by its beginning. */
export function isEbcdic(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 2000);
  if (head.length < 20) return false;
  const common = head.reduce((n, byte) => n + Number(isCommon(byte)), 0);
  const high = head.reduce((n, byte) => n + Number(byte > 0x80), 0);
  return common > head.length * 0.95 && high > head.length * 0.2;
}
