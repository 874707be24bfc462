/** Words of 32 bits as they are stored: base64, lowest byte first. */
export function textOf(words: Uint32Array): string {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('base64');
}

/** The words of such a text. */
export function wordsOf(text: string): Uint32Array {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, 'base64'));
  bytes.write(text, 'base64');
  return new Uint32Array(bytes.buffer, 0, bytes.byteLength >>> 2);
}
