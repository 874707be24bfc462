/** Words of 32 bits as they are stored: base64, lowest byte first. */
export function textOf(words: Uint32Array): string {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('base64');
}

/** Memory that words are read into again and again. */
export type WordMemory = (bytes: number) => Buffer<ArrayBuffer>;

/** Each time the same memory, as long as it is enough: what was read before is gone then. */
export function wordMemory(): WordMemory {
  let memory = Buffer.allocUnsafeSlow(0);
  return (bytes) => (bytes <= memory.length ? memory : (memory = Buffer.allocUnsafeSlow(bytes * 1.5)));
}

/** The words of such texts. All lie in one piece of memory: a piece for each takes longer than reading it. */
export function wordsOf(texts: readonly string[], memory: WordMemory = (bytes) => Buffer.allocUnsafeSlow(bytes)): Uint32Array[] {
  const sizes = texts.map((text) => Buffer.byteLength(text, 'base64'));
  const bytes = memory(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  return texts.map((text, i) => {
    bytes.write(text, at, 'base64');
    const words = new Uint32Array(bytes.buffer, at, sizes[i]! >>> 2);
    at += sizes[i]!;
    return words;
  });
}
