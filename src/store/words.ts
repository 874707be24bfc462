/** Words of 32 bits as they are stored: base64, lowest byte first. */
export function textOf(words: Uint32Array): string {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('base64');
}

/** The words of such texts. All lie in one piece of memory: a piece for each takes longer than reading it. */
export function wordsOf(texts: readonly string[]): Uint32Array[] {
  const sizes = texts.map((text) => Buffer.byteLength(text, 'base64'));
  const bytes = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  return texts.map((text, i) => {
    bytes.write(text, at, 'base64');
    const words = new Uint32Array(bytes.buffer, at, sizes[i]! >>> 2);
    at += sizes[i]!;
    return words;
  });
}
